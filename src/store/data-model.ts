// The store's contract: etcd's data model (revisions, transactions, watches, leases, compaction), whatever engine keeps the log.
// Keys are "binary strings": one character per byte (code units 0-255), so that comparing strings compares bytes.

import type { Clock } from '#machinery'

export interface KeyValue {
  readonly key: string
  /** Shared with everybody who reads the key: never change the bytes. */
  readonly value: Uint8Array
  /** The revision of the write that created the key since it was last deleted. */
  readonly createRevision: number
  /** The revision of this write. */
  readonly modRevision: number
  /** 1 on creation, one more with every write since. 0: this is the mark of a delete. */
  readonly version: number
  /** 0: none. */
  readonly lease: number
}

/** One change. A delete carries the key, its revision in modRevision and an empty value. */
export interface StoreEvent { readonly type: 'PUT' | 'DELETE'; readonly kv: KeyValue; readonly previous: KeyValue | undefined }

/** `revision` 0 or absent: the newest. `limit` 0 or absent: all. `keysOnly` leaves the values empty. */
export interface RangeOptions { readonly revision?: number; readonly limit?: number; readonly keysOnly?: boolean; readonly countOnly?: boolean }
/** `revision` is the store's newest, as in etcd's header, also when an older one was read. */
export interface RangeResult { readonly kvs: readonly KeyValue[]; readonly count: number; readonly more: boolean; readonly revision: number }

/** A missing key has mod, create, version and lease 0, and no comparison of its value holds. */
export interface Compare {
  readonly key: string
  readonly target: 'mod' | 'create' | 'version' | 'value' | 'lease'
  readonly result: '=' | '!=' | '>' | '<'
  readonly value: number | Uint8Array
}
/** A put without a lease takes the key off the lease it had. The range of delete and get reads as in Store.range. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: number }
  | { readonly type: 'delete'; readonly key: string; readonly end?: string }
  | { readonly type: 'get'; readonly key: string; readonly end?: string; readonly options?: RangeOptions }
export type OperationResult =
  | { readonly type: 'put'; readonly kv: KeyValue; readonly previous: KeyValue | undefined }
  | { readonly type: 'delete'; readonly deleted: readonly KeyValue[] }
  | { readonly type: 'get'; readonly range: RangeResult }
/** `revision`: of the change; where nothing changed, the newest at that moment. */
export interface TransactionResult { readonly succeeded: boolean; readonly revision: number; readonly results: readonly OperationResult[] }

/**
 * All events of one revision of a watched range at once, in key order. A batch without events says that the watcher has seen
 * everything up to `revision`: one comes when the past has been replayed and after each group of writes that ended elsewhere.
 * Delivery is synchronous, after the write is durable, in revision order, before the writer's promise resolves.
 */
export interface WatchBatch { readonly revision: number; readonly events: readonly StoreEvent[] }

export interface LeaseStatus { readonly id: number; readonly ttlSeconds: number; readonly remainingSeconds: number; readonly keys: readonly string[] }

export interface Store {
  /** The newest visible (durable) revision. A new store begins at 1, as etcd's does. */
  readonly revision: number
  /** The oldest revision that can be read; 0 before the first compaction. */
  readonly compactRevision: number
  /** Reads are synchronous, from memory, and see durable writes only. Throws CompactedError, FutureRevisionError, StoreClosedError. */
  get(key: string, revision?: number): KeyValue | undefined
  /**
   * Keys in [start, end) in byte order. `end` '' means the single key, '\0' means to the last key; prefixEnd(prefix) ends a
   * prefix. `count` counts all in range whatever the limit.
   */
  range(start: string, end: string, options?: RangeOptions): RangeResult
  /**
   * Compare and swap, all or nothing, one revision. Compares run at once against everything submitted before (the pending
   * overlay); the promise resolves when the write, and what its answer rests on, is durable and visible. Rejects with
   * NoSpaceError, StoreClosedError, StoreBusyError, LeaseNotFoundError or InvalidTransactionError, having changed nothing.
   * One that changes nothing rests on everything submitted before: without operations it waits until reads show all that.
   */
  transaction(compares: readonly Compare[], success: readonly Operation[], failure?: readonly Operation[]): Promise<TransactionResult>
  /**
   * Calls `seen` for every change of [start, end) after revision `after` (past ones first, synchronously; a future one is waited
   * for). The compacted revision's own events can still be had: throws CompactedError when `after` < compactRevision - 1.
   * What `seen` throws is logged and reaches nobody else. Returns a stop function.
   */
  watch(start: string, end: string, after: number, seen: (batch: WatchBatch) => void): () => void
  /**
   * Forgets what no reader of `revision` or later needs: at once for readers; the promise resolves when the engine has removed it
   * too, which it does at leisure. Rejects with CompactedError (also when it is compacted already), FutureRevisionError.
   */
  compact(revision: number): Promise<void>
  /** Leases, on the cluster's clock: keys put with a lease are deleted, in one revision, when it ends. After a restart each lease begins anew. */
  grantLease(ttlSeconds: number, id?: number): Promise<number>
  /** Begins the lease anew and gives its seconds. Rejects with LeaseNotFoundError. */
  keepAlive(id: number): Promise<number>
  revokeLease(id: number): Promise<void>
  leases(): readonly LeaseStatus[]
  /** An independent store in memory that begins with this one's whole durable state; O(1) (copy on write). */
  fork(options?: { readonly clock?: Clock }): Store
  /** Waits for what was submitted, then ends: no more timers, no more events. Reads and writes throw StoreClosedError afterwards. */
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
