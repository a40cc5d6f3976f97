import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterRole, type ClusterRole } from '#kinds'
import { TestCluster } from '#testing'
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
test('gathered rules belong to the controller that gathers them', async () => {
  await using cluster = await TestCluster.start({ controllers: ['clusterrole-aggregation'], scheduler: false })
  const { client } = cluster
  await client.create(clusterRole, { metadata: { name: 'all' }, rules: [], ...gathers('all') })
  await client.create(clusterRole, { metadata: { name: 'one', labels: { to: 'all' } }, rules: [rule('get')] })
  await cluster.settle()
  const { rules, metadata } = await client.get(clusterRole, { name: 'all' })
  assert.deepEqual(rules, [rule('get')])
  assert.deepEqual(metadata.managedFields?.find(({ operation }) => operation === 'Apply')?.manager, 'clusterrole-aggregation-controller')
})
