import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, bytes, HandClock, put, remove, shortly, write } from './contract-kit.ts'
import type { Commit, Engine, RowName } from './engines/engine.ts'
import { memoryEngine } from './engines/memory.ts'
import { NoSpaceError, StoreBusyError, StoreClosedError, StoreOpenError } from './errors.ts'
import { openStore } from './store.ts'

/** A memory engine on a disk that does what the test says: full, broken, or slow (commits wait until released). */
class Disk implements Engine {
  readonly commits: Commit[] = []
  readonly release: (() => void)[] = []
  full = false
  broken = false
  slow = false
  closed = false
  /** The disk is full after the next commit. */
  fullAfterCommit = false
  readonly #engine = memoryEngine()

  load() { return this.#engine.load() }
  append(commit: Commit): void | Promise<void> {
    this.commits.push(commit)
    if (!this.slow) { this.#write(commit); return }
    return new Promise<void>((resolve) => { this.release.push(resolve) }).then(() => { this.#write(commit) })
  }
  async discard(rows: Iterable<RowName>) { this.#fault(); await this.#engine.discard(rows) }
  soon(commit: () => void) { this.#engine.soon(commit) }
  async close() { this.closed = true }

  #write(commit: Commit) {
    this.#fault()
    void this.#engine.append(commit)
    this.full = this.fullAfterCommit
  }
  #fault() {
    if (this.full) throw new NoSpaceError('full')
    if (this.broken) throw new Error('input/output error')
  }
}

const open = async (disk: Disk, clock = new HandClock(), onFatal: (error: Error) => void = () => {}) => openStore({ engine: disk, clock, onFatal })

test('writes that arrive while a commit is under way share the next one', async () => {
  const disk = new Disk()
  const store = await open(disk)
  disk.slow = true
  const writes = [write(store, put('a')), write(store, put('b'))]
  await Promise.resolve()
  writes.push(write(store, put('c')), write(store, put('d')))
  await Promise.resolve()
  assert.deepEqual([disk.commits.length, store.revision], [1, 1])
  disk.release.shift()?.()
  assert.deepEqual(await Promise.all(writes.slice(0, 2)), [2, 3])
  assert.deepEqual([store.revision, all(store)], [3, ['a=a', 'b=b']])
  disk.release.shift()?.()
  assert.deepEqual(await Promise.all(writes), [2, 3, 4, 5])
  assert.deepEqual(disk.commits.map(({ rows }) => rows.length), [2, 2])
  await store.close()
})

test('a group has bounds, in writes and in bytes', async () => {
  const disk = new Disk()
  const store = await open(disk)
  await Promise.all(Array.from({ length: 3000 }, (_, i) => write(store, put(`k${i}`))))
  assert.deepEqual(disk.commits.map(({ rows }) => rows.length), [1024, 1024, 952])
  disk.commits.length = 0
  const large = new Uint8Array(1 << 20)
  await Promise.all(Array.from({ length: 10 }, (_, i) => store.transaction([], [{ type: 'put', key: `k${i}`, value: large }])))
  assert.deepEqual(disk.commits.map(({ rows }) => rows.length), [4, 4, 2])
  await store.close()
})

test('what waits for the disk has a bound, beyond which writes are refused and change nothing', async () => {
  const disk = new Disk()
  const store = await open(disk)
  disk.slow = true
  const writes = Array.from({ length: 16_384 }, () => write(store, put('a')))
  await assert.rejects(write(store, put('a')), StoreBusyError)
  disk.slow = false
  await Promise.resolve()
  disk.release.shift()?.()
  await Promise.all(writes)
  assert.equal(await write(store, put('a')), 16_386)
  await store.close()
})

test('a read or a failed compare that rests on a write under way waits for it', async () => {
  const disk = new Disk()
  const store = await open(disk)
  disk.slow = true
  const order: string[] = []
  const writing = store.transaction([], [put('a')]).then(() => order.push('write'))
  const reading = store.transaction([{ key: 'a', target: 'mod', result: '=', value: 0 }], []).then(({ succeeded }) => order.push(`compared ${succeeded}`))
  const waiting = store.transaction([], []).then(() => order.push('nothing asked'))
  await new Promise(setImmediate)
  assert.deepEqual(order, [])
  disk.release.shift()?.()
  await Promise.all([writing, reading, waiting])
  assert.deepEqual(order, ['write', 'compared false', 'nothing asked'])
  await store.close()
})

test('a full disk refuses writes and what rests on them, and nothing else; when there is room again they go on', async () => {
  const disk = new Disk()
  const store = await open(disk)
  await store.grantLease(10, 1)
  await write(store, put('a', '1', 1), put('b', '1'))
  const seen: string[] = []
  store.watch('', '\0', 2, (batch) => seen.push(shortly(batch)))
  disk.full = true
  const refused = await Promise.allSettled([
    write(store, put('a', '2'), remove('b')), store.grantLease(10, 2), store.revokeLease(1), store.compact(2), store.transaction([{ key: 'a', target: 'mod', result: '=', value: 3 }], []),
  ])
  for (const result of refused) assert.ok(result.status === 'rejected' && result.reason instanceof NoSpaceError)
  assert.deepEqual([all(store), store.revision, store.compactRevision, seen], [['a=1', 'b=1'], 2, 0, []])
  assert.deepEqual(store.leases().map(({ id, keys }) => [id, keys]), [[1, ['a']]])
  disk.full = false
  assert.equal((await store.transaction([{ key: 'a', target: 'mod', result: '=', value: 2 }], [put('a', '3', 1)])).succeeded, true)
  assert.deepEqual([all(store), seen], [['a=3', 'b=1'], ['3: PUT a was 1']])
  await store.revokeLease(1)
  await store.compact(4)
  assert.deepEqual([all(store), store.compactRevision], [['b=1'], 4])
  await store.close()
})

test('a lease that ends while the disk is full ends when there is room', async () => {
  const disk = new Disk()
  const clock = new HandClock()
  const store = await open(disk, clock)
  await store.grantLease(10, 1)
  await write(store, put('a', 'a', 1))
  disk.full = true
  clock.advance(10_000)
  await store.transaction([], []).catch(() => {})
  await new Promise(setImmediate)
  assert.deepEqual(all(store), ['a=a'])
  disk.full = false
  const ended = new Promise<void>((resolve) => { store.watch('a', '', 2, () => { resolve() }) })
  clock.advance(1000)
  await ended
  assert.deepEqual([all(store), store.leases()], [[], []])
  await store.close()
})

test('a compaction stands though a full disk leaves its rows behind; the next start removes them', async () => {
  const disk = new Disk()
  const store = await open(disk)
  for (let i = 0; i < 4; i++) await write(store, put('a', `${i}`), put('b'))
  await write(store, remove('b'))
  disk.fullAfterCommit = true
  await store.compact(5)
  disk.full = disk.fullAfterCommit = false
  assert.equal(store.compactRevision, 5)
  assert.equal([...(await disk.load()).rows].length, 9)
  await store.close()
  const again = await open(disk)
  assert.deepEqual([again.compactRevision, all(again), all(again, 5)], [5, ['a=3'], ['a=3', 'b=b']])
  assert.deepEqual([...(await disk.load()).rows].map(({ modRevision, key }) => `${modRevision} ${key}`), ['4 a', '4 b', '5 a', '5 b', '6 b'])
  await again.close()
})

test('any other failure of the engine closes the store, says so once, and refuses everything from then on', async () => {
  const disk = new Disk()
  const clock = new HandClock()
  const fatal: Error[] = []
  const store = await open(disk, clock, (error) => fatal.push(error))
  await store.grantLease(10, 1)
  await write(store, put('a', 'a', 1))
  const seen: string[] = []
  store.watch('', '\0', 2, (batch) => seen.push(shortly(batch)))
  disk.broken = true
  const underWay = await Promise.allSettled([write(store, put('b')), write(store, put('c'))])
  const later = await Promise.allSettled([write(store, put('d')), store.grantLease(1), store.compact(2)])
  for (const result of [...underWay, ...later]) {
    assert.ok(result.status === 'rejected' && result.reason instanceof StoreClosedError)
    assert.match(String(result.reason.cause), /input\/output error/)
  }
  assert.throws(() => store.get('a'), StoreClosedError)
  assert.deepEqual([fatal.length, disk.closed, clock.timers, seen], [1, true, 0, []])
  await store.close()
})

test('a log with a hole in it is refused', async () => {
  const disk = new Disk()
  const store = await open(disk)
  for (let i = 0; i < 3; i++) await write(store, put('a'))
  await disk.discard([{ key: 'a', modRevision: 3 }])
  await assert.rejects(open(disk), (error) => error instanceof StoreOpenError && /revision 2 is followed by 4/.test(error.message))
  await store.close()
})

test('an old state can be read however long the past is', async () => {
  const store = await open(new Disk())
  const states: [revision: number, keys: number][] = []
  for (let i = 0; i < 30_000; i++) {
    const writing = i % 3 === 2 ? write(store, remove(`k${i - 1}`)) : write(store, put(`k${i}`, `${i}`))
    if (i % 500 === 0) { await writing; states.push([store.revision, store.range('', '\0', { countOnly: true }).count]) }
  }
  await store.transaction([], [])
  for (const [revision, count] of states.toReversed()) assert.equal(store.range('', '\0', { revision, countOnly: true }).count, count)
  await store.compact(12_345)
  for (const [revision, count] of states.filter(([at]) => at >= 12_345)) assert.equal(store.range('', '\0', { revision, countOnly: true }).count, count)
  assert.equal(store.get('k0', 20_000)?.value.join(), bytes('0').join())
  await store.close()
})
