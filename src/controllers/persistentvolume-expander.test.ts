import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, persistentVolume, persistentVolumeClaim, storageClass } from '#kinds'
import { TestCluster } from '#testing'

test('a claim that shall grow waits for whoever made its volume', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'persistentvolume-binder', 'persistentvolume-expander'], scheduler: false })
  const { client } = cluster, at = { namespace: 'default' }
  await client.create(storageClass, { metadata: { name: 'k' }, provisioner: 'x.example', allowVolumeExpansion: true })
  await client.create(persistentVolume, { metadata: { name: 'v' }, spec: { storageClassName: 'k', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'x.example', volumeHandle: 'h' } } })
  await cluster.settle()
  await client.create(persistentVolumeClaim, { metadata: { name: 'c', ...at }, spec: { storageClassName: 'k', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
  await cluster.settle()
  await client.patch(persistentVolumeClaim, { name: 'c', ...at }, 'merge', { spec: { resources: { requests: { storage: '2Gi' } } } })
  await cluster.settle()
  assert.deepEqual((await client.list(event)).items.filter(({ reason }) => reason === 'ExternalExpanding').map(({ type, message, source }) => [type, message, source?.component]), [['Normal', 'waiting for an external controller to expand this PVC', 'volume_expand']])
})
