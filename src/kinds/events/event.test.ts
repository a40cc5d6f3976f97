import assert from 'node:assert/strict'
import { test } from 'node:test'
import { written } from '../as-written.ts'
import { event } from '../core/event.ts'

const newer = event.alsoServedAs[0]!
const stored = () => written(event, { metadata: { name: 'e', namespace: 'n' }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'n' }, reason: 'R', message: 'm', type: 'Normal', count: 3,
  firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:05:00Z', source: { component: 'kubelet', host: 'h' }, reportingComponent: 'k', reportingInstance: 'i' })

test('an event of the core group, read as events.k8s.io/v1', () => {
  const { regarding, note, deprecatedCount, deprecatedSource, deprecatedFirstTimestamp, reportingController, reportingInstance, reason } = newer.to(stored())
  assert.deepEqual({ regarding, note, deprecatedCount, deprecatedSource, deprecatedFirstTimestamp, reportingController, reportingInstance, reason }, {
    regarding: { kind: 'Pod', name: 'p', namespace: 'n' }, note: 'm', deprecatedCount: 3, deprecatedSource: { component: 'kubelet', host: 'h' }, deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
    reportingController: 'k', reportingInstance: 'i', reason: 'R',
  })
})
test('there and back nothing is lost', () => {
  const one = stored()
  assert.deepEqual({ ...newer.from(newer.to(one)), kind: 'Event' }, one)
})
test('both versions select by their own names of the fields', () => {
  assert.equal(event.selectable['involvedObject.name']!(stored()), 'p')
  assert.equal(newer.selectable!['regarding.name']!(stored()), 'p')
  assert.equal('involvedObject.name' in newer.selectable!, false)
})
