import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { begin, put, remove, shortly, text, write, type Place } from './contract-kit.ts'
import { CompactedError } from './errors.ts'
import { prefixEnd, type Store, type WatchBatch } from './data-model.ts'

export function watchContract(makePlace: () => Place): void {
  describe('watching', () => {
    test('replays the past, then follows, in revision order and in key order within a revision', async (t) => {
      const { store, reopen } = await begin(t, makePlace)
      await write(store, put('k/b', '1'))
      await write(store, put('other'))
      await write(store, put('k/b', '2'), remove('other'), put('k/a', '1'))
      const seen: string[] = []
      store.watch('k/', prefixEnd('k/'), 1, (batch) => seen.push(shortly(batch)))
      assert.deepEqual(seen, ['2: PUT k/b', '4: PUT k/a, PUT k/b was 1'])
      await write(store, remove('k/', prefixEnd('k/')))
      assert.deepEqual(seen.splice(2), ['5: DELETE k/a was 1, DELETE k/b was 2'])
      const again = await reopen(store)
      again.watch('k/', prefixEnd('k/'), 2, (batch) => seen.push(shortly(batch)))
      assert.deepEqual(seen.slice(2), ['4: PUT k/a, PUT k/b was 1', '5: DELETE k/a was 1, DELETE k/b was 2'])
    })

    test('tells a delete by its key and revision', async (t) => {
      const { store } = await begin(t, makePlace)
      await write(store, put('a'))
      const batches: WatchBatch[] = []
      store.watch('a', '', 2, (batch) => batches.push(batch))
      await write(store, remove('a'))
      assert.deepEqual(batches[0]?.events[0]?.kv, { key: 'a', value: new Uint8Array(0), createRevision: 0, modRevision: 3, version: 0, lease: 0 })
    })

    test('says how far it has come where nothing happened in the range', async (t) => {
      const { store } = await begin(t, makePlace)
      await write(store, put('x'))
      const seen: string[] = []
      store.watch('a', 'b', 1, (batch) => seen.push(shortly(batch)))
      store.watch('a', 'b', 2, (batch) => seen.push(shortly(batch)))
      assert.deepEqual(seen.splice(0), ['2: '])
      await write(store, put('x'))
      assert.deepEqual(seen, ['3: ', '3: '])
    })

    test('waits for a future revision', async (t) => {
      const { store } = await begin(t, makePlace)
      const seen: string[] = []
      store.watch('a', '', 3, (batch) => seen.push(shortly(batch)))
      for (let i = 0; i < 4; i++) await write(store, put('a', `${i}`))
      assert.deepEqual(seen, ['4: PUT a was 1', '5: PUT a was 2'])
    })

    test('goes back to the compacted revision itself, with what was there before, and not beyond', async (t) => {
      const { store, reopen } = await begin(t, makePlace)
      for (let i = 1; i <= 4; i++) await write(store, put('a', `${i}`))
      await store.compact(4)
      const check = (of: Store) => {
        const seen: string[] = []
        of.watch('a', '', 3, (batch) => seen.push(shortly(batch)))
        assert.deepEqual(seen, ['4: PUT a was 2', '5: PUT a was 3'])
        assert.throws(() => of.watch('a', '', 2, () => {}), (error) => error instanceof CompactedError && error.compactRevision === 4)
      }
      check(store)
      check(await reopen(store))
    })

    test('tells watchers of a write before its writer, and only when it is visible', async (t) => {
      const { store } = await begin(t, makePlace)
      const order: string[] = []
      store.watch('a', '', 1, (batch) => order.push(`${shortly(batch)}, store at ${store.revision} with ${text(store.get('a')?.value)}`))
      await write(store, put('a')).then(() => order.push('written'))
      assert.deepEqual(order, ['2: PUT a, store at 2 with a', 'written'])
    })

    test('goes on when a watcher throws, stops, watches or writes while it is told', async (t) => {
      const { store } = await begin(t, makePlace)
      const seen: string[] = []
      const note = (who: string) => (batch: WatchBatch) => { if (batch.events.length > 0) seen.push(`${who} ${shortly(batch)}`) }
      store.watch('a', '', 1, () => { throw new Error('a watcher that throws') })
      const stop = store.watch('a', '', 1, (batch) => { note('once')(batch); stop(); stopOther() })
      const stopOther = store.watch('a', '', 1, note('never'))
      let once = true
      store.watch('a', '', 1, (batch) => {
        note('last')(batch)
        if (once) { once = false; store.watch('a', '', 1, note('inner')); void write(store, put('a', 'again')) }
      })
      const done = Promise.all([write(store, put('a', '1')), write(store, put('a', '2'))])
      await done
      await write(store, put('end'))
      assert.deepEqual(seen, [
        'once 2: PUT a', 'last 2: PUT a', 'inner 2: PUT a', 'inner 3: PUT a was 1', 'last 3: PUT a was 1',
        'last 4: PUT a was 2', 'inner 4: PUT a was 2',
      ])
    })
  })
}
