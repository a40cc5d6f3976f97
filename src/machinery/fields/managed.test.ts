import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode, zeroOf } from '../decode.ts'
import { objectMeta, type ManagedFieldsEntry } from '../meta.ts'
import { deepFreeze } from '../same.ts'
import * as s from '../schema.ts'
import type { Schema } from '../schema.ts'
import { compareFields, newFields } from './compare.ts'
import { managerName, updateManagedFields, type FieldsUpdate } from './managed.ts'
import { differenceOf, isNoFields, type FieldSet } from './set.ts'

const port = s.object('x.v1.Port', { containerPort: s.required(s.int()), name: s.string(), protocol: s.string({ default: 'TCP' }) })
const container = s.object('x.v1.Container', {
  args: s.list(s.string(), { listType: 'atomic' }), image: s.string(), name: s.required(s.string()), ports: s.list(port, { listType: 'map', listKeys: ['containerPort', 'protocol'] }),
  resources: s.value(s.object('x.v1.Resources', { limits: s.map(s.quantity()) })),
})
const selector = s.object('x.v1.Selector', { matchLabels: s.map(s.string()) }, { mapType: 'atomic' })
const kind: Schema<any> = s.object('x.v1.Thing', {
  apiVersion: s.string(), kind: s.string(), metadata: s.value(objectMeta),
  data: s.map(s.string()),
  spec: s.value(s.object('x.v1.Spec', {
    containers: s.required(s.list(container, { listType: 'map', listKeys: ['name'] })), pointer: s.object('x.v1.Pointer', { a: s.int() }), raw: s.any('io.k8s.apimachinery.pkg.runtime.RawExtension'),
    replicas: s.int({ keepEmpty: true }), selector: s.required(selector), tags: s.list(s.string(), { listType: 'set' }),
  })),
  status: s.value(s.object('x.v1.Status', { phase: s.string() })),
})
type Thing = { data?: Record<string, string>; metadata: { managedFields?: ManagedFieldsEntry[] | undefined } }
const object = (json: object): Thing => deepFreeze(decode(kind, { apiVersion: 'v1', kind: 'Thing', ...json }))
const leaf = {}
const manage = (update: Partial<FieldsUpdate> & { after: object }) => updateManagedFields(kind, { apiVersion: 'v1', manager: 'me', time: '2026-01-01T00:00:00Z', reset: [['status']], ...update })
const created = (json: object) => manage({ after: object(json) })?.[0]?.fieldsV1

test('the creator owns what differs from an empty object', () => {
  const cases: [what: string, json: object, fields: object | undefined][] = [
    ['nothing', { metadata: { name: 'a', namespace: 'n', uid: 'u', generation: 1 } }, undefined],
    ['a map owns itself and its keys', { data: { b: '1', a: '2' } }, { 'f:data': { '.': leaf, 'f:a': leaf, 'f:b': leaf } }],
    ['labels and finalizers', { metadata: { name: 'a', labels: { x: '1' }, finalizers: ['a.b/c'] } }, { 'f:metadata': { 'f:finalizers': { '.': leaf, 'v:"a.b/c"': leaf }, 'f:labels': { '.': leaf, 'f:x': leaf } } }],
    ['owners by uid', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] } }, { 'f:metadata': { 'f:ownerReferences': { '.': leaf, 'k:{"uid":"u"}': leaf } } }],
    ['values are looked into, lists that are always there own no dot', { spec: { containers: [{ name: 'c', image: 'i', args: ['x'] }] } },
      { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': leaf, 'f:args': leaf, 'f:image': leaf, 'f:name': leaf, 'f:resources': leaf } } } }],
    ['items with several keys, sorted by number', { spec: { containers: [{ name: 'c', ports: [{ containerPort: 443, protocol: 'TCP' }, { containerPort: 80 }] }] } },
      { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': leaf, 'f:name': leaf, 'f:ports': { '.': leaf,
        'k:{"containerPort":80,"protocol":"TCP"}': { '.': leaf, 'f:containerPort': leaf }, 'k:{"containerPort":443,"protocol":"TCP"}': { '.': leaf, 'f:containerPort': leaf, 'f:protocol': leaf } }, 'f:resources': leaf } } } }],
    ['filled values own no dot, maps in them do', { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] } },
      { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': leaf, 'f:name': leaf, 'f:resources': { '.': leaf, 'f:limits': { '.': leaf, 'f:cpu': leaf } } } } } }],
    ['atomic, raw and pointers', { spec: { selector: { matchLabels: { a: 'b' } }, raw: { x: { y: 1 } }, pointer: { a: 1 } } }, { 'f:spec': { 'f:pointer': { '.': leaf, 'f:a': leaf }, 'f:raw': leaf, 'f:selector': leaf } }],
    ['an empty pointer is a leaf', { spec: { pointer: {}, replicas: 0 } }, { 'f:spec': { 'f:pointer': leaf, 'f:replicas': leaf } }],
    ['sets by value', { spec: { tags: ['b', 'a'] } }, { 'f:spec': { 'f:tags': { '.': leaf, 'v:"a"': leaf, 'v:"b"': leaf } } }],
    ['status is not the main resource\'s', { status: { phase: 'x' } }, undefined],
  ]
  for (const [what, json, fields] of cases) {
    const got = created(json)
    assert.deepEqual(got, fields, what)
    assert.equal(JSON.stringify(got), JSON.stringify(fields), `${what}: order`)
  }
})

test('an entry says who, how, through which version and when', () => {
  assert.deepEqual(manage({ after: object({ data: { a: '1' } }) }), [{ manager: 'me', operation: 'Update', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { '.': leaf, 'f:a': leaf } } }])
  const before = object({ data: { a: '1' }, metadata: { managedFields: manage({ after: object({ data: { a: '1' } }) }) } })
  const status = manage({ before, after: { ...before, status: { phase: 'x' } }, manager: 'node', subresource: 'status', reset: [['spec']], time: '2026-01-02T00:00:00Z' })
  assert.deepEqual(status?.map(({ manager, subresource, time, fieldsV1 }) => ({ manager, subresource, time, fieldsV1 })), [
    { manager: 'me', subresource: undefined, time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:data': { '.': leaf, 'f:a': leaf } } },
    { manager: 'node', subresource: 'status', time: '2026-01-02T00:00:00Z', fieldsV1: { 'f:status': { 'f:phase': leaf } } }])
})

const start = object({ data: { a: '1', b: '2' } })
const first = () => object({ data: { a: '1', b: '2' }, metadata: { managedFields: manage({ after: start }) } })
const change = (json: object, more: Partial<FieldsUpdate> = {}) => {
  const before = first()
  const after = object(json)
  return manage({ before, after: { ...after, metadata: { managedFields: before.metadata.managedFields, ...after.metadata } }, time: '2026-02-02T00:00:00Z', ...more })?.map((e) => `${e.manager} ${e.time!.slice(5, 7)} ${JSON.stringify(e.fieldsV1)}`)
}
test('fields move to whoever changes them', () => {
  const mine = '{"f:data":{".":{},"f:a":{},"f:b":{}}}'
  const cases: [what: string, json: object, more: Partial<FieldsUpdate>, entries: string[] | undefined][] = [
    ['nothing changed: nothing is newer', { data: { a: '1', b: '2' } }, { manager: 'other' }, [`me 01 ${mine}`]],
    ['my own change makes my entry newer', { data: { a: '9', b: '2' } }, {}, [`me 02 ${mine}`]],
    ['another takes a field', { data: { a: '9', b: '2' } }, { manager: 'other' }, ['me 01 {"f:data":{".":{},"f:b":{}}}', 'other 02 {"f:data":{"f:a":{}}}']],
    ['another adds a field', { data: { a: '1', b: '2', c: '3' } }, { manager: 'other' }, [`me 01 ${mine}`, 'other 02 {"f:data":{"f:c":{}}}']],
    ['a removed field is nobody\'s', { data: { a: '1' } }, { manager: 'other' }, ['me 01 {"f:data":{".":{},"f:a":{}}}']],
    ['the last field gone, the entry goes', {}, { manager: 'other' }, undefined],
    ['another version is another entry', { data: { a: '9', b: '2' } }, { apiVersion: 'v2' }, ['me 01 {"f:data":{".":{},"f:b":{}}}', 'me 02 {"f:data":{"f:a":{}}}']],
    ['an empty entry forgets all', { data: { a: '9', b: '2' }, metadata: { managedFields: [{}] } }, {}, undefined],
    ['no entries forget all', { data: { a: '9', b: '2' }, metadata: { managedFields: [] } }, {}, undefined],
    ['a subresource cannot rewrite the list', { data: { a: '1', b: '2' }, metadata: { managedFields: [] } }, { subresource: 'status' }, [`me 01 ${mine}`]],
    ['entries that cannot be read are ignored', { data: { a: '1', b: '2' }, metadata: { managedFields: [{ manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { bad: {} } }] } }, {}, [`me 01 ${mine}`]],
    ['a client may rewrite the list', { data: { a: '1', b: '2' }, metadata: { managedFields: [{ manager: 'x', operation: 'Update', apiVersion: 'v1', time: '2026-03-03T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': {} } }] } }, {}, ['x 03 {"f:data":{}}']],
  ]
  for (const [what, json, more, entries] of cases) assert.deepEqual(change(json, more), entries, what)
})

test('an object whose fields nobody manages stays so until it is applied', () => {
  assert.equal(manage({ before: object({}), after: object({ data: { a: '1' } }) }), undefined)
})

test('more than ten managers are folded into ancient-changes', () => {
  const entry = (n: number): ManagedFieldsEntry => ({ manager: `m${n}`, operation: 'Update', apiVersion: n % 5 ? 'v1' : 'v2', time: `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`, fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { [`f:k${n}`]: {} } } })
  const entries = Array.from({ length: 12 }, (_, i) => entry(i + 1))
  const data = Object.fromEntries(entries.map((_, i) => [`k${i + 1}`, 'x']))
  const before = object({ data, metadata: { managedFields: entries } })
  const after = { ...before, data: { ...data, new: 'x' } }
  const out = updateManagedFields(kind, { apiVersion: 'v1', before, after, manager: 'me', time: '2026-02-01T00:00:00Z', inVersion: (o) => ({ schema: kind, object: o }) })!
  assert.equal(out.length, 10)
  assert.deepEqual(out.map((e) => e.manager), ['ancient-changes', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11', 'm12', 'me'])
  assert.equal(JSON.stringify(out[0]), '{"manager":"ancient-changes","operation":"Update","apiVersion":"v1","time":"2026-01-04T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:k1":{},"f:k2":{},"f:k3":{},"f:k4":{}}}}')
})

test('entries given twice are one, the last; an entry without a version makes the list unreadable', () => {
  const entry = (field: string, apiVersion: string): ManagedFieldsEntry => ({ manager: 'x', operation: 'Update', apiVersion, time: '2026-03-03T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { [field]: {} } } })
  assert.deepEqual(change({ data: { a: '1', b: '2' }, metadata: { managedFields: [entry('f:a', 'v1'), entry('f:b', 'v1')] } }), ['x 03 {"f:data":{"f:b":{}}}'])
  assert.deepEqual(change({ data: { a: '1', b: '2' }, metadata: { managedFields: [entry('f:a', '')] } }), ['me 01 {"f:data":{".":{},"f:a":{},"f:b":{}}}'])
})

test('items that share a key are one field', () => {
  const twice = object({ spec: { containers: [{ name: 'c', image: '1' }, { name: 'c', image: '2' }] } })
  assert.deepEqual(created({ spec: { containers: [{ name: 'c', image: '1' }, { name: 'c', image: '2' }] } }), { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': leaf } } })
  assert.ok(isNoFields(compareFields(kind, twice, object({ spec: { containers: [{ name: 'c', image: '1' }, { name: 'c', image: '2' }] } })).changed))
})

test('the manager is the fieldManager or the first word of the user agent', () => {
  for (const [given, agent, name] of [['me', 'x/1', 'me'], [undefined, 'kubectl/v1.36 (linux)', 'kubectl'], ['', 'Go-http-client', 'Go-http-client'], [undefined, undefined, 'unknown'], [undefined, 'a\u0007b/1', 'ab'], [undefined, 'é'.repeat(100), 'é'.repeat(64)]] as const)
    assert.equal(managerName(given, agent), name)
})

test('what changed from before to after and what changed back cover the same fields', () => {
  const json = fc.record({ data: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')), spec: fc.record({ tags: fc.uniqueArray(fc.constantFrom('x', 'y')), replicas: fc.nat(2), containers: fc.uniqueArray(fc.record({ name: fc.constantFrom('c', 'd'), image: fc.constantFrom('1', '2') }), { selector: (c) => c.name }) }, { requiredKeys: [] }) }, { requiredKeys: [] })
  const covers = (x: FieldSet, y: FieldSet) => isNoFields(differenceOf(x, y))
  fc.assert(fc.property(json, json, (x, y) => {
    const a = object(x), b = object(y), there = compareFields(kind, a, b), back = compareFields(kind, b, a)
    assert.ok(covers(there.removed, back.changed) && covers(back.removed, there.changed))
    assert.ok(isNoFields(compareFields(kind, a, object(x)).changed))
  }))
})

test('new objects that are alike in part share the fields of that part, and each has its own', () => {
  const specs = [{ containers: [{ name: 'c', image: 'i' }] }, { containers: [{ name: 'c', image: 'i' }, { name: 'd', args: ['x'] }], replicas: 0 }, {}]
  const made = [...specs, ...specs].map((spec, i) => object({ metadata: { name: `o${i}`, labels: { [`l${i}`]: '' } }, data: { [`k${i}`]: 'v' }, spec }))
  const found = made.map((one) => newFields(kind, one))
  assert.deepEqual(found, made.map((one) => compareFields(kind, zeroOf(kind), one)))
  assert.equal(found[0]!.changed['f:spec'], found[3]!.changed['f:spec'])
})
