import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkQueue } from '#client'
import { HandClock } from '../contract-kit.ts'
import { Metrics } from './metrics.ts'
import { workQueueMetrics } from './work-queues.ts'

test('a queue is counted: what was added, waits, is under way, and took so long', async () => {
  const clock = new HandClock(), metrics = new Metrics(), queue = new WorkQueue(clock, workQueueMetrics(metrics, clock)('job'))
  const shown = () => Object.fromEntries([...metrics.text().matchAll(/^workqueue_(\w+)\{name="job"\} (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]))
  queue.add('a')
  queue.add('b')
  clock.pass(2000)
  assert.equal(await queue.take(), 'a')
  clock.pass(500)
  assert.partialDeepStrictEqual(shown(), { adds_total: 2, depth: 1, unfinished_work_seconds: 0.5, longest_running_processor_seconds: 0.5, queue_duration_seconds_sum: 2, work_duration_seconds_count: 0 })
  queue.retry('a')
  queue.done('a')
  assert.equal(await queue.take(), 'b')
  queue.done('b')
  assert.partialDeepStrictEqual(shown(), { depth: 0, retries_total: 1, unfinished_work_seconds: 0, longest_running_processor_seconds: 0, work_duration_seconds_count: 2, work_duration_seconds_sum: 0.5 })
  const waiting = queue.take()
  queue.add('c')
  assert.equal(await waiting, 'c')
  assert.partialDeepStrictEqual(shown(), { adds_total: 3, depth: 0, queue_duration_seconds_count: 3 })
})
