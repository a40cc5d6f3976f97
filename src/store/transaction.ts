// What a transaction means: compares against a head, operations on it, and the events that come of them.

import { InvalidTransactionError, LeaseNotFoundError } from './errors.ts'
import { inRange, noBytes, readRange, treeRange } from './range.ts'
import { leaseKey, setKey, type Head } from './state.ts'
import type { Compare, KeyValue, Operation, OperationResult, RangeOptions, RangeResult, StoreEvent, TransactionResult, WatchBatch } from './data-model.ts'

/** Engines number the changes of a revision with 20 bits. */
const changesPerRevision = 1 << 20

/** Answers a get at an older revision. */
export type PastReader = (key: string, end: string, options: RangeOptions) => RangeResult

export interface Outcome { readonly result: TransactionResult; readonly batch: WatchBatch | undefined }

/** Carries the transaction out on `head`, or throws having changed nothing. */
export function execute(head: Head, past: PastReader, compares: readonly Compare[], success: readonly Operation[], failure: readonly Operation[]): Outcome {
  const succeeded = compares.every((compare) => holds(compare, head.keys.get(compare.key)))
  const operations = succeeded ? success : failure
  check(head, operations)
  const revision = head.revision + 1
  const events: StoreEvent[] = []
  const results: OperationResult[] = []
  try {
    for (const operation of operations) results.push(run(operation, head, past, revision, events))
    if (events.length > changesPerRevision) throw new InvalidTransactionError(`${events.length} changes in one transaction; at most ${changesPerRevision} are possible`)
  } catch (error) {
    undo(head, events)
    throw error
  }
  if (events.length > 0) head.revision = revision
  if (events.length > 1) events.sort((a, b) => a.kv.key < b.kv.key ? -1 : 1)
  return { result: { succeeded, revision: head.revision, results }, batch: events.length > 0 ? { revision, events } : undefined }
}

function run(operation: Operation, head: Head, past: PastReader, revision: number, events: StoreEvent[]): OperationResult {
  switch (operation.type) {
    case 'put': {
      const previous = head.keys.get(operation.key)
      const kv: KeyValue = {
        key: previous?.key ?? operation.key, value: ownBytes(operation.value), createRevision: previous?.createRevision ?? revision,
        modRevision: revision, version: (previous?.version ?? 0) + 1, lease: operation.lease ?? 0,
      }
      setKey(head, kv, previous)
      events.push({ type: 'PUT', kv, previous })
      return { type: 'put', kv, previous }
    }
    case 'delete': {
      const { start, end } = treeRange(operation.key, operation.end ?? '')
      const deleted = head.keys.slice(start, end)
      for (const previous of deleted) {
        const kv = tombstone(previous.key, revision)
        setKey(head, kv, previous)
        events.push({ type: 'DELETE', kv, previous })
      }
      return { type: 'delete', deleted }
    }
    case 'get': {
      const { key, end = '', options = {} } = operation
      if (options.revision && options.revision !== head.revision) return { type: 'get', range: past(key, end, options) }
      return { type: 'get', range: readRange(head.keys, events.length > 0 ? revision : head.revision, key, end, options) }
    }
  }
}

export const tombstone = (key: string, revision: number): KeyValue =>
  ({ key, value: noBytes, createRevision: 0, modRevision: revision, version: 0, lease: 0 })

function holds(compare: Compare, kv: KeyValue | undefined): boolean {
  const order = orderOf(compare, kv)
  if (order === undefined) return false
  switch (compare.result) {
    case '=': return order === 0
    case '!=': return order !== 0
    case '>': return order > 0
    case '<': return order < 0
  }
}

/** Below, equal (0) or above what the compare names; undefined: cannot be compared. */
function orderOf({ target, value }: Compare, kv: KeyValue | undefined): number | undefined {
  if (typeof value !== 'number') return target === 'value' && kv ? compareBytes(kv.value, value) : undefined
  switch (target) {
    case 'mod': return (kv?.modRevision ?? 0) - value
    case 'create': return (kv?.createRevision ?? 0) - value
    case 'version': return (kv?.version ?? 0) - value
    case 'lease': return (kv?.lease ?? 0) - value
    case 'value': return undefined
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** As etcd: no key may be changed twice in one transaction, so that a revision names one value of it. */
function check(head: Head, operations: readonly Operation[]): void {
  const puts = new Set<string>()
  for (const operation of operations) {
    if (operation.type !== 'put') continue
    if (!isBinary(operation.key)) throw new InvalidTransactionError(`not a binary string of at least one character: ${JSON.stringify(operation.key)}`)
    if (puts.has(operation.key)) throw new InvalidTransactionError('duplicate key given in txn request')
    puts.add(operation.key)
    if (operation.lease && head.leases.get(leaseKey(operation.lease)) === undefined) throw new LeaseNotFoundError(operation.lease)
  }
  if (puts.size === 0 || puts.size === operations.length) return
  for (const operation of operations) {
    if (operation.type !== 'delete') continue
    const { start, end } = treeRange(operation.key, operation.end ?? '')
    for (const key of puts) if (inRange(key, start, end)) throw new InvalidTransactionError('duplicate key given in txn request')
  }
}

function isBinary(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > 0xff) return false
  return key.length > 0
}

/** Bytes that nobody else writes to and that keep no larger buffer alive. */
function ownBytes(value: Uint8Array): Uint8Array {
  const whole = value.byteLength > 64 && value.byteLength === value.buffer.byteLength && value.constructor === Uint8Array
  return whole ? value : new Uint8Array(value)
}

function undo(head: Head, events: readonly StoreEvent[]): void {
  for (const { kv, previous } of events.toReversed()) setKey(head, previous ?? tombstone(kv.key, 0), kv.version === 0 ? undefined : kv)
}
