// Lists and optionals by cel-go's own libraries: slice, flatten, sort, distinct, reverse, first, last.
import { compare, equal } from '../compare.ts'
import { CelError } from '../compile.ts'
import { takesAnything, type Library } from '../functions.ts'
import { ListValue, none, OptionalValue, typeNameOf, type Value } from '../values.ts'

const fail = (message: string): never => { throw new CelError(message) }

function slice(list: ListValue, start: bigint, end: bigint): ListValue {
  if (start < 0n || end < 0n) fail(`cannot slice(${start}, ${end}), negative indexes not supported`)
  if (start > end) fail(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`)
  if (BigInt(list.size) < end) fail(`cannot slice(${start}, ${end}), list is length ${list.size}`)
  return new ListValue([...list].slice(Number(start), Number(end)))
}
function flatten(list: ListValue, depth: bigint): Value[] {
  if (depth < 0n) fail('level must be non-negative')
  return [...list].flatMap((item) => (item instanceof ListValue && depth > 0n ? flatten(item, depth - 1n) : [item]))
}
/** Lists that are flat already are let through, too. */
const flattened = takesAnything((list: Value, depth: Value = 1n): ListValue => {
  if (!(list instanceof ListValue) || typeof depth !== 'bigint') throw new CelError(`no such overload: ${typeNameOf(list)}.flatten(${depth === 1n ? '' : typeNameOf(depth)})`)
  return new ListValue(flatten(list, depth))
})
const sortable: ReadonlySet<string> = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'google.protobuf.Timestamp', 'google.protobuf.Duration'])
function sort(list: ListValue, keys: ListValue = list): ListValue {
  if (list.size !== keys.size) fail(`@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.size} and ${keys.size} elements respectively`)
  const items = [...list], by = [...keys]
  if (items.length === 0) return list
  const type = typeNameOf(by[0]!)
  if (!sortable.has(type)) fail('list elements must be comparable')
  if (by.some((key) => typeNameOf(key) !== type)) fail('list elements must have the same type')
  return new ListValue(items.map((_, i) => i).sort((a, b) => compare(by[a]!, by[b]!)).map((i) => items[i]!))
}
function distinct(list: ListValue): ListValue {
  const found: Value[] = [], plain = new Set<Value>()
  for (const item of list) {
    // Strings and whole numbers are looked up; anything else is compared with all before it.
    if (typeof item === 'string' || typeof item === 'bigint') { if (plain.has(item)) continue; plain.add(item) }
    if (typeof item === 'string' || !found.some((other) => typeof other !== 'string' && equal(item, other))) found.push(item)
  }
  return new ListValue(found)
}
/** The longest list that is made from nothing. */
const longestRange = 10_000_000n
function range(count: bigint): ListValue {
  if (count < 0n) fail(`lists.range: size must be non-negative, got ${count}`)
  if (count > longestRange) fail(`lists.range: size ${count} exceeds maximum allowed (${longestRange})`)
  return new ListValue(Array.from({ length: Number(count) }, (_, i) => i), (i) => BigInt(i as number))
}
const at = (list: ListValue, index: number): OptionalValue => (list.size === 0 ? none : new OptionalValue(list.at(index)))
const unwrap = (list: ListValue): ListValue => new ListValue([...list].filter((item): item is OptionalValue => item instanceof OptionalValue && item.value !== undefined).map(({ value }) => value))

const types = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'], runtimeNames: Readonly<Record<string, string>> = { duration: 'google.protobuf.Duration', timestamp: 'google.protobuf.Timestamp' }
const sortBy = (list: ListValue, keys: ListValue): ListValue => sort(list, keys), sortItself = (list: ListValue): ListValue => sort(list)

export const moreLists: Library = {
  'list(T).slice(int, int): list(T) = list_slice': slice,
  'list(list(T)).flatten(): list(T) = list_flatten': flattened,
  'list(dyn).flatten(int): list(dyn) = list_flatten_int': flattened,
  ...Object.fromEntries(types.map((type) => [`list(${type}).sort(): list(${type}) = list_${runtimeNames[type] ?? type}_sort`, sortItself])),
  ...Object.fromEntries(types.map((type) => [`list(T).@sortByAssociatedKeys(list(${type})): list(T) = list_${runtimeNames[type] ?? type}_sortByAssociatedKeys`, sortBy])),
  'lists.range(int): list(int) = lists_range': range,
  'list(T).reverse(): list(T) = list_reverse': (list: ListValue) => new ListValue([...list].reverse()),
  'list(T).distinct(): list(T) = list_distinct': distinct,
  'list(V).first(): optional(V) = list_first': (list: ListValue) => at(list, 0),
  'list(V).last(): optional(V) = list_last': (list: ListValue) => at(list, list.size - 1),
  'optional.unwrap(list(optional(V))): list(V) = optional_unwrap': unwrap,
  'list(optional(V)).unwrapOpt(): list(V) = optional_unwrapOpt': unwrap,
}
