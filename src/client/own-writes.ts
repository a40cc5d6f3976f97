// A view of the cluster that remembers what was written through it, so that nobody acts again on a cache that has not
// heard of the writes. One view per reconcile; the loop waits for settled() before the same object's turn comes again.
import { ApiError, pause, type AnyObject, type Clock, type Kind, type Log, type New, type Random } from '#machinery'
import { ClientClosedError, type Client, type DeleteOptions, type PatchType, type Target, type WriteOptions } from './client.ts'
import type { Cluster, StatusOf, Where } from './cluster.ts'
import type { Recorder } from './events.ts'
import type { Change } from './informer.ts'
import type { Index } from './object-table.ts'

/** A write that may or may not have been carried out: `name` undefined for one that the server would have named. */
interface Unsure { readonly kind: Kind; readonly namespace: string | undefined; readonly name: string | undefined; readonly uid?: string }

/** What is kept of a change until it is known who made it. */
export interface Heard { readonly type: Change<AnyObject>['type']; readonly uid: string; readonly version: string }

const firstLookMs = 50
const lastLookMs = 5_000

export class OwnWrites implements Cluster {
  readonly #cluster: Cluster
  readonly #wrote = new Map<Kind, number>()
  readonly #versions = new Set<string>()
  readonly #deleted: { readonly kind: Kind; readonly object: AnyObject }[] = []
  readonly #unsure: Unsure[] = []

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
  isComplete(kind: Kind): boolean { return this.#cluster.isComplete(kind) }

  async create<T extends AnyObject>(kind: Kind<T>, object: New<T>): Promise<T> {
    return this.#mine(kind, await this.#sure(this.#cluster.create(kind, object), kind, object.metadata))
  }
  async update<T extends AnyObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> {
    return this.#mine(kind, await this.#sure(this.#cluster.update(kind, object, options), kind, object.metadata))
  }
  async patch<T extends AnyObject>(kind: Kind<T>, target: Target, type: PatchType, patch: unknown, options?: WriteOptions): Promise<T> {
    return this.#mine(kind, await this.#sure(this.#cluster.patch(kind, target, type, patch, options), kind, target))
  }
  async updateStatus<T extends AnyObject>(kind: Kind<T>, object: T, status: StatusOf<T>): Promise<T> {
    return this.#mine(kind, await this.#sure(this.#cluster.updateStatus(kind, object, status), kind, object.metadata))
  }
  async delete<T extends AnyObject>(kind: Kind<T>, object: T, options?: DeleteOptions): Promise<void> {
    await this.#sure(this.#cluster.delete(kind, object, options), kind, object.metadata)
    if (!object.metadata.deletionTimestamp) this.#deleted.push({ kind, object })
  }

  /** Resolves when the caches show everything written so far. */
  async settled(): Promise<void> {
    for (const unsure of this.#unsure) if (this.caches(unsure.kind)) await this.#findOut(unsure)
    for (const [kind, version] of this.#wrote) if (this.caches(kind)) await this.#cluster.caughtUp(kind, String(version))
    for (const { kind, object } of this.#deleted) if (this.caches(kind)) await this.#cluster.heardOfDelete(kind, object)
  }
  /** What settled() waits for, for logs. */
  get written(): object {
    return { wrote: Object.fromEntries([...this.#wrote].map(([kind, version]) => [kind.resource, version])),
      deleted: this.#deleted.map(({ kind, object }) => `${kind.resource}/${object.metadata.name}`), unsure: this.#unsure.map(({ kind, name }) => `${kind.resource}/${name ?? ''}`) }
  }
  /** Whether a change is one of these writes; false where the answer was lost. Ask after settled(). */
  made({ type, uid, version }: Heard): boolean { return type === 'DELETED' ? this.#deleted.some(({ object }) => object.metadata.uid === uid) : this.#versions.has(version) }
  /** Whether nothing was written, not even perhaps. */
  get wroteNothing(): boolean { return this.#wrote.size === 0 && this.#deleted.length === 0 && this.#unsure.length === 0 }

  #mine<T extends AnyObject>(kind: Kind<T>, object: T): T {
    this.#versions.add(object.metadata.resourceVersion)
    return this.#note(kind, object)
  }
  #note<T extends AnyObject>(kind: Kind<T>, object: T): T {
    const version = Number(object.metadata.resourceVersion)
    if (version > (this.#wrote.get(kind) ?? 0)) this.#wrote.set(kind, version)
    return object
  }

  /** Remembers a write whose answer was lost: only a refusal says that it has not been carried out. */
  async #sure<R>(answer: Promise<R>, kind: Kind, { name, namespace, uid }: { readonly name?: string; readonly namespace?: string | undefined; readonly uid?: string }): Promise<R> {
    try { return await answer } catch (error) {
      if (!(error instanceof ApiError) || error.status.code >= 500) this.#unsure.push({ kind, namespace, name, ...(uid !== undefined && { uid }) })
      throw error
    }
  }
  /** Asks the server how things are, so that it can be waited for. By a list, which whoever keeps a cache may ask for. */
  async #findOut({ kind, namespace, name, uid }: Unsure): Promise<void> {
    const fieldSelector = name === undefined ? '' : `metadata.name=${name}`
    for (let waitMs = firstLookMs; ; waitMs = Math.min(waitMs * 2, lastLookMs)) {
      try {
        const { items } = await this.client.list<AnyObject>(kind, { namespace, ...(fieldSelector && { fieldSelector }) })
        for (const object of items) this.#note(kind, object)
        const cached = name === undefined ? undefined : this.get(kind as Kind<AnyObject>, { name, namespace })
        if (cached && cached.metadata.uid === uid && !items.some((object) => object.metadata.uid === uid)) this.#deleted.push({ kind, object: cached })
        return
      } catch (error) {
        if (error instanceof ClientClosedError || (error instanceof ApiError && error.status.code < 500 && error.status.code !== 429)) return // it will not tell us
        await pause(this.clock, waitMs)
      }
    }
  }
}
