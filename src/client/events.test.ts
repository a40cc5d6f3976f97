import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, event, type Event } from '#kinds'
import { TestCluster } from '#testing'
import { EventRecorder, type RecorderOptions } from './events.ts'

const namespace = 'default'
async function recorder(options: RecorderOptions = { component: 'tester' }) {
  const cluster = await TestCluster.start({ scheduler: false, controllers: [] })
  const object = await cluster.client.create(configMap, { metadata: { name: 'a', namespace } })
  const events = new EventRecorder(cluster.client, options)
  return { cluster, object, events, record: (reason: string, message: string) => events.record(configMap, object, 'Normal', reason, message, { action: 'Looking' }),
    async kept() { await cluster.clock.advance('1s'); return (await cluster.client.list(event, { namespace })).items }, [Symbol.asyncDispose]: () => cluster.stop() }
}

test('an event says what, about whom, by whom and when', async () => {
  await using t = await recorder({ component: 'tester', host: 'node-1' })
  t.record('Seen', 'it was seen')
  const [e] = await t.kept()
  const { metadata: { name, namespace: of }, involvedObject, reason, message, type, count, source, reportingComponent, reportingInstance, firstTimestamp, lastTimestamp } = e!
  assert.match(name, /^a\.[0-9a-f]{16}$/)
  assert.deepEqual({ of, reason, message, type, count, source, reportingComponent, reportingInstance },
    { of: namespace, reason: 'Seen', message: 'it was seen', type: 'Normal', count: 1, source: { component: 'tester', host: 'node-1' }, reportingComponent: 'tester', reportingInstance: 'node-1' })
  assert.deepEqual(involvedObject, { kind: 'ConfigMap', namespace, name: 'a', uid: t.object.metadata.uid, apiVersion: 'v1', resourceVersion: t.object.metadata.resourceVersion })
  assert.deepEqual([firstTimestamp, lastTimestamp], ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z'])
})

for (const name of ['x'.repeat(250), 'fd00:10:233::103'])
  test(`an object whose name is none for events has events of another name: ${name.slice(0, 20)}`, async () => {
    await using t = await recorder()
    t.events.record(configMap, { ...t.object, metadata: { ...t.object.metadata, name } }, 'Normal', 'Seen', 'x')
    const [e] = await t.kept()
    assert.equal(e?.involvedObject.name, name)
    assert.match(e.metadata.name, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

test('components that speak of one object at the same time are all heard', async () => {
  await using t = await recorder({ component: 'one' })
  const two = new EventRecorder(t.cluster.client, { component: 'two' }), elsewhere = new EventRecorder(t.cluster.client, { component: 'two', host: 'node-1' })
  t.record('Seen', 'x')
  for (const other of [two, elsewhere]) other.record(configMap, t.object, 'Normal', 'Seen', 'x')
  assert.deepEqual((await t.kept()).map((e) => `${e.source!.component} ${e.source!.host ?? ''}`).sort(), ['one ', 'two ', 'two node-1'])
})

test('the same event again is counted, with the time of the last', async () => {
  await using t = await recorder()
  t.record('Seen', 'x')
  await t.cluster.clock.advance('1m')
  t.record('Seen', 'x')
  const all = await t.kept()
  assert.deepEqual(all.map((e) => [e.count, e.firstTimestamp, e.lastTimestamp]), [[2, '2030-01-01T00:00:00Z', '2030-01-01T00:01:00Z']])
})

test('many that differ only in their message are combined', async () => {
  await using t = await recorder()
  for (let i = 1; i <= 12; i++) t.record('Seen', `number ${i}`)
  const all = await t.kept()
  assert.equal(all.length, 10)
  assert.deepEqual(all.filter((e) => e.message?.startsWith('(combined')).map((e) => [e.message, e.count]), [['(combined from similar events): number 12', 3]])
})

test('an object has 25 events at once and one more every five minutes', async () => {
  await using t = await recorder()
  for (let i = 0; i < 40; i++) t.record(`Reason${i}`, 'x')
  assert.equal((await t.kept()).length, 25)
  await t.cluster.clock.advance('5m')
  t.record('Later', 'x')
  assert.equal((await t.kept()).length, 26)
})

test('in the newer style an event has a time and a series', async () => {
  await using t = await recorder({ component: 'default-scheduler', style: 'series' })
  t.record('Seen', 'x')
  t.record('Seen', 'x')
  const [e] = await t.kept()
  assert.deepEqual([e?.eventTime, e?.count, e?.series?.count, e?.reportingComponent], ['2030-01-01T00:00:00.000000Z', undefined, 2, 'default-scheduler'])
})

for (const style of ['count', 'series'] as const) test(`an event that the server has forgotten goes on under its name, with all that it says (${style})`, async () => {
  await using t = await recorder({ component: 'tester', style })
  t.record('Seen', 'x')
  const [before] = await t.kept()
  await t.cluster.client.delete(event, before!.metadata)
  await t.cluster.clock.advance('2h')
  t.record('Seen', 'x')
  const [after, ...others] = await t.kept()
  const lasting = ({ metadata: { name, namespace: of }, involvedObject: { uid }, reason, message, type, action, reportingComponent, reportingInstance, source, firstTimestamp, eventTime }: Event) =>
    ({ name, of, uid, reason, message, type, action, reportingComponent, reportingInstance, source, firstTimestamp, eventTime })
  assert.deepEqual([lasting(after!), others], [lasting(before!), []])
  assert.deepEqual(style === 'count' ? [after!.count, after!.lastTimestamp] : [after!.series?.count, after!.series?.lastObservedTime], style === 'count' ? [2, '2030-01-01T02:00:01Z'] : [2, '2030-01-01T02:00:01.000000Z'])
})

test('of an object that is gone the recorder remembers nothing: were it said again, it would be new', async () => {
  await using t = await recorder()
  t.record('Seen', 'x')
  await t.kept()
  t.events.forget(configMap, t.object)
  t.record('Seen', 'x')
  assert.deepEqual((await t.kept()).map(({ count }) => count), [1, 1])
})
