import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as s from '../schema.ts'
import { overlaid } from './overlay.ts'

const item = s.object('Item', { name: s.required(s.string()), n: s.int() })
const schema = s.object('Thing', {
  kind: s.string(), apiVersion: s.string(),
  spec: s.object('Spec', { labels: s.map(s.string()), items: s.list(item, { listType: 'map', listKeys: ['name'] }), plain: s.list(s.string(), { listType: 'atomic' }), whole: s.atomic(s.object('Whole', { a: s.string() })), n: s.int() }),
})
const live = { spec: { labels: { a: '1' }, items: [{ name: 'x', n: 1 }, { name: 'y', n: 1 }], plain: ['a'] } }

test('a configuration is laid over an object: maps and keyed lists unite', () => {
  assert.deepEqual(overlaid(schema, live, { spec: { labels: { b: '2' }, items: [{ name: 'y', n: 2 }, { name: 'z' }], n: 3 } }),
    { spec: { labels: { a: '1', b: '2' }, items: [{ name: 'x', n: 1 }, { name: 'y', n: 2 }, { name: 'z' }], plain: ['a'], n: 3 } })
})

for (const [what, config, message] of [
  ['an atomic list', { spec: { plain: ['b'] } }, 'invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.plain'],
  ['an atomic struct', { spec: { whole: { a: 'b' } } }, 'invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.whole'],
  ['a field that is not there', { spec: { other: 1 } }, 'failed to convert patch object to typed object: .spec.other: field not declared in schema'],
  ['a wrong type', { spec: { n: 'x' } }, 'failed to convert patch object to typed object: .spec.n: expected numeric (int or float), got string'],
] as const) test(`a configuration with ${what} does not fit`, () => assert.throws(() => overlaid(schema, live, config), { message }))
