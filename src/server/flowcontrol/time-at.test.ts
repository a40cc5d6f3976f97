import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../metrics/metrics.ts'
import { TimeAt } from './time-at.ts'

test('each value weighs as much as it lasted, as a share of the whole', () => {
  const at = new TimeAt(0), seen = new Histogram([0, 0.5, 1])
  at.set(2, 10)
  at.set(2, 12)
  at.set(6, 15)
  at.tell(seen, 4, 16)
  assert.deepEqual([[...seen.counts], seen.sum], [[10e6, 5e6, 0, 1e6], 0.5 * 5e6 + 1.5 * 1e6])
  at.tell(seen, 12, 18)
  assert.deepEqual([...seen.counts], [10e6, 7e6, 0, 1e6])
})
