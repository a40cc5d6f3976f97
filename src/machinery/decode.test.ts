import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecodeError } from './decode-errors.ts'
import { decode, zeroOf } from './decode.ts'
import { parseJsonStrict } from './json.ts'
import { objectMeta } from './meta.ts'
import * as s from './schema.ts'
import type { Schema } from './schema.ts'

const container = s.object('io.k8s.api.core.v1.Container', {
  args: s.list(s.string(), { listType: 'atomic' }),
  image: s.string(),
  limits: s.map(s.quantity()),
  name: s.required(s.string()),
  privileged: s.bool({ keepEmpty: true }),
  stdin: s.bool(),
})
const podSpec = s.object('io.k8s.api.core.v1.PodSpec', {
  containers: s.required(s.list(container, { listType: 'map', listKeys: ['name'] })),
  nodeSelector: s.map(s.string()),
  priority: s.int({ keepEmpty: true }),
  runtime: s.object('io.k8s.api.core.v1.Runtime', { name: s.string() }),
  security: s.value(s.object('io.k8s.api.core.v1.Security', { user: s.int64() })),
  since: s.always(s.time()),
  surge: s.intOrString(),
})
const pod: Schema<any> = s.object('io.k8s.api.core.v1.Pod', {
  apiVersion: s.string(), kind: s.string(), metadata: s.value(objectMeta),
  data: s.map(s.bytes()),
  raw: s.any(),
  seen: s.microTime(),
  spec: s.value(podSpec),
})
const spec = (json: unknown) => (decode(pod, { spec: json }) as { spec: unknown }).spec

test('a spec comes out in normal form', () => {
  const cases: [what: string, given: unknown, wanted: object][] = [
    ['required lists are null, values {}, always-written times null', {}, { containers: null, security: {}, since: null }],
    ['nothing at all', undefined, { containers: null, security: {}, since: null }],
    ['null is absent', null, { containers: null, security: {}, since: null }],
    ['required empty lists stay', { containers: [] }, { containers: [], security: {}, since: null }],
    ['optional empties go, pointers stay', { containers: [{ name: 'c', args: [], image: '', limits: {}, stdin: false, privileged: false }], nodeSelector: {}, priority: 0, runtime: {} },
      { containers: [{ name: 'c', privileged: false }], priority: 0, runtime: {}, security: {}, since: null }],
    ['required scalars are written', { containers: [{}] }, { containers: [{ name: '' }], security: {}, since: null }],
    ['null items are empty items', { containers: [null], nodeSelector: { a: null } }, { containers: [{ name: '' }], nodeSelector: { a: '' }, security: {}, since: null }],
    ['nulls of optional fields go', { priority: null, runtime: null, surge: null }, { containers: null, security: {}, since: null }],
    ['quantities and times are canonical', { containers: [{ name: 'c', limits: { cpu: '1000m', memory: 1024 } }], since: '2026-01-01T01:00:00.5+01:00' },
      { containers: [{ name: 'c', limits: { cpu: '1', memory: '1024' } }], security: {}, since: '2026-01-01T00:00:00Z' }],
    ['a number or a text', { surge: '25%' }, { containers: null, security: {}, since: null, surge: '25%' }],
  ]
  for (const [what, given, wanted] of cases) assert.deepEqual(spec(given), wanted, what)
})

test('null as a value of a map is its empty value: no bytes, where it holds bytes', () => {
  assert.deepEqual(decode(pod, { data: { a: null, b: '' } }), { metadata: {}, data: { a: '', b: '' }, spec: { containers: null, security: {}, since: null } })
})

test('fields come in the order of the schema, whatever the order they were given in', () => {
  const out = decode(pod, { spec: { surge: 1, priority: 2, containers: [{ stdin: true, name: 'c', args: ['x'] }] }, kind: 'Pod', apiVersion: 'v1' })
  assert.equal(JSON.stringify(out), '{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"containers":[{"args":["x"],"name":"c","stdin":true}],"priority":2,"security":{},"since":null,"surge":1}}')
})

test('type errors name the Go struct and the path', () => {
  const cases: [given: unknown, message: string][] = [
    [[], 'json: cannot unmarshal array into Go value of type v1.Pod'],
    [{ metadata: [] }, 'json: cannot unmarshal array into Go struct field Pod.metadata of type v1.ObjectMeta'],
    [{ metadata: { labels: { a: 1 } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'],
    [{ metadata: { labels: 'x' } }, 'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string'],
    [{ spec: { containers: {} } }, 'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    [{ spec: { containers: ['x'] } }, 'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container'],
    [{ spec: { containers: [{ stdin: 'yes' }] } }, 'json: cannot unmarshal string into Go struct field Container.spec.containers.stdin of type bool'],
    [{ spec: { priority: 'x' } }, 'json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32'],
    [{ spec: { priority: 3e9 } }, 'json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32'],
    [{ spec: { priority: 0.5 } }, 'json: cannot unmarshal number 0.5 into Go struct field PodSpec.spec.priority of type int32'],
    [{ spec: { security: { user: true } } }, 'json: cannot unmarshal bool into Go struct field Security.spec.security.user of type int64'],
    [{ spec: { surge: true } }, 'json: cannot unmarshal bool into Go struct field PodSpec.spec.surge of type int32'],
    [{ data: { a: 5 } }, 'json: cannot unmarshal number into Go struct field Pod.data of type []uint8'],
    [{ data: { a: '!' } }, 'illegal base64 data at input byte 0'],
    [{ seen: 'noon' }, 'parsing time "noon" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "noon" as "2006"'],
    [{ spec: { containers: [{ limits: { cpu: 'x' } }] } }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ]
  for (const [given, message] of cases) assert.throws(() => decode(pod, given), (error) => error instanceof DecodeError && error.message === message, message)
})

test('after a strategic patch type errors are those of the conversion', () => {
  const cases: [given: unknown, message: string][] = [
    [{ spec: { containers: 'x' } }, 'cannot restore slice from string'],
    [{ spec: [] }, 'cannot restore struct from: slice'],
    [{ metadata: { labels: 5 } }, 'cannot restore map from int64'],
    [{ metadata: { name: 5 } }, 'cannot convert int64 to string'],
    [{ spec: { priority: 'x' } }, 'unrecognized type: int32'],
  ]
  for (const [given, message] of cases) assert.throws(() => decode(pod, given, { converting: true }), { message })
})

test('unknown and repeated fields are pruned and named', () => {
  const given = { spec: { containers: [{ name: 'c', imagez: 1 }], selektor: {} }, zeta: { deep: 1 }, alpha: 1, metadata: { lables: {} } }
  const strict: string[] = []
  assert.deepEqual(decode(pod, given, { strict }), { metadata: {}, spec: { containers: [{ name: 'c' }], security: {}, since: null } })
  assert.deepEqual(strict, ['unknown field "spec.containers[0].imagez"', 'unknown field "spec.selektor"', 'unknown field "zeta"', 'unknown field "alpha"', 'unknown field "metadata.lables"'])

  const sorted: string[] = []
  decode(pod, given, { strict: sorted, sorted: true })
  assert.deepEqual(sorted, ['unknown field "alpha"', 'unknown field "metadata.lables"', 'unknown field "spec.containers[0].imagez"', 'unknown field "spec.selektor"', 'unknown field "zeta"'])

  const repeated: string[] = []
  const { value, keys } = parseJsonStrict('{"zeta":{"a":1,"a":2},"metadata":{"name":"a","lables":{},"name":"b","name":"c"},"alpha":1,"alpha":2,"metadata":{"name":"d"}}')
  decode(pod, value, { strict: repeated, keys })
  assert.deepEqual(repeated, ['unknown field "zeta"', 'duplicate field "metadata.name"', 'unknown field "alpha"', 'duplicate field "metadata"'])
})

test('no more than 100 strict errors are collected', () => {
  const strict: string[] = []
  decode(pod, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, 1])), { strict, keys: [{ path: 'a', repeated: true }] })
  assert.equal(strict.length, 100)
})

test('names are case-sensitive', () => {
  const strict: string[] = []
  decode(pod, { Metadata: { name: 'x' } }, { strict })
  assert.deepEqual(strict, ['unknown field "Metadata"'])
})

test('keys of user data cannot reach a prototype', () => {
  const out = decode(pod, JSON.parse('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}},"__proto__":{"polluted":true}}')) as { metadata: { labels: object }; polluted?: unknown }
  assert.deepEqual(Object.keys(out.metadata.labels), ['__proto__', 'constructor'])
  assert.equal(JSON.stringify(out.metadata.labels), '{"__proto__":"x","constructor":"y"}')
  assert.equal(out.polluted, undefined)
})

test('an object of free form nested too deep is refused', () => {
  let raw: unknown = 1
  for (let i = 0; i < 20_000; i++) raw = [raw]
  assert.throws(() => decode(pod, { raw }), DecodeError)
})

test('a schema may contain itself', () => {
  const tree: Schema<any> = s.object('x.Tree', { inner: s.list(s.lazy(() => tree)), name: s.required(s.string()) })
  assert.deepEqual(decode(tree, { inner: [{ inner: [{}] }] }), { inner: [{ inner: [{ name: '' }], name: '' }], name: '' })
})

test('decoding what was decoded changes nothing, and the given value is left alone', () => {
  const names = fc.constantFrom('a', 'b', 'x.example/y')
  const given = fc.record({
    metadata: fc.record({ name: fc.string(), labels: fc.dictionary(names, fc.string()), generation: fc.nat() }, { requiredKeys: [] }),
    spec: fc.record({
      containers: fc.array(fc.record({ name: fc.string(), args: fc.array(fc.string()), limits: fc.dictionary(names, fc.constantFrom('1000m', '0.5', '1Gi', '1024Ki')), stdin: fc.boolean() }, { requiredKeys: [] })),
      priority: fc.option(fc.integer({ min: -5, max: 5 })), surge: fc.oneof(fc.nat(100), fc.string()), since: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T02:00:00+02:00'),
    }, { requiredKeys: [] }),
    other: fc.json(),
  }, { requiredKeys: [] })
  fc.assert(fc.property(given, (value) => {
    const before = JSON.stringify(value)
    const once = decode(pod, value)
    assert.equal(JSON.stringify(value), before)
    assert.equal(JSON.stringify(decode(pod, once)), JSON.stringify(once))
  }))
})

test('zeroOf is what an empty object decodes to', () => {
  assert.deepEqual(zeroOf(pod), decode(pod, {}))
})

test('a whole number that is written with a point or an exponent is none', () => {
  const read = (text: string) => { const { value, fractions } = parseJsonStrict(text); return decode(pod, value, { fractions }) }
  for (const [text, message] of [
    ['{"spec":{"priority":1.0}}', 'json: cannot unmarshal number 1.0 into Go struct field PodSpec.spec.priority of type int32'],
    ['{"spec":{"security":{"user":1e3}}}', 'json: cannot unmarshal number 1e3 into Go struct field Security.spec.security.user of type int64'],
    ['{"spec":{"priority":1.50}}', 'json: cannot unmarshal number 1.50 into Go struct field PodSpec.spec.priority of type int32'],
  ] as const) assert.throws(() => read(text), (error) => error instanceof DecodeError && error.message === message)
  assert.deepEqual((read('{"spec":{"containers":[{"name":"c","limits":{"cpu":1.0}}]},"raw":1.0}') as { spec: { containers: { limits: object }[] } }).spec.containers[0]!.limits, { cpu: '1' })
})
test('fields whose names cannot be printed are told as Go quotes them, also where others are given twice', () => {
  const strict: string[] = [], { value, keys } = parseJsonStrict('{"x\\u0007":1,"spec":{"priority":1,"priority":2}}')
  decode(pod, value, { strict, keys })
  assert.deepEqual(strict, ['unknown field "x\\a"', 'duplicate field "spec.priority"'])
})

test('fields of an object in normal form that are given again are shared, others are read', () => {
  const kind = s.object('K', { spec: s.value(container), status: s.value(container) }), old = decode(kind, { spec: { name: 'a', args: ['x'] }, status: { name: 'b' } })
  const now = decode(kind, { ...old, status: { ...old.status, args: [], unknown: 1 } }, { known: { spec: old.spec } })
  assert.equal(now.spec, old.spec)
  assert.deepEqual(now.status, { name: 'b' })
  assert.notEqual(decode(kind, { ...old, spec: { ...old.spec } }, { known: { spec: old.spec } }).spec, old.spec)
})
