// What the store's tests share: short ways to write and to say what was seen, and a clock that moves when told.

import type { TestContext } from 'node:test'
import type { Clock } from '#machinery'
import type { Engine } from './engines/engine.ts'
import { openStore } from './store.ts'
import type { Operation, Store, WatchBatch } from './data-model.ts'

/** A place to keep a log in: every open() finds what the engines before it kept. */
export interface Place { open(): Promise<Engine>; remove(): Promise<void> }

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value)
export const put = (key: string, value = key, lease?: number): Operation => ({ type: 'put', key, value: bytes(value), ...(lease === undefined ? {} : { lease }) })
export const remove = (key: string, end?: string): Operation => ({ type: 'delete', key, ...(end === undefined ? {} : { end }) })
export const write = async (store: Store, ...operations: Operation[]) => (await store.transaction([], operations)).revision
export const keys = (kvs: readonly { readonly key: string }[]) => kvs.map(({ key }) => key)
export const all = (store: Store, revision?: number) => store.range('', '\0', revision === undefined ? {} : { revision }).kvs.map((kv) => `${kv.key}=${text(kv.value)}`)
/** What a watcher was told, shortly. */
export const shortly = ({ revision, events }: WatchBatch) => `${revision}: ${events.map((e) => `${e.type} ${e.kv.key}${e.previous ? ` was ${text(e.previous.value)}` : ''}`).join(', ')}`

/** A clock that moves when told. */
export class HandClock implements Clock {
  #now = 1_000_000
  readonly #timers = new Set<{ at: number; run: () => void }>()
  now(): number { return this.#now }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => { this.#timers.delete(timer) }
  }
  get timers(): number { return this.#timers.size }
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }
}

/** A store in a new place, closed and removed after the test. `reopen` closes it and opens the place again. */
export async function begin(t: TestContext, makePlace: () => Place) {
  const place = makePlace()
  const clock = new HandClock()
  const opened: Store[] = []
  const open = async (): Promise<Store> => {
    const store = await openStore({ engine: await place.open(), clock })
    opened.push(store)
    return store
  }
  t.after(async () => { for (const store of opened) await store.close(); await place.remove() })
  return { store: await open(), clock, reopen: async (old: Store) => { await old.close(); return open() } }
}
