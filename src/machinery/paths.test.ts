import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { goPrint } from './go-print.ts'
import { fnv32a, hashOf, safeEncode } from './hash.ts'
import { getPath, parsePath, PathError, setPath } from './paths.ts'
import { copy, same } from './same.ts'

test('values are found by their path', () => {
  const object = { spec: { replicas: 3, 'a.b/c': 'x', list: [{ n: 1 }, { n: 2 }] }, status: null }
  for (const [path, value] of [['.spec.replicas', 3], ['spec.replicas', 3], [".spec['a.b/c']", 'x'], ['.spec["a.b/c"]', 'x'], ['.spec.list[1].n', 2], ['.spec.none.deep', undefined], ['.status.x', undefined], ['.spec.constructor', undefined]] as const)
    assert.equal(getPath(object, path), value, path)
  assert.throws(() => parsePath('.spec['), PathError)
})

test('setting a value shares what lies beside it', () => {
  const object = { spec: { replicas: 3, list: [1, 2] }, status: {} }
  const changed = setPath(object, '.spec.replicas', 5)
  assert.deepEqual(changed, { spec: { replicas: 5, list: [1, 2] }, status: {} })
  assert.equal(changed.status, object.status)
  assert.equal(object.spec.replicas, 3)
  assert.deepEqual(setPath({}, '.a.b', 1), { a: { b: 1 } })
  assert.deepEqual(setPath({ a: { b: 1, c: 2 } }, '.a.b', undefined), { a: { c: 2 } })
})

test('hashes are stable, whatever the order of keys', () => {
  assert.equal(fnv32a(''), 2166136261)
  assert.equal(fnv32a('foobar'), 0xbf9cf968)
  assert.equal(safeEncode('0123456789'), '456789bcdf')
  assert.equal(hashOf({ a: 1, b: [2, { c: null }] }), hashOf({ b: [2, {}], a: 1, d: undefined }))
  assert.notEqual(hashOf({ a: 1 }), hashOf({ a: 2 }))
  assert.match(hashOf({}), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
})

test('values print as Go prints them', () => {
  for (const [value, text] of [[{ b: 1, a: ['x', null, true] }, 'map[a:[x <nil> true] b:1]'], [{}, 'map[]'], [[], '[]'], [1.5, '1.5'], [1e21, '1e+21'], [1e-7, '1e-07'], [3000000000, '3000000000']] as const)
    assert.equal(goPrint(value), text)
})

test('a copy is the same and shares nothing, even where keys name prototypes', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => { assert.ok(same(copy(value), value)) }))
  const odd = JSON.parse('{"__proto__":{"x":1}}') as object
  assert.equal(JSON.stringify(copy(odd)), '{"__proto__":{"x":1}}')
})
