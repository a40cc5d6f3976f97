// The store's contract: etcd's data model (revisions, transactions, watches, leases, compaction), whatever engine keeps the log.
// Keys are "binary strings": one character per byte (code units 0-255), so that comparing strings compares bytes.

export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array
  /** The revision of the write that created the key since it was last deleted. */
  readonly createRevision: number
  /** The revision of this write. */
  readonly modRevision: number
  /** 1 on creation, one more with every write since. */
  readonly version: number
  /** 0: none. */
  readonly lease: number
}

/** One change. A delete carries the key, its revision in modRevision and an empty value. */
export interface StoreEvent { readonly type: 'PUT' | 'DELETE'; readonly kv: KeyValue; readonly previous: KeyValue | undefined }

export interface RangeOptions { readonly revision?: number; readonly limit?: number; readonly keysOnly?: boolean; readonly countOnly?: boolean }
export interface RangeResult { readonly kvs: readonly KeyValue[]; readonly count: number; readonly more: boolean; readonly revision: number }

export interface Compare {
  readonly key: string
  readonly target: 'mod' | 'create' | 'version' | 'value' | 'lease'
  readonly result: '=' | '!=' | '>' | '<'
  readonly value: number | Uint8Array
}
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: number }
  | { readonly type: 'delete'; readonly key: string; readonly end?: string }
  | { readonly type: 'get'; readonly key: string; readonly end?: string; readonly options?: RangeOptions }
export type OperationResult =
  | { readonly type: 'put'; readonly kv: KeyValue; readonly previous: KeyValue | undefined }
  | { readonly type: 'delete'; readonly deleted: readonly KeyValue[] }
  | { readonly type: 'get'; readonly range: RangeResult }
export interface TransactionResult { readonly succeeded: boolean; readonly revision: number; readonly results: readonly OperationResult[] }

/**
 * All events of one revision of a watched range at once, in key order; `revision` is also sent (with no events) as progress.
 * Delivery is synchronous, after the write is durable, in revision order.
 */
export interface WatchBatch { readonly revision: number; readonly events: readonly StoreEvent[] }

export class CompactedError extends Error {
  override readonly name = 'CompactedError'
  readonly compactRevision: number
  constructor(compactRevision: number) { super(`required revision has been compacted (compacted at ${compactRevision})`); this.compactRevision = compactRevision }
}
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError'
  constructor() { super('required revision is a future revision') }
}
/** The engine can keep no more (ENOSPC): the store is read-only until there is room again. */
export class NoSpaceError extends Error { override readonly name = 'NoSpaceError' }
/** The store was closed or its engine failed for good. */
export class StoreClosedError extends Error { override readonly name = 'StoreClosedError' }

export interface Store {
  /** The newest visible (durable) revision. A new store begins at 1, as etcd's does. */
  readonly revision: number
  readonly compactRevision: number
  /** Reads are synchronous, from memory, and see durable writes only. Throws CompactedError, FutureRevisionError. */
  get(key: string, revision?: number): KeyValue | undefined
  /** Keys in [start, end) in byte order. `end` '' means the single key; prefixEnd(prefix) ends a prefix. `count` counts all in range whatever the limit. */
  range(start: string, end: string, options?: RangeOptions): RangeResult
  /**
   * Compare and swap, all or nothing, one revision. Compares run at once against everything submitted before (the pending
   * overlay); the promise resolves when the write is durable and visible. Rejects with NoSpaceError or StoreClosedError, having changed nothing.
   */
  transaction(compares: readonly Compare[], success: readonly Operation[], failure?: readonly Operation[]): Promise<TransactionResult>
  /** Calls `seen` for every change of [start, end) after revision `after` (past ones first, synchronously). Throws CompactedError. Returns a stop function. */
  watch(start: string, end: string, after: number, seen: (batch: WatchBatch) => void): () => void
  /** Forgets what no reader of `revision` or later needs. Throws CompactedError, FutureRevisionError. */
  compact(revision: number): Promise<void>
  /** Leases, on the cluster's clock: keys put with a lease are deleted when it ends. */
  grantLease(ttlSeconds: number, id?: number): Promise<number>
  keepAlive(id: number): Promise<number>
  revokeLease(id: number): Promise<void>
  leases(): readonly { readonly id: number; readonly ttlSeconds: number; readonly remainingSeconds: number; readonly keys: readonly string[] }[]
  /** An independent store in memory that begins with this one's whole state; O(1) (copy on write). */
  fork(): Store
  close(): Promise<void>
}

/** The smallest key after every key with this prefix, as etcd computes it; '\0' for the empty prefix means to the end. */
export function prefixEnd(prefix: string): string {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i)
    if (code < 0xff) return prefix.slice(0, i) + String.fromCharCode(code + 1)
  }
  return '\0'
}
