import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LooseObject } from '#machinery'
import { columnsOf } from './columns.ts'
import { selectableOf } from './selectable.ts'
import { finalizerWarnings } from './warnings.ts'

const now = Date.UTC(2026, 0, 1), base = { apiVersion: 'x.example/v1', kind: 'Widget' }
const object = (spec: object) => ({ ...base, metadata: { name: 'w', creationTimestamp: '2025-12-31T23:58:00Z' }, spec }) as unknown as LooseObject

for (const [type, value, cell] of [
  ['string', 'a', 'a'], ['string', 5, '5'], ['string', true, 'true'], ['string', { b: 1, a: [2] }, '{"a":[2],"b":1}'], ['string', ['x', 'y'], '["x","y"]'], ['string', null, '<no value>'], ['string', '', ''],
  ['integer', 5, 5], ['integer', 5.9, 5], ['integer', '5', null], ['integer', null, null], ['number', 1.5, 1.5], ['number', '1.5', null], ['boolean', false, false], ['boolean', 'false', null],
  ['date', '2025-12-31T23:55:00Z', '5m'], ['date', '2025-12-31T23:55:00+01:00', '65m'], ['date', 'yesterday', '<invalid>'], ['date', '2025-12-31', '<invalid>'], ['date', '', '<unknown>'], ['date', 5, null],
] as const)
  test(`a cell of ${JSON.stringify(value)} as ${type}`, () => assert.equal(columnsOf([{ name: 'A', type, jsonPath: '.spec.a' }])[1]!.value(object({ a: value }), now), cell))

test('what is missing has no cell, and of several values the first is shown', () => {
  assert.equal(columnsOf([{ name: 'A', type: 'string', jsonPath: '.spec.b' }])[1]!.value(object({}), now), null)
  assert.equal(columnsOf([{ name: 'A', type: 'string', jsonPath: '.spec.l[*]' }])[1]!.value(object({ l: ['x', 'y'] }), now), 'x')
})
test('without columns there is an age; with columns there is none', () => {
  assert.deepEqual(columnsOf(undefined).map((c) => [c.name, c.value(object({}), now)]), [['Name', 'w'], ['Age', '2m']])
  const [, own] = columnsOf([{ name: 'A', type: 'string', jsonPath: '.spec.a', priority: 1, format: 'byte' }])
  assert.deepEqual([own!.name, own!.type, own!.format, own!.priority, own!.description], ['A', 'string', 'byte', 1, 'Custom resource definition column (in JSONPath format): .spec.a'])
})
test('fields to select by are strings', () => {
  const fields = selectableOf([{ jsonPath: '.spec.a' }, { jsonPath: '.spec.b.c' }])
  assert.deepEqual(Object.entries(fields).map(([name, read]) => [name, read(object({ a: 5, b: { c: true } })), read(object({}))]), [['spec.a', '5', ''], ['spec.b.c', 'true', '']])
})
test('finalizers without a domain are warned about when they are new', () => {
  const prefer = (name: string, path = '') => `metadata.finalizers: "${name}": prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`
  const having = (...finalizers: string[]) => ({ ...base, metadata: { name: 'w', finalizers } }) as LooseObject
  assert.deepEqual(finalizerWarnings(having('b', 'a.example', 'x.example/f', 'orphan')), [prefer('a.example', ' including a path (/)'), prefer('b')])
  assert.deepEqual(finalizerWarnings(having('b', 'c'), having('b')), [prefer('c')])
})
