// The store: pending writes (group commit), visible state and past (history), watchers and leases, put together over an engine.

import { silent, type Clock, type Log } from '#machinery'
import { forgetfulEngine } from './engines/memory.ts'
import type { Commit, Engine, RowName } from './engines/engine.ts'
import { CompactedError, FutureRevisionError, LeaseExistsError, LeaseNotFoundError, NoSpaceError, StoreClosedError } from './errors.ts'
import { GroupCommit } from './group-commit.ts'
import type { History } from './history.ts'
import { LeaseDeadlines } from './lease-deadlines.ts'
import { load } from './load.ts'
import { readRange, treeRange } from './range.ts'
import { keysOfLease, leaseKey, type State } from './state.ts'
import { execute } from './transaction.ts'
import type { Compare, KeyValue, LeaseStatus, Operation, RangeOptions, RangeResult, Store, TransactionResult, WatchBatch } from './data-model.ts'
import { Watchers } from './watchers.ts'

/** A lease that could not be ended (full disk) is tried again after this. */
const leaseRetryMs = 1000

export interface StoreOptions {
  /** The store owns it from now on, and closes it. */
  readonly engine: Engine
  readonly clock: Clock
  readonly log?: Log
  /** Called once when the engine has failed for good and the store has closed itself: the process should end. */
  readonly onFatal?: (error: Error) => void
}

/** Opens the store that the engine keeps. Rejects with StoreOpenError when it is damaged; the engine is closed then too. */
export async function openStore({ engine, clock, log = silent, onFatal = () => {} }: StoreOptions): Promise<Store> {
  const { state, history, obsolete } = await load(engine).catch(async (error: unknown) => {
    // Why it cannot be read says more than what closing it might add.
    await engine.close().catch((cause: unknown) => { log.warn('a store that could not be read could not be closed either', { error: cause }) })
    throw error
  })
  const store = new LogStore({ engine, clock, log, onFatal, state, history })
  if (obsolete.length > 0) void store.discard(obsolete)
  return store
}

interface Parts extends Required<StoreOptions> { readonly state: State; readonly history: History; readonly deadlines?: LeaseDeadlines }

class LogStore implements Store {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #log: Log
  readonly #onFatal: (error: Error) => void
  readonly #history: History
  readonly #writes: GroupCommit
  readonly #watchers: Watchers
  readonly #deadlines: LeaseDeadlines
  /** What everybody may see. */
  #state: State
  #closed: StoreClosedError | undefined
  #closing: Promise<void> | undefined
  #discarding: Promise<void> = Promise.resolve()
  #lastLease = 0

  constructor({ engine, clock, log, onFatal, state, history, deadlines }: Parts) {
    this.#engine = engine
    this.#clock = clock
    this.#log = log
    this.#onFatal = onFatal
    this.#state = state
    this.#history = history
    this.#watchers = new Watchers(log)
    this.#writes = new GroupCommit({
      engine, state,
      publish: (next, batches, commit) => { this.#publish(next, batches, commit) },
      fatal: (error) => { this.#fail(error) },
    })
    const ended = (ids: readonly number[]) => { this.#endLeases(ids) }
    this.#deadlines = deadlines ? deadlines.copyTo(clock, ended) : new LeaseDeadlines(clock, ended)
    if (!deadlines) for (const { id, ttlSeconds } of state.leases.slice('')) this.#deadlines.begin(id, ttlSeconds)
  }

  get revision(): number { return this.#state.revision }
  get compactRevision(): number { return this.#history.compactRevision }

  get(key: string, revision?: number): KeyValue | undefined {
    this.#checkOpen()
    return this.#history.keysAt(revision).get(key)
  }

  range(start: string, end: string, options: RangeOptions = {}): RangeResult {
    this.#checkOpen()
    const result = readRange(this.#history.keysAt(options.revision), this.revision, start, end, options)
    if (result.more && !options.revision) this.#history.keep() // the next page will ask for this revision
    return result
  }

  async transaction(compares: readonly Compare[], success: readonly Operation[], failure: readonly Operation[] = []): Promise<TransactionResult> {
    this.#writes.check()
    const past = (key: string, end: string, options: RangeOptions) => this.range(key, end, options)
    const { result, batch } = execute(this.#writes.head, past, compares, success, failure)
    await (batch ? this.#writes.submit({ batch }) : this.#writes.settled())
    return result
  }

  watch(start: string, end: string, after: number, seen: (batch: WatchBatch) => void): () => void {
    this.#checkOpen()
    const range = treeRange(start, end)
    return this.#watchers.add(range.start, range.end, after, this.#history.since(after + 1), this.revision, seen)
  }

  async compact(revision: number): Promise<void> {
    this.#writes.check()
    const { head } = this.#writes
    if (revision > this.revision) throw new FutureRevisionError()
    if (revision <= head.compactRevision) throw new CompactedError(head.compactRevision)
    head.compactRevision = revision
    await this.#writes.submit({ compactRevision: revision })
    await this.#discarding
  }

  async grantLease(ttlSeconds: number, id?: number): Promise<number> {
    this.#writes.check()
    if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1) throw new RangeError(`a lease lives for a whole number of seconds, at least 1, not ${ttlSeconds}`)
    const lease = id || this.#unusedLease()
    if (!Number.isSafeInteger(lease) || lease < 1) throw new RangeError(`a lease's id is a whole number from 1 to 2^53-1, not ${lease}`)
    const { leases } = this.#writes.head
    if (leases.get(leaseKey(lease)) !== undefined) throw new LeaseExistsError(lease)
    leases.set(leaseKey(lease), { id: lease, ttlSeconds })
    await this.#writes.submit({ leases: [{ id: lease, ttlSeconds }] })
    return lease
  }

  async keepAlive(id: number): Promise<number> {
    this.#checkOpen()
    const lease = this.#state.leases.get(leaseKey(id))
    if (!lease) throw new LeaseNotFoundError(id)
    this.#deadlines.begin(id, lease.ttlSeconds)
    return lease.ttlSeconds
  }

  async revokeLease(id: number): Promise<void> {
    this.#writes.check()
    const { head } = this.#writes
    if (head.leases.get(leaseKey(id)) === undefined) throw new LeaseNotFoundError(id)
    const deletes = keysOfLease(head, id).map((key): Operation => ({ type: 'delete', key }))
    const { batch } = execute(head, () => { throw new Error('a revocation reads nothing') }, [], deletes, [])
    head.leases.delete(leaseKey(id))
    await this.#writes.submit({ batch, leases: [{ id, ttlSeconds: 0 }] })
  }

  leases(): readonly LeaseStatus[] {
    this.#checkOpen()
    return this.#state.leases.slice('').map(({ id, ttlSeconds }) =>
      ({ id, ttlSeconds, remainingSeconds: Math.floor(this.#deadlines.remainingMs(id) / 1000), keys: keysOfLease(this.#state, id) }))
  }

  fork({ clock = this.#clock }: { readonly clock?: Clock } = {}): Store {
    this.#checkOpen()
    return new LogStore({
      engine: forgetfulEngine, clock, log: this.#log, onFatal: () => {}, state: this.#state, history: this.#history.clone(), deadlines: this.#deadlines,
    })
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close()
  }

  /** Removes rows nobody needs, after those of earlier compactions. What a full disk leaves behind, the next start removes. */
  discard(rows: Iterable<RowName>): Promise<void> {
    this.#discarding = this.#discarding.then(() => this.#closed ? undefined : this.#engine.discard(rows)).catch((error: unknown) => {
      if (error instanceof NoSpaceError) this.#log.warn('no space to remove compacted rows; the next start will', { error })
      else this.#writes.fail(error)
    })
    return this.#discarding
  }

  #publish(state: State, batches: readonly WatchBatch[], commit: Commit): void {
    this.#state = state
    if (batches.length > 0) this.#history.commit(batches, state.keys)
    for (const { id, ttlSeconds } of commit.leases) {
      if (ttlSeconds > 0) this.#deadlines.begin(id, ttlSeconds)
      else this.#deadlines.remove(id)
    }
    if (commit.compactRevision !== undefined) void this.discard(this.#history.compact(commit.compactRevision))
    this.#watchers.deliver(batches)
  }

  #endLeases(ids: readonly number[]): void {
    for (const id of ids) {
      this.revokeLease(id).catch((error: unknown) => {
        if (error instanceof LeaseNotFoundError || error instanceof StoreClosedError) return
        this.#log.warn('a lease is over, but its keys could not be deleted; trying again', { lease: id, error })
        this.#deadlines.putOff(id, leaseRetryMs)
      })
    }
  }

  /** Ids rise with the clock, so that one from before a restart is not given out again. */
  #unusedLease(): number {
    const { leases } = this.#writes.head
    this.#lastLease = Math.max(this.#lastLease + 1, Math.floor(this.#clock.now()) * 512)
    while (leases.get(leaseKey(this.#lastLease)) !== undefined) this.#lastLease++
    return this.#lastLease
  }

  #fail(error: StoreClosedError): void {
    this.#closed = error
    this.#end()
    this.#log.error('the store has closed itself', { error })
    this.#closing ??= this.#engine.close().catch(() => {})
    this.#onFatal(error)
  }

  async #close(): Promise<void> {
    const closed = new StoreClosedError('the store has been closed')
    await this.#writes.close(closed)
    this.#closed ??= closed
    this.#end()
    await this.#engine.close()
    await this.#discarding
  }

  #end(): void {
    this.#deadlines.stop()
    this.#watchers.clear()
  }

  #checkOpen(): void {
    if (this.#closed) throw this.#closed
  }
}
