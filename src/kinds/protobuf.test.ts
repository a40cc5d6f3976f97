// Every type in protobuf: filled with whatever its schema allows, written and read again, and read by another implementation that knows
// only the reference's facts.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { decode, deleteOptions, loadProtobuf, parseJson, toStoredForm, type Schema } from '#machinery'
import current from '../../tests/facts/protobuf.json' with { type: 'json' }
import removed from '../../tests/facts/protobuf-removed-versions.json' with { type: 'json' }
import { authTokenRequest, eviction, kinds, loadFormer, loadSwitchedOff, scale } from './index.ts'
import fc, { type Arbitrary } from 'fast-check'
import protobufjs from 'protobufjs'

type Field = [number: number, label: string, type: string]
const messages = { ...removed, ...current } as unknown as Record<string, Record<string, Field>> // allowed: JSON has no tuples
const former = await loadFormer(), off = await loadSwitchedOff()
const roots: readonly Schema<any>[] = [ // allowed: types of every shape in one list
  ...kinds.flatMap((k) => [k.schema, ...k.alsoServedAs.map((v) => v.schema)]), deleteOptions,
  ...former.formerKinds.map((k) => k.schema), ...[...former.formerVersions.values()].flatMap((versions) => versions.map((v) => v.schema as Schema<any>)), // allowed: as above
  ...off.furtherKinds.map((k) => k.schema), ...[...off.furtherVersions.values()].flatMap((versions) => versions.map((v) => v.schema as Schema<any>)), // allowed: as above
  ...[authTokenRequest, eviction, scale].map((t) => t.schema as Schema<any>), // allowed: as above
]
/** Every named object that the types consist of: each is tried on its own, so that none of its fields is missed. */
const objects = new Map<string, Schema<any>>()
const collect = (schema: Schema<any>) => {
  if (schema.fields) {
    if (objects.has(schema.name!)) return
    objects.set(schema.name!, schema)
    for (const field of Object.values(schema.fields)) collect(field)
  }
  if (schema.items) collect(schema.items)
}
roots.forEach(collect)

let codec: Awaited<ReturnType<typeof loadProtobuf>>
before(async () => { codec = await loadProtobuf() })

/** The reference's messages for another implementation: from the facts alone. */
function otherImplementation(): protobufjs.Root {
  const root: protobufjs.Root = new protobufjs.Root()
  for (const [name, fields] of Object.entries(messages)) {
    const at = name.lastIndexOf('.')
    const type = new protobufjs.Type(name.slice(at + 1))
    for (const [field, [number, label, of]] of Object.entries(fields)) {
      const map = /^map<string, (.*)>$/.exec(of)
      type.add(map ? new protobufjs.MapField(field, number, 'string', map[1]!) : new protobufjs.Field(field, number, of, label === 'repeated' ? 'repeated' : 'optional', undefined, { packed: false }))
    }
    root.define(name.slice(0, at)).add(type)
  }
  root.resolveAll()
  return root
}
const other = otherImplementation()
const otherType = (definition: string) => other.lookupType(definition.replace(/^io\./, '').replace('kube-aggregator', 'kube_aggregator').replace('apiextensions-apiserver', 'apiextensions_apiserver'))

/** Empty lists and maps are not among the values: on the wire they are the same as absent ones. */
const word = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('', 'web', 'ä\u{1f680}', 'x'.repeat(60)))
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => parseJson(JSON.stringify(value))).filter((value) => value !== null)
const time = fc.integer({ min: -62_000_000_000, max: 253_402_300_799 })
const deepest = 3

function any(definition: string, depth: number, self: () => Schema<any>): Arbitrary<unknown> {
  switch (definition.split('.').at(-1)) {
    case 'FieldsV1': case 'RawExtension': return json.map((value) => ({ value }))
    case 'JSONSchemaPropsOrBool': return fc.oneof(fc.boolean(), normal(self(), depth))
    case 'JSONSchemaPropsOrArray': return fc.oneof(normal(self(), depth), fc.array(normal(self(), depth), { minLength: 1, maxLength: 2 }))
    case 'JSONSchemaPropsOrStringArray': return fc.oneof(normal(self(), depth), fc.array(word, { minLength: 1, maxLength: 2 }))
    default: return json
  }
}
/** What lies in `any` is not brought into its normal form by decoding its surroundings. */
const normal = (schema: Schema<any>, depth: number) => valueOf(schema, depth + 1, () => schema).map((value) => toStoredForm(schema, decode(schema, value)))

function valueOf(schema: Schema<any>, depth: number, self: () => Schema<any>): Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      if (schema.format === 'byte') return fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('base64'))
      if (schema.format === 'date-time') return time.map((s) => new Date(s * 1000).toISOString().replace('.000', ''))
      if (schema.format === 'micro-time') return fc.tuple(time, fc.nat(999_999)).map(([s, micros]) => new Date(s * 1000).toISOString().replace('.000Z', `.${String(micros).padStart(6, '0')}Z`))
      return schema.enum ? fc.constantFrom(...schema.enum) : word
    case 'integer': return schema.format === 'int64' ? fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1)) : fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1))
    case 'number': return fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n))
    case 'boolean': return fc.boolean()
    case 'quantity': return fc.constantFrom('0', '1', '500m', '128Mi', '1e30', '-3', '1n')
    case 'intOrString': return fc.oneof(fc.integer(), fc.constantFrom('', 'http', '25%'))
    case 'any': return any(schema.name ?? '', depth, self)
    case 'array': return fc.array(valueOf(schema.items!, depth + 1, self), { minLength: 1, maxLength: 2 })
    case 'map': return fc.dictionary(fc.oneof(word, fc.constant('__proto__')), valueOf(schema.items!, depth + 1, self), { minKeys: 1, maxKeys: 2 })
    case 'object': {
      const fields = Object.entries(schema.fields ?? {}).filter(([name, f]) => !(isType(name) && !otherType(schema.name!).fields[name]) && (depth < deepest || isLeaf(f)))
      return fc.record(Object.fromEntries(fields.map(([name, f]) => [name, valueOf(f, depth + 1, () => schema)])), { requiredKeys: depth < 2 ? undefined : [] } as object) as Arbitrary<unknown>
    }
  }
}
/** The type of a whole object is no part of its message: the envelope says it, or the place where it lies. */
const isType = (name: string): boolean => name === 'kind' || name === 'apiVersion'
const isLeaf = ({ type }: Schema<any>): boolean => !['object', 'array', 'map', 'any'].includes(type)

for (const [name, schema] of objects) {
  test(`${name} comes back from protobuf as it went`, () => {
    fc.assert(fc.property(valueOf(schema, 0, () => schema), (value) => {
      const object = toStoredForm(schema, decode<Record<string, unknown>>(schema, value))
      const { raw } = codec.openEnvelope(codec.writeObject(schema, object, { apiVersion: 'v1', kind: 'X' }))
      assert.deepEqual(decode(schema, codec.readMessage(schema, raw)), object)
      // The other implementation drops what the facts do not know, and complains of types.
      const type = otherType(name)
      const theirs = type.decode(raw)
      assert.equal(type.verify(theirs), null)
      assert.deepEqual(decode(schema, codec.readMessage(schema, type.encode(theirs).finish())), object)
    }), { numRuns: 4, seed: 7, endOnFailure: true })
  })
}
