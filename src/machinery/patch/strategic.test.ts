import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../errors.ts'
import { deepFreeze } from '../same.ts'
import * as s from '../schema.ts'
import type { Schema } from '../schema.ts'
import { applyStrategicPatch } from './strategic.ts'

const env = s.object('x.v1.EnvVar', { name: s.required(s.string()), value: s.string() })
const container = s.object('x.v1.Container', {
  args: s.list(s.string(), { listType: 'atomic' }), env: s.list(env, { patchStrategy: 'merge', patchMergeKey: 'name' }), image: s.string(), name: s.required(s.string()),
})
const spec: Schema<any> = s.object('x.v1.Spec', {
  containers: s.list(container, { patchStrategy: 'merge', patchMergeKey: 'name' }),
  finalizers: s.list(s.string(), { patchStrategy: 'merge' }),
  labels: s.map(s.string()),
  strategy: s.patched(s.object('x.v1.Strategy', { rolling: s.object('x.v1.Rolling', { surge: s.int() }), type: s.string() }), 'retainKeys'),
  unkeyed: s.list(container, { patchStrategy: 'merge' }),
  whole: s.patched(s.object('x.v1.Whole', { a: s.string(), b: s.string() }), 'replace'),
})
const c = (name: string, more: object = {}) => ({ name, ...more })
const document = deepFreeze({
  containers: [c('a', { image: '1', args: ['x'], env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }] }), c('b', { image: '2' })],
  finalizers: ['p', 'q', 'r'], labels: { l: '1', m: '2' }, strategy: { type: 'Rolling', rolling: { surge: 1 } }, whole: { a: '1', b: '2' },
})
const [a, b] = document.containers as [object, object]

test('patches and directives', () => {
  const cases: [what: string, patch: object, wanted: object][] = [
    ['items merge by key', { containers: [c('a', { image: 'new' })] }, { containers: [{ ...a, image: 'new' }, b] }],
    ['a new item comes first', { containers: [c('z')] }, { containers: [c('z'), a, b] }],
    ['a new item after a known one', { containers: [c('a'), c('z')] }, { containers: [a, c('z'), b] }],
    ['an item is deleted', { containers: [c('a', { $patch: 'delete' })] }, { containers: [b] }],
    ['a list is replaced', { containers: [{ $patch: 'replace' }, c('n')] }, { containers: [c('n')] }],
    ['items merge within items', { containers: [c('a', { env: [{ name: 'B', value: '22' }, { name: 'C', value: '3' }] })] }, { containers: [{ ...a, env: [{ name: 'A', value: '1' }, { name: 'B', value: '22' }, { name: 'C', value: '3' }] }, b] }],
    ['a list without strategy is replaced', { containers: [c('a', { args: ['y', 'z'] })] }, { containers: [{ ...a, args: ['y', 'z'] }, b] }],
    ['null deletes', { labels: { l: null }, whole: null }, { labels: { m: '2' }, whole: undefined }],
    ['null deletes a list', { finalizers: null }, { finalizers: undefined }],
    ['a map is replaced', { labels: { $patch: 'replace', n: '3' } }, { labels: { n: '3' } }],
    ['a map is emptied', { labels: { $patch: 'delete' } }, { labels: {} }],
    ['a map with strategy replace', { whole: { a: '3' } }, { whole: { a: '3' } }],
    ['keys are retained', { strategy: { $retainKeys: ['type'], type: 'Recreate' } }, { strategy: { type: 'Recreate' } }],
    ['scalars merge, new ones first', { finalizers: ['n', 'q'] }, { finalizers: ['n', 'p', 'q', 'r'] }],
    ['scalars are deleted', { '$deleteFromPrimitiveList/finalizers': ['q'] }, { finalizers: ['p', 'r'] }],
    ['scalars are ordered', { '$setElementOrder/finalizers': ['r', 'q', 'p'] }, { finalizers: ['r', 'q', 'p'] }],
    ['items are ordered', { '$setElementOrder/containers': [c('n'), c('b'), c('a')], containers: [c('n', { image: '3' })] }, { containers: [c('n', { image: '3' }), b, a] }],
    ['items that only the server has keep their place', { '$setElementOrder/containers': [c('b'), c('n')], containers: [c('n')] }, { containers: [a, b, c('n')] }],
    ['another type takes over', { labels: 'x' }, { labels: 'x' }],
    ['directives of what is added are dropped', { containers: [c('z', { env: [{ name: 'A', $patch: 'delete' }, { name: 'B', value: null }], '$setElementOrder/env': [] })] }, { containers: [c('z', { env: [{ name: 'B' }] }), a, b] }],
  ]
  for (const [what, patch, change] of cases) {
    const wanted = Object.fromEntries(Object.entries({ ...document, ...change }).filter(([, v]) => v !== undefined))
    assert.deepEqual(applyStrategicPatch(spec, document, deepFreeze(patch)), wanted, what)
  }
})

test('directives that break the rules are refused as the reference refuses them', () => {
  const cases: [patch: unknown, code: number, message: string][] = [
    [{ containers: [{ image: 'x' }] }, 500, 'map: map[image:x] does not contain declared merge key: name'],
    [{ containers: [c('a', { $patch: 'explode' })] }, 500, 'unknown patch type: explode in map: map[$patch:explode name:a]'],
    [{ containers: [c('a', { $patch: 'merge' })] }, 500, 'merging lists cannot yet be specified in the patch'],
    [{ labels: { $patch: 'x' } }, 500, 'unknown patch type: x in map: map[$patch:x]'],
    [{ '$setElementOrder/containers': [c('a')], containers: [c('zz', { image: 'n' })] }, 500, "The order in patch list:\n[map[image:n name:zz]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n"],
    [{ '$setElementOrder/containers': 'x' }, 400, 'invalid patch format of setElementOrder list'],
    [{ $setElementOrder: [] }, 400, 'invalid patch format of setElementOrder list'],
    [{ strategy: { $retainKeys: ['type'], type: 'Recreate', rolling: {} } }, 400, 'invalid patch format of retainKeys'],
    [{ strategy: { $retainKeys: 'type' } }, 400, 'invalid patch format of retainKeys'],
    [{ $deleteFromPrimitiveList: [] }, 400, 'invalid patch format of primitive list'],
    [{ containers: ['x'] }, 500, 'list element types are not identical'],
    [[], 400, 'invalid JSON document'],
  ]
  for (const [patch, code, message] of cases) assert.throws(() => applyStrategicPatch(spec, document, deepFreeze(patch)),
    (error) => error instanceof ApiError && error.status.code === code && error.message === message, message)
  assert.throws(() => applyStrategicPatch(spec, { unkeyed: [c('a')] }, { unkeyed: [c('b')] }), { message: 'cannot merge lists without merge key for v1.Container' })
})

test('applying a patch of plain values twice changes nothing more, and neither side is ever changed', () => {
  const item = fc.record({ name: fc.constantFrom('a', 'b', 'n', 'z'), image: fc.constantFrom('1', '9') }, { requiredKeys: ['name'] })
  const patch = fc.record({ containers: fc.uniqueArray(item, { selector: (x) => x.name }), finalizers: fc.uniqueArray(fc.constantFrom('p', 'q', 'x')), labels: fc.dictionary(fc.constantFrom('l', 'n'), fc.option(fc.constantFrom('1', '2'))) }, { requiredKeys: [] })
  fc.assert(fc.property(patch, (given) => {
    const once = applyStrategicPatch(spec, document, deepFreeze(given))
    const twice = applyStrategicPatch(spec, deepFreeze(once), given)
    assert.deepEqual(new Set((twice as typeof document).containers.map((x) => JSON.stringify(x))), new Set((once as typeof document).containers.map((x) => JSON.stringify(x))))
    assert.deepEqual((twice as typeof document).labels, (once as typeof document).labels)
  }))
})
