// Talking to any API server: the interface that every component works against, whatever carries it (HTTP, or direct calls in one process).
import type { AnyObject, Clock, Kind, LabelSelector, Log, New, Random, WatchEvent } from '#machinery'

export interface ListOptions {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | LabelSelector
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
}
export interface List<T> { readonly items: readonly T[]; readonly resourceVersion: string; readonly continue?: string }
export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> { readonly bookmarks?: boolean; readonly sendInitialEvents?: boolean; readonly timeoutSeconds?: number }
export interface WriteOptions { readonly dryRun?: boolean; readonly fieldManager?: string; readonly subresource?: string }
export interface DeleteOptions {
  readonly uid?: string; readonly resourceVersion?: string; readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'
/** Which object: its name, and its namespace when the kind has one. An object will do. */
export interface Target { readonly name: string; readonly namespace?: string | undefined }

/** The client has been closed: whoever still asks should stop. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError'
  constructor() { super('the client is closed') }
}

/** All calls reject with ApiError (or ClientClosedError). Objects that come back are shared: never change them. */
export interface Client {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  get<T extends AnyObject>(kind: Kind<T>, target: Target, subresource?: string): Promise<T>
  list<T extends AnyObject>(kind: Kind<T>, options?: ListOptions): Promise<List<T>>
  /** Calls `seen` for each event until stopped or the server ends the stream (then `ended`, with the error if there was one). */
  watch<T extends AnyObject>(kind: Kind<T>, options: WatchOptions, seen: (event: WatchEvent<T>) => void, ended: (error?: unknown) => void): () => void
  create<T extends AnyObject>(kind: Kind<T>, object: New<T>, options?: WriteOptions): Promise<T>
  /** PUT of the whole object (or of its status with subresource 'status'). */
  update<T extends AnyObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
  patch<T extends AnyObject>(kind: Kind<T>, target: Target, type: PatchType, patch: unknown, options?: WriteOptions): Promise<T>
  delete<T extends AnyObject>(kind: Kind<T>, target: Target, options?: DeleteOptions): Promise<void>
  deleteCollection<T extends AnyObject>(kind: Kind<T>, list: ListOptions, options?: DeleteOptions): Promise<void>
  /** POST to a subresource (binding, eviction, token ...); the answer as it comes. */
  post<T extends AnyObject>(kind: Kind<T>, target: Target, subresource: string, body: object): Promise<unknown>
  /** Any other path: discovery, logs, metadata lists. */
  raw(method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH', path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<unknown>
  close(): void
}
