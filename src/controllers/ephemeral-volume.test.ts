import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, persistentVolumeClaim, pod, type PersistentVolumeClaim, type Pod } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'

const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const made = (name: string) => ({ metadata: { name, namespace: 'default' }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }],
  volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: { metadata: { labels: { type: 'fast' } }, spec } } }, { name: 'plain', emptyDir: {} }] } }) as unknown as New<Pod> // allowed: the rest has defaults

test('an ephemeral volume has a claim of its pod, again when somebody deletes it, and never takes another\'s', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'ephemeral-volume'], scheduler: false })
  const { client } = cluster
  await cluster.settle()
  await client.create(persistentVolumeClaim, { metadata: { name: 'b-data', namespace: 'default' }, spec } as unknown as New<PersistentVolumeClaim>) // allowed: the rest has defaults
  const [a] = [await client.create(pod, made('a')), await client.create(pod, made('b'))]
  await cluster.settle()
  const claim = await client.get(persistentVolumeClaim, { name: 'a-data', namespace: 'default' })
  assert.deepEqual([claim.metadata.labels, claim.metadata.ownerReferences, claim.spec.resources?.requests?.['storage']],
    [{ type: 'fast' }, [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: a.metadata.uid, controller: true, blockOwnerDeletion: true }], '1Gi'])
  const events = (await client.list(event)).items.filter(({ reason }) => reason === 'FailedBinding')
  assert.deepEqual(events.map(({ message, source }) => [message, source?.component]), [['ephemeral volume data: PVC default/b-data was not created for pod default/b (pod is not owner)', 'ephemeral_volume']])
  await client.patch(persistentVolumeClaim, claim.metadata, 'merge', { metadata: { finalizers: null } })
  await client.delete(persistentVolumeClaim, claim.metadata)
  await cluster.settle()
  assert.notEqual((await client.get(persistentVolumeClaim, claim.metadata)).metadata.uid, claim.metadata.uid)
})
