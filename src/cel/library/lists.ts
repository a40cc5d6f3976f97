// Functions of lists: Kubernetes' own (isSorted, sum, min, max, indexOf).
import { compare, equal } from '../compare.ts'
import { CelError } from '../compile.ts'
import type { Library, Run } from '../functions.ts'
import { Duration, ListValue, Uint, type Value } from '../values.ts'
import { add } from './operators.ts'

function isSorted(list: ListValue): boolean {
  for (let i = 1; i < list.size; i++) if (compare(list.at(i - 1), list.at(i)) > 0) return false
  return true
}
const sum = (zero: Value) => (list: ListValue): Value => { let total = zero; for (const item of list) total = add(total, item); return total }
const extreme = (name: string, better: (order: number) => boolean) => (list: ListValue): Value => {
  if (list.size === 0) throw new CelError(`${name} called on empty list`)
  let best = list.at(0)
  for (const item of list) if (better(compare(item, best))) best = item
  return best
}
function indexOf(list: ListValue, wanted: Value): bigint {
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), wanted)) return BigInt(i)
  return -1n
}
function lastIndexOf(list: ListValue, wanted: Value): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (equal(list.at(i), wanted)) return BigInt(i)
  return -1n
}

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const zeros: Readonly<Record<string, Value>> = { int: 0n, uint: new Uint(0n), double: 0, duration: new Duration(0n) }
const forEach = (types: readonly string[], signature: (type: string) => string, run: (type: string) => Run): Library => Object.fromEntries(types.map((type) => [signature(type), run(type)]))
const min = extreme('min', (order) => order < 0), max = extreme('max', (order) => order > 0)

export const lists: Library = {
  ...forEach(comparable, (type) => `list(${type}).isSorted(): bool = list_${type}_is_sorted_bool`, () => isSorted),
  ...forEach(Object.keys(zeros), (type) => `list(${type}).sum(): ${type} = list_${type}_sum_${type}`, (type) => sum(zeros[type]!)),
  ...forEach(comparable, (type) => `list(${type}).max(): ${type} = list_${type}_max_${type}`, () => max),
  ...forEach(comparable, (type) => `list(${type}).min(): ${type} = list_${type}_min_${type}`, () => min),
  'list(A).indexOf(A): int = list_a_index_of_int': indexOf,
  'list(A).lastIndexOf(A): int = list_a_last_index_of_int': lastIndexOf,
}
