import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { differenceOf, intersectionOf, isFieldSet, isNoFields, noFields, sortSteps, unionOf, withoutPath, type FieldSet } from './set.ts'

/** A set from its members, each a list of steps. */
const of = (...members: string[][]): FieldSet => members.reduce<FieldSet>((set, member) => unionOf(set, member.reduceRight<FieldSet>((node, step) => ({ [step]: node }), {})), noFields)
/** Members as text. */
function membersOf(set: FieldSet): string[] {
  const walk = (node: FieldSet, path: string): string[] => {
    const below = Object.keys(node).filter((step) => step !== '.')
    return [...(path && ('.' in node || !below.length) ? [path] : []), ...below.flatMap((step) => walk(node[step]!, `${path}/${step}`))]
  }
  return walk(set, '').sort()
}

test('sets unite, intersect and subtract by member, not by branch', () => {
  const both = of(['f:a'], ['f:a', 'f:b'], ['f:c', 'f:d'])
  assert.deepEqual(both, { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': { 'f:d': {} } })
  assert.deepEqual(differenceOf(both, of(['f:a'])), { 'f:a': { 'f:b': {} }, 'f:c': { 'f:d': {} } })
  assert.deepEqual(differenceOf(both, of(['f:a', 'f:b'])), { 'f:a': {}, 'f:c': { 'f:d': {} } })
  assert.deepEqual(differenceOf(both, of(['f:c', 'f:d'], ['f:a', 'f:b'], ['f:a'])), {})
  assert.deepEqual(intersectionOf(both, of(['f:c'], ['f:a'])), { 'f:a': {} })
  assert.deepEqual(withoutPath(both, ['a']), { 'f:c': { 'f:d': {} } })
  assert.deepEqual(withoutPath(both, ['c', 'd']), { 'f:a': { '.': {}, 'f:b': {} } })
})

test('steps are sorted: fields, keys, values, places; numbers by size', () => {
  assert.deepEqual(sortSteps(['i:0', 'v:"b"', 'v:"a"', 'k:{"port":443}', 'k:{"port":80}', 'f:b', 'f:a', 'k:{"name":"x"}']), ['f:a', 'f:b', 'k:{"name":"x"}', 'k:{"port":80}', 'k:{"port":443}', 'v:"a"', 'v:"b"', 'i:0'])
})

test('only trees of steps are sets', () => {
  for (const good of [{}, { '.': {}, 'f:a': { 'k:{"n":1}': {} } }]) assert.ok(isFieldSet(good))
  for (const bad of [null, [], 'x', { a: {} }, { 'f:a': 1 }, { 'f:a': [] }]) assert.ok(!isFieldSet(bad))
})

test('the algebra agrees with sets of paths', () => {
  const step = fc.constantFrom('f:a', 'f:b', 'k:{"n":1}')
  const set = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 6 }).map((members) => of(...members))
  fc.assert(fc.property(set, set, (x, y) => {
    const a = new Set(membersOf(x)), b = new Set(membersOf(y))
    assert.deepEqual(membersOf(unionOf(x, y)), [...a.union(b)].sort())
    assert.deepEqual(membersOf(intersectionOf(x, y)), [...a.intersection(b)].sort())
    assert.deepEqual(membersOf(differenceOf(x, y)), [...a.difference(b)].sort())
    assert.ok(isNoFields(differenceOf(x, x)))
    assert.equal(unionOf(x, x), x)
    for (const out of [unionOf(x, y), differenceOf(x, y), intersectionOf(x, y)]) assert.ok(isFieldSet(out))
  }))
})
