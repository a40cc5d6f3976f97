import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { all, begin, put, remove, shortly, write, type Place } from './contract-kit.ts'
import { LeaseExistsError, LeaseNotFoundError } from './errors.ts'

export function leaseContract(makePlace: () => Place): void {
  describe('leases', () => {
    test('delete their keys in one revision when they end, as a change like any other', async (t) => {
      const { store, clock } = await begin(t, makePlace)
      const lease = await store.grantLease(10)
      await write(store, put('b', 'b', lease), put('a', 'a', lease), put('free'))
      const seen: string[] = []
      const ended = new Promise<void>((resolve) => { store.watch('', '\0', store.revision, (batch) => { seen.push(shortly(batch)); resolve() }) })
      clock.advance(9_999)
      assert.deepEqual(store.leases(), [{ id: lease, ttlSeconds: 10, remainingSeconds: 0, keys: ['a', 'b'] }])
      assert.equal(store.range('', '\0').count, 3)
      clock.advance(1)
      await ended
      assert.deepEqual([seen, store.leases(), all(store), clock.timers], [['3: DELETE a was a, DELETE b was b'], [], ['free=free'], 0])
    })

    test('are kept alive, revoked, granted under a name, and refused when unknown', async (t) => {
      const { store, clock } = await begin(t, makePlace)
      assert.equal(await store.grantLease(10, 42), 42)
      const other = await store.grantLease(5)
      assert.notEqual(other, 42)
      await assert.rejects(store.grantLease(10, 42), LeaseExistsError)
      await assert.rejects(store.grantLease(0), RangeError)
      await write(store, put('a', 'a', 42), put('b', 'b', other))
      clock.advance(4_000)
      assert.equal(await store.keepAlive(other), 5)
      clock.advance(4_000)
      assert.deepEqual(store.leases().map(({ id, remainingSeconds }) => [id, remainingSeconds]), [[42, 2], [other, 1]])
      await store.revokeLease(42)
      assert.deepEqual([all(store), store.revision], [['b=b'], 3])
      for (const refused of [store.revokeLease(42), store.keepAlive(42), store.keepAlive(7)]) await assert.rejects(refused, LeaseNotFoundError)
    })

    test('let go of keys that are written without them, with another, or deleted', async (t) => {
      const { store } = await begin(t, makePlace)
      await store.grantLease(10, 1)
      await store.grantLease(10, 2)
      await write(store, put('a', '1', 1), put('b', '1', 1), put('c', '1', 1), put('d', '1', 1))
      await write(store, put('a', '2'), put('b', '2', 2), remove('c'))
      assert.deepEqual(store.leases().map(({ id, keys: held }) => [id, held]), [[1, ['d']], [2, ['b']]])
      await store.revokeLease(1)
      assert.deepEqual(all(store), ['a=2', 'b=2'])
    })

    test('survive a restart and then begin anew', async (t) => {
      const { store, clock, reopen } = await begin(t, makePlace)
      await store.grantLease(10, 5)
      await store.grantLease(10, 6)
      await write(store, put('a', 'a', 5), put('b', 'b', 6))
      await store.revokeLease(6)
      clock.advance(9_000)
      const again = await reopen(store)
      assert.deepEqual(again.leases(), [{ id: 5, ttlSeconds: 10, remainingSeconds: 10, keys: ['a'] }])
      assert.equal(again.get('a')?.lease, 5)
      const ended = new Promise<void>((resolve) => { again.watch('a', '', again.revision, () => { resolve() }) })
      clock.advance(10_000)
      await ended
      assert.deepEqual(all(again), [])
    })
  })
}
