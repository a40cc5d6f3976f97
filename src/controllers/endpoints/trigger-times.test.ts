import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, Service } from '#kinds'
import { TriggerTimes, withTrigger } from './trigger-times.ts'

const at = (second: number) => `2030-01-01T00:00:${String(second).padStart(2, '0')}Z`
const service = { metadata: { namespace: 'd', name: 's', creationTimestamp: at(5) } } as Service // allowed: a test says only what matters to it
const pod = (name: string, second?: number) => ({ metadata: { name }, status: { conditions: second === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: at(second) }] } }) as unknown as Pod // allowed: as above

test('the eldest change since the last look is told; a new service counts from its creation', () => {
  const times = new TriggerTimes()
  assert.equal(times.changed(service, [pod('a', 1), pod('b', 9)]), at(5))
  assert.equal(times.changed(service, [pod('a', 1), pod('b', 9)]), undefined)
  assert.equal(times.changed(service, [pod('a', 12), pod('b', 11), pod('c')]), at(11))
  assert.equal(times.changed(service, [pod('a', 12)]), undefined)
  assert.equal(times.changed(service, [pod('a', 12), pod('b', 11)]), at(11))
  times.forget(service.metadata)
  assert.equal(times.changed(service, []), at(5))
})
test('what nobody dates has no moment', () => {
  assert.deepEqual(withTrigger({ a: 'b', 'endpoints.kubernetes.io/last-change-trigger-time': at(1) }, undefined), { a: 'b' })
  assert.deepEqual(withTrigger(undefined, at(2)), { 'endpoints.kubernetes.io/last-change-trigger-time': at(2) })
})
