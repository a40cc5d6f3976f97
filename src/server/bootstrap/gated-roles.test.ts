import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withGatedRoles } from './gated-roles.ts'

const scheduler = { kind: 'ClusterRole', metadata: { name: 'system:kube-scheduler' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }
type Named = { readonly kind: string; readonly metadata: { readonly name: string }; readonly rules: readonly object[]; readonly subjects?: readonly { readonly name: string }[] }

test('without gates a cluster begins with what every cluster has', () => { assert.deepEqual(withGatedRoles([scheduler], new Set(['ClusterTrustBundleProjection'])), [scheduler]) })
test('a gate adds roles with their bindings, and rules to roles that are there', () => {
  const [first, ...added] = withGatedRoles([scheduler], new Set(['GenericWorkload', 'ClusterTrustBundle'])) as readonly Named[]
  assert.equal(first!.rules.length, 3)
  assert.deepEqual(added.map((o) => `${o.kind} ${o.metadata.name}${o.subjects ? ` of ${o.subjects[0]!.name}` : ''}`), [
    'ClusterRole system:cluster-trust-bundle-discovery', 'ClusterRoleBinding system:cluster-trust-bundle-discovery of system:serviceaccounts',
    'ClusterRole system:controller:kube-apiserver-serving-clustertrustbundle-publisher', 'ClusterRoleBinding system:controller:kube-apiserver-serving-clustertrustbundle-publisher of kube-apiserver-serving-clustertrustbundle-publisher',
    'ClusterRole system:controller:podgroup-protection-controller', 'ClusterRoleBinding system:controller:podgroup-protection-controller of podgroup-protection-controller',
  ])
  assert.equal(scheduler.rules.length, 1)
})
