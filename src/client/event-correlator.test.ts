import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventCorrelator } from './event-correlator.ts'

test('what says nothing any more is forgotten: groups after ten minutes, buckets when they are full again', () => {
  let now = 0
  const correlator = new EventCorrelator({ now: () => now, after: () => () => {} })
  for (let i = 0; i < 100; i++) correlator.correlate(`pod ${i}`, 'Normal', 'Pulled', 'pulled')
  for (let i = 0; i < 3; i++) correlator.correlate('busy', 'Normal', 'Pulled', `pulled ${i}`)
  assert.deepEqual(correlator.remembered, { events: 103, groups: 101, buckets: 101 })
  now += 300_001 // one token more: all are full but the busy one's
  correlator.correlate('other', 'Normal', 'Pulled', 'pulled')
  assert.deepEqual(correlator.remembered, { events: 104, groups: 102, buckets: 2 })
  now += 600_001
  correlator.correlate('other', 'Normal', 'Pulled', 'pulled')
  assert.deepEqual(correlator.remembered, { events: 104, groups: 1, buckets: 1 })
})

test('of an object that is gone nothing is remembered, of others everything', () => {
  const correlator = new EventCorrelator({ now: () => 0, after: () => () => {} })
  for (const object of ['pod a\0container 1', 'pod a\0container 2', 'pod b\0container 1']) for (const reason of ['Pulled', 'Started']) correlator.correlate(object, 'Normal', reason, 'x')
  correlator.forget('pod a\0')
  assert.deepEqual(correlator.remembered, { events: 2, groups: 2, buckets: 1 })
})
