import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterRole } from '#kinds'
import { gatheredRules } from './clusterrole-aggregation.ts'

const rule = (verb: string) => ({ verbs: [verb], apiGroups: [''], resources: ['pods'] })
const role = (name: string, labels: Record<string, string>, verbs: string, more: object = {}) =>
  ({ metadata: { name, labels }, rules: verbs.split(' ').filter(Boolean).map(rule), ...more }) as unknown as ClusterRole
const gathers = (label: string) => ({ aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: label } }] } })

test('a role gathers the rules of those it selects, in order of their names, each once', () => {
  const admin = role('admin', {}, '', gathers('admin'))
  const rules = gatheredRules(admin, [admin, role('b', { to: 'admin' }, 'get list'), role('a', { to: 'admin' }, 'watch get'), role('c', { to: 'view' }, 'delete')])
  assert.deepEqual(rules, ['watch', 'get', 'list'].map(rule))
})
test('a role that gathers does not gather itself', () => {
  const edit = role('edit', { to: 'edit' }, 'patch', gathers('edit'))
  assert.deepEqual(gatheredRules(edit, [edit]), [])
})
test('a role of its own keeps its rules', () => assert.equal(gatheredRules(role('x', {}, 'get'), []), undefined))
