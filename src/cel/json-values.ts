// JSON to values by declared types, and back.
import { wholeNumber } from '#machinery'
import { CelError } from './compile.ts'
import type { CelObjectType, CelType } from './cel-type.ts'
import { spend } from './meter.ts'
import { escapeName } from './names.ts'
import { formatDuration, formatTimestamp, readDate, readSpan } from './time-values.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { Duration, EntryMap, isMap, isOpaque, JsonMap, ListValue, none, ObjectValue, OptionalValue, Timestamp, TypeValue, Uint, type FieldReader, type ListForm, type Reader, type Value } from './values.ts'

const readers = new WeakMap<CelType, Reader>()
/** How values of a declared type are read from JSON. */
export function readerOf(type: CelType): Reader {
  const known = readers.get(type)
  if (known) return known
  // Types may contain themselves: whoever asks meanwhile gets one that looks it up when it reads.
  readers.set(type, (raw) => made(raw))
  const made = makeReader(type)
  readers.set(type, made)
  return made
}

/** Values of no declared type: whole numbers are int. */
export const readDynamic: Reader = (raw) => {
  switch (typeof raw) {
    case 'string': case 'boolean': case 'bigint': return raw
    case 'number': return Number.isInteger(raw) ? BigInt(raw) : raw
    case 'object':
      if (raw === null) return null
      if (Array.isArray(raw)) return new ListValue(raw, readDynamic)
      if (isValue(raw)) return raw
      return new JsonMap(raw as Record<string, unknown>, readDynamic)
    default: return null
  }
}
const isValue = (raw: object): raw is Exclude<Value, null | boolean | bigint | number | string> =>
  raw instanceof ListValue || raw instanceof ObjectValue || raw instanceof Uint || raw instanceof Uint8Array || raw instanceof Timestamp || raw instanceof Duration || raw instanceof OptionalValue ||
  raw instanceof TypeValue || raw instanceof JsonMap || raw instanceof EntryMap || isOpaque(raw as Value)

function makeReader(type: CelType): Reader {
  switch (type.type) {
    case 'int': return (raw) => (typeof raw === 'number' && Number.isInteger(raw) ? BigInt(raw) : readDynamic(raw))
    case 'uint': return (raw) => (typeof raw === 'number' && Number.isInteger(raw) && raw >= 0 ? new Uint(BigInt(raw)) : typeof raw === 'bigint' && raw >= 0n ? new Uint(raw) : readDynamic(raw))
    case 'double': return (raw) => (typeof raw === 'number' ? raw : typeof raw === 'bigint' ? Number(raw) : readDynamic(raw))
    case 'timestamp': return (raw) => (typeof raw === 'string' ? readDate(raw) : readDynamic(raw))
    case 'duration': return (raw) => (typeof raw === 'string' ? readSpan(raw) : readDynamic(raw))
    case 'bytes': return (raw) => (typeof raw === 'string' ? decodeBase64(raw) : readDynamic(raw))
    case 'list': {
      const read = readerOf(type.items), form = formOf(type)
      return (raw) => (Array.isArray(raw) ? new ListValue(raw, read, form) : readDynamic(raw))
    }
    case 'map': {
      const read = readerOf(type.values)
      return (raw) => (isPlainObject(raw) ? new JsonMap(raw, read) : readDynamic(raw))
    }
    case 'object': {
      let fields: ReadonlyMap<string, FieldReader> | undefined
      return (raw) => (isPlainObject(raw) ? new ObjectValue(type.name, fields ??= fieldReaders(type), raw, { open: type.open === true }) : readDynamic(raw))
    }
    case 'optional': {
      const read = readerOf(type.of)
      return (raw) => (raw === undefined ? none : raw instanceof OptionalValue ? raw : new OptionalValue(read(raw)))
    }
    default: return readDynamic
  }
}
const isPlainObject = (raw: unknown): raw is Record<string, unknown> => typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !isValue(raw)
const formOf = (type: Extract<CelType, { type: 'list' }>): ListForm | undefined =>
  type.listType === 'set' ? { kind: 'set', keys: [] } : type.listType === 'map' ? { kind: 'map', keys: type.listKeys ?? [] } : undefined

const fieldTables = new WeakMap<CelType, ReadonlyMap<string, FieldReader>>()
/** The fields of an object type by their names in expressions. */
export function fieldReaders(type: CelObjectType): ReadonlyMap<string, FieldReader> {
  let table = fieldTables.get(type)
  if (!table) {
    const made = new Map<string, FieldReader>()
    for (const [json, field] of Object.entries(type.fields)) {
      const name = escapeName(json)
      const reader: FieldReader = { json, read: readerOf(field.of) }
      if (name !== undefined) made.set(name, reader)
      // Reserved words may stand as they are, too.
      if (name === `__${json}__` && !made.has(json)) made.set(json, reader)
    }
    fieldTables.set(type, table = made)
  }
  return table
}

/** Deeper values than this have no JSON. */
const deepest = 1_000
/** A value as JSON. Throws CelError for what has none. */
export function toJson(value: Value, depth = 0): unknown {
  spend(1)
  if (depth > deepest) throw new CelError('value is nested too deep')
  switch (typeof value) {
    case 'bigint': return wholeNumber(value)
    case 'number':
      if (!Number.isFinite(value)) throw new CelError(`json: unsupported value: ${value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'}`)
      return value
    case 'string': case 'boolean': return value
    default:
  }
  if (value === null) return null
  if (value instanceof ListValue) return [...value].map((item) => toJson(item, depth + 1))
  if (value instanceof ObjectValue) return value.made ? fromEntries(Object.entries(value.raw).map(([name, field]) => [name, field as Value]), depth) : value.raw
  if (isMap(value)) return fromEntries([...value.keys()].map((key) => [jsonKey(key), value.get(key)!]), depth)
  if (value instanceof Uint) return wholeNumber(value.value)
  if (value instanceof Uint8Array) return encodeBase64(value)
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof OptionalValue) return value.value === undefined ? null : toJson(value.value, depth + 1)
  if (value instanceof TypeValue) return value.name
  if (value.json) return value.json()
  throw new CelError(`unsupported conversion from ${value.celType} to JSON`)
}
function fromEntries(entries: readonly (readonly [string, Value])[], depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) Object.defineProperty(object, key, { value: toJson(value, depth + 1), enumerable: true, writable: true, configurable: true })
  return object
}
const jsonKey = (key: Value): string => (key instanceof Uint ? String(key.value) : String(key))
