// A cache of one kind, kept fresh by list and watch: resumes after a lost watch, lists again when its version is gone.
import { is, type AnyObject, type Kind, type WatchEvent } from '#machinery'
import { ClientClosedError, type Client, type Target } from './client.ts'
import { byNamespace, byOwner, ObjectTable, type Index } from './object-table.ts'
import type { Where } from './cluster.ts'

export interface Change<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** The object as it is now; for DELETED as it was last. */
  readonly object: T
  /** What the cache held before. */
  readonly old: T | undefined
}

/** What of the kind is watched; everything when empty. */
export interface Selection { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string }

export interface InformerOptions<T extends AnyObject> extends Selection {
  /** What is kept of each object, when not all of it (memory): a pure function that keeps metadata's name, namespace, uid and resourceVersion. */
  readonly keep?: (object: T) => T
}

interface Waiter { readonly holds: () => boolean; readonly resolve: () => void }

const firstRetryMs = 50
const lastRetryMs = 30_000
const pageSize = 500

export class Informer<T extends AnyObject> {
  readonly kind: Kind<T>
  readonly #client: Client
  readonly #options: InformerOptions<T>
  readonly #table = new ObjectTable<T>()
  readonly #listeners = new Set<(change: Change<T>) => void>()
  readonly #synced = Promise.withResolvers<void>()
  #waiting: Waiter[] = []
  #version = ''
  #failures = 0
  #hasSynced = false
  #stopped = false
  #stopWatch: (() => void) | undefined
  #stopPause: (() => void) | undefined

  /** Starts to list at once. */
  constructor(client: Client, kind: Kind<T>, options: InformerOptions<T> = {}) {
    this.#client = client
    this.kind = kind
    this.#options = options
    this.#synced.promise.catch(() => {})
    void this.#listThenWatch()
  }

  get hasSynced(): boolean { return this.#hasSynced }
  /** The resourceVersion that the cache has reached; '' before the first list. */
  get resourceVersion(): string { return this.#version }
  get size(): number { return this.#table.size }
  /** Resolves after the first list; rejects when stopped before. */
  synced(): Promise<void> { return this.#synced.promise }
  /** Whether the first list is there within so many ms. When it is not, or was stopped before, whoever needs an object asks for it, and hears what is wrong. */
  async syncedWithin(ms: number): Promise<boolean> {
    if (this.#hasSynced) return true
    const { promise: late, resolve } = Promise.withResolvers<void>(), cancel = this.#client.clock.after(ms, resolve)
    await Promise.race([this.#synced.promise.catch(() => {}), late])
    cancel()
    return this.#hasSynced
  }

  get(target: Target): T | undefined { return this.#table.get(target) }
  list(where: Where = {}): readonly T[] {
    if (where.owner) {
      const owned = this.#table.by(byOwner, where.owner.metadata.uid)
      return where.namespace === undefined ? owned : owned.filter((o) => o.metadata.namespace === where.namespace)
    }
    return where.namespace === undefined ? this.#table.all() : this.#table.by(byNamespace, where.namespace)
  }
  by(index: Index<T>, value: string): readonly T[] { return this.#table.by(index.values, value) }

  /** Calls `seen` for all there is (as ADDED), then for each change, in order. What `seen` throws is logged. Returns a stop function. */
  watch(seen: (change: Change<T>) => void): () => void {
    for (const object of this.#table.all()) this.#tell(seen, { type: 'ADDED', object, old: undefined })
    this.#listeners.add(seen)
    return () => { this.#listeners.delete(seen) }
  }

  /** Resolves when the cache is at least as new as this resourceVersion (or the informer has been stopped). */
  caughtUp(resourceVersion: string): Promise<void> {
    const version = Number(resourceVersion)
    return this.#until(() => Number(this.#version || 0) >= version)
  }
  /** Resolves when the cache no longer shows this very object as one that stays: it is gone or has a deletionTimestamp. */
  heardOfDelete(object: AnyObject): Promise<void> {
    return this.#until(() => {
      const now = this.#table.get(object.metadata)
      return now?.metadata.uid !== object.metadata.uid || now.metadata.deletionTimestamp !== undefined
    })
  }
  #until(holds: () => boolean): Promise<void> {
    if (this.#stopped || holds()) return Promise.resolve()
    return new Promise((resolve) => { this.#waiting.push({ holds, resolve }) })
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#stopWatch?.()
    this.#stopPause?.()
    this.#synced.reject(new Error(`the informer of ${this.kind.resource} was stopped`))
    for (const waiter of this.#waiting.splice(0)) waiter.resolve()
  }

  async #listThenWatch(): Promise<void> {
    try {
      const found = new Map<string, T>()
      let next: string | undefined
      let version: string
      do {
        const page = await this.#client.list(this.kind, { ...this.#selection, limit: pageSize, ...(next && { continue: next }) })
        for (const object of page.items) found.set(keyOf(object.metadata), object)
        next = page.continue
        version = page.resourceVersion
      } while (next)
      if (this.#stopped) return
      this.#replace(found, version)
    } catch (error) {
      if (!this.#stopped) this.#retry(error, () => this.#listThenWatch())
      return
    }
    this.#watchOn()
  }

  #watchOn(): void {
    if (this.#stopped) return
    let over = false
    const stop = this.#client.watch<T>(this.kind, { ...this.#selection, resourceVersion: this.#version, bookmarks: true },
      (event) => { if (!over && !this.#stopped) this.#take(event) },
      (error) => {
        if (over || this.#stopped) return
        over = true
        this.#stopWatch = undefined
        if (is(error, 'Expired') || is(error, 'Gone')) void this.#listThenWatch()
        else this.#retry(error, () => this.#watchOn())
      })
    if (!over) this.#stopWatch = () => { over = true; stop() }
  }

  #take(event: WatchEvent<T>): void {
    this.#failures = 0
    const { object } = event
    if (event.type === 'DELETED') this.#apply('DELETED', object)
    else if (event.type !== 'BOOKMARK') this.#apply('MODIFIED', object)
    this.#reach(object.metadata.resourceVersion)
  }

  #apply(type: 'MODIFIED' | 'DELETED', given: T): void {
    const object = type === 'DELETED' || !this.#options.keep ? given : this.#options.keep(given)
    const old = this.#table.get(object.metadata)
    if (type === 'DELETED') {
      if (!this.#table.delete(object.metadata)) return
      this.#emit({ type, object, old })
      return
    }
    this.#table.set(object)
    this.#emit({ type: old ? 'MODIFIED' : 'ADDED', object, old })
  }

  /** A new list: what has vanished is deleted, what differs is changed. */
  #replace(found: ReadonlyMap<string, T>, version: string): void {
    for (const old of this.#table.all()) {
      const now = found.get(keyOf(old.metadata))
      if (now?.metadata.uid !== old.metadata.uid) this.#apply('DELETED', old)
    }
    for (const object of found.values()) {
      if (this.#table.get(object.metadata)?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#apply('MODIFIED', object)
    }
    this.#failures = 0
    this.#reach(version)
    this.#hasSynced = true
    this.#synced.resolve()
  }

  #reach(version: string): void {
    this.#version = version
    if (this.#waiting.length === 0) return
    const still: Waiter[] = []
    for (const waiter of this.#waiting) waiter.holds() ? waiter.resolve() : still.push(waiter)
    this.#waiting = still
  }

  #emit(change: Change<T>): void { for (const seen of this.#listeners) this.#tell(seen, change) }
  #tell(seen: (change: Change<T>) => void, change: Change<T>): void {
    try { seen(change) } catch (error) { this.#client.log.error('a listener of a cache failed', { kind: this.kind.resource, error }) }
  }

  /** A stream that ended by itself is resumed at once, a failing server is asked later and later. */
  #retry(error: unknown, run: () => void): void {
    if (error instanceof ClientClosedError) { this.stop(); return }
    const ms = error === undefined && this.#failures === 0 ? 0 : Math.min(firstRetryMs * 2 ** this.#failures, lastRetryMs) * (0.75 + this.#client.random() / 2)
    this.#failures++
    if (error !== undefined && this.#failures > 3) this.#client.log.warn('cannot list or watch; trying again', { kind: this.kind.resource, inMs: Math.round(ms), error })
    this.#stopPause = this.#client.clock.after(ms, run)
  }

  get #selection(): Selection {
    const { namespace, labelSelector, fieldSelector } = this.#options
    return { ...(namespace !== undefined && { namespace }), ...(labelSelector !== undefined && { labelSelector }), ...(fieldSelector !== undefined && { fieldSelector }) }
  }
}

const keyOf = (target: Target): string => `${target.namespace ?? ''}/${target.name}`
