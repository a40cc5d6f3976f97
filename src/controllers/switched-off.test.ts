// Controllers of kinds that are served only where they are asked for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, loadSwitchedOff, pod, type ClusterTrustBundle, type PodCertificateRequest, type PodGroup, type StorageVersionMigration } from '#kinds'
import type { Kind } from '#machinery'
import { TestCluster } from '#testing'
import { authority, publicKey } from '../../tests/facts/certificates.ts'

const features = new Set(['ClusterTrustBundle', 'PodCertificateRequest', 'GenericWorkload', 'StorageVersionMigrator'])
async function begin(rootCa = authority) {
  const { furtherKinds } = await loadSwitchedOff(), of = (name: string): Kind => furtherKinds.find((kind) => kind.kind === name)!
  const bundles: Kind<ClusterTrustBundle> = of('ClusterTrustBundle'), requests: Kind<PodCertificateRequest> = of('PodCertificateRequest'), groups: Kind<PodGroup> = of('PodGroup'), migrations: Kind<StorageVersionMigration> = of('StorageVersionMigration')
  const cluster = await TestCluster.start({ nodes: 1, plane: { runtimeConfig: { 'api/all': 'true' }, features }, controllersOptions: { rootCa, further: { clusterTrustBundle: bundles, podCertificateRequest: requests, podGroup: groups, storageVersionMigration: migrations } } })
  return { cluster, bundles, requests, groups, migrations, client: cluster.client }
}
const names = (items: readonly { metadata: { name: string } }[]) => items.map((o) => o.metadata.name)

test('what the API server is trusted by is published as a bundle, again when it was deleted; bundles of its signer with another content go', async () => {
  const { cluster, bundles, client } = await begin()
  await using _ = cluster
  const [bundle] = (await client.list(bundles)).items
  assert.match(bundle!.metadata.name, /^kubernetes.io:kube-apiserver-serving:[0-9a-f]{24}$/)
  assert.deepEqual(bundle!.spec, { signerName: 'kubernetes.io/kube-apiserver-serving', trustBundle: authority })
  await client.create(bundles, { metadata: { name: 'kubernetes.io:kube-apiserver-serving:old' }, spec: bundle!.spec })
  await client.create(bundles, { metadata: { name: 'mine' }, spec: { trustBundle: authority } })
  await client.delete(bundles, bundle!.metadata)
  await cluster.settle()
  assert.deepEqual(names((await client.list(bundles)).items), [bundle!.metadata.name, 'mine'])
})
test('requests for certificates of pods are gone after a quarter of an hour', async () => {
  const { cluster, requests, client } = await begin()
  await using _ = cluster
  const spec = { signerName: 'example.com/pods', podName: 'p', podUID: 'u', serviceAccountName: 'default', serviceAccountUID: 'u', nodeName: 'node-1', nodeUID: 'u', pkixPublicKey: publicKey, proofOfPossession: 'AAAA' }
  await client.create(requests, { metadata: { name: 'r', namespace: 'default' }, spec })
  await cluster.clock.advance(14 * 60_000)
  assert.deepEqual(names((await client.list(requests)).items), ['r'])
  await cluster.clock.advance(2 * 60_000)
  assert.deepEqual(names((await client.list(requests)).items), [])
})
test('a group of pods stays until its pods have ended', async () => {
  const { cluster, groups, client } = await begin()
  await using _ = cluster
  const target = { name: 'g', namespace: 'default' }
  await client.create(groups, { metadata: target, spec: { schedulingPolicy: { basic: {} } } })
  await client.create(pod, { metadata: { name: 'p', namespace: 'default' }, spec: { schedulingGroup: { podGroupName: 'g' }, containers: [{ name: 'c', image: 'x' }] } })
  assert.deepEqual((await client.get(pod, { name: 'p', namespace: 'default' })).spec.schedulingGroup, { podGroupName: 'g' })
  await client.delete(groups, target)
  await cluster.settle()
  assert.deepEqual(names((await client.list(groups)).items), ['g'])
  await client.delete(pod, { name: 'p', namespace: 'default' })
  await cluster.settle()
  assert.deepEqual(names((await client.list(groups)).items), [])
})
for (const [what, resource, conditions] of [
  ['of what is there', { group: '', resource: 'configmaps' }, [['Running', 'False', 'StorageVersionMigrationInProgress', ''], ['Succeeded', 'True', 'StorageVersionMigrationSucceeded', '']]],
  ['of what is served beyond the usual', { group: 'scheduling.k8s.io', resource: 'podgroups' }, [['Running', 'False', 'StorageVersionMigrationInProgress', ''], ['Succeeded', 'True', 'StorageVersionMigrationSucceeded', '']]],
  ['of what nobody serves', { group: 'x.example', resource: 'widgets' }, [['Failed', 'True', 'StorageVersionMigrationFailed', 'resource not found']]],
] as const) test(`a migration ${what} writes everything again and says so`, async () => {
  const { cluster, migrations, groups, client } = await begin()
  await using _ = cluster
  const target = { name: 'c', namespace: 'default' }
  const { metadata: before } = await client.create(configMap, { metadata: target, data: { a: 'b' } })
  await client.create(groups, { metadata: target, spec: { schedulingPolicy: { basic: {} } } })
  await client.create(migrations, { metadata: { name: 'm' }, spec: { resource } })
  await cluster.settle()
  const { status } = await client.get(migrations, { name: 'm' })
  assert.deepEqual(status.conditions!.map((one) => [one.type, one.status, one.reason, one.message]), conditions)
  assert.equal(Boolean(status.resourceVersion), conditions.length > 1)
  const { metadata: after, data } = await client.get(configMap, target)
  assert.deepEqual([after, data], [before, { a: 'b' }]) // it is kept as it would be today
})
