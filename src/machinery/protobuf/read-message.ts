// Messages to the JSON values that a Go client would have sent in their place.
import { JsonError, parseJson } from '../json.ts'
import { setOwn } from '../same.ts'
import type { Schema } from '../schema.ts'
import { formatTime } from '../time.ts'
import { bytesToBase64 } from './base64-bytes.ts'
import { messageOf, type Form, type Message, type MessageField, type Shape } from './messages.ts'
import { delimited, fixed64, ProtobufError, varint, WireReader } from './wire-reader.ts'

/** Messages nest no deeper than this: reading is recursive and must fit the stack. JSON schemas of custom resources come nowhere near. */
export const maxMessageDepth = 100

type JsonObject = Record<string, unknown>

/**
 * The object that a message holds, without kind and apiVersion. Values are as JSON.parse would give them; empty scalars that JSON leaves out are
 * left out; decode() makes the normal form. Unknown fields are passed over. Throws ProtobufError.
 */
export function readMessage(schema: Schema<any>, bytes: Uint8Array): JsonObject {
  const out: JsonObject = {}
  readFields(new WireReader(bytes), messageOf(schema), out)
  return out
}

/** Reads fields up to the reader's end into the object. */
function readFields(reader: WireReader, message: Message, out: JsonObject): void {
  if (++reader.depth > maxMessageDepth) throw new ProtobufError('exceeded max depth')
  const { byNumber } = message
  while (reader.at < reader.end) {
    const tag = reader.varint()
    const number = (tag >>> 3) + (reader.high & 7) * 0x20000000
    const wire = tag & 7
    if (wire === 4) throw new ProtobufError(`proto: ${message.name}: wiretype end group for non-group`)
    if (number === 0 || number > 0x7fffffff) throw new ProtobufError(`proto: ${message.name}: illegal tag ${number | 0} (wire type ${tag})`)
    const field = number < byNumber.length ? byNumber[number] : undefined
    if (field === undefined) reader.skip(wire)
    else readField(reader, field, wire, out)
  }
  reader.depth--
}

function readField(reader: WireReader, field: MessageField, wire: number, out: JsonObject): void {
  const { name, form } = field
  const expected = wireOf(form)
  if (field.repeated) {
    const list = (out[name] ??= []) as unknown[]
    if (wire === expected) list.push(readValue(reader, field, undefined))
    else if (wire === delimited && expected === varint) readPacked(reader, field, list)
    else throw wrongWire(field, wire)
    return
  }
  if (wire !== expected) throw wrongWire(field, wire)
  if (form === 'map') { readEntry(reader, field.items!, (out[name] ??= {}) as JsonObject); return }
  if (form === 'inline') { within(reader, () => { readFields(reader, field.message(), out) }); return }
  const value = readValue(reader, field, out[name])
  if (value !== undefined && (value || !field.dropEmpty)) out[name] = value
  else delete out[name]
}

const wireOf = (form: Form): number => (form === 'int32' || form === 'int64' || form === 'bool' ? varint : form === 'double' ? fixed64 : delimited)
const wrongWire = ({ name }: MessageField, wire: number) => new ProtobufError(`proto: wrong wireType = ${wire} for field ${goField(name)}`)
const goField = (name: string): string => (name === 'metadata' ? 'ObjectMeta' : name.charAt(0).toUpperCase() + name.slice(1))

function readPacked(reader: WireReader, field: MessageField, list: unknown[]): void {
  within(reader, () => { while (reader.at < reader.end) list.push(readValue(reader, field, undefined)) })
}

/** Reads a length, and what lies within it. */
function within<T>(reader: WireReader, read: () => T): T {
  const { end } = reader
  reader.end = reader.delimited()
  const value = read()
  reader.end = end
  return value
}

/** One value; undefined where JSON has null. A message that comes in parts grows in `before`. */
function readValue(reader: WireReader, shape: Shape, before: unknown): unknown {
  switch (shape.form) {
    case 'string': return reader.string()
    case 'message': {
      const out = (before ?? {}) as JsonObject
      const { end } = reader
      reader.end = reader.delimited()
      readFields(reader, shape.message(), out)
      reader.end = end
      return out
    }
    case 'int32': return reader.int32()
    case 'int64': return reader.int64()
    case 'bool': return reader.bool()
    case 'bytes': return bytesToBase64(reader.raw())
    case 'double': return finite(reader.double())
    case 'time': return readTime(reader, false)
    case 'microTime': return readTime(reader, true)
    case 'quantity': return readQuantity(reader)
    case 'intOrString': return readIntOrString(reader)
    case 'json': return readJson(reader)
    case 'list': { const list: unknown[] = []; eachField(reader, (number) => { if (number !== 1) return false; list.push(readValue(reader, shape.items!, undefined)); return true }); return list }
    case 'schemaOrBool': case 'schemaOrArray': case 'schemaOrStrings': return readSchemaOr(reader, shape)
    case 'map': case 'inline': throw new Error(`${shape.form} is no value of its own`)
  }
}

/** Reads a small message: `take` reads the field of that number and wire type, or returns false to have it passed over. */
function eachField(reader: WireReader, take: (number: number, wire: number) => boolean): void {
  within(reader, () => {
    if (++reader.depth > maxMessageDepth) throw new ProtobufError('exceeded max depth')
    while (reader.at < reader.end) {
      const tag = reader.varint()
      const wire = tag & 7
      if (!take(reader.high === 0 ? tag >>> 3 : 0, wire)) reader.skip(wire)
    }
    reader.depth--
  })
}
function must(wire: number, expected: number, field: string): void {
  if (wire !== expected) throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${field}`)
}

function readEntry(reader: WireReader, items: Shape, into: JsonObject): void {
  let key = ''
  let value: unknown
  let given = false
  eachField(reader, (number, wire) => {
    if (number === 1) { must(wire, delimited, 'Key'); key = reader.string(); return true }
    if (number !== 2) return false
    must(wire, wireOf(items.form), 'Value')
    value = readValue(reader, items, undefined)
    given = true
    return true
  })
  setOwn(into, key, given ? value ?? null : readValue(new WireReader(nothing), items, undefined) ?? null)
}
/** A value of length 0. */
const nothing = new Uint8Array(9)

const farthest = 253_402_300_799, first = -62_135_596_800
/** The times in one object are mostly the same. */
let lastSeconds = NaN, lastText = ''
/** undefined for the zero time, which JSON writes as null. */
function readTime(reader: WireReader, micro: boolean): string | undefined {
  let seconds = 0, nanos = 0, empty = true
  eachField(reader, (number, wire) => {
    empty = false
    if (number === 1) { must(wire, varint, 'Seconds'); seconds = reader.int64(); return true }
    if (number === 2) { must(wire, varint, 'Nanos'); nanos = reader.int32(); return true }
    return false
  })
  if (empty) return undefined
  let micros = micro ? Math.trunc(nanos / 1000) : 0
  seconds += Math.floor(micros / 1e6)
  micros -= Math.floor(micros / 1e6) * 1e6
  if (seconds === first && micros === 0) return undefined
  if (!(seconds >= first && seconds <= farthest)) throw new ProtobufError('year outside of range [1,9999]')
  if (seconds !== lastSeconds) { lastText = formatTime(seconds * 1000); lastSeconds = seconds }
  const text = lastText
  return micro ? `${text.slice(0, -1)}.${String(micros).padStart(6, '0')}Z` : text
}

function readQuantity(reader: WireReader): string {
  let text = '0'
  eachField(reader, (number, wire) => {
    if (number !== 1) return false
    must(wire, delimited, 'String')
    text = reader.string()
    return true
  })
  return text
}

function readIntOrString(reader: WireReader): number | string {
  let type = 0, int = 0, text = ''
  eachField(reader, (number, wire) => {
    if (number === 1) { must(wire, varint, 'Type'); type = reader.int64(); return true }
    if (number === 2) { must(wire, varint, 'IntVal'); int = reader.int32(); return true }
    if (number !== 3) return false
    must(wire, delimited, 'StrVal')
    text = reader.string()
    return true
  })
  if (type !== 0 && type !== 1) throw new ProtobufError('impossible IntOrString.Type')
  return type === 0 ? int : text
}

const decoder = new TextDecoder()
const magicStart = 0x6b // 'k': no JSON value begins so
/** JSON in the bytes of field 1; undefined when there are none. */
function readJson(reader: WireReader): unknown {
  let raw: Uint8Array | undefined
  eachField(reader, (number, wire) => {
    if (number !== 1) return false
    must(wire, delimited, 'Raw')
    raw = reader.raw()
    return true
  })
  if (raw === undefined || raw.length === 0) return undefined
  if (raw[0] === magicStart) throw new ProtobufError('an embedded object must be JSON: protobuf within protobuf is not read')
  try {
    return parseJson(decoder.decode(raw)) ?? undefined
  } catch (error) {
    if (error instanceof JsonError) throw new ProtobufError(error.message, { cause: error })
    throw error
  }
}

function readSchemaOr(reader: WireReader, shape: Shape): unknown {
  let schema: unknown
  let allows = false
  const several: unknown[] = []
  const readSchema = (before: unknown) => readValue(reader, { form: 'message', message: shape.message, items: undefined }, before)
  eachField(reader, (number, wire) => {
    if (number !== 1 && number !== 2) return false
    if (shape.form === 'schemaOrBool') {
      if (number === 1) { must(wire, varint, 'Allows'); allows = reader.bool() } else { must(wire, delimited, 'Schema'); schema = readSchema(schema) }
      return true
    }
    must(wire, delimited, number === 1 ? 'Schema' : shape.form === 'schemaOrArray' ? 'JSONSchemas' : 'Property')
    if (number === 1) schema = readSchema(schema)
    else several.push(shape.form === 'schemaOrArray' ? readSchema(undefined) : reader.string())
    return true
  })
  if (shape.form === 'schemaOrBool') return schema ?? allows
  return several.length > 0 ? several : schema
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new ProtobufError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  return value
}
