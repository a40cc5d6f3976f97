import assert from 'node:assert/strict'
import { test } from 'node:test'
import { persistentVolumeClaim, volumeAttributesClass } from '#kinds'
import { TestCluster } from '#testing'

test('a class of volume attributes goes when the last claim that names it has gone', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'volumeattributesclass-protection', 'persistentvolumeclaim-protection'], scheduler: false })
  const { client } = cluster, at = { namespace: 'default' }, fast = { name: 'fast' }
  const there = async () => (await client.list(volumeAttributesClass)).items.map(({ metadata }) => [metadata.name, metadata.finalizers])
  await client.create(volumeAttributesClass, { metadata: fast, driverName: 'x.example', parameters: { iops: '100' } })
  await client.create(persistentVolumeClaim, { metadata: { name: 'c', ...at }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeAttributesClassName: 'fast' } })
  await client.delete(volumeAttributesClass, fast)
  await cluster.settle()
  assert.deepEqual(await there(), [['fast', ['kubernetes.io/vac-protection']]])
  await client.delete(persistentVolumeClaim, { name: 'c', ...at })
  await cluster.settle()
  assert.deepEqual(await there(), [])
})
