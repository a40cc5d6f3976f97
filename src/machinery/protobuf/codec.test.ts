// The encoding byte by byte, worked out by hand, and what becomes of bytes that are none of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecodeError } from '../decode-errors.ts'
import { objectMeta } from '../meta.ts'
import * as s from '../schema.ts'
import type { Schema } from '../schema.ts'
import { base64ToBytes, bytesToBase64 } from './base64-bytes.ts'
import { openEnvelope, readMessage, statusSchema, writeList, writeObject, writeWatchEvent } from './codec.ts'
import { maxMessageDepth } from './wire-reader.ts'

const core = 'io.k8s.api.core.v1.'
const configMap: Schema<any> = s.object(core + 'ConfigMap', {
  apiVersion: s.string(), kind: s.string(), metadata: s.value(objectMeta), data: s.map(s.string()), binaryData: s.map(s.bytes()), immutable: s.bool({ keepEmpty: true }),
})
const servicePort: Schema<any> = s.object(core + 'ServicePort', {
  name: s.string(), protocol: s.string({ default: 'TCP' }), port: s.required(s.int()), targetPort: s.intOrString(), nodePort: s.int(), appProtocol: s.string({ keepEmpty: true }),
})
const podCondition: Schema<any> = s.object(core + 'PodCondition', {
  type: s.required(s.string()), status: s.required(s.string()), lastProbeTime: s.always(s.time()), lastTransitionTime: s.always(s.time()), reason: s.string(), message: s.string(), observedGeneration: s.int64(),
})
const leaseSpec: Schema<any> = s.object('io.k8s.api.coordination.v1.LeaseSpec', {
  holderIdentity: s.string({ keepEmpty: true }), leaseDurationSeconds: s.int({ keepEmpty: true }), acquireTime: s.microTime(), renewTime: s.microTime(), leaseTransitions: s.int({ keepEmpty: true }),
})
const envFrom: Schema<any> = s.object(core + 'EnvFromSource', { prefix: s.string(), configMapRef: s.object(core + 'ConfigMapEnvSource', { name: s.string(), optional: s.bool({ keepEmpty: true }) }) })
const limits: Schema<any> = s.object(core + 'ResourceRequirements', { limits: s.map(s.quantity()), requests: s.map(s.quantity()), claims: s.list(s.object(core + 'ResourceClaim', { name: s.required(s.string()), request: s.string() })) })
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'
const jsonSchema: Schema<any> = s.object(extensions + 'JSONSchemaProps', {
  type: s.string(), default: s.any(extensions + 'JSON'), minimum: s.number({ keepEmpty: true }), required: s.list(s.string()), properties: s.map(s.lazy(() => jsonSchema)),
  items: s.any(extensions + 'JSONSchemaPropsOrArray'), additionalProperties: s.any(extensions + 'JSONSchemaPropsOrBool'), dependencies: s.map(s.any(extensions + 'JSONSchemaPropsOrStringArray')), not: s.lazy(() => jsonSchema),
})
const securityContext: Schema<any> = s.object(core + 'PodSecurityContext', { runAsUser: s.int64({ keepEmpty: true }), runAsNonRoot: s.bool({ keepEmpty: true }), supplementalGroups: s.list(s.int64()) })

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
/** Bytes as people write them: hexadecimal with spaces, texts in quotes. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from((text.match(/'[^']*'|[0-9a-f]{2}/g) ?? []).flatMap((part) => (part.startsWith("'") ? [...new TextEncoder().encode(part.slice(1, -1))] : [parseInt(part, 16)])))
const message = (schema: Schema<any>, value: object): Uint8Array => openEnvelope(writeObject(schema, value, { apiVersion: 'v1', kind: 'X' })).raw

/** A value and its message, both ways. */
function check(schema: Schema<any>, value: object, bytes: string): void {
  assert.equal(hex(message(schema, value)), hex(bytesOf(bytes)))
  assert.deepEqual(readMessage(schema, bytesOf(bytes)), value)
}

test('scalars that the reference holds by value are always there, pointers when they are set', () => {
  check(servicePort, { port: 80, nodePort: 30080, appProtocol: '' }, "0a 00  12 00  18 50  28 80eb01  32 00")
  check(securityContext, { runAsUser: 0, runAsNonRoot: false }, '10 00  18 00')
})
test('a whole number below zero takes ten bytes', () => { check(securityContext, { runAsUser: -1 }, '10 ffffffffffffffffff01') })
test('a number beyond 32 bits keeps all its bits', () => { check(securityContext, { runAsUser: 9007199254740991 }, '10 ffffffffffffff0f') })
test('a list of numbers is not packed, and read when it is', () => {
  check(securityContext, { supplementalGroups: [1, 300] }, '20 01  20 ac02')
  assert.deepEqual(readMessage(securityContext, bytesOf('22 03 01 ac02')), { supplementalGroups: [1, 300] })
})
test('a port is a number or a name', () => {
  check(servicePort, { name: 'web', protocol: 'TCP', port: 80, targetPort: 8080 }, "0a 03 'web'  12 03 'TCP'  18 50  22 07 08 00 10 903f 1a 00  28 00")
  check(servicePort, { port: 80, targetPort: 'http' }, "0a 00  12 00  18 50  22 0a 08 01 10 00 1a 04 'http'  28 00")
})
test('times are seconds, and an absent one that is held by value is an empty message', () => {
  check(podCondition, { type: 'Ready', status: 'True', lastTransitionTime: '2009-02-13T23:31:30Z' },
    "0a 05 'Ready'  12 04 'True'  1a 00  22 08 08 d285d8cc04 10 00  2a 00  32 00  38 00")
})
test('times before 1970 and the first second of it are times like any other', () => {
  check(podCondition, { type: '', status: '', lastProbeTime: '1970-01-01T00:00:00Z', lastTransitionTime: '1969-12-31T23:59:59Z' },
    '0a 00  12 00  1a 04 08 00 10 00  22 0d 08 ffffffffffffffffff01 10 00  2a 00  32 00  38 00')
})
test('the zero time of the reference is no time', () => { assert.deepEqual(readMessage(podCondition, bytesOf('1a 0b 08 8092b8c398feffffff01')), {}) })
test('microseconds go as nanoseconds', () => { check(leaseSpec, { renewTime: '1970-01-01T00:00:01.000250Z' }, '22 06 08 01 10 90a10f') })
test('nanoseconds beyond microseconds are cut off, fractions of a second where only seconds count too', () => {
  assert.deepEqual(readMessage(leaseSpec, bytesOf('22 06 08 01 10 91a10f')), { renewTime: '1970-01-01T00:00:01.000250Z' })
  assert.deepEqual(readMessage(podCondition, bytesOf('1a 06 08 01 10 90a10f')), { lastProbeTime: '1970-01-01T00:00:01Z' })
})
test('a reference inside an object lies one message deeper than in JSON', () => {
  check(envFrom, { configMapRef: { name: 'web', optional: false } }, "0a 00  12 09 0a 05 0a 03 'web' 10 00")
})
test('maps go by key', () => {
  check(limits, { limits: { cpu: '500m', memory: '1Gi' } }, "0a 0d 0a 03 'cpu' 12 06 0a 04 '500m'  0a 0f 0a 06 'memory' 12 05 0a 03 '1Gi'")
  assert.equal(hex(message(limits, { limits: { memory: '1', cpu: '1' } })), hex(message(limits, { limits: { cpu: '1', memory: '1' } })))
})
test('an entry without a value has the empty one, and without a key the empty key', () => {
  assert.deepEqual(readMessage(configMap, bytesOf("12 03 0a 01 'a'  12 03 12 01 'b'  12 00")), { data: { a: '', '': '' } })
  assert.deepEqual(readMessage(limits, bytesOf("0a 03 0a 01 'a'")), { limits: { a: '0' } })
})
test('a key that JavaScript knows is a key like any other', () => {
  const value = readMessage(configMap, bytesOf("12 0e 0a 09 '__proto__' 12 01 'x'"))
  assert.deepEqual(Object.entries(value['data'] as object), [['__proto__', 'x']])
})
test('bytes are base64 in JSON', () => { check(configMap, { metadata: {}, binaryData: { a: '/wA=' } }, "0a 10 0a 00 12 00 1a 00 22 00 2a 00 32 00 38 00 42 00  1a 07 0a 01 'a' 12 02 ff00") })
test('texts are UTF-8, whatever their length', () => {
  for (const text of ['ä', '\u{1f680}', '\ufeffbom', 'x'.repeat(300), `${'é'.repeat(100)}x`, 'x'.repeat(47) + 'é']) {
    const bytes = message(leaseSpec, { holderIdentity: text })
    assert.deepEqual(readMessage(leaseSpec, bytes), { holderIdentity: text })
    assert.deepEqual([...bytes.subarray(bytes.length - new TextEncoder().encode(text).length)], [...new TextEncoder().encode(text)])
  }
})
test('JSON schemas take schemas in places that also take something else', () => {
  check(jsonSchema, { additionalProperties: true }, hex(message(jsonSchema, { additionalProperties: true })))
  for (const value of [
    { type: 'object', additionalProperties: false }, { additionalProperties: { type: 'string' } }, { items: { type: 'string' } }, { items: [{ type: 'string' }, {}] },
    { dependencies: { a: ['b', 'c'], d: { type: 'string' } } }, { default: { a: [1, 'x', null] } }, { default: 0 }, { minimum: -0.5 }, { not: { properties: { a: { type: 'integer' } } } },
  ]) assert.deepEqual(readMessage(jsonSchema, message(jsonSchema, value)), value)
  assert.deepEqual(readMessage(jsonSchema, bytesOf("f2 01 04 08 01 12 00")), { additionalProperties: {} })
})
test('a message that comes in parts is one message, a scalar given twice counts the last time', () => {
  assert.deepEqual(readMessage(envFrom, bytesOf("12 05 0a 03 0a 01 'a' 12 02 10 01 0a 01 'x' 0a 01 'y'")), { prefix: 'y', configMapRef: { name: 'a', optional: true } })
})
test('fields of newer versions are passed over, whatever their type', () => {
  assert.deepEqual(readMessage(servicePort, bytesOf("f8 01 01  f9 01 0102030405060708  fa 01 02 0102  fd 01 01020304  fb 01 08 01 1b 1c fc 01  18 07")), { port: 7 })
})

test('an object lies in an envelope that says what it is', () => {
  const bytes = writeObject(servicePort, { apiVersion: 'v1', kind: 'ServicePort', port: 1 })
  assert.equal(hex(bytes), hex(bytesOf("'k8s' 00  0a 11 0a 02 'v1' 12 0b 'ServicePort'  12 08 0a 00 12 00 18 01 28 00  1a 00 22 00")))
  const { apiVersion, kind } = openEnvelope(bytes)
  assert.deepEqual({ apiVersion, kind }, { apiVersion: 'v1', kind: 'ServicePort' })
})
test('a list is one message, in as many pieces as it takes', () => {
  const items = Array.from({ length: 2000 }, (_, i) => ({ name: 'x'.repeat(3000), port: i }))
  const windows = writeList({ type: { apiVersion: 'v1', kind: 'ServicePortList' }, metadata: { resourceVersion: '7', continue: 'c', remainingItemCount: 0 }, schema: servicePort, length: items.length, at: (i) => items[i]! })
  assert.ok(windows.length > 1)
  const { kind, raw } = openEnvelope(Buffer.concat(windows))
  assert.equal(kind, 'ServicePortList')
  const head = bytesOf("0a 0a 0a 00 12 01 '7' 1a 01 'c' 20 00")
  assert.equal(hex(raw.subarray(0, head.length)), hex(head))
  let at = head.length
  for (const item of items) {
    const bytes = message(servicePort, item)
    assert.equal(hex(raw.subarray(at, at + 3)), hex(Uint8Array.from([0x12, ...lengthOf(bytes.length)])))
    assert.equal(Buffer.compare(raw.subarray(at + 3, at + 3 + bytes.length), bytes), 0)
    at += 3 + bytes.length
  }
  assert.equal(at, raw.length)
})
test('an empty list is its metadata', () => {
  const [bytes] = writeList({ type: { apiVersion: 'v1', kind: 'L' }, metadata: { resourceVersion: '7' }, schema: servicePort, length: 0, at: () => ({}) })
  assert.equal(hex(openEnvelope(bytes!).raw), hex(bytesOf("0a 07 0a 00 12 01 '7' 1a 00")))
})
test('the older form of a list of metadata has its fields in another order', () => {
  const [bytes] = writeList({ type: { apiVersion: 'meta.k8s.io/v1beta1', kind: 'PartialObjectMetadataList' }, metadata: {}, schema: envFrom, length: 1, at: () => ({}) })
  assert.equal(hex(openEnvelope(bytes!).raw), hex(bytesOf('0a 02 0a 00  12 06 0a 00 12 00 1a 00')))
})
test('an event is framed by its length', () => {
  assert.equal(hex(writeWatchEvent('ADDED', bytesOf('01 02'))), hex(bytesOf("0000000d  0a 05 'ADDED'  12 04 0a 02 0102")))
})
test('a failure is a Status', () => {
  assert.deepEqual(readMessage(statusSchema, message(statusSchema, { metadata: {}, status: 'Failure', message: 'no', reason: 'NotFound', details: { name: 'x', causes: [{ reason: 'r', field: 'f' }] }, code: 404 })),
    { metadata: {}, status: 'Failure', message: 'no', reason: 'NotFound', details: { name: 'x', causes: [{ reason: 'r', field: 'f' }] }, code: 404 })
})
test('base64 is the one that everybody knows', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    assert.equal(bytesToBase64(bytes), Buffer.from(bytes).toString('base64'))
    assert.deepEqual([...base64ToBytes(bytesToBase64(bytes))], [...bytes])
  }))
})

const refused = (read: () => unknown, message: string) => { assert.throws(read, (error: unknown) => error instanceof DecodeError && error.message === message, message) }
for (const [bytes, message] of [
  ['0a', 'unexpected EOF'], ['0a 05 61', 'unexpected EOF'], ['0a ffffffff0f', 'unexpected EOF'], ['0a ffffffffffffffffff01', 'proto: negative length found during unmarshaling'],
  ['18 ffffffffffffffffffff01', 'proto: integer overflow'], ['18', 'unexpected EOF'], ['18 80', 'unexpected EOF'], ['0d 01020304', 'proto: wrong wireType = 5 for field Name'],
  ['1a 00', 'proto: wrong wireType = 2 for field Port'], ['0c', 'proto: ServicePort: wiretype end group for non-group'], ['00 00', 'proto: ServicePort: illegal tag 0 (wire type 0)'],
  ['fe 01 00', 'proto: illegal wireType 6'], ['fb 01 08 01', 'unexpected EOF'], ['f9 01 00', 'unexpected EOF'], ['22 02 08 02', 'impossible IntOrString.Type'], ['22 03 0a 00 00', 'proto: wrong wireType = 2 for field Type'],
] as const) test(`a message of ${bytes} is refused: ${message}`, () => { refused(() => readMessage(servicePort, bytesOf(bytes)), message) })

for (const [bytes, message] of [
  ['', 'empty data'], ["'{}'", 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'], ["'k8s' 01 00", 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
  ["'k8s' 00", 'empty body'], ["'k8s' 00 0a 05", 'unexpected EOF'], ["'k8s' 00 08 01", 'proto: wrong wireType = 0 for field TypeMeta'], ["'k8s' 00 0a 02 08 01", 'proto: wrong wireType = 0 for field APIVersion'],
] as const) test(`an envelope of ${bytes || 'nothing'} is refused: ${message}`, () => { refused(() => openEnvelope(bytesOf(bytes)), message) })

test('JSON within a message must be JSON', () => {
  refused(() => readMessage(jsonSchema, bytesOf("42 04 0a 02 '{x'")), "invalid character 'x' looking for beginning of object key string")
  refused(() => readMessage(jsonSchema, bytesOf("42 07 0a 05 'k8s' 00 0a")), 'an embedded object must be JSON: protobuf within protobuf is not read')
})
test('times and numbers that JSON cannot say are refused', () => {
  refused(() => readMessage(podCondition, bytesOf('1a 0a 08 ffffffffffffffff7f')), 'year outside of range [1,9999]')
  refused(() => readMessage(jsonSchema, bytesOf('59 000000000000f87f')), 'json: unsupported value: NaN')
  refused(() => readMessage(jsonSchema, bytesOf('59 000000000000f07f')), 'json: unsupported value: +Inf')
})
test('nesting has an end', () => {
  const nested = (depth: number): Uint8Array => {
    let bytes = new Uint8Array()
    for (let i = 1; i < depth; i++) bytes = Uint8Array.from([0xe2, 0x01, ...lengthOf(bytes.length), ...bytes]) as typeof bytes // field 28: not
    return bytes
  }
  assert.ok(readMessage(jsonSchema, nested(maxMessageDepth)))
  refused(() => readMessage(jsonSchema, nested(maxMessageDepth + 1)), 'exceeded max depth')
  refused(() => readMessage(jsonSchema, nested(5_000)), 'exceeded max depth')
})
const lengthOf = (n: number): number[] => (n < 128 ? [n] : [n & 127 | 128, ...lengthOf(n >> 7)])

test('no bytes whatever make reading crash', () => {
  const schemas = [configMap, servicePort, podCondition, leaseSpec, envFrom, limits, jsonSchema, securityContext]
  fc.assert(fc.property(fc.constantFrom(...schemas), fc.uint8Array({ maxLength: 64 }), (schema, bytes) => {
    try { readMessage(schema, bytes) } catch (error) { assert.ok(error instanceof DecodeError, String(error)) }
    try { openEnvelope(bytes) } catch (error) { assert.ok(error instanceof DecodeError, String(error)) }
  }), { numRuns: 3000 })
})
