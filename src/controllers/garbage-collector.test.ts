import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, event, namespace } from '#kinds'
import { is } from '#machinery'
import { TestCluster } from '#testing'

const exists = async (cluster: TestCluster, target: { name: string; namespace: string }) => {
  try { return Boolean(await cluster.client.get(configMap, target)) } catch (error) { if (is(error, 'NotFound')) return false; throw error }
}

for (const order of ['owner first', 'dependent first'])
  test(`an owner of another namespace does not count: it is told of and its dependent goes, ${order}`, async () => {
    await using cluster = await TestCluster.start()
    const { client } = cluster
    await client.create(namespace, { metadata: { name: 'there' } })
    await cluster.settle()
    const owner = await client.create(configMap, { metadata: { name: 'owner', namespace: 'default' } }), { uid } = owner.metadata
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }
    if (order === 'owner first') await cluster.settle()
    await client.create(configMap, { metadata: { name: 'mine', namespace: 'default', ownerReferences: [reference] } })
    await client.create(configMap, { metadata: { name: 'foreign', namespace: 'there', ownerReferences: [reference] } })
    await cluster.settle()
    assert.deepEqual([await exists(cluster, { name: 'owner', namespace: 'default' }), await exists(cluster, { name: 'mine', namespace: 'default' }), await exists(cluster, { name: 'foreign', namespace: 'there' })], [true, true, false])
    const said = (await client.list(event, { namespace: 'there' })).items.filter((e) => e.reason === 'OwnerRefInvalidNamespace')
    assert.deepEqual(said.map((e) => [e.type, e.involvedObject.name, e.source?.component, e.message]),
      [['Warning', 'foreign', 'garbage-collector-controller', `ownerRef [v1/ConfigMap, namespace: there, name: owner, uid: ${uid}] does not exist in namespace "there"`]])
  })
