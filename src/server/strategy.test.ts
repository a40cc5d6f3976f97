import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LooseObject } from '#machinery'
import { shareUnwritten } from './strategy.ts'

const object = (spec: object, status: object): LooseObject => ({ apiVersion: 'v1', kind: 'K', metadata: { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z' }, spec, status })

test('what a write of /status says again is the stored object\'s own; what it says otherwise, and what it may write, is not', () => {
  const old = object({ a: [1, { b: 2 }] }, { c: 1 }), again = object({ a: [1, { b: 2 }] }, { c: 1 }), other = object({ a: [2] }, { c: 1 })
  for (const each of [again, other]) shareUnwritten(each, old)
  assert.equal(again.spec, old.spec)
  assert.deepEqual(other.spec, { a: [2] })
  for (const each of [again, other]) assert.deepEqual([each.status === old.status, each.metadata === old.metadata], [false, false])
})
