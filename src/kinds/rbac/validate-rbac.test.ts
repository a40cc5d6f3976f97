import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems, problemsOfChange, written } from '../as-written.ts'
import { clusterRole } from './clusterrole.ts'
import { clusterRoleBinding } from './clusterrolebinding.ts'
import { role } from './role.ts'
import { roleBinding } from './rolebinding.ts'

const group = 'rbac.authorization.k8s.io', roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'view' }
const url = { nonResourceURLs: ['/x'], verbs: ['get'] }
const subject = (s: object) => ({ roleRef, subjects: [s] })

for (const [name, kind, body, ...expected] of [
  ['a role', role, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }],
  ['an empty rule', role, { rules: [{}] }, 'rules[0].verbs: Required value: verbs must contain at least one value', 'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    'rules[0].resources: Required value: resource rules must supply at least one resource'],
  ['URLs in a namespace', role, { rules: [url] }, 'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
  ['URLs of the cluster', clusterRole, { rules: [url] }],
  ['URLs and resources', clusterRole, { rules: [{ ...url, resources: ['pods'] }] }, 'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs'],
  ['roles of nobody', clusterRole, { aggregationRule: {} }, 'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil'],
  ['roles of an odd selector', clusterRole, { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }, { matchExpressions: [{ key: 'a', operator: 'In' }] }] } },
    "aggregationRule.clusterRoleSelectors[1].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'", 'aggregationRule.clusterRoleSelectors[1]: Invalid value: null: invalid label selector.'],
  ['a binding to nothing', roleBinding, {}, 'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"', 'roleRef.name: Required value'],
  ['a role for the cluster', clusterRoleBinding, { roleRef: { ...roleRef, kind: 'Role' } }, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ['a robot', roleBinding, subject({ kind: 'Robot', name: 'r' }), 'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
  ['an account of nowhere', clusterRoleBinding, subject({ kind: 'ServiceAccount', name: 'a' }), 'subjects[0].namespace: Required value'],
  ['an account of here', roleBinding, subject({ kind: 'ServiceAccount', name: 'a' })],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

test('a binding keeps its role', () => {
  assert.deepEqual(problemsOfChange(roleBinding, { roleRef }, (o) => { o.roleRef.name = 'edit' }), [`roleRef: Invalid value: {"APIGroup":"${group}","Kind":"ClusterRole","Name":"edit"}: cannot change roleRef`])
})
test('users and groups are of the group of roles, accounts of none', () => {
  const made = written(roleBinding, { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }, { kind: 'ServiceAccount', name: 's' }] })
  assert.deepEqual([made.roleRef.apiGroup, made.subjects.map((s: { apiGroup?: string }) => s.apiGroup)], [group, [group, undefined]])
})
test('accounts are shown with their namespace, even an empty one', () => {
  const { value } = roleBinding.columns.find((c) => c.name === 'ServiceAccounts')!
  assert.equal(value(written(roleBinding, subject({ kind: 'ServiceAccount', name: 'a', namespace: 'n' })), 0), 'n/a')
  assert.equal(value(written(roleBinding, subject({ kind: 'ServiceAccount', name: 'a' })), 0), '/a')
})
