import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addSwagger } from './merge.ts'

const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
test('only what a version\'s paths reach is taken over, and names that mean something else give way', () => {
  const document = { paths: { '/api/v1/x': {} }, definitions: { Same: { type: 'string' }, Other: { type: 'integer' } } }
  addSwagger(document, {
    paths: { '/apis/g/v1/things': { get: ref('Thing') }, '/apis/g/v1beta1/things': {}, '/apis/h/v1/things': { get: ref('Unused') }, '/api/v1/x': { get: ref('Unused') } },
    definitions: { Thing: { properties: { a: ref('Same'), b: ref('Other'), c: ref('Thing') } }, Same: { type: 'string' }, Other: { type: 'boolean' }, Unused: {} },
  }, 'g', 'v1')
  assert.deepEqual(document, {
    paths: { '/api/v1/x': {}, '/apis/g/v1/things': { get: ref('Thing') } },
    definitions: { Same: { type: 'string' }, Other: { type: 'integer' }, Other_v2: { type: 'boolean' }, Thing: { properties: { a: ref('Same'), b: ref('Other_v2'), c: ref('Thing') } } },
  })
})
