// A Cluster made of a client to write with and caches to read from.
import { is, same, type AnyObject, type Clock, type Kind, type Log, type New, type Random } from '#machinery'
import type { Client, DeleteOptions, PatchType, Target, WriteOptions } from './client.ts'
import type { Cluster, StatusOf, Where } from './cluster.ts'
import type { Recorder } from './events.ts'
import type { Change, Informer } from './informer.ts'
import type { Informers } from './informers.ts'
import type { Index } from './object-table.ts'

/** `informers` may be shared by many components; `client` carries the identity of this one. */
export const connect = (client: Client, informers: Informers, events: Recorder, log: Log = client.log, queueWatcher?: Cluster['queueWatcher']): Cluster =>
  new ConnectedCluster(client, informers, events, log, queueWatcher)

class ConnectedCluster implements Cluster {
  readonly client: Client
  readonly events: Recorder
  readonly log: Log
  readonly queueWatcher?: NonNullable<Cluster['queueWatcher']>
  readonly #informers: Informers

  constructor(client: Client, informers: Informers, events: Recorder, log: Log, queueWatcher: Cluster['queueWatcher']) {
    if (queueWatcher) this.queueWatcher = queueWatcher
    this.client = client
    this.events = events
    this.log = log
    this.#informers = informers
  }
  get clock(): Clock { return this.client.clock }
  get random(): Random { return this.client.random }

  get<T extends AnyObject>(kind: Kind<T>, target: Target): T | undefined { return this.#cache(kind).get(target) }
  list<T extends AnyObject>(kind: Kind<T>, where?: Where): readonly T[] { return this.#cache(kind).list(where) }
  by<T extends AnyObject>(index: Index<T>, value: string): readonly T[] { return this.#cache(index.kind).by(index, value) }
  watch<T extends AnyObject>(kind: Kind<T>, seen: (change: Change<T>) => void): () => void { return this.#informers.of(kind).watch(seen) }
  async synced(kinds: readonly Kind[]): Promise<void> { await Promise.all(kinds.map((kind) => this.#informers.of(kind).synced())) }
  caughtUp(kind: Kind, resourceVersion: string): Promise<void> { return this.#informers.of(kind).caughtUp(resourceVersion) }
  heardOfDelete(kind: Kind, object: AnyObject): Promise<void> { return this.#informers.of(kind).heardOfDelete(object) }
  caches(kind: Kind): boolean { return this.#informers.has(kind) }
  isComplete(kind: Kind): boolean { return this.caches(kind) && this.#informers.of(kind).hasSynced }

  create<T extends AnyObject>(kind: Kind<T>, object: New<T>): Promise<T> { return this.client.create(kind, object) }
  update<T extends AnyObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> { return this.client.update(kind, object, options) }
  patch<T extends AnyObject>(kind: Kind<T>, target: Target, type: PatchType, patch: unknown, options?: WriteOptions): Promise<T> {
    return this.client.patch(kind, target, type, patch, options)
  }
  async delete<T extends AnyObject>(kind: Kind<T>, object: T, options: DeleteOptions = {}): Promise<void> {
    try {
      await this.client.delete(kind, object.metadata, { uid: object.metadata.uid, ...options })
    } catch (error) {
      // Another object of that name means that this one is gone.
      if (!is(error, 'NotFound') && !(is(error, 'Conflict') && options.resourceVersion === undefined)) throw error
    }
  }
  async updateStatus<T extends AnyObject>(kind: Kind<T>, object: T, status: StatusOf<T>): Promise<T> {
    if (same((object as { status?: unknown }).status ?? {}, status)) return object
    return this.client.update(kind, { ...object, status }, { subresource: 'status' })
  }

  #cache<T extends AnyObject>(kind: Kind<T>): Informer<T> {
    const informer = this.#informers.has(kind) ? this.#informers.of(kind) : undefined
    if (!informer?.hasSynced) throw new Error(`there is no cache of ${kind.resource} yet: declare it in the controller's reads, or await synced()`)
    return informer
  }
}
