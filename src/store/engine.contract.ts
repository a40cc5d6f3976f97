// What every engine must make of a store. The engines' own tests call storeContract(); nothing here knows an engine by name.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { all, begin, bytes, HandClock, keys, put, remove, shortly, text, write, type Place } from './contract-kit.ts'
import { CompactedError, FutureRevisionError, InvalidTransactionError, LeaseNotFoundError, StoreClosedError } from './errors.ts'
import { leaseContract } from './lease.contract.ts'
import { modelTest } from './model.contract.ts'
import { openStore } from './store.ts'
import { prefixEnd, type Compare, type Operation, type Store } from './data-model.ts'
import { watchContract } from './watch.contract.ts'

export function storeContract(name: string, makePlace: () => Place): void {
  describe(`a store on the ${name} engine`, () => {
    test('begins at revision 1, and its first write is revision 2', async (t) => {
      const { store } = await begin(t, makePlace)
      assert.deepEqual([store.revision, store.compactRevision, store.range('', '\0').count], [1, 0, 0])
      assert.equal(await write(store, put('a')), 2)
      assert.equal(store.revision, 2)
    })

    test('makes one revision of each transaction that changes something, and none of the others', async (t) => {
      const { store } = await begin(t, makePlace)
      const rows: [operations: Operation[], revision: number][] = [
        [[put('a'), put('b'), put('c')], 2], [[remove('nothing')], 2], [[{ type: 'get', key: 'a' }], 2], [[], 2],
        [[remove('a', 'c'), remove('nothing')], 3], [[remove('a', 'c')], 3], [[put('c', 'c')], 4],
      ]
      for (const [operations, revision] of rows) assert.equal(await write(store, ...operations), revision, JSON.stringify(operations))
      assert.equal((await store.transaction([{ key: 'c', target: 'mod', result: '=', value: 1 }], [put('c')])).revision, 4)
    })

    test('counts versions from a key\'s creation, and begins anew after its deletion', async (t) => {
      const { store, reopen } = await begin(t, makePlace)
      const seen = async (operation: Operation) => {
        await write(store, operation)
        const kv = store.get('a')
        return kv && [kv.createRevision, kv.modRevision, kv.version]
      }
      assert.deepEqual(await seen(put('a')), [2, 2, 1])
      assert.deepEqual(await seen(put('b')), [2, 2, 1])
      assert.deepEqual(await seen(put('a')), [2, 4, 2])
      assert.deepEqual(await seen(remove('a')), undefined)
      assert.deepEqual(await seen(put('a')), [6, 6, 1])
      assert.deepEqual(await seen(put('a')), [6, 7, 2])
      const again = await reopen(store)
      assert.deepEqual(again.get('a'), { key: 'a', value: bytes('a'), createRevision: 6, modRevision: 7, version: 2, lease: 0 })
    })

    test('compares keys that are there and keys that are missing', async (t) => {
      const { store } = await begin(t, makePlace)
      await write(store, put('x', 'old'))
      await write(store, put('x', 'm')) // create 2, mod 3, version 2
      const rows: [key: string, target: Compare['target'], result: Compare['result'], value: number | string, holds: boolean][] = [
        ['x', 'mod', '=', 3, true], ['x', 'mod', '=', 2, false], ['x', 'mod', '!=', 2, true], ['x', 'mod', '>', 2, true], ['x', 'mod', '>', 3, false], ['x', 'mod', '<', 4, true],
        ['x', 'create', '=', 2, true], ['x', 'create', '=', 3, false], ['x', 'version', '=', 2, true], ['x', 'version', '<', 2, false], ['x', 'lease', '=', 0, true],
        ['x', 'value', '=', 'm', true], ['x', 'value', '!=', 'm', false], ['x', 'value', '>', 'l', true], ['x', 'value', '<', 'mm', true], ['x', 'value', '<', 'm', false],
        ['none', 'mod', '=', 0, true], ['none', 'create', '=', 0, true], ['none', 'version', '=', 0, true], ['none', 'lease', '=', 0, true], ['none', 'mod', '!=', 0, false],
        ['none', 'mod', '<', 1, true], ['none', 'version', '>', 0, false], ['none', 'value', '=', '', false], ['none', 'value', '!=', 'm', false],
      ]
      for (const [key, target, result, value, holds] of rows) {
        const compare = { key, target, result, value: typeof value === 'string' ? bytes(value) : value }
        assert.equal((await store.transaction([compare], [])).succeeded, holds, `${key} ${target} ${result} ${value}`)
      }
      const taken = await store.transaction([{ key: 'x', target: 'mod', result: '=', value: 2 }], [put('x')], [{ type: 'get', key: 'x' }])
      assert.equal(taken.succeeded, false)
      assert.deepEqual(taken.results[0]?.type === 'get' && keys(taken.results[0].range.kvs), ['x'])
    })

    test('lists ranges in byte order with limit, count and more', async (t) => {
      const { store } = await begin(t, makePlace)
      for (const key of ['b', 'a', 'a/1', 'a\0', 'a\xff', 'a\xffz', '\xff\xff', 'Z', 'b/2']) await write(store, put(key))
      const rows: [start: string, end: string, found: string[]][] = [
        ['', '\0', ['Z', 'a', 'a\0', 'a/1', 'a\xff', 'a\xffz', 'b', 'b/2', '\xff\xff']], ['a', '', ['a']], ['a\0', '', ['a\0']], ['none', '', []],
        ['a', prefixEnd('a'), ['a', 'a\0', 'a/1', 'a\xff', 'a\xffz']], ['a\xff', prefixEnd('a\xff'), ['a\xff', 'a\xffz']], ['a', 'b', ['a', 'a\0', 'a/1', 'a\xff', 'a\xffz']],
        ['\xff', prefixEnd('\xff'), ['\xff\xff']], ['b', '\0', ['b', 'b/2', '\xff\xff']], ['b', 'a', []], ['b', 'b', []],
      ]
      for (const [start, end, found] of rows) {
        const whole = store.range(start, end)
        assert.deepEqual([keys(whole.kvs), whole.count, whole.more, whole.revision], [found, found.length, false, 10], JSON.stringify([start, end]))
        assert.deepEqual(store.range(start, end, { countOnly: true }), { kvs: [], count: found.length, more: false, revision: 10 })
        for (const limit of [1, 2, 5, 100]) {
          const part = store.range(start, end, { limit })
          assert.deepEqual([keys(part.kvs), part.count, part.more], [found.slice(0, limit), found.length, found.length > limit])
        }
      }
      assert.deepEqual(store.range('a', '', { keysOnly: true }).kvs, [{ key: 'a', value: new Uint8Array(0), createRevision: 3, modRevision: 3, version: 1, lease: 0 }])
    })

    test('keeps any bytes as key and value', async (t) => {
      const { store, reopen } = await begin(t, makePlace)
      const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i)
      const key = String.fromCharCode(...everyByte)
      await store.transaction([], [{ type: 'put', key, value: everyByte }, { type: 'put', key: 'empty', value: new Uint8Array(0) }])
      const again = await reopen(store)
      assert.deepEqual(keys(again.range('', '\0').kvs), [key, 'empty'])
      assert.deepEqual([again.get(key)?.value, again.get('empty')?.value], [everyByte, new Uint8Array(0)])
    })

    test('keeps no view of a buffer that the writer may use again', async (t) => {
      const { store } = await begin(t, makePlace)
      const buffer = new Uint8Array(4096).fill(7)
      await store.transaction([], [{ type: 'put', key: 'small', value: buffer.subarray(0, 3) }, { type: 'put', key: 'large', value: buffer.subarray(0, 1000) }])
      buffer.fill(1)
      assert.deepEqual([store.get('small')?.value.join(), store.get('large')?.value[999]], ['7,7,7', 7])
    })

    test('reads every revision from the compacted to the newest, and no other', async (t) => {
      const { store, reopen } = await begin(t, makePlace)
      await write(store, put('a', '1'))
      await write(store, put('b', '1'), put('a', '2'))
      await write(store, remove('a'))
      await write(store, put('a', '3'))
      const past = [[], ['a=1'], ['a=2', 'b=1'], ['b=1'], ['a=3', 'b=1']]
      const check = (of: Store, first: number) => {
        past.forEach((expected, i) => {
          if (i + 1 >= first) assert.deepEqual(all(of, i + 1), expected)
          else assert.throws(() => of.range('', '\0', { revision: i + 1 }), (error) => error instanceof CompactedError && error.compactRevision === first)
        })
        assert.throws(() => of.range('', '\0', { revision: 6 }), FutureRevisionError)
        assert.throws(() => of.get('a', 6), FutureRevisionError)
      }
      check(store, 1)
      assert.deepEqual([text(store.get('a', 2)?.value), text(store.get('a', 4)?.value), text(store.get('a', 0)?.value)], ['1', undefined, '3'])
      await store.compact(3)
      check(store, 3)
      let again = await reopen(store)
      check(again, 3)
      await again.compact(5)
      check(again, 5)
      again = await reopen(again)
      check(again, 5)
      assert.equal(again.compactRevision, 5)
      assert.equal(await write(again, put('c')), 6)
    })

    test('compacts forward only, and no further than there is', async (t) => {
      const { store } = await begin(t, makePlace)
      for (let i = 0; i < 5; i++) await write(store, put('a'))
      await assert.rejects(store.compact(7), FutureRevisionError)
      await store.compact(4)
      await assert.rejects(store.compact(4), CompactedError)
      await assert.rejects(store.compact(3), CompactedError)
      const raced = await Promise.allSettled([store.compact(6), store.compact(5)])
      assert.deepEqual([raced.map(({ status }) => status), store.compactRevision], [['fulfilled', 'rejected'], 6])
    })

    test('leaves in the engine, after a compaction, what the oldest readable state and later changes are made of', async () => {
      const place = makePlace()
      const open = async () => openStore({ engine: await place.open(), clock: new HandClock() })
      const store = await open()
      const steps = [put('a', '1'), put('b', '1'), put('a', '2'), remove('b'), put('c', '1'), remove('c'), put('a', '3'), put('b', '2'), remove('a')]
      for (const step of steps) await write(store, step) // revisions 2 to 10
      await store.compact(7) // a=2, and c deleted at 7 (it was 1); b had been deleted
      await store.close()
      const engine = await place.open()
      assert.deepEqual([...(await engine.load()).rows].map(({ key, modRevision, version }) => `${modRevision} ${version === 0 ? '-' : ''}${key}`), ['4 a', '6 c', '7 -c', '8 a', '9 b', '10 -a'])
      await engine.close()
      const again = await open()
      assert.deepEqual([all(again, 7), all(again, 8), all(again)], [['a=2'], ['a=3'], ['b=2']])
      await again.close()
      await place.remove()
    })

    test('pages through a list at one revision while it changes', async (t) => {
      const { store } = await begin(t, makePlace)
      for (let i = 0; i < 25; i++) await write(store, put(`k${String.fromCharCode(97 + i)}`))
      let page = store.range('k', 'l', { limit: 10 })
      const { revision } = page
      const read = keys(page.kvs)
      while (page.more) {
        await write(store, remove('k', 'l'), put(`new${read.length}`))
        page = store.range(`${read.at(-1)}\0`, 'l', { limit: 10, revision })
        assert.ok(page.revision > revision)
        read.push(...keys(page.kvs))
      }
      assert.deepEqual([read.length, new Set(read).size], [25, 25])
    })

    test('runs compares against everything submitted before, and shows nothing before it is durable', async (t) => {
      const { store } = await begin(t, makePlace)
      const create = () => store.transaction([{ key: 'a', target: 'mod', result: '=', value: 0 }], [put('a')], [{ type: 'get', key: 'a' }])
      const racing = [create(), create(), create()]
      assert.deepEqual([store.revision, store.get('a')], [1, undefined])
      const results = await Promise.all(racing)
      assert.deepEqual(results.map(({ succeeded, revision }) => [succeeded, revision]), [[true, 2], [false, 2], [false, 2]])
      assert.equal(store.get('a')?.modRevision, 2)
    })

    test('lets a get in a transaction see the writes before it', async (t) => {
      const { store } = await begin(t, makePlace)
      await write(store, put('a', '1'))
      const { results, revision } = await store.transaction([], [{ type: 'get', key: 'a', end: 'z' }, put('a', '2'), remove('c'), { type: 'get', key: 'a', end: 'z' }, { type: 'get', key: 'a', options: { revision: 1 } }])
      const reads = results.map((result) => result.type === 'get' ? [result.range.revision, ...result.range.kvs.map((kv) => text(kv.value))] : result.type)
      assert.deepEqual([reads, revision], [[[2, '1'], 'put', 'delete', [3, '2'], [2]], 3])
    })

    test('refuses a transaction it cannot carry out, and changes nothing', async (t) => {
      const { store } = await begin(t, makePlace)
      await write(store, put('a', 'kept'))
      const rows: [operations: Operation[], error: new (...args: never) => Error][] = [
        [[put('b'), put('b')], InvalidTransactionError], [[put('b'), remove('a', 'c')], InvalidTransactionError], [[remove('a'), put('a')], InvalidTransactionError],
        [[put('b'), put('')], InvalidTransactionError], [[put('b'), put('\u{100}')], InvalidTransactionError], [[remove('a'), put('b', 'b', 77)], LeaseNotFoundError],
        [[remove('a'), put('b'), { type: 'get', key: 'a', options: { revision: 99 } }], FutureRevisionError],
      ]
      for (const [operations, error] of rows) await assert.rejects(store.transaction([], operations), error)
      await write(store, put('c'))
      assert.deepEqual([all(store), store.revision], [['a=kept', 'c=c'], 3])
    })

    watchContract(makePlace)
    leaseContract(makePlace)

    test('forks into an independent store with the same past, watches and leases', async (t) => {
      const { store, clock } = await begin(t, makePlace)
      await store.grantLease(10, 1)
      await write(store, put('a', '1'), put('leased', '1', 1))
      await write(store, put('a', '2'))
      const pending = write(store, put('pending'))
      const fork = store.fork()
      t.after(() => fork.close())
      await pending
      const seen: string[] = []
      fork.watch('a', '', 1, (batch) => { if (batch.events.length > 0) seen.push(shortly(batch)) })
      await write(fork, put('a', 'fork'))
      await write(store, put('a', 'store'))
      assert.deepEqual([all(store), all(fork)], [['a=store', 'leased=1', 'pending=pending'], ['a=fork', 'leased=1']])
      assert.deepEqual([all(store, 2), all(fork, 2), seen], [['a=1', 'leased=1'], ['a=1', 'leased=1'], ['2: PUT a', '3: PUT a was 1', '4: PUT a was 2']])
      await store.compact(4)
      await store.revokeLease(1)
      assert.deepEqual([fork.compactRevision, all(fork, 2)], [0, ['a=1', 'leased=1']])
      const ended = new Promise<void>((resolve) => { fork.watch('leased', '', fork.revision, () => { resolve() }) })
      clock.advance(10_000)
      await ended
      assert.deepEqual(all(fork), ['a=fork'])
    })

    test('finishes what was submitted when it closes, and does nothing afterwards', async (t) => {
      const { store, clock, reopen } = await begin(t, makePlace)
      await store.grantLease(10, 1)
      const writing = write(store, put('a', 'a', 1))
      const closing = store.close()
      await assert.rejects(write(store, put('late')), StoreClosedError)
      assert.equal(await writing, 2)
      await closing
      assert.throws(() => store.get('a'), StoreClosedError)
      assert.throws(() => store.watch('a', '', 1, () => {}), StoreClosedError)
      await assert.rejects(store.compact(2), StoreClosedError)
      assert.equal(clock.timers, 0)
      assert.deepEqual(all(await reopen(store)), ['a=a'])
    })

    test('does whatever a naive model of it does', () => modelTest(makePlace))
  })
}
