import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, type ConfigMap } from '#kinds'
import { FaultyLine, rest, TestCluster, type FaultOptions } from '#testing'
import { Informer } from './informer.ts'
import { indexOf } from './object-table.ts'

const admin = { name: 'kubernetes-admin', groups: ['system:masters'] }
const namespace = 'default'
const byValue = indexOf(configMap, (object: ConfigMap) => Object.values(object.data ?? {}))

/** A cluster, and a cache of config maps behind a line with these faults. */
async function cacheWith(faults: FaultOptions = {}) {
  const cluster = await TestCluster.start({ scheduler: false, controllers: [] })
  const line = new FaultyLine(cluster.plane.handler, faults, cluster)
  const informer = new Informer(cluster.clientAs(admin, line.handler), configMap)
  const write = (name: string, value: string) => cluster.client.create(configMap, { metadata: { name, namespace }, data: { value } })
  return { cluster, informer, write, async [Symbol.asyncDispose]() { informer.stop(); await cluster.stop() } }
}
const names = (objects: readonly ConfigMap[]) => objects.filter((o) => o.metadata.namespace === namespace).map((o) => o.metadata.name).sort()

test('a cache has what is there when it has synced, and then every change', async () => {
  await using t = await cacheWith()
  await t.write('a', '1')
  await t.informer.synced()
  const seen: string[] = []
  t.informer.watch(({ type, object, old }) => { if (object.metadata.namespace === namespace) seen.push(`${type} ${object.metadata.name}${old ? ` was ${old.data?.['value'] ?? ''}` : ''}`) })
  await t.write('b', '1')
  await t.cluster.client.patch(configMap, { name: 'b', namespace }, 'merge', { data: { value: '2' } })
  await t.cluster.client.delete(configMap, { name: 'a', namespace })
  await rest()
  assert.deepEqual(seen, ['ADDED a', 'ADDED b', 'MODIFIED b was 1', 'DELETED a was 1'])
  assert.deepEqual(names(t.informer.list()), ['b'])
})

test('a cache is waited for so long, and no longer', async () => {
  await using t = await cacheWith()
  assert.equal(await t.informer.syncedWithin(10), true)
  assert.equal(await t.informer.syncedWithin(0), true)
  const silent = new Informer(t.cluster.clientAs(admin, () => new Promise(() => {})), configMap), waiting = silent.syncedWithin(10_000)
  await t.cluster.clock.advance(10_000)
  assert.equal(await waiting, false)
  silent.stop()
  assert.equal(await silent.syncedWithin(10_000), false)
})

test('objects are found by namespace, by owner and by any index, also after they have changed', async () => {
  await using t = await cacheWith()
  const owner = await t.write('a', 'red')
  await t.cluster.client.create(configMap, { metadata: { name: 'b', namespace, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: owner.metadata.uid }] }, data: { value: 'red' } })
  await t.informer.synced()
  await rest()
  assert.deepEqual(names(t.informer.by(byValue, 'red')), ['a', 'b'])
  assert.deepEqual(names(t.informer.list({ namespace, owner })), ['b'])
  assert.deepEqual(t.informer.list({ namespace: 'nowhere' }), [])
  await t.cluster.client.patch(configMap, { name: 'a', namespace }, 'merge', { data: { value: 'blue' } })
  await rest()
  assert.deepEqual([names(t.informer.by(byValue, 'red')), names(t.informer.by(byValue, 'blue'))], [['b'], ['a']])
})

test('whoever waits for a version is told when a late cache has it', async () => {
  await using t = await cacheWith({ lateMs: 500 })
  await t.informer.synced()
  const { metadata } = await t.write('a', '1')
  let told = false
  void t.informer.caughtUp(metadata.resourceVersion).then(() => { told = true })
  await rest()
  assert.deepEqual([told, t.informer.get({ name: 'a', namespace })], [false, undefined])
  await t.cluster.clock.advance('1s')
  assert.deepEqual([told, t.informer.get({ name: 'a', namespace })?.metadata.uid], [true, metadata.uid])
})

test('whoever waits for a deletion is told when the cache no longer shows the object as one that stays', async () => {
  await using t = await cacheWith({ lateMs: 500 })
  await t.informer.synced()
  const made = await t.write('a', '1')
  await t.cluster.clock.advance('1s')
  await t.cluster.client.delete(configMap, made.metadata)
  let told = false
  void t.informer.heardOfDelete(made).then(() => { told = true })
  await rest()
  assert.equal(told, false)
  await t.cluster.clock.advance('1s')
  assert.equal(told, true)
})

for (const [promise, faults] of [
  ['watches break again and again', { brokenWatches: 0.5 }],
  ['versions expire and everything is listed anew', { brokenWatches: 0.3, expiredWatches: 0.7 }],
  ['all of it happens late', { brokenWatches: 0.3, expiredWatches: 0.5, lateMs: 300 }],
] as const)
  test(`a cache misses nothing and tells nothing twice when ${promise}`, async () => {
    await using t = await cacheWith(faults)
    await t.informer.synced()
    const told = new Map<string, string>()
    t.informer.watch(({ type, object: { metadata }, old }) => {
      const before = told.get(metadata.name)
      assert.equal(old?.metadata.resourceVersion, before, 'what was before is what was told before')
      assert.equal(type === 'ADDED', before === undefined)
      if (type === 'DELETED') told.delete(metadata.name)
      else told.set(metadata.name, metadata.resourceVersion)
    })
    for (let i = 0; i < 200; i++) {
      const name = `o-${i % 7}`, there = (await t.cluster.client.list(configMap, { namespace })).items.some((o) => o.metadata.name === name)
      if (!there) await t.write(name, String(i))
      else if (i % 3 === 0) await t.cluster.client.delete(configMap, { name, namespace })
      else await t.cluster.client.patch(configMap, { name, namespace }, 'merge', { data: { value: String(i) } })
      if (i % 5 === 0) await t.cluster.clock.advance(100)
    }
    await t.cluster.clock.advance('2m')
    const { items } = await t.cluster.client.list(configMap)
    assert.deepEqual(new Map(t.informer.list().map((o) => [o.metadata.name, o.metadata.resourceVersion])), new Map(items.map((o) => [o.metadata.name, o.metadata.resourceVersion])))
    assert.deepEqual(told, new Map(items.map((o) => [o.metadata.name, o.metadata.resourceVersion])))
  })

test('a cache that is stopped tells nothing more and lets nobody wait', async () => {
  await using t = await cacheWith()
  await t.informer.synced()
  let told = 0
  t.informer.watch(() => { told++ })
  const before = told
  t.informer.stop()
  await t.write('a', '1')
  await rest()
  await t.informer.caughtUp('999999999')
  assert.equal(told, before)
})
