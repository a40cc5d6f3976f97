// A view of the cluster that remembers what was written through it, so that nobody acts again on a cache that has not
// heard of the writes. One view per reconcile; the loop waits for settled() before the same object's turn comes again.
import type { AnyObject, Clock, Kind, Log, New, Random } from '#machinery'
import type { Client, DeleteOptions, PatchType, Target, WriteOptions } from './client.ts'
import type { Cluster, StatusOf, Where } from './cluster.ts'
import type { Recorder } from './events.ts'
import type { Change } from './informer.ts'
import type { Index } from './object-table.ts'

export class OwnWrites implements Cluster {
  readonly #cluster: Cluster
  readonly #wrote = new Map<Kind, number>()
  readonly #deleted: { readonly kind: Kind; readonly object: AnyObject }[] = []

  constructor(cluster: Cluster) { this.#cluster = cluster }
  get clock(): Clock { return this.#cluster.clock }
  get random(): Random { return this.#cluster.random }
  get log(): Log { return this.#cluster.log }
  get client(): Client { return this.#cluster.client }
  get events(): Recorder { return this.#cluster.events }

  get<T extends AnyObject>(kind: Kind<T>, target: Target): T | undefined { return this.#cluster.get(kind, target) }
  list<T extends AnyObject>(kind: Kind<T>, where?: Where): readonly T[] { return this.#cluster.list(kind, where) }
  by<T extends AnyObject>(index: Index<T>, value: string): readonly T[] { return this.#cluster.by(index, value) }
  watch<T extends AnyObject>(kind: Kind<T>, seen: (change: Change<T>) => void): () => void { return this.#cluster.watch(kind, seen) }
  synced(kinds: readonly Kind[]): Promise<void> { return this.#cluster.synced(kinds) }
  caughtUp(kind: Kind, resourceVersion: string): Promise<void> { return this.#cluster.caughtUp(kind, resourceVersion) }
  heardOfDelete(kind: Kind, object: AnyObject): Promise<void> { return this.#cluster.heardOfDelete(kind, object) }
  caches(kind: Kind): boolean { return this.#cluster.caches(kind) }

  async create<T extends AnyObject>(kind: Kind<T>, object: New<T>): Promise<T> { return this.#note(kind, await this.#cluster.create(kind, object)) }
  async update<T extends AnyObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> { return this.#note(kind, await this.#cluster.update(kind, object, options)) }
  async patch<T extends AnyObject>(kind: Kind<T>, target: Target, type: PatchType, patch: unknown, options?: WriteOptions): Promise<T> {
    return this.#note(kind, await this.#cluster.patch(kind, target, type, patch, options))
  }
  async updateStatus<T extends AnyObject>(kind: Kind<T>, object: T, status: StatusOf<T>): Promise<T> {
    return this.#note(kind, await this.#cluster.updateStatus(kind, object, status))
  }
  async delete<T extends AnyObject>(kind: Kind<T>, object: T, options?: DeleteOptions): Promise<void> {
    await this.#cluster.delete(kind, object, options)
    if (!object.metadata.deletionTimestamp) this.#deleted.push({ kind, object })
  }

  /** Resolves when the caches show everything written so far. */
  async settled(): Promise<void> {
    for (const [kind, version] of this.#wrote) if (this.caches(kind)) await this.#cluster.caughtUp(kind, String(version))
    for (const { kind, object } of this.#deleted) if (this.caches(kind)) await this.#cluster.heardOfDelete(kind, object)
  }
  /** Whether anything was written at all. */
  get wroteNothing(): boolean { return this.#wrote.size === 0 && this.#deleted.length === 0 }

  #note<T extends AnyObject>(kind: Kind<T>, object: T): T {
    const version = Number(object.metadata.resourceVersion)
    if (version > (this.#wrote.get(kind) ?? 0)) this.#wrote.set(kind, version)
    return object
  }
}
