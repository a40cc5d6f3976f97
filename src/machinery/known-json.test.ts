import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addJson, leaveJson } from './known-json.ts'

function taken(value: unknown, certain?: boolean): string | undefined {
  const parts: string[] = []
  return addJson(parts, value, certain) ? parts.join('') : undefined
}

test('what was left is taken once', () => {
  const value = { a: 1 }
  leaveJson(value, ['{"a": 1}'])
  assert.deepEqual([taken(value), taken(value)], ['{"a": 1}', '{"a":1}'])
})
test('pieces have the same text between them', () => {
  const value = { a: 'x', b: 'x' }
  leaveJson(value, ['{"a":', ',"b":', '}'], '"x"')
  assert.equal(taken(value, true), '{"a":"x","b":"x"}')
})
test('of what nobody left anything, the JSON is made', () => {
  assert.deepEqual([null, 'a', undefined, [1]].map((value) => taken(value)), ['null', '"a"', undefined, '[1]'])
})
test('a value that was changed after all is found out by those who want to be certain', () => {
  const value = { a: 1 }
  leaveJson(value, ['{"a":1}'])
  value.a = 2
  assert.throws(() => taken(value, true), /a value was changed after its JSON had been left: \{"a":1\} is now \{"a":2\}/)
})
test('of many values the last are remembered', () => {
  const left = Array.from({ length: 70 }, (_, i) => ({ i }))
  for (const value of left) leaveJson(value, [`{"left":${value.i}}`])
  assert.deepEqual([0, 5, 6, 69].map((i) => taken(left[i])), ['{"i":0}', '{"i":5}', '{"left":6}', '{"left":69}'])
})
test('what is left twice is as it was left last', () => {
  const value = { a: 1 }
  leaveJson(value, ['before'])
  leaveJson(value, ['now'])
  assert.equal(taken(value), 'now')
})
