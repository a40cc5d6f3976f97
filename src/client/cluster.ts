// What a controller (or scheduler, or agent) touches: it reads from caches that watches keep fresh, and writes to the API server.
import type { QueueWatcher } from './queue.ts'
import type { AnyObject, Clock, Kind, Log, New, Random } from '#machinery'
import type { Client, DeleteOptions, PatchType, Target, WriteOptions } from './client.ts'
import type { Recorder } from './events.ts'
import type { Change } from './informer.ts'
import type { Index } from './object-table.ts'

export interface Where {
  readonly namespace?: string | undefined
  /** Only what carries an owner reference (controlling or not) to this object. */
  readonly owner?: { readonly metadata: { readonly uid: string } } | undefined
}
export type StatusOf<T> = T extends { status?: infer S } ? NonNullable<S> : never

export interface Cluster {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The client that this component writes with: for what has no method here, and for reads that must be fresh. */
  readonly client: Client
  readonly events: Recorder
  /** What is told of the queue of a controller with this name; absent: nothing. */
  readonly queueWatcher?: (name: string) => QueueWatcher

  /** From the cache. Reading a kind that the component has not declared (or started) throws: declare it in `reads`. */
  get<T extends AnyObject>(kind: Kind<T>, target: Target): T | undefined
  /** From the cache; objects are shared and must not be changed. */
  list<T extends AnyObject>(kind: Kind<T>, where?: Where): readonly T[]
  /** From the cache: the objects for which the index gives this value, e.g. `cluster.by(podsByNode, 'node-1')`. */
  by<T extends AnyObject>(index: Index<T>, value: string): readonly T[]
  /** Calls `seen` for all that is in the cache (as ADDED), then for each change. Starts the cache when nobody has. Returns a stop function. */
  watch<T extends AnyObject>(kind: Kind<T>, seen: (change: Change<T>) => void): () => void
  /** Resolves when the caches of these kinds have had their first list; starts them when nobody has. */
  synced(kinds: readonly Kind[]): Promise<void>
  /** Resolves when the cache of this kind is at least as new as this resourceVersion. */
  caughtUp(kind: Kind, resourceVersion: string): Promise<void>
  /** Resolves when the cache no longer shows this very object as one that stays. */
  heardOfDelete(kind: Kind, object: AnyObject): Promise<void>
  /** Whether the component keeps a cache of this kind. */
  caches(kind: Kind): boolean
  /** Whether that cache has had its first list. */
  isComplete(kind: Kind): boolean

  create<T extends AnyObject>(kind: Kind<T>, object: New<T>): Promise<T>
  update<T extends AnyObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
  patch<T extends AnyObject>(kind: Kind<T>, target: Target, type: PatchType, patch: unknown, options?: WriteOptions): Promise<T>
  /** Deletes this very object (its uid is the precondition); what is gone already is no error. */
  delete<T extends AnyObject>(kind: Kind<T>, object: T, options?: DeleteOptions): Promise<void>
  /** PUT of the status, unless nothing in it changes (then the object comes back as it was). */
  updateStatus<T extends AnyObject>(kind: Kind<T>, object: T, status: StatusOf<T>): Promise<T>
}
