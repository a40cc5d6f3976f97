import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsBetween, written } from '../as-written.ts'
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
const eventTime = '2026-01-01T00:00:00.000000Z'
const fresh = (more: object = {}) => ({ ...written(event, { metadata: { name: 'e', namespace: 'n' }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'n' }, reason: 'R', action: 'A', type: 'Normal', eventTime,
  reportingComponent: 'k', reportingInstance: 'i' }), ...more })
const said = (now: object, old?: object) => (old ? problemsBetween(newer.rules!, now, old) : newer.rules!.validate!(now).map((e) => `${e.field}: ${e.message}`))
test('a new event says when it was, and what it is of', () => {
  assert.deepEqual(said(fresh()), [])
  assert.deepEqual(said(fresh({ type: 'Odd', count: 1, series: { count: 1, lastObservedTime: null }, source: { host: 'h' }, firstTimestamp: '2026-01-01T00:00:00Z' })), [
    'series.count: Invalid value: "": should be at least 2', 'series.lastObservedTime: Required value', 'type: Invalid value: "": has invalid value: Odd', 'firstTimestamp: Invalid value: "": needs to be unset',
    'count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset'])
})
test('of a new event only the series goes on', () => {
  assert.deepEqual(said(fresh({ series: { count: 2, lastObservedTime: eventTime } }), fresh()), [])
  assert.deepEqual(said(fresh({ involvedObject: { kind: 'Pod', name: 'q', namespace: 'n' }, reason: 'S', count: 2, source: { host: 'h' } }), fresh({ count: 1 })), [
    'involvedObject: Invalid value: {"Kind":"Pod","Namespace":"n","Name":"q","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable', 'reason: Invalid value: "S": field is immutable',
    'source: Invalid value: {"Component":"","Host":"h"}: field is immutable', 'count: Invalid value: 2: field is immutable', 'reason: Invalid value: "S": field is immutable'])
})
test('both versions select by their own names of the fields', () => {
  assert.equal(event.selectable['involvedObject.name']!(stored()), 'p')
  assert.equal(newer.selectable!['regarding.name']!(stored()), 'p')
  assert.equal('involvedObject.name' in newer.selectable!, false)
})
test('what a new event says is counted in bytes', () => {
  assert.deepEqual(said(fresh({ message: 'é'.repeat(512), action: 'é'.repeat(64) })), [])
  assert.deepEqual(said(fresh({ message: 'é'.repeat(513), action: 'é'.repeat(65) })),
    ['action: Invalid value: "": can have at most 128 characters', 'message: Invalid value: "": can have at most 1024 characters'])
})
