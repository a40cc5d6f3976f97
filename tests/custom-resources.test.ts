// What the cluster's own controllers do with kinds that came at run time: owners, namespaces and definitions that go take their objects along.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, customResourceDefinition as definition, namespace } from '#kinds'
import type { AnyObject } from '#machinery'
import { TestCluster } from '#testing'

const controllers = ['garbage-collector', 'namespace']
async function withWidgets() {
  const cluster = await TestCluster.start({ controllers, scheduler: false }), { client } = cluster
  await client.create(definition, { metadata: { name: 'widgets.x.example' }, spec: { group: 'x.example', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }] } })
  await client.create(namespace, { metadata: { name: 'n' } })
  await cluster.settle()
  const path = '/apis/x.example/v1/namespaces/n/widgets'
  return {
    cluster, client,
    widget: (name: string, metadata: object = {}) => client.raw('POST', path, { body: { apiVersion: 'x.example/v1', kind: 'Widget', metadata: { name, ...metadata } } }) as Promise<AnyObject>,
    remove: (name: string, propagationPolicy: string) => client.raw('DELETE', `${path}/${name}`, { body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy } }),
    widgets: async () => ((await client.raw('GET', path)) as { items: AnyObject[] }).items.map((o) => o.metadata.name),
    maps: async () => (await client.list(configMap, { namespace: 'n' })).items.map((o) => o.metadata.name),
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}
const owned = (apiVersion: string, kind: string, { metadata: { name, uid } }: AnyObject, more: object = {}) => ({ ownerReferences: [{ apiVersion, kind, name, uid: uid!, ...more }] })

for (const policy of ['Background', 'Foreground'])
  test(`an owner of a new kind takes along what it owns, and what that owns: ${policy}`, async () => {
    await using given = await withWidgets()
    const top = await given.widget('top'), middle = await given.client.create(configMap, { metadata: { name: 'middle', namespace: 'n', ...owned('x.example/v1', 'Widget', top, { blockOwnerDeletion: true }) } })
    await given.widget('bottom', owned('v1', 'ConfigMap', middle, { blockOwnerDeletion: true }))
    await given.widget('other')
    await given.cluster.settle()
    await given.remove('top', policy)
    await given.cluster.settle()
    assert.deepEqual([await given.widgets(), await given.maps()], [['other'], []])
  })

test('orphans of a new kind stay, and lose their owner', async () => {
  await using given = await withWidgets()
  const top = await given.widget('top')
  await given.widget('bottom', owned('x.example/v1', 'Widget', top))
  await given.cluster.settle()
  await given.remove('top', 'Orphan')
  await given.cluster.settle()
  const left = await given.client.raw('GET', '/apis/x.example/v1/namespaces/n/widgets/bottom') as AnyObject
  assert.equal(left.metadata.ownerReferences, undefined)
})

test('a namespace that goes takes its custom resources along', async () => {
  await using given = await withWidgets()
  for (const name of ['a', 'b']) await given.widget(name)
  await given.client.delete(namespace, { name: 'n' })
  await given.cluster.settle()
  await assert.rejects(given.client.get(namespace, { name: 'n' }), /not found/)
  assert.deepEqual(await given.widgets(), [])
})

test('a definition that goes takes its objects along, and what they own', async () => {
  await using given = await withWidgets()
  const top = await given.widget('top')
  await given.client.create(configMap, { metadata: { name: 'mine', namespace: 'n', ...owned('x.example/v1', 'Widget', top) } })
  await given.cluster.settle()
  await given.client.delete(definition, { name: 'widgets.x.example' })
  await given.cluster.settle()
  await assert.rejects(given.client.get(definition, { name: 'widgets.x.example' }), /not found/)
  assert.deepEqual(await given.maps(), [])
})
