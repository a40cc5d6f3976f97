// JSON values to the normal form of a kind, in one pass: unknown fields are pruned (and named, where somebody wants to know), types are
// checked with the errors that Go's decoder gives, empty optional values disappear and empty required ones appear, times and
// quantities become canonical. A schema is compiled once, to tables.
import { canonicalBase64 } from './base64.ts'
import { DecodeError, goStruct, goType, mismatch, mismatchInside, placeOf, reportDuplicates, reportUnknown, type Walk } from './decode-errors.ts'
import { maxJsonDepth, type Key } from './json.ts'
import { isNumber } from './large-numbers.ts'
import { canonicalQuantity } from './quantity.ts'
import { setOwn } from './same.ts'
import type { Fields, Schema } from './schema.ts'
import { canonicalMicroTime, canonicalTime } from './time.ts'

export interface DecodeOptions {
  /** Collects what strict validation refuses, in the reference's words and order; at most 100. */
  readonly strict?: string[]
  /** The keys of the text where some are given twice (from parseJsonStrict): those are reported through `strict`. */
  readonly keys?: readonly Key[]
  /** Numbers that the text does not write as whole ones (from parseJsonStrict): they are none, whatever their value. */
  readonly fractions?: ReadonlyMap<string, string>
  /** Report in the order of sorted keys, as the reference does with patched objects. */
  readonly sorted?: boolean
  /** Word type errors as the reference does when it converts a strategically patched object, not as when it decodes JSON. */
  readonly converting?: boolean
  /** Of an object in normal form: where its fields are given again, the very same values, they are taken as they are and shared. */
  readonly known?: Readonly<Record<string, unknown>>
}

/**
 * The normal form of a JSON value, as a new value (values of schema `any` are shared with the given one). Fields come in the
 * schema's order. Throws DecodeError.
 */
export function decode<T>(schema: Schema<T>, json: unknown, options: DecodeOptions = {}): T {
  const walk: Walk = { path: [], what: [], structs: [], depth: 0, strict: options.strict ?? [], sorted: options.sorted ?? false, converting: options.converting ?? false, ...(options.fractions?.size && { fractions: options.fractions }), ...(options.known && { known: options.known }) }
  const out = valueDecoder(schema)(json, walk) as T
  if (options.keys?.length) reportDuplicates(options.keys, walk.strict)
  return out
}

/** What the reference holds for an absent value: '' 0 false, null for lists, maps and times, an object's required fields. */
export function zeroOf<T>(schema: Schema<T>): T { return zeroMaker(schema)() as T }

/** Fields of decoded objects that were given as an empty list and left out: some messages of the reference show that they were not absent. */
const emptyLists = new WeakMap<object, Set<string>>()
function noteEmpty(object: object, field: string): void {
  const known = emptyLists.get(object)
  if (known) known.add(field)
  else emptyLists.set(object, new Set([field]))
}
/** Whether the field of this very object was decoded from an empty list. */
export const wasEmptyList = (object: object, field: string): boolean => emptyLists.get(object)?.has(field) ?? false
/** Tells of a copy what is known of the original; returns the copy. */
export function withEmptyLists<T extends object>(copy: T, original: object): T {
  for (const field of emptyLists.get(original) ?? []) noteEmpty(copy, field)
  return copy
}

type Decoder = (value: unknown, walk: Walk) => unknown

interface Field {
  readonly name: string
  readonly index: number
  /** null never comes here; undefined comes back for an empty list or map that is left out. */
  readonly decode: Decoder
  /** The commonest type needs no call. */
  readonly isString: boolean
  /** '' 0 and false are left out. */
  readonly dropEmpty: boolean
  /** Written when absent. */
  readonly always: (() => unknown) | undefined
}
interface Table { readonly struct: string; readonly fields: Map<string, Field>; readonly always: Field[] }

const tables = new WeakMap<Fields, Table>()
function tableOf(schema: Schema<any>): Table {
  const fields = schema.fields ?? {}
  const known = tables.get(fields)
  if (known) return known
  const table: Table = { struct: goStruct(schema.name ?? ''), fields: new Map(), always: [] }
  tables.set(fields, table) // before its fields: schemas may refer to themselves
  let index = 0
  for (const name in fields) {
    const inner = fields[name]!
    const always = isWritten(inner) ? absentMaker(inner) : undefined
    const field: Field = { name, index: index++, decode: fieldDecoder(inner), isString: inner.type === 'string' && inner.format === undefined,
      dropEmpty: !always && !inner.keepEmpty && isScalar(inner), always }
    table.fields.set(name, field)
    if (always) table.always.push(field)
  }
  return table
}
/** An object that the reference holds by value: written as {} when absent. */
const isValue = (schema: Schema<any>): boolean => schema.type === 'object' && schema.default !== undefined
/** Written even when absent. */
export const isWritten = (schema: Schema<any>): boolean => (schema.required && !schema.dropEmpty) || schema.always === true || isValue(schema) || (isScalar(schema) && hasEmptyDefault(schema))
/** A scalar whose default is '' 0 or false: the reference holds it by value and always writes it. */
const hasEmptyDefault = (schema: Schema<any>): boolean => schema.default !== undefined && !schema.default
const isScalar = (schema: Schema<any>): boolean => schema.type === 'string' || schema.type === 'integer' || schema.type === 'number' || schema.type === 'boolean'

function absentMaker(schema: Schema<any>): () => unknown {
  return schema.type === 'object' && !isValue(schema) ? () => null : zeroMaker(schema)
}
function zeroMaker(schema: Schema<any>): () => unknown {
  switch (schema.type) {
    case 'string': return schema.format ? () => null : () => ''
    case 'integer': case 'number': case 'intOrString': return () => 0
    case 'boolean': return () => false
    case 'quantity': return () => '0'
    case 'object': {
      let table: Table | undefined
      return () => {
        const out: Record<string, unknown> = {}
        for (const field of (table ??= tableOf(schema)).always) out[field.name] = field.always!()
        return out
      }
    }
    default: return () => null
  }
}

/** For a field: lists and maps that are empty and optional become undefined. */
function fieldDecoder(schema: Schema<any>): Decoder {
  const drop = !isWritten(schema) && !schema.keepEmpty
  if (schema.type === 'array') return listDecoder(schema, drop)
  if (schema.type === 'map') return mapDecoder(schema, drop)
  return valueDecoder(schema)
}
function valueDecoder(schema: Schema<any>): Decoder {
  switch (schema.type) {
    case 'string': return stringDecoder(schema.format)
    case 'integer': return schema.format === 'int64' ? integer('int64', 2 ** 63) : integer('int32', 2 ** 31)
    case 'number': return (value, walk) => (typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : mismatch(walk, value, 'float64'))
    case 'boolean': return (value, walk) => (typeof value === 'boolean' ? value : mismatch(walk, value, 'bool'))
    case 'intOrString': { const int = integer('int32', 2 ** 31); return (value, walk) => (typeof value === 'string' ? value : walk.converting && !Number.isInteger(value) ? mismatchInside(value, 'int32') : int(value, walk)) }
    case 'quantity': return (value) => inGo(() => canonicalQuantity(typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)))
    case 'array': return listDecoder(schema, false)
    case 'map': return mapDecoder(schema, false)
    case 'object': return objectDecoder(schema)
    default: return (value) => { checkDepth(value, 0); return value }
  }
}
function stringDecoder(format: string | undefined): Decoder {
  const canonical = format === 'byte' ? canonicalBase64 : format === 'date-time' ? canonicalTime : format === 'micro-time' ? canonicalMicroTime : undefined
  if (!canonical) return (value, walk) => (typeof value === 'string' ? value : mismatch(walk, value, 'string'))
  const type = format === 'byte' ? '[]uint8' : 'string'
  return (value, walk) => (typeof value === 'string' ? inGo(() => canonical(value)) : walk.converting && format !== 'byte' ? mismatchInside(value, 'string') : mismatch(walk, value, type))
}
const integer = (type: string, bound: number): Decoder => (value, walk) => {
  if (!isNumber(value)) return mismatch(walk, value, type)
  const written = walk.fractions?.get(placeOf(walk))
  if (written !== undefined) return mismatch(walk, value, type, `number ${written}`)
  if ((typeof value === 'bigint' || Number.isInteger(value)) && value >= -bound && value < bound) return value === 0 ? 0 : value
  return mismatch(walk, value, type, `number ${value}`)
}
/** Errors of times, quantities and base64 carry no path in the reference. */
function inGo(read: () => string): string {
  try { return read() } catch (error) { throw new DecodeError((error as Error).message, { cause: error }) }
}

function objectDecoder(schema: Schema<any>): Decoder {
  let table: Table | undefined
  return (value, walk) => {
    table ??= tableOf(schema)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (value === null) return zeroMaker(schema)()
      return mismatch(walk, value, goType(schema))
    }
    const given = value as Record<string, unknown>
    const out: Record<string, unknown> = {}
    const { fields, always } = table
    const depth = walk.depth++
    walk.what[depth] = 'field'
    walk.structs[depth] = table.struct
    const known = depth === 0 ? walk.known : undefined
    let last = -1, due = 0, ordered = true
    for (const key of walk.sorted ? Object.keys(given).sort() : keysOf(given)) {
      const field = fields.get(key)
      walk.path[depth] = key
      if (field === undefined) { reportUnknown(walk); continue }
      let inner = given[key]
      if (inner === null || inner === undefined) continue
      if ((!field.isString || typeof inner !== 'string') && !(known && known[key] === inner)) inner = field.decode(inner, walk)
      if (inner === undefined) { if (Array.isArray(given[key])) noteEmpty(out, key); continue }
      if (field.dropEmpty && !inner) continue
      if (field.index < last) ordered = false
      else last = field.index
      while (due < always.length && always[due]!.index <= field.index) {
        const missing = always[due++]!
        if (missing !== field) out[missing.name] ??= missing.always!()
      }
      out[key] = inner
    }
    while (due < always.length) { const missing = always[due++]!; out[missing.name] ??= missing.always!() }
    walk.depth = depth
    return ordered ? out : inOrder(out, fields)
  }
}
const keysOf = (object: Record<string, unknown>): string[] => Object.keys(object)
/** With its fields in the schema's order. They are few, and nearly in order. */
function inOrder(object: Record<string, unknown>, fields: Map<string, Field>): Record<string, unknown> {
  const keys: string[] = [], places: number[] = []
  for (const key in object) {
    const place = fields.get(key)!.index
    let at = keys.length
    for (; at > 0 && places[at - 1]! > place; at--) { keys[at] = keys[at - 1]!; places[at] = places[at - 1]! }
    keys[at] = key
    places[at] = place
  }
  const out: Record<string, unknown> = {}
  for (const key of keys) out[key] = object[key]
  return out
}

function listDecoder(schema: Schema<any>, drop: boolean): Decoder {
  const items = schema.items!
  let item: Decoder | undefined
  return (value, walk) => {
    if (!Array.isArray(value)) return value === null ? null : mismatch(walk, value, goType(schema))
    if (value.length === 0) return drop ? undefined : []
    item ??= valueDecoder(items)
    const depth = walk.depth++
    walk.what[depth] = 'index'
    const out: unknown[] = []
    for (let i = 0; i < value.length; i++) {
      walk.path[depth] = i
      const inner: unknown = value[i]
      out.push(inner === null || inner === undefined ? zeroOf(items) : item(inner, walk))
    }
    walk.depth = depth
    return out
  }
}
/** What null is as a value of a map: bytes come back from the reference's store as none. */
const emptyValue = (items: Schema<any>): unknown => (items.format === 'byte' ? '' : zeroOf(items))
function mapDecoder(schema: Schema<any>, drop: boolean): Decoder {
  const items = schema.items!
  let item: Decoder | undefined
  return (value, walk) => {
    if (typeof value !== 'object' || Array.isArray(value)) return mismatch(walk, value, goType(schema))
    if (value === null) return null
    item ??= valueDecoder(items)
    const given = value as Record<string, unknown>
    const out: Record<string, unknown> = {}
    const depth = walk.depth++
    walk.what[depth] = 'key'
    let empty = true
    for (const key of walk.sorted ? Object.keys(given).sort() : keysOf(given)) {
      empty = false
      walk.path[depth] = key
      const inner = given[key]
      if (inner === undefined) continue
      setOwn(out, key, inner === null ? emptyValue(items) : item(inner, walk))
    }
    walk.depth = depth
    return empty && drop ? undefined : out
  }
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxJsonDepth) throw new DecodeError('exceeded max depth')
  if (Array.isArray(value)) for (const inner of value) checkDepth(inner, depth + 1)
  else for (const key in value) checkDepth((value as Record<string, unknown>)[key], depth + 1)
}
