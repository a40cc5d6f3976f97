// Every revision that has not been compacted: the newest keys as a tree, the way here as batches of events. An older state is
// the nearest younger tree with the batches in between undone; trees are copy-on-write, so keeping some of them costs little.

import { BatchLog } from './batch-log.ts'
import { CompactedError, FutureRevisionError } from './errors.ts'
import type { ReadonlyTree } from './tree.ts'
import type { KeyValue, StoreEvent, WatchBatch } from './data-model.ts'

export type Keys = ReadonlyTree<KeyValue>
interface Snapshot { readonly revision: number; readonly keys: Keys }

/** A snapshot is kept every so many revisions (more when there are many keys), which bounds the work of reading an old one. */
const revisionsPerSnapshot = 8192
/** Old states that were asked for and may well be asked for again: a client pages through a list at one revision. */
const recentSnapshots = 8

export class History {
  #keys: Keys
  #revision: number
  #compactRevision: number
  readonly #batches: BatchLog
  /** Ascending, spread over the past. */
  #spread: Snapshot[] = []
  /** The last used at the end. */
  #recent: Snapshot[] = []

  /** A past begins at `compactRevision` (or at 2, the first revision there can be) and has to be given with commit(). */
  constructor(keys: Keys, revision: number, compactRevision: number, batches = new BatchLog(Math.max(2, compactRevision))) {
    this.#keys = keys
    this.#revision = revision
    this.#compactRevision = compactRevision
    this.#batches = batches
  }

  get revision(): number { return this.#revision }
  get compactRevision(): number { return this.#compactRevision }

  /** Takes the next batches and the state they lead to, which nobody may change any more. */
  commit(batches: readonly WatchBatch[], keys: Keys): void {
    for (const batch of batches) this.#batches.append(batch)
    this.#revision = this.#batches.next - 1
    this.#keys = keys
    const since = this.#revision - (this.#spread.at(-1)?.revision ?? this.#batches.first)
    if (since >= Math.max(revisionsPerSnapshot, keys.size >> 3)) this.#spread.push({ revision: this.#revision, keys })
  }

  /** Throws CompactedError, FutureRevisionError. `revision` 0 or undefined: the newest. */
  keysAt(revision: number | undefined): Keys {
    if (!revision || revision === this.#revision) return this.#keys
    if (revision > this.#revision) throw new FutureRevisionError()
    if (revision < this.#compactRevision) throw new CompactedError(this.#compactRevision)
    const recent = this.#recent.find((snapshot) => snapshot.revision === revision)
    const keys = recent ? recent.keys : this.#rebuild(revision)
    this.#remember({ revision, keys })
    return keys
  }

  /** Says that the state of now will be asked for later, by its revision. */
  keep(): void { this.#remember({ revision: this.#revision, keys: this.#keys }) }

  /** The batches from `revision` on, as far as the newest. Throws CompactedError. */
  * since(revision: number): Generator<WatchBatch> {
    const first = Math.max(revision, 2)
    if (first < this.#batches.first) throw new CompactedError(this.#compactRevision)
    for (let at = first; at <= this.#revision; at++) yield this.#batches.at(at)
  }

  /**
   * Forgets what lies before `revision`. Returns, to be taken at leisure, what was thereby lost: rows that led only to states
   * nobody can read any more. The events of `revision` itself stay whole, with what was there before them.
   */
  compact(revision: number): Iterable<KeyValue> {
    const before = this.#batches.clone()
    this.#batches.dropBefore(revision)
    this.#compactRevision = revision
    this.#spread = this.#spread.filter((snapshot) => snapshot.revision >= revision)
    this.#recent = this.#recent.filter((snapshot) => snapshot.revision >= revision)
    return lostRows(before, revision)
  }

  clone(): History {
    const copy = new History(this.#keys, this.#revision, this.#compactRevision, this.#batches.clone())
    copy.#spread = this.#spread.slice()
    copy.#recent = this.#recent.slice()
    return copy
  }

  #rebuild(revision: number): Keys {
    const younger = [...this.#spread, ...this.#recent].filter((snapshot) => snapshot.revision > revision)
      .reduce((nearest, snapshot) => snapshot.revision < nearest.revision ? snapshot : nearest, { revision: this.#revision, keys: this.#keys })
    const keys = younger.keys.clone()
    for (let at = younger.revision; at > revision; at--) {
      for (const event of this.#batches.at(at).events) undo(event, keys)
    }
    return keys
  }

  #remember(snapshot: Snapshot): void {
    this.#recent = this.#recent.filter((other) => other.revision !== snapshot.revision)
    this.#recent.push(snapshot)
    if (this.#recent.length > recentSnapshots) this.#recent.shift()
  }
}

function undo(event: StoreEvent, keys: { set(key: string, value: KeyValue): void; delete(key: string): boolean }): void {
  if (event.previous) keys.set(event.kv.key, event.previous)
  else keys.delete(event.kv.key)
}

function* lostRows(batches: BatchLog, before: number): Generator<KeyValue> {
  for (let at = batches.first; at < before; at++) {
    for (const event of batches.at(at).events) {
      if (event.previous) yield event.previous
      if (event.type === 'DELETE') yield event.kv
    }
  }
}
