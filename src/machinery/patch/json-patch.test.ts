import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../errors.ts'
import { deepFreeze } from '../same.ts'
import { applyJsonPatch, isFailedTest, whyPatchFailed } from './json-patch.ts'

const document = deepFreeze({ a: 1, list: [1, 2, 3], map: { 'x/y': 'slash', 'til~de': 't', deep: { n: 1 } } })

test('operations do what RFC 6902 and the reference say', () => {
  const cases: [what: string, patch: object[], wanted: unknown][] = [
    ['add a member', [{ op: 'add', path: '/b', value: 2 }], { ...document, b: 2 }],
    ['add over a member', [{ op: 'add', path: '/a', value: null }], { ...document, a: null }],
    ['add into a list', [{ op: 'add', path: '/list/1', value: 9 }], { ...document, list: [1, 9, 2, 3] }],
    ['add at the end', [{ op: 'add', path: '/list/-', value: 9 }, { op: 'add', path: '/list/4', value: 10 }], { ...document, list: [1, 2, 3, 9, 10] }],
    ['escaped steps', [{ op: 'replace', path: '/map/x~1y', value: 1 }, { op: 'remove', path: '/map/til~0de' }], { ...document, map: { 'x/y': 1, deep: { n: 1 } } }],
    ['remove from a list', [{ op: 'remove', path: '/list/0' }, { op: 'remove', path: '/list/-1' }], { ...document, list: [2] }],
    ['replace what is missing adds it', [{ op: 'replace', path: '/none', value: 1 }], { ...document, none: 1 }],
    ['replacing the whole by no container changes nothing', [{ op: 'replace', path: '', value: 3 }], document],
    ['test the whole', [{ op: 'test', path: '', value: document }], document],
    ['replace the whole', [{ op: 'replace', path: '', value: { z: 1 } }], { z: 1 }],
    ['what stands before the first slash is ignored', [{ op: 'add', path: 'map/b', value: 1 }], { ...document, b: 1 }],
    ['move', [{ op: 'move', from: '/map/deep', path: '/deep' }], { a: 1, list: [1, 2, 3], map: { 'x/y': 'slash', 'til~de': 't' }, deep: { n: 1 } }],
    ['copies are apart', [{ op: 'copy', from: '/map/deep', path: '/deep' }, { op: 'add', path: '/deep/n', value: 2 }], { ...document, deep: { n: 2 } }],
    ['what is missing tests as null', [{ op: 'test', path: '/none', value: null }], document],
    ['test passes', [{ op: 'test', path: '/map/deep', value: { n: 1 } }], document],
    ['values of a patch are not changed by later operations', [{ op: 'add', path: '/v', value: { n: 1 } }, { op: 'add', path: '/v/m', value: 2 }], { ...document, v: { n: 1, m: 2 } }],
  ]
  for (const [what, patch, wanted] of cases) assert.deepEqual(applyJsonPatch(document, deepFreeze(patch)), wanted, what)
})

test('an operation that does not fit refuses the whole patch with 422', () => {
  for (const operation of [
    { op: 'test', path: '/a', value: 2 }, { op: 'test', path: '/none', value: 1 }, { op: 'remove', path: '/none' }, { op: 'add', path: '/none/deep', value: 1 }, { op: 'add', path: '/list/5', value: 1 },
    { op: 'add', path: '/list/x', value: 1 }, { op: 'replace', path: '/list/3', value: 1 }, { op: 'remove', path: '/list/-4' }, { op: 'copy', from: '/none', path: '/b' }, { op: 'move', from: '/map', path: '/map/deep/x' },
    { op: 'merge', path: '/a', value: 1 }, { op: 'add', path: 'a', value: 1 }, { op: 'remove', path: '' }, { op: 'add', path: '/a/b', value: 1 }, { op: 'copy', path: '/b' }, { op: 'add', value: 1 },
    { op: 'add', path: '', value: { z: 1 } }, { op: 'copy', from: '', path: '/b' }, { op: 'move', from: '', path: '/b' }, { op: 'copy', from: '/a', path: '' },
  ]) assert.throws(() => applyJsonPatch(document, [{ op: 'add', path: '/b', value: 1 }, operation]),
    (error) => error instanceof ApiError && error.status.code === 422 && error.message === 'the server rejected our request due to an error in our request' && error.cause instanceof Error, JSON.stringify(operation))
})

test('what is no patch is 400, and too many operations are 413', () => {
  const code = (patch: unknown) => { try { applyJsonPatch(document, patch) } catch (error) { return error instanceof ApiError ? `${error.status.code} ${error.message}` : error } return 'applied' }
  assert.equal(code({}), '400 json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  assert.equal(code(['x']), '400 json: cannot unmarshal string into Go value of type jsonpatch.Operation')
  assert.equal(code(Array(10_001).fill({ op: 'test', path: '/a', value: 1 })), '413 Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001')
  assert.equal(code([{ op: 'add', path: '/big', value: 'x'.repeat(2e6) }, { op: 'copy', from: '/big', path: '/b' }, { op: 'copy', from: '/big', path: '/c' }]), '422 the server rejected our request due to an error in our request')
})

test('a path cannot reach a prototype', () => {
  const out = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }]) as object
  assert.equal(JSON.stringify(out), '{"__proto__":{"polluted":1}}')
  assert.equal(Object.getPrototypeOf(out), Object.prototype)
  assert.throws(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/x', value: 1 }]), ApiError)
})

test('what a patch does not touch is shared, and the document never changes', () => {
  const out = applyJsonPatch(document, [{ op: 'add', path: '/a', value: 2 }]) as typeof document
  assert.equal(out.map, document.map)
  const path = fc.constantFrom('/a', '/list/0', '/list/-', '/map/deep/n', '/map/new', '/list')
  const operation = fc.record({ op: fc.constantFrom('add', 'remove', 'replace', 'copy', 'move', 'test'), path, from: path, value: fc.jsonValue({ maxDepth: 2 }) })
  fc.assert(fc.property(fc.array(operation), (patch) => { // document and patch are frozen: a change would throw a TypeError
    try { applyJsonPatch(document, deepFreeze(patch)) } catch (error) { assert.ok(error instanceof ApiError) }
  }))
})

test('why a patch does not fit is said in the words of the library that the reference uses', () => {
  for (const [operation, why] of [
    [{ op: 'add', path: '/none/deep', value: 1 }, 'add operation does not apply: doc is missing path: "/none/deep": missing value'],
    [{ op: 'remove', path: '/none' }, "error in remove for path: '/none': Unable to remove nonexistent key: none: missing value"],
    [{ op: 'remove', path: '/list/7' }, "error in remove for path: '/list/7': Unable to access invalid index: 7: invalid index referenced"],
    [{ op: 'add', path: '/list/x', value: 1 }, `error in add for path: '/list/x': value was not a proper array index: 'x': strconv.Atoi: parsing "x": invalid syntax`],
    [{ op: 'replace', path: '/none/x', value: 1 }, 'replace operation does not apply: doc is missing path: /none/x: missing value'],
    [{ op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
    [{ op: 'merge', path: '/a' }, 'Unexpected kind: merge'],
  ] as const) assert.throws(() => applyJsonPatch(document, [operation]), (error) => error instanceof ApiError && whyPatchFailed(error) === why && isFailedTest(error) === (operation.op === 'test'), why)
})
