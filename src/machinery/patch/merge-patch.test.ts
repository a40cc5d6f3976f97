import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../same.ts'
import { applyMergePatch, mergePatchBetween } from './merge-patch.ts'

test('the examples of RFC 7386', () => {
  const cases: [document: unknown, patch: unknown, wanted: unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }], [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }], [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a', 'b'], ['c', 'd'], ['c', 'd']], [{ a: 'b' }, ['c'], ['c']], [{ a: 'foo' }, null, null], [{ a: 'foo' }, 'bar', 'bar'], [{ e: null }, { a: 1 }, { e: null, a: 1 }], [[1, 2], { a: 'b', c: null }, { a: 'b' }], [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [document, patch, wanted] of cases) assert.deepEqual(applyMergePatch(deepFreeze(document), deepFreeze(patch)), wanted, JSON.stringify(patch))
})

test('nulls in objects that are new, or that take the place of what is no object, are gone, also inside lists', () => {
  const cases: [document: unknown, patch: unknown, wanted: unknown][] = [
    [{}, { l: [{ a: null, b: 1 }, null, [{ c: null }]] }, { l: [{ b: 1 }, null, [{}]] }],
    [{ l: [1] }, { l: [{ a: null, b: 1 }] }, { l: [{ b: 1 }] }],
    [{ l: 'x' }, { l: { a: null, m: [{ d: null }] } }, { l: { m: [{}] } }],
    [{ l: { x: 1 } }, { l: [{ a: null }] }, { l: [{ a: null }] }], // a list in the place of an object comes as it is
  ]
  for (const [document, patch, wanted] of cases) assert.deepEqual(applyMergePatch(deepFreeze(document), deepFreeze(patch)), wanted, JSON.stringify(patch))
})

test('keys of user data cannot reach a prototype', () => {
  const out = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}')) as Record<string, unknown>
  assert.equal(JSON.stringify(out), '{"__proto__":{"polluted":1}}')
  assert.equal(Object.getPrototypeOf(out), Object.prototype)
})

const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.nat(3), fc.boolean(), fc.constantFrom('x', 'y'), fc.array(fc.nat(2), { maxLength: 2 }), tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
}))
test('the patch between two objects makes the second of the first', () => {
  fc.assert(fc.property(json.object, json.object, (from, to) => {
    const patch = mergePatchBetween(from, to)
    assert.equal(JSON.stringify(sorted(patch === undefined ? from : applyMergePatch(from, patch))), JSON.stringify(sorted(to)))
  }))
})
const sorted = (value: unknown): unknown => typeof value !== 'object' || value === null || Array.isArray(value) ? value : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)])
