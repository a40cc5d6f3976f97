import type { ReadonlyTree } from './tree.ts'
import type { KeyValue, RangeOptions, RangeResult } from './data-model.ts'

export const noBytes = new Uint8Array(0)

/** A range as callers write it ('' the single key, '\0' to the last) as one that a tree understands. */
export function treeRange(start: string, end: string): { readonly start: string; readonly end: string | undefined } {
  if (end === '') return { start, end: start + '\0' }
  return { start, end: end === '\0' ? undefined : end }
}

export const inRange = (key: string, start: string, end: string | undefined): boolean => key >= start && (end === undefined || key < end)

/** Answers a range from the keys of the right revision; `newest` goes into the answer. */
export function readRange(keys: ReadonlyTree<KeyValue>, newest: number, from: string, to: string, options: RangeOptions = {}): RangeResult {
  const { start, end } = treeRange(from, to)
  if (options.countOnly) return { kvs: [], count: keys.count(start, end), more: false, revision: newest }
  const limit = options.limit || Infinity
  const found = keys.slice(start, end, limit)
  const count = found.length < limit ? found.length : keys.count(start, end)
  return { kvs: options.keysOnly ? found.map(withoutValue) : found, count, more: count > found.length, revision: newest }
}

const withoutValue = (kv: KeyValue): KeyValue => ({ ...kv, value: noBytes })
