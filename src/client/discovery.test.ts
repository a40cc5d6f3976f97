import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customResourceDefinition } from '#kinds'
import { TestCluster } from '#testing'
import { discover } from './discovery.ts'

test('a kind is the same value as long as it is served, and one that comes back is another', async () => {
  await using cluster = await TestCluster.start({ controllers: [], scheduler: false })
  const { client } = cluster
  const define = () => client.create(customResourceDefinition, { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Cluster', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } })
  const found = async () => (await discover(client)).kinds.find(({ resource }) => resource === 'widgets')
  await define()
  await cluster.settle()
  const first = await found()
  assert.ok(first)
  assert.equal(await found(), first)
  await client.delete(customResourceDefinition, { name: 'widgets.example.com' })
  await cluster.settle()
  assert.equal(await found(), undefined)
  await define()
  await cluster.settle()
  const second = await found()
  assert.ok(second)
  assert.notEqual(second, first) // so the first one was let go
})
