// The protobuf message of a schema: its fields by number. The numbers are facts of Kubernetes (numbers.json); everything else about a
// field follows from its schema. A message is made once per schema, when it is first met.
import { isWritten } from '../decode.ts'
import type { Fields, Schema } from '../schema.ts'
import numbers from './numbers.json' with { type: 'json' }

/**
 * How a value lies in a message. `inline`: a message of its own on the wire whose fields are the object's own in JSON. `list`: a list
 * within a map, wrapped in a message with the items as field 1. `json`: bytes of JSON as field 1. `schemaOr...`: JSON schemas in a
 * place that also takes something else.
 */
export type Form = 'string' | 'bytes' | 'int32' | 'int64' | 'bool' | 'double' | 'time' | 'microTime' | 'quantity' | 'intOrString' | 'json'
  | 'message' | 'inline' | 'map' | 'list' | 'schemaOrBool' | 'schemaOrArray' | 'schemaOrStrings'

export interface Message {
  /** The Go name of its struct, for errors. */
  readonly name: string
  /** By number; holes where a number is not used (or not by us). */
  readonly byNumber: readonly (MessageField | undefined)[]
}
export interface MessageField extends Shape {
  readonly number: number
  /** In JSON. */
  readonly name: string
  readonly repeated: boolean
  /** An empty scalar is the same as an absent one. */
  readonly dropEmpty: boolean
  /** The reference holds it by value: it is on the wire also when absent from JSON. */
  readonly byValue: boolean
}
/** What one value is: a field's, a list's item, a map's value. */
export interface Shape {
  readonly form: Form
  /** Of `message`, `inline` and `schemaOr...`. */
  readonly message: () => Message
  /** Of maps and lists. */
  readonly items: Shape | undefined
}

/** `name1 name2 - name4`: JSON names in order of their numbers, `-` where there is none, `...message` for an inline message, `name*` for a list that is a message. */
const lines: Readonly<Record<string, string>> = numbers
const prefix = 'io.k8s.'
const lineOf = (definition: string | undefined): string | undefined =>
  definition?.startsWith(prefix) && Object.hasOwn(lines, definition.slice(prefix.length)) ? lines[definition.slice(prefix.length)] : undefined

/** Whether Kubernetes has a message for the schema: its own kinds, not custom resources. */
export const hasMessage = (schema: Schema<any>): boolean => schema.type === 'object' && lineOf(schema.name) !== undefined

const known = new WeakMap<Fields, Message>()
/** The message of an object's schema. Throws when there is none. */
export function messageOf(schema: Schema<any>): Message {
  const fields = schema.fields ?? {}
  let message = known.get(fields)
  if (!message) {
    const line = lineOf(schema.name)
    if (line === undefined) throw new Error(`${schema.name ?? 'a nameless object'} has no protobuf message: add its numbers to machinery/protobuf/numbers.json`)
    message = compile(line, schema.name!, fields)
    known.set(fields, message)
  }
  return message
}

function compile(line: string, definition: string, fields: Fields): Message {
  const byNumber: (MessageField | undefined)[] = [undefined]
  const message: Message = { name: definition.slice(definition.lastIndexOf('.') + 1), byNumber }
  for (const name of line.split(' ')) byNumber.push(fieldOf(name, byNumber.length, fields, message))
  return message
}

function fieldOf(name: string, number: number, fields: Fields, parent: Message): MessageField | undefined {
  if (name.startsWith('...')) {
    const inner = name.slice(3)
    let made: Message | undefined
    const message = () => (made ??= compile(lines[inner]!, inner, fields))
    return { number, name: inner.slice(inner.lastIndexOf('.') + 1), form: 'inline', repeated: false, dropEmpty: false, byValue: true, message, items: undefined }
  }
  const wrapped = name.endsWith('*')
  if (wrapped) name = name.slice(0, -1)
  const schema = fields[name]
  if (schema === undefined) return undefined
  const repeated = schema.type === 'array' && !wrapped
  const shape = shapeOf(repeated ? schema.items! : schema, parent)
  return { number, name, ...shape, repeated, dropEmpty: !repeated && isScalar(shape.form) && !schema.keepEmpty && !isWritten(schema), byValue: !repeated && isByValue(name, schema, shape.form) }
}
const isScalar = (form: Form): boolean => form === 'string' || form === 'int32' || form === 'int64' || form === 'bool' || form === 'double'

/** Times that are left out of JSON when they are zero are pointers but for this one. */
const timeByValue = 'creationTimestamp'
function isByValue(name: string, schema: Schema<any>, form: Form): boolean {
  if (isScalar(form)) return !schema.keepEmpty
  switch (form) {
    case 'bytes': case 'map': case 'list': return false
    case 'message': return schema.default !== undefined
    case 'time': return name === timeByValue || isWritten(schema)
    default: return isWritten(schema)
  }
}

function shapeOf(schema: Schema<any>, parent: Message): Shape {
  const form = formOf(schema)
  switch (form) {
    case 'message': { let made: Message | undefined; return { form, message: () => (made ??= messageOf(schema)), items: undefined } }
    case 'map': case 'list': return { form, message: noMessage, items: shapeOf(schema.items!, parent) }
    case 'schemaOrBool': case 'schemaOrArray': case 'schemaOrStrings': return { form, message: () => parent, items: undefined }
    default: return { form, message: noMessage, items: undefined }
  }
}
const noMessage = (): never => { throw new Error('only messages have one') }

function formOf(schema: Schema<any>): Form {
  switch (schema.type) {
    case 'string': return schema.format === 'byte' ? 'bytes' : schema.format === 'date-time' ? 'time' : schema.format === 'micro-time' ? 'microTime' : 'string'
    case 'integer': return schema.format === 'int64' ? 'int64' : 'int32'
    case 'number': return 'double'
    case 'boolean': return 'bool'
    case 'quantity': case 'intOrString': case 'map': return schema.type
    case 'array': return 'list'
    case 'object': return 'message'
    case 'any': return formOfAny(schema.name ?? '')
  }
}
function formOfAny(definition: string): Form {
  switch (definition.slice(definition.lastIndexOf('.') + 1)) {
    case 'FieldsV1': case 'RawExtension': case 'JSON': return 'json'
    case 'JSONSchemaPropsOrBool': return 'schemaOrBool'
    case 'JSONSchemaPropsOrArray': return 'schemaOrArray'
    case 'JSONSchemaPropsOrStringArray': return 'schemaOrStrings'
    default: throw new Error(`${definition || 'a nameless value'} has no protobuf form`)
  }
}
