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

for (const order of ['owner first', 'dependent first'])
  test(`an owner is meant by all that a reference says: with another name or kind its dependent goes, ${order}`, async () => {
    await using cluster = await TestCluster.start()
    const { client } = cluster, at = { namespace: 'default' }
    await cluster.settle()
    const { metadata: { uid } } = await client.create(configMap, { metadata: { name: 'owner', ...at } })
    if (order === 'owner first') await cluster.settle()
    const right = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }
    for (const [name, reference] of [['right', right], ['renamed', { ...right, name: 'other' }], ['of-a-kind', { ...right, kind: 'Secret' }]] as const)
      await client.create(configMap, { metadata: { name, ...at, ownerReferences: [reference] } })
    await client.create(configMap, { metadata: { name: 'unserved', ...at, ownerReferences: [{ ...right, apiVersion: 'v7' }] } })
    await cluster.settle()
    const left = async () => (await client.list(configMap, at)).items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt')
    assert.deepEqual(await left(), ['owner', 'right', 'unserved'])
    await client.delete(configMap, { name: 'owner', ...at })
    await cluster.clock.advance(60_000)
    // Nobody can look for an owner whose version is not served.
    assert.deepEqual(await left(), ['unserved'])
  })

test('what is in no namespace and names an owner of a namespace is left alone, whatever its other owners are', async () => {
  await using cluster = await TestCluster.start()
  const { client } = cluster
  const { metadata: { uid } } = await client.create(configMap, { metadata: { name: 'owner', namespace: 'default' } })
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }, { apiVersion: 'v1', kind: 'Namespace', name: 'none', uid: 'none' }]
  await client.create(namespace, { metadata: { name: 'child', ownerReferences } })
  await cluster.settle()
  const { metadata, status } = await client.get(namespace, { name: 'child' })
  assert.deepEqual([metadata.ownerReferences, status.phase], [ownerReferences, 'Active'])
})
