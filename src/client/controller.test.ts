import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, secret, type ConfigMap } from '#kinds'
import { conflict } from '#machinery'
import { FaultyLine, rest, TestCluster, type FaultOptions } from '#testing'
import { connect } from './connect.ts'
import { controlledBy, run, watching, type Controller } from './controller.ts'
import { silentRecorder } from './events.ts'
import { Informers } from './informers.ts'

const namespace = 'default'
async function running(controller: Partial<Controller<ConfigMap>>, faults: FaultOptions = {}) {
  const cluster = await TestCluster.start({ scheduler: false, controllers: [] })
  const client = cluster.clientAs({ name: 'kubernetes-admin', groups: ['system:masters'] }, new FaultyLine(cluster.plane.handler, faults, cluster).handler)
  const informers = new Informers(client)
  const stop = run({ name: 'test', for: configMap, async reconcile() {}, ...controller }, connect(client, informers, silentRecorder))
  await rest()
  return { cluster, async [Symbol.asyncDispose]() { informers.stop(); await stop(); await cluster.stop() } }
}
const isOurs = (object: { metadata: { namespace?: string; name: string } }) => object.metadata.namespace === namespace && !object.metadata.name.startsWith('kube-')
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name, namespace }, data })

test('every object is reconciled once for what there is and again when it changes', async () => {
  const seen: string[] = []
  await using t = await running({ async reconcile(object) { if (isOurs(object)) seen.push(`${object.metadata.name} ${object.data?.['k'] ?? ''}`) } })
  await t.cluster.client.create(configMap, map('a', { k: '1' }))
  await rest()
  await t.cluster.client.patch(configMap, { name: 'a', namespace }, 'merge', { data: { k: '2' } })
  await rest()
  assert.deepEqual(seen, ['a 1', 'a 2'])
})

test('no reconcile starts on a cache older than its own writes, however late the cache is', async () => {
  await using t = await running({
    owns: [secret],
    async reconcile(object, cluster) {
      if (!isOurs(object)) return
      const there = cluster.list(secret, { namespace, owner: object }).length
      for (let i = there; i < 3; i++) await cluster.create(secret, { metadata: { generateName: 's-', namespace, ownerReferences: [controlledBy(configMap, object)] } })
    },
  }, { lateMs: 1000 })
  await t.cluster.client.create(configMap, map('a'))
  for (let i = 0; i < 20; i++) {
    await t.cluster.client.patch(configMap, { name: 'a', namespace }, 'merge', { data: { k: String(i) } })
    await t.cluster.clock.advance(100)
  }
  await t.cluster.clock.advance('10s')
  assert.equal((await t.cluster.client.list(secret, { namespace })).items.filter((s) => s.metadata.generateName === 's-').length, 3)
})

test('a reconcile that throws comes again, later and later; one that asks to comes again when it said', async () => {
  const at: number[] = []
  await using t = await running({ async reconcile(object, { clock }) {
    if (!isOurs(object)) return
    at.push(clock.now())
    if (at.length < 4) throw conflict({ group: '', resource: 'configmaps' }, 'a', 'for the test')
    if (at.length === 4) return { againIn: 60_000 }
  } })
  await t.cluster.client.create(configMap, map('a'))
  await t.cluster.clock.advance('5m')
  assert.deepEqual(at.slice(1).map((time, i) => time - at[i]!), [5, 10, 20, 60_000])
})

test('a change of what it owns or watches reconciles the right object, also the one it belonged to before', async () => {
  const seen: string[] = []
  await using t = await running({
    owns: [secret], watches: [watching(configMap, (object) => (object.data?.['for'] ? [{ name: object.data['for'], namespace }] : []))],
    async reconcile(object) { if (isOurs(object)) seen.push(object.metadata.name) },
  })
  const owners = [await t.cluster.client.create(configMap, map('a')), await t.cluster.client.create(configMap, map('b'))]
  await t.cluster.client.create(secret, { metadata: { name: 's', namespace, ownerReferences: [controlledBy(configMap, owners[0]!)] } })
  await rest()
  seen.length = 0
  await t.cluster.client.patch(secret, { name: 's', namespace }, 'merge', { metadata: { ownerReferences: [controlledBy(configMap, owners[1]!)] } })
  await rest()
  assert.deepEqual(seen.sort(), ['a', 'b'])
  seen.length = 0
  await t.cluster.client.create(configMap, map('c', { for: 'a' }))
  await rest()
  assert.deepEqual(seen.sort(), ['a', 'c'])
})

test('what a turn wrote is no reason for another where the controller says so; what others did meanwhile is', async () => {
  let turns = 0, meanwhile = async () => {}
  const mine = { metadata: { name: 's', namespace, labels: { of: 'a' } } }
  await using t = await running({
    watches: [watching(secret, ({ metadata: { labels } }) => (labels?.['of'] ? [{ name: labels['of'], namespace }] : []), { ofOthers: true })],
    async reconcile(object, cluster) {
      if (!isOurs(object)) return
      turns++
      const there = cluster.get(secret, mine.metadata)
      if (!there) await cluster.create(secret, mine)
      else if (!there.data?.['k']) await cluster.update(secret, { ...there, data: { k: 'dg==' } })
      await meanwhile()
    },
  })
  const clear = () => t.cluster.client.patch(secret, mine.metadata, 'merge', { data: null })
  await t.cluster.client.create(configMap, map('a'))
  await rest()
  assert.equal(turns, 1)
  await t.cluster.client.patch(secret, mine.metadata, 'merge', { metadata: { annotations: { by: 'others' } } })
  await rest()
  assert.equal(turns, 2)
  meanwhile = async () => { meanwhile = async () => {}; await clear() }
  await clear()
  await rest()
  assert.equal(turns, 4)
  assert.deepEqual((await t.cluster.client.get(secret, mine.metadata)).data, { k: 'dg==' })
})

test('a change that names an object twice is one reason for a turn', async () => {
  let turns = 0
  await using t = await running({ watches: [watching(secret, () => [{ name: 'a', namespace }])], async reconcile(object) { if (isOurs(object)) turns++ } })
  await t.cluster.client.create(configMap, map('a'))
  await t.cluster.client.create(secret, { metadata: { name: 's', namespace } })
  await rest()
  turns = 0
  await t.cluster.client.patch(secret, { name: 's', namespace }, 'merge', { data: { k: 'dg==' } })
  await rest()
  assert.equal(turns, 1)
})

test('what is gone is reconciled as deleted, when the controller wants to know', async () => {
  const gone: string[] = []
  await using t = await running({ async reconcileDeleted({ name }) { gone.push(name) } })
  await t.cluster.client.create(configMap, map('a'))
  await rest()
  await t.cluster.client.delete(configMap, { name: 'a', namespace })
  await rest()
  assert.deepEqual(gone, ['a'])
})

test('a cache that nobody declared is not read in silence', async () => {
  let message = ''
  await using t = await running({ async reconcile(_, cluster) { try { cluster.list(secret) } catch (error) { message = (error as Error).message } } })
  await t.cluster.client.create(configMap, map('a'))
  await rest()
  assert.match(message, /declare it in the controller's reads/)
})

test('what is being deleted together with its namespace is given up without another try', async () => {
  let tries = 0
  await using t = await running({ async reconcile(object, cluster) {
    if (object.metadata.name !== 'trigger') return
    tries++
    await cluster.create(secret, { metadata: { name: 's', namespace: 'ending' } })
  } })
  await t.cluster.client.raw('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ending' } } })
  await t.cluster.client.raw('DELETE', '/api/v1/namespaces/ending')
  await t.cluster.client.create(configMap, map('trigger'))
  await t.cluster.clock.advance('5m')
  assert.equal(tries, 1)
})
