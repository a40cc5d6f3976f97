// Messages to the JSON values that a Go client would have sent in their place.
import { setOwn } from '../same.ts'
import type { Schema } from '../schema.ts'
import { bytesToBase64 } from './base64-bytes.ts'
import { messageOf, type Form, type Message, type MessageField, type Shape } from './messages.ts'
import { eachField, finite, must, readIntOrString, readJson, readQuantity, readTime, within } from './read-values.ts'
import { delimited, fixed64, maxMessageDepth, ProtobufError, varint, WireReader } from './wire-reader.ts'

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
    if (wire === expected) list.push(readValue(reader, field, undefined) ?? null)
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
    case 'int64': return reader.exactInt64()
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
