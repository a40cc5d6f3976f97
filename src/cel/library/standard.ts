// The standard functions: sizes, conversions, parts of strings and times.
import { CelError } from '../compile.ts'
import { takesAnything, type Library } from '../functions.ts'
import { decodeUtf8, encodeUtf8, leastInt, mostInt, mostUint } from '../literals.ts'
import { regexOf } from '../regex.ts'
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timestampAt } from '../time-values.ts'
import { codePoints, Duration, isMap, ListValue, Timestamp, TypeValue, typeNameOf, Uint, type Value } from '../values.ts'

const fail = (message: string): never => { throw new CelError(message) }

/** The size that size() gives; undefined for values without one. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return codePoints(value)
  if (value instanceof ListValue) return value.size
  if (value instanceof Uint8Array) return value.length
  return typeof value === 'object' && value !== null && isMap(value) ? value.size : undefined
}
const size = takesAnything((value: Value): bigint => BigInt(sizeOf(value) ?? fail('no such overload: size')))

const failed = (value: Value, type: string): never => fail(`type conversion error from '${typeNameOf(value)}' to '${type}'`)
const overflow = (): never => fail('integer overflow')
const second = 1_000_000_000n

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isFinite(value) && value > -9223372036854775808 && value < 9223372036854775808 ? BigInt(Math.trunc(value)) : overflow()
  if (value instanceof Uint) return value.value > mostInt ? overflow() : value.value
  if (typeof value === 'string') {
    const number = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : failed(value, 'int')
    return number > mostInt || number < leastInt ? failed(value, 'int') : number
  }
  if (value instanceof Timestamp) return value.nanos >= 0n ? value.nanos / second : -((-value.nanos + second - 1n) / second)
  return value instanceof Duration ? value.nanos : failed(value, 'int')
}
function toUint(value: Value): Uint {
  const overflowing = (): never => fail('unsigned integer overflow')
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return value < 0n ? overflowing() : new Uint(value)
  if (typeof value === 'number') return value >= 0 && value < 18446744073709551616 ? new Uint(BigInt(Math.trunc(value))) : overflowing()
  if (typeof value !== 'string') return failed(value, 'uint')
  const number = /^\d+$/.test(value) ? BigInt(value) : failed(value, 'uint')
  return number > mostUint ? failed(value, 'uint') : new Uint(number)
}
function toDouble(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (typeof value !== 'string') return failed(value, 'double')
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(value)
  if (special) return special[2]!.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : failed(value, 'double')
  return Number.isFinite(number) ? number : failed(value, 'double')
}
const trues: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']), falses: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])
function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value
  return typeof value === 'string' ? trues.has(value) || (falses.has(value) ? false : failed(value, 'bool')) : failed(value, 'bool')
}
/** The text of a value, as string() makes it. */
export function toText(value: Value): string {
  switch (typeof value) {
    case 'string': return value
    case 'bigint': case 'boolean': return String(value)
    case 'number': return formatDouble(value)
    default:
  }
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return decodeUtf8(value) ?? fail('invalid UTF-8 in bytes, cannot convert to string')
  if (value instanceof Timestamp) return formatTimestamp(value)
  return value instanceof Duration ? formatDuration(value) : failed(value, 'string')
}
/** A double as Go's %g writes it: in the shortest form that reads back the same, with an exponent from a million on. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [mantissa = '', power] = value.toExponential().split('e'), exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return exponent < 0 || String(value).includes('e') ? value.toFixed(Math.max(0, mantissa.replace(/^-?\d\.?/, '').length - exponent)) : String(value)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
const toBytes = (value: Value): Uint8Array => (value instanceof Uint8Array ? value : typeof value === 'string' ? new Uint8Array(encodeUtf8(value)) : failed(value, 'bytes'))
function toTimestamp(value: Value): Timestamp {
  if (value instanceof Timestamp) return value
  if (typeof value === 'bigint') return timestampAt(value * second)
  if (typeof value !== 'string') return failed(value, 'google.protobuf.Timestamp')
  try { return parseTimestamp(value) } catch (error) { return error instanceof CelError && error.message === 'timestamp overflow' ? fail(error.message) : failed(value, 'google.protobuf.Timestamp') }
}
function toDuration(value: Value): Duration {
  if (value instanceof Duration) return value
  if (typeof value === 'bigint') return new Duration(value)
  if (typeof value !== 'string') return failed(value, 'google.protobuf.Duration')
  try { return parseDuration(value) } catch { return failed(value, 'google.protobuf.Duration') }
}

/** A conversion takes values of the types that it is declared for, whatever was known of them before. */
function conversion(name: string, to: string, run: (value: Value) => Value, from: Readonly<Record<string, string>>): Library {
  const accepted = new Set(Object.keys(from).map((type) => longNames[type] ?? type))
  const guarded = takesAnything((value: Value): Value => (accepted.has(typeNameOf(value)) ? run(value) : fail(`no such overload: ${name}(${typeNameOf(value)})`)))
  return Object.fromEntries(Object.entries(from).map(([type, id]) => [`${name}(${type}): ${to} = ${id}`, guarded]))
}
const longNames: Readonly<Record<string, string>> = { duration: 'google.protobuf.Duration', timestamp: 'google.protobuf.Timestamp' }
/** What is asked of texts alone: other values are no text, and more is not said. */
const ofTexts = (test: (text: string, part: string) => boolean) =>
  takesAnything((text: Value, part: Value) => (typeof text === 'string' && typeof part === 'string' ? test(text, part) : fail('no such overload')))
const matches = takesAnything((text: Value, pattern: Value) => {
  if (typeof text !== 'string') return fail('no such overload: matches')
  return typeof pattern === 'string' ? regexOf(pattern).matcher(text).find() : fail('no such overload')
})

export const standard: Library = {
  'size(bytes): int = size_bytes': size, 'bytes.size(): int = bytes_size': size, 'size(list(A)): int = size_list': size, 'list(A).size(): int = list_size': size,
  'size(map(A, B)): int = size_map': size, 'map(A, B).size(): int = map_size': size, 'size(string): int = size_string': size, 'string.size(): int = string_size': size,
  'type(A): type(A) = type': takesAnything((value: Value) => new TypeValue(typeNameOf(value))),
  ...conversion('bool', 'bool', toBool, { bool: 'bool_to_bool', string: 'string_to_bool' }),
  ...conversion('bytes', 'bytes', toBytes, { bytes: 'bytes_to_bytes', string: 'string_to_bytes' }),
  ...conversion('double', 'double', toDouble, { double: 'double_to_double', int: 'int64_to_double', string: 'string_to_double', uint: 'uint64_to_double' }),
  ...conversion('duration', 'duration', toDuration, { duration: 'duration_to_duration', int: 'int64_to_duration', string: 'string_to_duration' }),
  'dyn(A): dyn = to_dyn': takesAnything((value: Value) => value),
  ...conversion('int', 'int', toInt, { int: 'int64_to_int64', double: 'double_to_int64', duration: 'duration_to_int64', string: 'string_to_int64', timestamp: 'timestamp_to_int64', uint: 'uint64_to_int64' }),
  ...conversion('string', 'string', toText, { string: 'string_to_string', bool: 'bool_to_string', bytes: 'bytes_to_string', double: 'double_to_string', duration: 'duration_to_string', int: 'int64_to_string', timestamp: 'timestamp_to_string', uint: 'uint64_to_string' }),
  ...conversion('timestamp', 'timestamp', toTimestamp, { timestamp: 'timestamp_to_timestamp', int: 'int64_to_timestamp', string: 'string_to_timestamp' }),
  ...conversion('uint', 'uint', toUint, { uint: 'uint64_to_uint64', double: 'double_to_uint64', int: 'int64_to_uint64', string: 'string_to_uint64' }),
  'string.contains(string): bool = contains_string': ofTexts((text, part) => text.includes(part)),
  'string.endsWith(string): bool = ends_with_string': ofTexts((text, part) => text.endsWith(part)),
  'string.startsWith(string): bool = starts_with_string': ofTexts((text, part) => text.startsWith(part)),
  'matches(string, string): bool = matches': matches,
  'string.matches(string): bool = matches_string': matches,
}
