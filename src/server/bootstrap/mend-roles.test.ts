import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LooseObject } from '#machinery'
import { mendRole } from './mend-roles.ts'

const auto = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }
const role = (more: object, annotations: object = auto, labels?: object): LooseObject =>
  ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r', annotations, ...(labels && { labels }) }, ...more }) as LooseObject
const rule = (verbs: string[], ...resources: string[]) => ({ verbs, apiGroups: [''], resources })
const binding = (subjects: object[], name = 'r') => role({ kind: 'ClusterRoleBinding', subjects, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name } })
const alice = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }, bob = { ...alice, name: 'bob' }
const select = (name: string) => ({ matchLabels: { [name]: 'true' } })

const cases: [what: string, stored: LooseObject, wanted: LooseObject, mended: object | 'anew' | undefined][] = [
  ['what is whole stays', role({ rules: [rule(['get', 'list'], 'pods')] }), role({ rules: [rule(['get', 'list'], 'pods')] }), undefined],
  ['what says more than it must stays', role({ rules: [rule(['*'], '*')] }), role({ rules: [rule(['get'], 'pods')] }), undefined],
  ['rules taken away come back, each by itself', role({ rules: [rule(['get'], 'pods', 'own')] }), role({ rules: [rule(['get', 'list'], 'pods')] }), role({ rules: [rule(['get'], 'pods', 'own'), rule(['list'], 'pods')] })],
  ['one that opted out is left alone', role({ rules: [] }, { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }), role({ rules: [rule(['get'], 'pods')] }), undefined],
  ['a note that is gone comes back, another stays', role({ rules: [] }, { own: 'x' }), role({ rules: [] }), role({ rules: [] }, { ...auto, own: 'x' })],
  ['labels too', role({ rules: [] }), role({ rules: [] }, auto, { a: '1' }), role({ rules: [] }, auto, { a: '1' })],
  ['selectors come back', role({ aggregationRule: { clusterRoleSelectors: [select('own')] }, rules: [rule(['get'], 'x')] }), role({ aggregationRule: { clusterRoleSelectors: [select('a')] } }),
    role({ aggregationRule: { clusterRoleSelectors: [select('own'), select('a')] }, rules: [rule(['get'], 'x')] })],
  ['one that should gather nothing gathers nothing', role({ aggregationRule: { clusterRoleSelectors: [select('a')] }, rules: [rule(['get'], 'x')] }), role({ rules: [rule(['get'], 'x')] }), role({ rules: [rule(['get'], 'x')] })],
  ['subjects taken away come back', binding([bob]), binding([alice]), binding([bob, alice])],
  ['subjects are the same however they are written', binding([{ kind: 'User', name: 'alice' }]), binding([alice]), undefined],
  ['a binding to another role is made again', binding([alice], 'other'), binding([alice]), 'anew'],
  ['what is no role is not mended here', { ...role({}), apiVersion: 'flowcontrol.apiserver.k8s.io/v1' }, role({}, auto, { a: '1' }), undefined],
]
for (const [what, stored, wanted, mended] of cases) {
  test(what, () => assert.deepEqual(mendRole(stored, what.startsWith('what is no role') ? { ...wanted, apiVersion: stored.apiVersion } : wanted), mended))
}
