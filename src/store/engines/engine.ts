// What keeps the log of revisions. An engine knows nothing of keys, watches or compares: it keeps rows in order and gives them back.

import type { KeyValue } from '../data-model.ts'

/** A lease granted (`ttlSeconds` > 0) or ended (0). */
export interface LeaseChange { readonly id: number; readonly ttlSeconds: number }

/** What one group commit makes durable, all or nothing. */
export interface Commit {
  /** In revision order, within a revision in key order and at most 2^20. A row whose version is 0 marks a delete. */
  readonly rows: readonly KeyValue[]
  readonly leases: readonly LeaseChange[]
  /** The store has been compacted to this revision; undefined: as before. */
  readonly compactRevision: number | undefined
}

/** What was kept. `rows` come as they were committed; what was discarded is missing. */
export interface Kept { readonly compactRevision: number; readonly leases: readonly LeaseChange[]; readonly rows: Iterable<KeyValue> }

/** Enough to find a row again. */
export type RowName = Pick<KeyValue, 'key' | 'modRevision'>

export interface Engine {
  /** Called once, before anything else. */
  load(): Kept | Promise<Kept>
  /**
   * Returns, or resolves, when the commit will survive a crash. NoSpaceError: nothing was kept, later commits may succeed. Any
   * other error: the engine has failed for good. Never called again before the last one is done.
   */
  append(commit: Commit): void | Promise<void>
  /** Removes rows that no reader needs, a little at a time; may stop half-way without harm. Runs beside append, and ends when the engine is closed. */
  discard(rows: Iterable<RowName>): Promise<void>
  /** Runs `commit` soon: as late as lets writes that arrive together share one commit, as early as delays none. */
  soon(commit: () => void): void
  close(): Promise<void>
}
