// OpenAPI documents in protobuf: gnostic's messages (openapi.v2.Document, openapi.v3.Document), written from the JSON by tables of field
// numbers. Clients of before 1.27 and Go's typed clients ask for them.
import { protobuf } from '#machinery'

type Writer = InstanceType<ReturnType<typeof protobuf>['WireWriter']>
/** Writes a value as the field of that number. The writer goes backwards. */
type Field = (writer: Writer, value: any, number: number) => void // allowed: any JSON
type Table = Readonly<Record<string, readonly [number, Field]>>

const delimited = 2
const text: Field = (w, value: string, n) => { w.string(value); w.tag(n, delimited) }
const flag: Field = (w, value: boolean, n) => { w.bool(value); w.tag(n, 0) }
const whole: Field = (w, value: number, n) => { w.int(value); w.tag(n, 0) }
const real: Field = (w, value: number, n) => { w.double(value); w.tag(n, 1) }
const each = (field: Field): Field => (w, values: readonly unknown[], n) => { for (let i = values.length - 1; i >= 0; i--) field(w, values[i], n) }
const within = (write: (w: Writer, value: any) => void): Field => (w, value, n) => { const end = w.length; write(w, value); w.uint(w.length - end); w.tag(n, delimited) } // allowed: any JSON
/** A message of one field. */
const wrapped = (number: number, field: Field): Field => within((w, value) => { field(w, value, number) })
/** A JSON object as repeated pairs of name (1) and value (2). */
const named = (field: Field): Field => (w, value: Readonly<Record<string, unknown>>, n) => {
  for (const [name, held] of Object.entries(value).reverse()) within(() => { field(w, held, 2); text(w, name, 1) })(w, held, n)
}
/** Anything: its JSON, which is YAML. */
const any: Field = within((w, value: unknown) => { text(w, JSON.stringify(value), 2) })
/** An object by its table; what begins with x- goes to the field of extensions. */
const message = (table: Table, extensions: number): Field => within((w, value: Readonly<Record<string, unknown>>) => {
  for (const [key, held] of Object.entries(value).reverse()) {
    const known = table[key]
    if (known && held !== undefined) known[1](w, held, known[0])
    else if (key.startsWith('x-')) named(any)(w, { [key]: held }, extensions)
  }
})
/** One of several: the writer chosen by the value. */
const choice = (choose: (value: any) => readonly [number, Field]): Field => within((w, value) => { const [n, field] = choose(value); field(w, value, n) }) // allowed: any JSON
const later = (field: () => Field): Field => (w, value, n) => { field()(w, value, n) }

const limits = (first: number): Table => Object.fromEntries((['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'maxProperties', 'minProperties'] as const)
  .map((name, i) => [name, [first + i, name === 'pattern' ? text : /^(?:exclusive|unique)/.test(name) ? flag : /^(?:max|min)[LIP]/.test(name) ? whole : real]]))
const externalDocs = message({ description: [1, text], url: [2, text] }, 3)
const securityRequirement = within((w, value: object) => { named(wrapped(1, text))(w, Object.fromEntries(Object.keys(value).map((name) => [name, ''])), 1) })

const schema2: Field = later(() => schemaOf2)
const reference2 = message({ $ref: [1, text], description: [2, text] }, 0)
const schemaOf2 = message({
  $ref: [1, text], format: [2, text], title: [3, text], description: [4, text], default: [5, any], ...limits(6), required: [19, each(text)], enum: [20, each(any)],
  additionalProperties: [21, choice((v) => (typeof v === 'boolean' ? [2, flag] : [1, schema2]))], type: [22, wrapped(1, text)], items: [23, wrapped(1, schema2)], allOf: [24, each(schema2)],
  properties: [25, within((w, value) => { named(schema2)(w, value, 1) })], readOnly: [27, flag], externalDocs: [29, externalDocs], example: [30, any],
}, 31)
const parameterFields = (type: number): Table => ({ required: [1, flag], in: [2, text], description: [3, text], name: [4, text], type: [type, text], format: [type + 1, text], uniqueItems: [type + 14, flag] })
const bodyParameter = message({ description: [1, text], name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema2] }, 6)
const others: Readonly<Record<string, readonly [number, Field]>> = { header: [1, message(parameterFields(5), 22)], formData: [2, message(parameterFields(6), 23)], query: [3, message(parameterFields(6), 23)], path: [4, message(parameterFields(5), 22)] }
const parameter2 = choice((v: { in: string }) => (v.in === 'body' ? [1, bodyParameter] : [2, choice((w: { in: string }) => others[w.in]!)]))
const parameterItem = choice((v) => ('$ref' in v ? [2, reference2] : [1, parameter2]))
const response2 = message({ description: [1, text], schema: [2, wrapped(1, schema2)] }, 5)
const operation2 = message({
  tags: [1, each(text)], summary: [2, text], description: [3, text], externalDocs: [4, externalDocs], operationId: [5, text], produces: [6, each(text)], consumes: [7, each(text)], parameters: [8, each(parameterItem)],
  responses: [9, within((w, value) => { named(choice((v) => ('$ref' in v ? [2, reference2] : [1, response2])))(w, value, 1) })], schemes: [10, each(text)], deprecated: [11, flag], security: [12, each(securityRequirement)],
}, 13)
const pathItem2 = message({ $ref: [1, text], get: [2, operation2], put: [3, operation2], post: [4, operation2], delete: [5, operation2], options: [6, operation2], head: [7, operation2], patch: [8, operation2], parameters: [9, each(parameterItem)] }, 10)
const apiKey2 = message({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] }, 5)
const document2 = message({
  swagger: [1, text], info: [2, message({ title: [1, text], version: [2, text], description: [3, text] }, 7)], host: [3, text], basePath: [4, text], schemes: [5, each(text)], consumes: [6, each(text)], produces: [7, each(text)],
  paths: [8, within((w, value) => { named(pathItem2)(w, value, 2) })], definitions: [9, within((w, value) => { named(schema2)(w, value, 1) })], parameters: [10, within((w, value) => { named(parameter2)(w, value, 1) })],
  security: [12, each(securityRequirement)], securityDefinitions: [13, within((w, value) => { named(wrapped(2, apiKey2))(w, value, 1) })],
}, 16)

const reference3 = message({ $ref: [1, text], summary: [2, text], description: [3, text] }, 0)
const orReference = (field: Field): Field => choice((v) => ('$ref' in v ? [2, reference3] : [1, field]))
const schema3: Field = later(() => orReference(schemaOf3))
/** Only plain values: the message holds nothing else. */
const default3: Field = (w, value: unknown, n) => {
  if (typeof value === 'object') return
  choice((v) => (typeof v === 'number' ? [1, real] : typeof v === 'boolean' ? [2, flag] : [3, text]))(w, value, n)
}
const schemaOf3 = message({
  nullable: [1, flag], readOnly: [3, flag], writeOnly: [4, flag], externalDocs: [6, externalDocs], example: [7, any], deprecated: [8, flag], title: [9, text], ...limits(10), required: [23, each(text)], enum: [24, each(any)],
  type: [25, text], allOf: [26, each(schema3)], oneOf: [27, each(schema3)], anyOf: [28, each(schema3)], not: [29, later(() => schemaOf3)], items: [30, wrapped(1, schema3)],
  properties: [31, within((w, value) => { named(schema3)(w, value, 1) })], additionalProperties: [32, choice((v) => (typeof v === 'boolean' ? [2, flag] : [1, schema3]))], default: [33, default3], description: [34, text], format: [35, text],
}, 36)
const content3 = within((w, value) => { named(message({ schema: [1, schema3] }, 5))(w, value, 1) })
const parameter3 = message({ name: [1, text], in: [2, text], description: [3, text], required: [4, flag], deprecated: [5, flag], schema: [10, schema3] }, 14)
const response3 = message({ description: [1, text], content: [3, content3] }, 5)
const operation3 = message({
  tags: [1, each(text)], summary: [2, text], description: [3, text], externalDocs: [4, externalDocs], operationId: [5, text], parameters: [6, each(orReference(parameter3))],
  requestBody: [7, orReference(message({ description: [1, text], content: [2, content3], required: [3, flag] }, 4))], responses: [8, within((w, value) => { named(orReference(response3))(w, value, 2) })], deprecated: [10, flag], security: [11, each(securityRequirement)],
}, 13)
const pathItem3 = message({ $ref: [1, text], summary: [2, text], description: [3, text], get: [4, operation3], put: [5, operation3], post: [6, operation3], delete: [7, operation3], options: [8, operation3], head: [9, operation3], patch: [10, operation3], parameters: [13, each(orReference(parameter3))] }, 14)
const scheme3 = message({ type: [1, text], description: [2, text], name: [3, text], in: [4, text] }, 9)
const document3 = message({
  openapi: [1, text], info: [2, message({ title: [1, text], description: [2, text], version: [6, text] }, 7)], paths: [4, within((w, value) => { named(pathItem3)(w, value, 1) })],
  components: [5, message({ schemas: [1, within((w, value) => { named(schema3)(w, value, 1) })], securitySchemes: [7, within((w, value) => { named(orReference(scheme3))(w, value, 1) })] }, 10)], security: [6, each(securityRequirement)],
}, 9)

/** A document's JSON as gnostic's message. loadProtobuf must have been awaited. */
export function gnostic(version: 'v2' | 'v3', document: object): Uint8Array {
  const writer = new (protobuf().WireWriter)()
  const outer = version === 'v2' ? document2 : document3
  // A field of its own would have a number and a length in front: the document has neither.
  outer(writer, document, 1)
  const whole = writer.take()
  let at = 1
  while (whole[at]! & 0x80) at++
  return whole.subarray(at + 1)
}
