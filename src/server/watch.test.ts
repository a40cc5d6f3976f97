// Watches: what arrives, when, and in which form.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, map, maps, start, type Body } from './contract-kit.ts'

test('a watch shows changes after its version, and selectors make them arrivals and departures', async () => {
  const { ask, send } = await start()
  const { body: first } = await ask(`POST ${maps}`, map('a', { labels: { l: 'x' } }))
  await ask(`PATCH ${maps}/a`, { metadata: { labels: { l: 'y' } } })
  const all = collect(await send(`GET ${maps}?watch=1&resourceVersion=${first.metadata.resourceVersion}`))
  const xs = collect(await send(`GET ${maps}?watch=1&resourceVersion=${first.metadata.resourceVersion}&labelSelector=l=x`))
  const named = collect(await send(`GET ${maps}?watch=1&fieldSelector=metadata.name=b`))
  assert.deepEqual(all.seen(), ['MODIFIED a'])
  await ask(`PATCH ${maps}/a`, { metadata: { labels: { l: 'x' } } })
  await ask(`POST ${maps}`, map('b'))
  await ask('POST /api/v1/namespaces/m/configmaps', map('b', { labels: { l: 'x' } }))
  await ask(`DELETE ${maps}/a`)
  assert.deepEqual(all.seen(), ['MODIFIED a', 'MODIFIED a', 'ADDED b', 'DELETED a'])
  assert.deepEqual(xs.seen(), ['DELETED a', 'ADDED a', 'DELETED a'])
  assert.deepEqual(xs.events[0]!.object.metadata.labels, { l: 'x' }, 'a departure shows the last object that matched')
  assert.deepEqual(named.seen(), ['ADDED b'])
})

test('a watch without a version begins with what there is; with sendInitialEvents it says when that is over', async () => {
  const { ask, send } = await start()
  await ask(`POST ${maps}`, map('a'))
  await ask(`POST ${maps}`, map('b'))
  assert.deepEqual(collect(await send(`GET ${maps}?watch=1`)).seen(), ['ADDED a', 'ADDED b'])
  const { events } = collect(await send(`GET ${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`))
  assert.deepEqual(events.map((e) => e.type), ['ADDED', 'ADDED', 'BOOKMARK'])
  assert.deepEqual(events[2]!.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
})

test('a watch from a forgotten version is told to list again', async () => {
  const { ask, send, store } = await start()
  const { body } = await ask(`POST ${maps}`, map('a'))
  await ask(`PATCH ${maps}/a`, { data: { x: '1' } })
  await store.compact(store.revision)
  const watch = collect(await send(`GET ${maps}?watch=1&resourceVersion=${Number(body.metadata.resourceVersion) - 1}`))
  assert.deepEqual(watch.seen(), ['ERROR Expired'])
  assert.equal(watch.events[0]!.object.code, 410)
  assert.ok(watch.isEnded())
})

test('bookmarks keep a quiet watch fresh, and its time ends it', async () => {
  const { ask, send, clock } = await start()
  await ask(`POST ${maps}`, map('a'))
  const watch = collect(await send(`GET ${maps}?watch=1&resourceVersion=2&allowWatchBookmarks=true&timeoutSeconds=90`))
  await ask('POST /api/v1/namespaces/m/configmaps', map('b'))
  clock.pass(60_000)
  assert.deepEqual(watch.events.map((e) => [e.type, e.object.metadata.resourceVersion]), [['BOOKMARK', '3']])
  clock.pass(30_000)
  assert.ok(watch.isEnded())
})

test('a slow watcher is served when it can read again, in order, and holds up nobody', async () => {
  const { ask, send } = await start()
  const slow = collect(await send(`GET ${maps}?watch=1&resourceVersion=1`), { slow: true })
  const quick = collect(await send(`GET ${maps}?watch=1&resourceVersion=1`))
  for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, map(name))
  assert.deepEqual(quick.seen(), ['ADDED a', 'ADDED b', 'ADDED c'])
  assert.deepEqual(slow.seen(), ['ADDED a'])
  slow.drain()
  slow.drain()
  assert.deepEqual(slow.seen(), ['ADDED a', 'ADDED b', 'ADDED c'])
})

test('what a watcher that never reads is owed is bounded in bytes: it is closed, and nobody else', async () => {
  const { ask, send } = await start()
  const slow = collect(await send(`GET ${maps}?watch=1&resourceVersion=1`), { slow: true })
  const quick = collect(await send(`GET ${maps}?watch=1&resourceVersion=1`))
  const large = { data: { x: 'x'.repeat(1_000_000) } }
  for (let i = 0; i < 16; i++) await ask(`POST ${maps}`, { ...map(`m${i}`), ...large })
  assert.equal(slow.isEnded(), false, 'it may be so far behind')
  for (let i = 16; i < 20; i++) await ask(`POST ${maps}`, { ...map(`m${i}`), ...large })
  assert.deepEqual([slow.isEnded(), quick.isEnded(), quick.seen().length], [true, false, 20])
  slow.drain()
  assert.deepEqual(slow.seen(), ['ADDED m0'], 'what was kept for it is gone')
})

test('what has been deleted counts among what a watcher is owed, as it was last', async () => {
  const { ask, send } = await start()
  const large = { data: { x: 'x'.repeat(1_000_000) } }
  for (let i = 0; i < 20; i++) await ask(`POST ${maps}`, { ...map(`m${i}`, { labels: { l: i < 10 ? 'x' : 'y' } }), ...large })
  const { body } = await ask(`GET ${maps}?limit=1`)
  const follow = async (selector: string) => collect(await send(`GET ${maps}?watch=1&resourceVersion=${body.metadata.resourceVersion}${selector}`), { slow: true })
  const [all, some] = [await follow(''), await follow('&labelSelector=l=x')]
  for (let i = 0; i < 19; i++) await ask(`DELETE ${maps}/m${i}`)
  assert.deepEqual([all.isEnded(), some.isEnded()], [true, false])
})

test('tables and metadata alone can be asked for, and watched', async () => {
  const { ask, send } = await start()
  await ask(`POST ${maps}`, { ...map('a'), data: { x: '1' } })
  const table = (await ask(`GET ${maps}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' })).body
  assert.deepEqual(table.columnDefinitions.map((c: Body) => c.name), ['Name', 'Data', 'Age'])
  assert.deepEqual(table.rows[0].cells, ['a', 1, '0s'])
  assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata')
  const partial = (await ask(`GET ${maps}/a`, undefined, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' })).body
  assert.deepEqual(Object.keys(partial), ['kind', 'apiVersion', 'metadata'])
  const watch = collect(await send(`GET ${maps}?watch=1`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }))
  await ask(`POST ${maps}`, map('b'))
  assert.equal(watch.events[0]!.object.columnDefinitions.length, 3)
  assert.equal(watch.events[1]!.object.columnDefinitions, null)
})
