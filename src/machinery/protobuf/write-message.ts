// JSON values in normal form to the messages that the reference would send: fields in order of their numbers, scalars that it holds by
// value always, maps by key.
import { parseTime } from '../time.ts'
import type { Schema } from '../schema.ts'
import { base64ToBytes } from './base64-bytes.ts'
import { messageOf, type Form, type Message, type MessageField, type Shape } from './messages.ts'
import { delimited, fixed64, varint } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Writes an object's fields (kind and apiVersion are no part of a message, the envelope has them). The object is in the normal form of its schema. */
export function writeMessage(writer: WireWriter, schema: Schema<any>, object: object): void {
  writeFields(writer, messageOf(schema), object as JsonObject)
}

/** From the last field to the first, because the writer goes backwards; so does everything below. */
function writeFields(writer: WireWriter, { byNumber }: Message, object: JsonObject): void {
  for (let number = byNumber.length - 1; number > 0; number--) {
    const field = byNumber[number]
    if (field) writeField(writer, field, field.form === 'inline' ? object : object[field.name])
  }
}

function writeField(writer: WireWriter, field: MessageField, value: unknown): void {
  const { form, number } = field
  if (value === undefined || value === null) {
    if (!field.byValue) return
    value = empty[form]
  }
  if (field.repeated) {
    const list = value as readonly unknown[]
    for (let i = list.length - 1; i >= 0; i--) writeTagged(writer, number, field, list[i])
  } else if (form === 'map') {
    const map = value as JsonObject
    const keys = Object.keys(map).sort()
    for (let i = keys.length - 1; i >= 0; i--) writeEntry(writer, number, field.items!, keys[i]!, map[keys[i]!])
  } else writeTagged(writer, number, field, value)
}

/** What the reference holds where JSON has nothing; undefined is an empty message. */
const empty: Readonly<Partial<Record<Form, unknown>>> = { string: '', int32: 0, int64: 0, bool: false, double: 0, quantity: '0', intOrString: 0, message: {} }

function writeEntry(writer: WireWriter, number: number, items: Shape, key: string, value: unknown): void {
  const end = writer.length
  if (value !== null || items.form !== 'bytes') writeTagged(writer, 2, items, value ?? empty[items.form])
  writer.string(key)
  writer.tag(1, delimited)
  close(writer, number, end)
}

/** The length of what was written since `end`, and the tag before it. */
function close(writer: WireWriter, number: number, end: number): void {
  writer.uint(writer.length - end)
  writer.tag(number, delimited)
}

function writeTagged(writer: WireWriter, number: number, shape: Shape, value: unknown): void {
  const { form } = shape
  switch (form) {
    case 'string': writer.string((value ?? '') as string); writer.tag(number, delimited); return
    case 'int32': case 'int64': writer.int((value ?? 0) as number | bigint); writer.tag(number, varint); return
    case 'bool': writer.bool(value === true); writer.tag(number, varint); return
    case 'double': writer.double((value ?? 0) as number); writer.tag(number, fixed64); return
    case 'bytes': writer.raw(base64ToBytes((value ?? '') as string)); writer.tag(number, delimited); return
    case 'map': throw new Error('a map is no value of its own')
    default: {
      const end = writer.length
      writeContent(writer, shape, value)
      close(writer, number, end)
    }
  }
}

/** The inside of a value that is a message on the wire. */
function writeContent(writer: WireWriter, { form, message, items }: Shape, value: unknown): void {
  switch (form) {
    case 'message': case 'inline': writeFields(writer, message(), (value ?? {}) as JsonObject); return
    case 'time': case 'microTime': writeTime(writer, value); return
    case 'quantity': writer.string((value ?? '0') as string); writer.tag(1, delimited); return
    case 'intOrString': {
      const isText = typeof value === 'string'
      writer.string(isText ? value : ''); writer.tag(3, delimited)
      writer.int(isText ? 0 : (value ?? 0) as number); writer.tag(2, varint)
      writer.uint(isText ? 1 : 0); writer.tag(1, varint)
      return
    }
    case 'json': if (value !== undefined && value !== null) { writer.string(JSON.stringify(value)); writer.tag(1, delimited) } return
    case 'list': { const list = (value ?? []) as readonly unknown[]; for (let i = list.length - 1; i >= 0; i--) writeTagged(writer, 1, items!, list[i]); return }
    case 'schemaOrBool': case 'schemaOrArray': case 'schemaOrStrings': writeSchemaOr(writer, form, message, value); return
    default: throw new Error(`${form} is no message`)
  }
}

/** A time in its normal form. The zero time is an empty message. */
function writeTime(writer: WireWriter, value: unknown): void {
  if (typeof value !== 'string') return
  const micros = value.length === microLength ? Number(value.slice(20, 26)) : 0
  const seconds = Math.floor((value.endsWith('Z') ? Date.parse(`${value.slice(0, 19)}Z`) : parseTime(value)) / 1000)
  writer.int(micros * 1000); writer.tag(2, varint)
  writer.int(seconds); writer.tag(1, varint)
}
const microLength = '2006-01-02T15:04:05.000000Z'.length

function writeSchemaOr(writer: WireWriter, form: Form, message: () => Message, value: unknown): void {
  const schema: Shape = { form: 'message', message, items: undefined }
  if (Array.isArray(value)) {
    const item: Shape = form === 'schemaOrArray' ? schema : { form: 'string', message, items: undefined }
    for (let i = value.length - 1; i >= 0; i--) writeTagged(writer, 2, item, value[i])
    return
  }
  const isSchema = typeof value === 'object' && value !== null
  if (isSchema) writeTagged(writer, form === 'schemaOrBool' ? 2 : 1, schema, value)
  if (form === 'schemaOrBool') { writer.bool(isSchema || value === true); writer.tag(1, varint) }
}
