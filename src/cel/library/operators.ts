// Operators: arithmetic, comparison, membership. Each works on what it is given, so that values of no declared type need no other way.
import { CelError } from '../compile.ts'
import { compare, equal, includes, listMapKey, noSuchOverload } from '../compare.ts'
import { takesAnything, type Library, type Run } from '../functions.ts'
import { spend } from '../meter.ts'
import { leastInt, mostInt, mostUint } from '../literals.ts'
import { durationOf, timestampAt } from '../time-values.ts'
import { Duration, isMap, JoinedList, DomainMap, ListValue, Timestamp, typeNameOf, Uint, type Value } from '../values.ts'

const fail = (message: string): never => { throw new CelError(message) }
const asInt = (value: bigint): bigint => (value > mostInt || value < leastInt ? fail('integer overflow') : value)
const asUint = (value: bigint): Uint => (value > mostUint || value < 0n ? fail('unsigned integer overflow') : new Uint(value))
/** The left side decides which operation it is; one that has none says so by the operator's name. */
const unsupported = (name: string, left: Value, able: readonly string[]): CelError => (able.includes(typeNameOf(left)) ? noSuchOverload() : new CelError(`no such overload: ${name}`))

const numbers = ['int', 'uint', 'double'], times = ['google.protobuf.Timestamp', 'google.protobuf.Duration']

export function add(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return asInt(a + b)
  if (typeof a === 'string' && typeof b === 'string') return joinTexts(a, b)
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a instanceof ListValue && b instanceof ListValue) return addLists(a, b)
  if (a instanceof Uint && b instanceof Uint) return asUint(a.value + b.value)
  if (a instanceof Duration && b instanceof Duration) return durationOf(a.nanos + b.nanos)
  if (a instanceof Timestamp && b instanceof Duration) return timestampAt(a.nanos + b.nanos)
  if (a instanceof Duration && b instanceof Timestamp) return timestampAt(a.nanos + b.nanos)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return new Uint8Array([...a, ...b])
  throw unsupported('_+_', a, [...numbers, ...times, 'string', 'bytes', 'list'])
}
/** Lists one behind the other; sets take only what they do not have, maps replace what has the same key. */
function addLists(a: ListValue, b: ListValue): ListValue {
  if (a.size === 0 && !a.form) return b
  if (b.size === 0) return a
  if (a.form?.kind === 'set') return new ListValue([...a, ...[...b].filter((item) => !includes(a, item))], undefined, a.form)
  if (a.form?.kind === 'map') {
    const { keys } = a.form, merged = new Map([...a].map((item) => [listMapKey(item, keys), item]))
    for (const item of b) merged.set(listMapKey(item, keys), item)
    return new ListValue([...merged.values()], undefined, a.form)
  }
  const size = a.size + b.size
  if (size > longestList) throw new CelError('operation cancelled: actual cost limit exceeded', true)
  if (size > longestCopy) return new JoinedList(a, b)
  spend(size)
  return new ListValue([...a, ...b])
}
/** Lists that are copied when they are joined; and the longest there are: more than a request could hold. */
const longestCopy = 1_024, longestList = 4_000_000
/** Longer texts cost more than an evaluation may. */
const longestText = 16_000_000
function joinTexts(a: string, b: string): string {
  if (a.length + b.length > longestText) throw new CelError('operation cancelled: actual cost limit exceeded', true)
  return a + b
}
export function subtract(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return asInt(a - b)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a instanceof Uint && b instanceof Uint) return asUint(a.value - b.value)
  if (a instanceof Timestamp && b instanceof Timestamp) return durationOf(a.nanos - b.nanos)
  if (a instanceof Timestamp && b instanceof Duration) return timestampAt(a.nanos - b.nanos)
  if (a instanceof Duration && b instanceof Duration) return durationOf(a.nanos - b.nanos)
  throw unsupported('_-_', a, [...numbers, ...times])
}
function multiply(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return asInt(a * b)
  if (typeof a === 'number' && typeof b === 'number') return a * b
  if (a instanceof Uint && b instanceof Uint) return asUint(a.value * b.value)
  throw unsupported('_*_', a, numbers)
}
function divide(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return b === 0n ? fail('division by zero') : asInt(a / b)
  if (typeof a === 'number' && typeof b === 'number') return a / b
  if (a instanceof Uint && b instanceof Uint) return b.value === 0n ? fail('division by zero') : new Uint(a.value / b.value)
  throw unsupported('_/_', a, numbers)
}
function modulo(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return b === 0n ? fail('modulus by zero') : a === leastInt && b === -1n ? fail('integer overflow') : a % b
  if (a instanceof Uint && b instanceof Uint) return b.value === 0n ? fail('modulus by zero') : new Uint(a.value % b.value)
  throw unsupported('_%_', a, ['int', 'uint'])
}
function negate(a: Value): Value {
  if (typeof a === 'bigint') return asInt(-a)
  if (typeof a === 'number') return -a
  if (a instanceof Duration) return durationOf(-a.nanos)
  throw typeof a === 'boolean' ? noSuchOverload() : new CelError('no such overload: -_')
}
const not = (a: Value): Value => { if (typeof a === 'boolean') return !a; throw noSuchOverload() }

const comparable = [...numbers, ...times, 'bool', 'string', 'bytes']
const ordered = (name: string, holds: (order: number) => boolean) => (a: Value, b: Value): boolean => {
  if (!comparable.includes(typeNameOf(a))) throw new CelError(`no such overload: ${name}`)
  return holds(compare(a, b))
}
export function contains(wanted: Value, within: Value): boolean {
  if (within instanceof ListValue) return includes(within, wanted)
  if (within instanceof DomainMap) return within.has(wanted)
  if (typeof within === 'object' && within !== null && isMap(within)) return within.get(wanted) !== undefined
  throw noSuchOverload()
}

const equals: Run = (a: Value, b: Value) => equal(a, b)
const differs: Run = (a: Value, b: Value) => !equal(a, b)
/** One overload for each pair of types. */
const overloads = (name: string, run: Run, pairs: readonly (readonly [types: string, result: string, id: string])[]): Library =>
  Object.fromEntries(pairs.map(([types, result, id]) => [`${name}(${types}): ${result} = ${id}`, run]))
const pair = (type: string): string => `${type}, ${type}`
const orderPairs = (name: string): [string, string, string][] => [
  ['bool, bool', 'bool', `${name}_bool`],
  ...([['int', 'int', 'int64'], ['int', 'double', 'int64_double'], ['int', 'uint', 'int64_uint64'], ['uint', 'uint', 'uint64'], ['uint', 'double', 'uint64_double'], ['uint', 'int', 'uint64_int64'],
    ['double', 'double', 'double'], ['double', 'int', 'double_int64'], ['double', 'uint', 'double_uint64'], ['string', 'string', 'string'], ['bytes', 'bytes', 'bytes'],
    ['timestamp', 'timestamp', 'timestamp'], ['duration', 'duration', 'duration']] as const).map(([a, b, id]): [string, string, string] => [`${a}, ${b}`, 'bool', `${name}_${id}`]),
]

const all: Library = {
  '!_(bool): bool = logical_not': not,
  '_&&_(bool, bool): bool = logical_and': not,
  '_||_(bool, bool): bool = logical_or': not,
  '_?_:_(bool, A, A): A = conditional': not,
  '@not_strictly_false(bool): bool = not_strictly_false': not,
  '_==_(A, A): bool = equals': equals,
  '_!=_(A, A): bool = not_equals': differs,
  '-_(double): double = negate_double': negate,
  '-_(int): int = negate_int64': negate,
  ...overloads('_+_', add, [
    [pair('bytes'), 'bytes', 'add_bytes'], [pair('double'), 'double', 'add_double'], [pair('duration'), 'duration', 'add_duration_duration'], ['duration, timestamp', 'timestamp', 'add_duration_timestamp'],
    ['timestamp, duration', 'timestamp', 'add_timestamp_duration'], [pair('int'), 'int', 'add_int64'], [pair('list(A)'), 'list(A)', 'add_list'], [pair('string'), 'string', 'add_string'], [pair('uint'), 'uint', 'add_uint64'],
  ]),
  ...overloads('_-_', subtract, [
    [pair('double'), 'double', 'subtract_double'], [pair('duration'), 'duration', 'subtract_duration_duration'], [pair('int'), 'int', 'subtract_int64'],
    ['timestamp, duration', 'timestamp', 'subtract_timestamp_duration'], [pair('timestamp'), 'duration', 'subtract_timestamp_timestamp'], [pair('uint'), 'uint', 'subtract_uint64'],
  ]),
  ...overloads('_*_', multiply, [[pair('double'), 'double', 'multiply_double'], [pair('int'), 'int', 'multiply_int64'], [pair('uint'), 'uint', 'multiply_uint64']]),
  ...overloads('_/_', divide, [[pair('double'), 'double', 'divide_double'], [pair('int'), 'int', 'divide_int64'], [pair('uint'), 'uint', 'divide_uint64']]),
  ...overloads('_%_', modulo, [[pair('int'), 'int', 'modulo_int64'], [pair('uint'), 'uint', 'modulo_uint64']]),
  ...overloads('_<_', ordered('_<_', (order) => order < 0), orderPairs('less')),
  ...overloads('_<=_', ordered('_<=_', (order) => order <= 0), orderPairs('less_equals')),
  ...overloads('_>_', ordered('_>_', (order) => order > 0), orderPairs('greater')),
  ...overloads('_>=_', ordered('_>=_', (order) => order >= 0), orderPairs('greater_equals')),
  '@in(A, list(A)): bool = in_list': contains,
  '@in(A, map(A, B)): bool = in_map': contains,
  'cel.@mapInsert(map(K, V), K, V): map(K, V) = @mapInsert_map_key_value': not,
  'cel.@mapInsert(map(K, V), map(K, V)): map(K, V) = @mapInsert_map_map': not,
  '_[_](list(A), int): A = index_list': not,
  '_[_](map(A, B), A): B = index_map': not,
}

export const operators: Library = Object.fromEntries(Object.entries(all).map(([signature, run]) => [signature, takesAnything(run)]))
