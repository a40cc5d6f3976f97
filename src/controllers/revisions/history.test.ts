import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataOf } from './history.ts'

test('a revision keeps its template as the bytes that the reference makes of it', () => {
  assert.equal(JSON.stringify(dataOf({ metadata: { labels: { b: '1', a: '2' } }, spec: { containers: [{ name: 'c', image: 'i' }] } })),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"image":"i","name":"c"}]}}}}')
})
