// What is counted of lists, watches and the store behind them, read back as a scraper reads it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, map, maps, start } from '../contract-kit.ts'

/** The values of the series of configmaps, by their family. */
async function figures(ask: Awaited<ReturnType<typeof start>>['ask'], ...names: string[]): Promise<Record<string, number>> {
  const { text } = await ask('GET /metrics')
  return Object.fromEntries(names.map((name) => [name, Number(new RegExp(`^${name}\\{[^}]*resource="configmaps"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? -1)]))
}

test('lists of now are counted apart from those of the past, with what they looked at and what they showed', async () => {
  const { ask } = await start()
  for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, map(name, { labels: { n: name } }))
  await ask(`GET ${maps}?labelSelector=n%3Da`)
  await ask(`GET ${maps}?resourceVersion=0`)
  const cache = 'apiserver_cache_list', past = 'apiserver_storage_list'
  const now = { [`${cache}_total`]: 2, [`${cache}_fetched_objects_total`]: 6, [`${cache}_returned_objects_total`]: 4, apiserver_watch_cache_consistent_read_total: 1, apiserver_watch_cache_read_wait_seconds_count: 1 }
  assert.deepEqual(await figures(ask, ...Object.keys(now), `${past}_total`), { ...now, [`${past}_total`]: -1 })
  const { body } = await ask(`GET ${maps}?limit=1`)
  await ask(`POST ${maps}`, map('d'))
  await ask(`GET ${maps}?limit=5&continue=${body.metadata.continue}`)
  const then = { [`${past}_total`]: 1, [`${past}_fetched_objects_total`]: 2, [`${past}_evaluated_objects_total`]: 2, [`${past}_returned_objects_total`]: 2, [`${cache}_total`]: 3 }
  assert.deepEqual(await figures(ask, ...Object.keys(then)), then)
})

test('watchers: what they begin with, how long a list takes that begins one, and those that are too slow', async () => {
  const { ask, send, clock } = await start()
  const { body: { metadata: { resourceVersion } } } = await ask(`POST ${maps}`, map('a'))
  await ask(`POST ${maps}`, map('b'))
  collect(await send(`GET ${maps}?watch=1&resourceVersion=${resourceVersion}`)).stop()
  clock.pass(100)
  const slow = collect(await send(`GET ${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`))
  const begun = { apiserver_init_events_total: 3, apiserver_watch_list_duration_seconds_count: 1, apiserver_terminated_watchers_total: -1 }
  assert.deepEqual(await figures(ask, ...Object.keys(begun)), begun)
  slow.stop()
  const stuck = collect(await send(`GET ${maps}?watch=1`), { slow: true }), quick = collect(await send(`GET ${maps}?watch=1`))
  const large = { ...map('large'), data: { text: 'x'.repeat(900_000) } }
  await ask(`POST ${maps}`, large)
  for (let n = 0; n < 20; n++) await ask(`PUT ${maps}/large`, { ...large, data: { ...large.data, n: String(n) } })
  assert.deepEqual([stuck.isEnded(), quick.isEnded()], [true, false])
  const ended = { apiserver_terminated_watchers_total: 1, apiserver_storage_events_received_total: 21, apiserver_watch_cache_events_received_total: 21 }
  assert.deepEqual(await figures(ask, ...Object.keys(ended)), ended)
})

test('the store: how much lies in it, how many objects a lease has, how writes are compared', async () => {
  const { ask, objects } = await start()
  for (let n = 0; n < 120; n++) await ask(`POST ${maps}`, map(`m${n}`))
  await ask(`PUT ${maps}/m1`, map('m1'))
  await ask(`PUT ${maps}/m1`, map('m1', { labels: { a: 'b' } }))
  const { text } = await ask('GET /metrics'), [, bytes] = /apiserver_resource_size_estimate_bytes\{group="",resource="configmaps"\} (\d+)\n/.exec(text)!
  const { kvs } = objects.store.range('/registry/configmaps/', '/registry/configmaps0'), real = kvs.reduce((sum, { value }) => sum + value.length, 0)
  assert.ok(Math.abs(Number(bytes) - real) < real / 10, `${bytes} of ${real}`)
  assert.match(text, /apiserver_request_timestamp_comparison_time_count\{code_path="equalObjectsSlow"\} 1\n/)
  assert.match(text, /apiserver_request_timestamp_comparison_time_count\{code_path="unequalObjects(Fast|Slow)"\} 1\n/)
  for (const name of ['e1', 'e2', 'e3']) assert.equal((await ask('POST /api/v1/namespaces/n/events', { apiVersion: 'v1', kind: 'Event', metadata: { name }, involvedObject: { namespace: 'n' } })).status, 201)
  assert.match((await ask('GET /metrics')).text, /etcd_lease_object_counts_sum 6\netcd_lease_object_counts_count 3\n/)
})
