import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode } from '../decode.ts'
import { ApiError } from '../errors.ts'
import { objectMeta, type ManagedFieldsEntry } from '../meta.ts'
import { deepFreeze } from '../same.ts'
import * as s from '../schema.ts'
import type { Schema } from '../schema.ts'
import { applyFields } from './apply.ts'
import { shownPaths } from './applied-set.ts'

const port = s.object('x.v1.Port', { name: s.string(), port: s.required(s.int()), protocol: s.string({ default: 'TCP' }) })
const container = s.object('x.v1.Container', { args: s.list(s.string(), { listType: 'atomic' }), image: s.string(), name: s.required(s.string()), ports: s.list(port, { listType: 'map', listKeys: ['port', 'protocol'] }) })
const rule = s.object('x.v1.Rule', { host: s.string(), id: s.string() })
const kind: Schema<any> = s.object('x.v1.Thing', {
  apiVersion: s.string(), kind: s.string(), metadata: s.value(objectMeta), data: s.map(s.string()),
  spec: s.value(s.object('x.v1.Spec', { containers: s.required(s.list(container, { listType: 'map', listKeys: ['name'] })), replicas: s.int({ keepEmpty: true }), rules: s.list(rule, { listType: 'map', listKeys: ['id'] }), selector: s.object('x.v1.Selector', { app: s.string() }, { mapType: 'atomic' }) })),
})
interface Thing { metadata: { finalizers?: string[]; managedFields?: ManagedFieldsEntry[] | undefined }; data?: Record<string, string>; spec: { containers: { name: string }[] | null; replicas?: number } }

/** Applies one after the other to the same object. */
class Story {
  live: Thing | undefined
  apply(manager: string, config: object, more: { force?: boolean; time?: string } = {}): Thing {
    const { object, managedFields } = applyFields(kind, { apiVersion: 'v1', kind: 'Thing', live: this.live, config: deepFreeze({ apiVersion: 'v1', kind: 'Thing', ...config }), manager, force: more.force ?? false, time: more.time ?? '2026-01-01T00:00:00Z' })
    const out = decode(kind, object) as Thing
    if (managedFields) out.metadata.managedFields = managedFields
    return this.live = deepFreeze(out)
  }
  owners() { return (this.live!.metadata.managedFields ?? []).map((e) => `${e.manager}: ${shownPaths(e.fieldsV1 as Parameters<typeof shownPaths>[0]).join(' ')}`) }
}
const message = (run: () => unknown) => { try { run() } catch (error) { assert.ok(error instanceof ApiError); return `${error.status.code} ${error.message}` } return 'applied' }

test('managers share an object, take what they apply and give up what they do not', () => {
  const story = new Story()
  assert.deepEqual(story.apply('one', { data: { x: '1', y: '2' } }).data, { x: '1', y: '2' })
  assert.deepEqual(story.owners(), ['one: .data.x .data.y'])
  assert.deepEqual(story.apply('one', { data: { x: '11' } }).data, { x: '11' })
  assert.deepEqual(story.apply('two', { data: { z: '3', x: '11' } }).data, { x: '11', z: '3' })
  assert.deepEqual(story.owners(), ['one: .data.x', 'two: .data.x .data.z'])
  assert.deepEqual(story.apply('one', {}).data, { x: '11', z: '3' }, 'another still owns x')
  assert.deepEqual(story.owners(), ['two: .data.x .data.z'])
  assert.equal(story.apply('two', {}).data, undefined)
  assert.deepEqual(story.owners(), [])
})

test('conflicts are named one by one, and force takes over', () => {
  const story = new Story()
  story.apply('one', { data: { x: '1' }, spec: { containers: [{ name: 'c', args: ['a'], ports: [{ port: 80 }] }] } })
  story.apply('two', { data: { x: '1', z: '3' } })
  assert.equal(message(() => story.apply('three', { data: { z: 'other' } })), '409 Apply failed with 1 conflict: conflict with "two": .data.z')
  assert.equal(message(() => story.apply('three', { data: { x: 'other', z: 'other' }, spec: { containers: [{ name: 'c', args: ['b'] }] } })),
    '409 Apply failed with 4 conflicts: conflicts with "one":\n- .data.x\n- .spec.containers[name="c"].args\nconflicts with "two":\n- .data.x\n- .data.z')
  story.apply('three', { data: { x: 'forced' } }, { force: true })
  assert.deepEqual(story.owners(), ['one: .spec.containers[name="c"] .spec.containers[name="c"].args .spec.containers[name="c"].name .spec.containers[name="c"].ports[port=80,protocol="TCP"] .spec.containers[name="c"].ports[port=80,protocol="TCP"].port', 'three: .data.x', 'two: .data.z'])
})

test('an object that nobody managed belongs to before-first-apply', () => {
  const story = new Story()
  story.live = deepFreeze(decode(kind, { data: { x: '1' } })) as Thing
  assert.equal(message(() => story.apply('me', { data: { x: '2' } })), '409 Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x')
  story.apply('me', { data: { y: '2' } })
  assert.deepEqual(story.owners(), ['me: .data.y', 'before-first-apply: .data .data.x'])
})

test('lists merge by key, the configuration orders what it names', () => {
  const story = new Story(), names = (config: object, manager = 'two') => story.apply(manager, { spec: config }).spec.containers!.map((c) => c.name)
  assert.deepEqual(names({ containers: [{ name: 'a' }, { name: 'x' }, { name: 'b' }] }, 'one'), ['a', 'x', 'b'])
  assert.deepEqual(names({ containers: [{ name: 'n' }] }), ['a', 'x', 'b', 'n'])
  assert.deepEqual(names({ containers: [{ name: 'b' }, { name: 'a' }] }), ['x', 'b', 'a'])
  assert.deepEqual(names({ containers: [{ name: 'a' }, { name: 'm' }, { name: 'b' }] }), ['x', 'a', 'm', 'b'])
  assert.deepEqual(names({ containers: [] }), ['x', 'a', 'b'])
})

test('sets and emptied containers', () => {
  const story = new Story()
  story.apply('one', { metadata: { finalizers: ['x.y/a'] } })
  assert.deepEqual(story.apply('two', { metadata: { finalizers: ['x.y/b'] } }).metadata.finalizers, ['x.y/a', 'x.y/b'])
  assert.deepEqual(story.apply('one', { metadata: { finalizers: [] } }).metadata.finalizers, ['x.y/b'])
  assert.deepEqual(story.owners(), ['two: .metadata.finalizers[="x.y/b"]'])
  const last = story.apply('two', { metadata: { name: 'f', finalizers: [] } }).metadata as { name?: string; finalizers?: string[] }
  assert.deepEqual([last.finalizers, last.name], [undefined, 'f'], 'metadata goes with nobody')
  story.apply('one', { data: {} })
  assert.deepEqual(story.owners(), ['one: .data'])
})

test('applying the same again changes nothing, not even the time', () => {
  const story = new Story(), config = { metadata: { labels: { a: 'b' } }, data: { x: '1' }, spec: { replicas: 0, selector: { app: 'x' } } }
  const once = story.apply('one', config)
  assert.deepEqual(story.apply('one', config, { time: '2027-01-01T00:00:00Z' }), once)
  assert.equal(story.apply('one', { data: { x: '2' } }, { time: '2027-01-01T00:00:00Z' }).metadata.managedFields![0]!.time, '2027-01-01T00:00:00Z')
})

test('a configuration that does not fit the schema is refused whole', () => {
  const cases: [config: object, message: string][] = [
    [{ bogus: 1 }, '.bogus: field not declared in schema'],
    [{ data: 'x' }, '.data: expected map, got &{x}'],
    [{ spec: { replicas: 'x' } }, '.spec.replicas: expected numeric (int or float), got string'],
    [{ spec: { containers: {} } }, '.spec.containers: expected list, got &{map[]}'],
    [{ data: { a: 5 } }, '.data.a: expected string, got &value.valueUnstructured{Value:5}'],
    [{ spec: { rules: [{ host: 'h' }, { id: 'q', host: 5 }] } }, '.spec.rules: element 0: associative list with keys has an element that omits all key fields ["id"] (and doesn\'t have default values for any key fields)'],
    [{ spec: { containers: [{ name: 'q' }, 'x'] } }, '.spec.containers: element 1: associative list with keys may not have non-map elements'],
    [{ spec: { containers: [null] } }, '.spec.containers: element 0: associative list with keys may not have a null element'],
    [{ metadata: { name: 'n', finalizers: [{ a: 1 }] } }, ".metadata.finalizers: element 0: associative list without keys has an element that's a map type"],
    [{ metadata: { name: 'n', finalizers: ['a', ['b']] } }, '.metadata.finalizers: element 1: not supported: associative list with lists as elements'],
    [{ metadata: { name: 'n', finalizers: [null] } }, ".metadata.finalizers: element 0: associative list without keys has an element that's an explicit null"],
    [{ metadata: { name: 'n', deletionTimestamp: {} } }, '.metadata.deletionTimestamp: expected any scalar, got &{map[]}'],
    [{ spec: { containers: [{ name: 'q' }, { name: 'q' }] } }, '.spec.containers: duplicate entries for key [name="q"]'],
    [{ a: 1, b: 1 }, 'errors:\n  .a: field not declared in schema\n  .b: field not declared in schema'],
  ]
  for (const [config, wanted] of cases) assert.equal(message(() => new Story().apply('me', { metadata: { name: 'n' }, ...config })), `500 failed to create typed patch object (/n; /v1, Kind=Thing): ${wanted}`)
  assert.equal(message(() => new Story().apply('me', { spec: { containers: [{ name: 'q', ports: [{}] }] } })), 'applied', 'one key that has a default is enough')
  assert.equal(message(() => new Story().apply('me', { spec: { containers: [{ image: 'i' }] } })), 'applied', 'a key that is always written has its empty value')
  assert.equal(message(() => new Story().apply('me', { metadata: { managedFields: [] } })), '400 metadata.managedFields must be nil')
})

test('after a forced apply everything applied is there, and applying nothing takes it away again', () => {
  const config = fc.record({ data: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { minKeys: 1 }), metadata: fc.record({ finalizers: fc.uniqueArray(fc.constantFrom('x.y/a', 'x.y/b'), { minLength: 1 }) }) })
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('one', 'two', 'three'), config), { minLength: 1 }), (steps) => {
    const story = new Story()
    for (const [manager, given] of steps) {
      const out = story.apply(manager, given, { force: true })
      for (const [key, value] of Object.entries(given.data)) assert.equal(out.data![key], value)
      for (const finalizer of given.metadata.finalizers) assert.ok(out.metadata.finalizers!.includes(finalizer))
    }
    for (const manager of ['one', 'two', 'three']) story.apply(manager, {})
    assert.deepEqual([story.live!.data, story.live!.metadata], [undefined, {}])
  }))
})
