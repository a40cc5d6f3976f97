import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { once } from 'node:events'
import { connect, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { keepStreamsApart, StreamTable } from './stream-table.ts'

const step = fc.record({ what: fc.constantFrom('set', 'get', 'has', 'delete', 'clear', 'look') as fc.Arbitrary<'set' | 'get' | 'has' | 'delete' | 'clear' | 'look'>, id: fc.oneof(fc.nat(6).map((n) => n * 2 + 1), fc.nat(3).map((n) => n * 256 + 1), fc.nat(700)).filter((id) => id > 0) })

test('whatever is done with it, it has what a Map has', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const table = new StreamTable<number>(), map = new Map<number, number>()
    for (const [value, { what, id }] of steps.entries()) {
      switch (what) {
        case 'set': assert.equal(table.set(id, value), table); map.set(id, value); break
        case 'get': assert.equal(table.get(id), map.get(id)); break
        case 'has': assert.equal(table.has(id), map.has(id)); break
        case 'delete': assert.equal(table.delete(id), map.delete(id)); break
        case 'clear': if (value % 7 === 0) { table.clear(); map.clear() } break
        case 'look': {
          const seen: [number, number][] = []
          table.forEach((one, key) => { seen.push([key, one]) })
          const all = [...map].sort(([a], [b]) => a - b), inOrder = (some: Iterable<[number, number]>) => [...some].sort(([a], [b]) => a - b)
          assert.deepEqual([inOrder(table), inOrder(table.entries()), inOrder(seen), [...table.keys()].sort((a, b) => a - b), [...table.values()].sort((a, b) => a - b)], [all, all, all, all.map(([key]) => key), [...map.values()].sort((a, b) => a - b)])
        }
      }
      assert.equal(table.size, map.size)
    }
  }), { numRuns: 1000 })
})

test('streams may be forgotten while they are gone through', () => {
  const table = new StreamTable<string>()
  for (const id of [1, 257, 3, 259]) table.set(id, `s${id}`)
  const seen: string[] = []
  table.forEach((one, id) => { seen.push(one); table.delete(id) })
  assert.deepEqual([seen.sort(), table.size], [['s1', 's257', 's259', 's3'], 0])
})

const state = Symbol('state')
for (const [what, session] of [
  ['has no such thing', {}],
  ['has another thing in its place', { [state]: { streams: {} } }],
  ['has streams already', { [state]: { streams: new Map([[1, {}]]) } }],
] as const) test(`a connection that ${what} stays as it is`, () => {
  const before = { ...session }
  assert.equal(keepStreamsApart(session), false)
  assert.deepEqual(session, before)
})

test('this Node serves by it: more streams at once than have places of their own, some longer than others', async () => {
  const server = createServer(), kept: boolean[] = [], waiting: ServerHttp2Stream[] = [], most = 300
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  server.on('session', (session) => { kept.push(keepStreamsApart(session)); session.on('close', resolve) })
  server.on('stream', (stream, headers) => {
    const answer = (late: ServerHttp2Stream) => { late.respond({ ':status': 200 }); late.end(String(late.id)) }
    if (headers[':path'] === '/now') { answer(stream); return }
    waiting.push(stream)
    if (waiting.length === most) waiting.forEach(answer)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { peerMaxConcurrentStreams: 1000 })
  const ask = async (path: string): Promise<boolean> => {
    const stream = client.request({ ':path': path })
    return await text(stream) === String(stream.id)
  }
  const late = Array.from({ length: most - 1 }, () => ask('/late'))
  for (let i = 0; i < 3; i++) assert.ok((await Promise.all(Array.from({ length: 200 }, () => ask('/now')))).every(Boolean))
  assert.ok((await Promise.all([...late, ask('/late')])).every(Boolean))
  assert.deepEqual(kept, [true])
  client.close()
  await closed
  server.close()
})
