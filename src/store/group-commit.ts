// Writes that are submitted while a commit is under way, or before the engine thinks it time to commit, share the next commit.
// A group becomes visible as a whole, after it is durable; until then only the head knows of it.

import { NoSpaceError, StoreBusyError, StoreClosedError } from './errors.ts'
import type { Commit, Engine, LeaseChange } from './engines/engine.ts'
import { copyState, type Head, type State } from './state.ts'
import type { KeyValue, WatchBatch } from './data-model.ts'

/** A group ends when it holds this much; what comes later goes into the next one. */
const groupBytes = 4 << 20
const groupWrites = 1024
/** Writes that wait for the engine at most; more are refused (a server has shed load long before). */
const waitingWrites = 16_384

export interface Change { readonly batch?: WatchBatch | undefined; readonly leases?: readonly LeaseChange[]; readonly compactRevision?: number }

interface Waiter { readonly resolve: () => void; readonly reject: (error: Error) => void }
interface Group extends Commit {
  readonly rows: KeyValue[]
  readonly leases: LeaseChange[]
  compactRevision: number | undefined
  readonly batches: WatchBatch[]
  readonly waiters: Waiter[]
  bytes: number
  writes: number
  /** What the group leads to; set when it takes no more. */
  state: State | undefined
}

export interface GroupCommitOptions {
  readonly engine: Engine
  readonly state: State
  /** Makes a durable group visible. */
  readonly publish: (state: State, batches: readonly WatchBatch[], commit: Commit) => void
  /** The engine has failed for good. */
  readonly fatal: (error: StoreClosedError) => void
}

export class GroupCommit {
  /** Everything submitted so far: what compares run against. Changes to it are handed to submit() in the same breath. */
  head: Head
  readonly #options: GroupCommitOptions
  #visible: State
  /** In order; the last may take more while it has no state. */
  #waiting: Group[] = []
  #underWay: Group | undefined
  #writes = 0
  #scheduled = false
  #closed: StoreClosedError | undefined
  #idle: (() => void)[] = []

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#visible = options.state
    this.head = copyState(options.state)
  }

  /** Throws what stands against another write. To be called before the head is changed. */
  check(): void {
    if (this.#closed) throw this.#closed
    if (this.#writes >= waitingWrites) throw new StoreBusyError(`${waitingWrites} writes are waiting for the disk; try again later`)
  }

  /** Resolves when the change, which the head has already seen, is durable and visible. */
  submit(change: Change): Promise<void> {
    const group = this.#openGroup()
    if (change.batch) {
      group.batches.push(change.batch)
      for (const { kv } of change.batch.events) { group.rows.push(kv); group.bytes += kv.key.length + kv.value.length }
    }
    if (change.leases) group.leases.push(...change.leases)
    group.compactRevision = change.compactRevision ?? group.compactRevision
    group.writes++
    this.#writes++
    const done = new Promise<void>((resolve, reject) => { group.waiters.push({ resolve, reject }) })
    if (group.writes >= groupWrites || group.bytes >= groupBytes) this.#seal(group)
    this.#schedule()
    return done
  }

  /** Resolves when everything submitted before is visible; undefined when it is already. */
  settled(): Promise<void> | undefined {
    const last = this.#waiting.at(-1) ?? this.#underWay
    return last && new Promise((resolve, reject) => { last.waiters.push({ resolve, reject }) })
  }

  /** Takes no more, and resolves when nothing is waiting. */
  async close(error: StoreClosedError): Promise<void> {
    this.#closed ??= error
    if (this.#underWay || this.#waiting.length > 0) await new Promise<void>((resolve) => { this.#idle.push(resolve) })
  }

  #openGroup(): Group {
    const last = this.#waiting.at(-1)
    if (last && !last.state) return last
    const group: Group = { rows: [], leases: [], compactRevision: undefined, batches: [], waiters: [], bytes: 0, writes: 0, state: undefined }
    this.#waiting.push(group)
    return group
  }

  #seal(group: Group): State {
    return group.state ??= copyState(this.head)
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay || this.#waiting.length === 0) return
    this.#scheduled = true
    this.#options.engine.soon(() => { this.#scheduled = false; this.#commitNext() })
  }

  #commitNext(): void {
    const group = this.#waiting.shift()
    if (!group) return
    const state = this.#seal(group)
    this.#underWay = group
    try {
      const done = this.#options.engine.append(group)
      if (done) done.then(() => { this.#succeed(group, state) }, (error: unknown) => { this.fail(error) })
      else this.#succeed(group, state)
    } catch (error) {
      this.fail(error)
    }
  }

  #succeed(group: Group, state: State): void {
    this.#underWay = undefined
    this.#writes -= group.writes
    this.#visible = state
    this.#options.publish(state, group.batches, group)
    for (const waiter of group.waiters) waiter.resolve()
    this.#proceed()
  }

  /** Rejects everything that waits: it rests on what failed, compares have seen it. Anything but a full disk ends the store. */
  fail(error: unknown): void {
    const failed = this.#underWay ? [this.#underWay, ...this.#waiting] : this.#waiting
    this.#underWay = undefined
    this.#waiting = []
    this.#writes = 0
    this.head = copyState(this.#visible)
    const closed = error instanceof NoSpaceError ? undefined : new StoreClosedError(`the store's engine has failed: ${String(error)}`, { cause: error })
    this.#closed ??= closed
    const reason = closed ?? error as NoSpaceError
    for (const group of failed) for (const waiter of group.waiters) waiter.reject(reason)
    if (closed) this.#options.fatal(closed)
    this.#proceed()
  }

  #proceed(): void {
    this.#schedule()
    if (this.#waiting.length > 0 || this.#underWay) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
