// A store and the plainest thing that could be one, fed the same: random transactions, compactions, restarts, forks, reads and watches.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { silent } from '#machinery'
import type { Place } from './contract-kit.ts'
import { openStore } from './store.ts'
import type { Operation, Store, StoreEvent } from './data-model.ts'

interface Entry { readonly value: number; readonly createRevision: number; readonly modRevision: number; readonly version: number }
type State = ReadonlyMap<string, Entry>

/** All states of all time, by revision. */
class Model {
  states: State[] = [new Map(), new Map()]
  compactRevision = 0
  get revision(): number { return this.states.length - 1 }
  get newest(): State { return this.states[this.revision]! }

  apply(puts: readonly { readonly key: string; readonly value: number }[], deletes: readonly string[]): void {
    const next = new Map(this.newest)
    const revision = this.revision + 1
    let changed = false
    for (const key of deletes) changed = next.delete(key) || changed
    for (const { key, value } of puts) {
      const old = next.get(key)
      next.set(key, { value, createRevision: old?.createRevision ?? revision, modRevision: revision, version: (old?.version ?? 0) + 1 })
      changed = true
    }
    if (changed) this.states.push(next)
  }

  /** What changed at a revision, shortly. */
  changes(revision: number): string[] {
    const before = this.states[revision - 1]!
    const after = this.states[revision]!
    const names = [...new Set([...before.keys(), ...after.keys()])].sort()
    return names.filter((key) => before.get(key) !== after.get(key)).map((key) => `${revision} ${after.has(key) ? 'PUT' : 'DELETE'} ${key} ${after.get(key)?.value} was ${before.get(key)?.value}`)
  }
}

const key = fc.constantFrom('a', 'a/', 'a/b', 'a/c', 'b', 'b/a', 'c')
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('write' as const), puts: fc.uniqueArray(fc.record({ key, value: fc.nat(255) }), { maxLength: 3, selector: (p) => p.key }), deletes: fc.uniqueArray(key, { maxLength: 2 }), wait: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('swap' as const), key, value: fc.nat(255), lucky: fc.boolean(), wait: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compact' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fork' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), start: key, end: key, limit: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('watch' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) })

/** Fails with the shortest sequence of steps after which the two differ. */
export async function modelTest(makePlace: () => Place, numRuns = 60): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
    const place = makePlace()
    const model = new Model()
    const clock = { now: () => 0, after: () => () => {} }
    const open = async () => openStore({ engine: await place.open(), clock, log: silent })
    let store = await open()
    const forks: { store: Store; model: Model }[] = []
    const watched: { events: string[]; from: number }[] = []
    let pending: Promise<unknown>[] = []
    try {
      for (const command of steps) {
        if (command.do === 'write') {
          const deletes = command.deletes.filter((name) => !command.puts.some((p) => p.key === name))
          const operations: Operation[] = [...deletes.map((name): Operation => ({ type: 'delete', key: name })), ...command.puts.map((p): Operation => ({ type: 'put', key: p.key, value: Uint8Array.of(p.value) }))]
          model.apply(command.puts, deletes)
          const expected = model.revision
          pending.push(store.transaction([], operations).then((result) => { assert.equal(result.revision, expected) }))
          if (!command.wait) continue
        } else if (command.do === 'swap') {
          const current = model.newest.get(command.key)?.modRevision ?? 0
          const compare = { key: command.key, target: 'mod' as const, result: '=' as const, value: command.lucky ? current : current + 1 }
          if (command.lucky) model.apply([command], [])
          pending.push(store.transaction([compare], [{ type: 'put', key: command.key, value: Uint8Array.of(command.value) }]).then((result) => { assert.equal(result.succeeded, command.lucky) }))
          if (!command.wait) continue
        }
        await Promise.all(pending)
        pending = []
        const old = (at: number) => Math.max(1, model.compactRevision) + Math.floor(at * (model.revision - Math.max(1, model.compactRevision) + 0.999))
        if (command.do === 'compact') {
          const revision = old(command.at)
          if (revision > model.compactRevision) { await store.compact(revision); model.compactRevision = revision }
        } else if (command.do === 'restart') {
          await store.close()
          store = await open()
        } else if (command.do === 'fork') {
          const copy = Object.assign(new Model(), { states: [...model.states], compactRevision: model.compactRevision })
          const fork = store.fork()
          copy.apply([{ key: 'fork', value: 1 }], [])
          await fork.transaction([], [{ type: 'put', key: 'fork', value: Uint8Array.of(1) }])
          forks.push({ store: fork, model: copy })
        } else if (command.do === 'read') {
          const revision = old(command.at)
          const expected = contents(model.states[revision]!).filter((kv) => kv.key >= command.start && kv.key < command.end)
          const read = store.range(command.start, command.end, { revision, limit: command.limit })
          assert.deepEqual([read.kvs.map(shape), read.count], [expected.slice(0, command.limit || undefined), expected.length])
        } else if (command.do === 'watch') {
          const from = old(command.at)
          const entry = { events: [] as string[], from }
          store.watch('', '\0', from, (batch) => entry.events.push(...batch.events.map((event) => shortly(batch.revision, event))))
          const expected = []
          for (let at = from + 1; at <= model.revision; at++) expected.push(...model.changes(at))
          assert.deepEqual(entry.events, expected)
          watched.push(entry)
        }
        checkSame(store, model)
      }
      await Promise.all(pending)
      checkSame(store, model)
      for (const fork of forks) checkSame(fork.store, fork.model)
      for (const { events, from } of watched) {
        const expected = []
        for (let at = from + 1; at <= model.revision; at++) expected.push(...model.changes(at))
        assert.deepEqual(events, expected.slice(0, events.length)) // a restart ends a watch
      }
    } finally {
      await Promise.allSettled(pending)
      for (const fork of forks) await fork.store.close()
      await store.close()
      await place.remove()
    }
  }), { numRuns })
}

const contents = (state: State) => [...state].sort(([a], [b]) => a < b ? -1 : 1).map(([name, entry]) => ({ key: name, ...entry }))
const shape = (kv: { key: string; value: Uint8Array; createRevision: number; modRevision: number; version: number }) =>
  ({ key: kv.key, value: kv.value[0]!, createRevision: kv.createRevision, modRevision: kv.modRevision, version: kv.version })
const shortly = (revision: number, { type, kv, previous }: StoreEvent) => `${revision} ${type} ${kv.key} ${kv.value[0]} was ${previous?.value[0]}`

function checkSame(store: Store, model: Model): void {
  assert.deepEqual([store.revision, store.compactRevision], [model.revision, model.compactRevision])
  assert.deepEqual(store.range('', '\0').kvs.map(shape), contents(model.newest))
}
