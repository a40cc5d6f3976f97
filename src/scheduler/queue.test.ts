import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { SchedulingQueue } from './queue.ts'
import { nodeResourcesFit } from './plugins/node-resources-fit.ts'
import { nodeAffinity } from './plugins/node-affinity.ts'

function setUp() {
  let now = 0
  const timers: { at: number; run: () => void }[] = []
  const clock = { now: () => now, after: (ms: number, run: () => void) => { const timer = { at: now + ms, run }; timers.push(timer); return () => { const i = timers.indexOf(timer); if (i >= 0) timers.splice(i, 1) } } }
  const advance = (ms: number) => { now += ms; for (const t of timers.filter((x) => x.at <= now)) { timers.splice(timers.indexOf(t), 1); t.run() } }
  return { queue: new SchedulingQueue(clock), advance }
}
const pod = (name: string, priority = 0) => ({ metadata: { name, uid: name }, spec: { priority, containers: [] } }) as unknown as Pod
const takeAll = (queue: SchedulingQueue) => { const out: string[] = []; for (let p = queue.take(); p; p = queue.take()) out.push(p.metadata.name); return out.join(' ') }

test('important pods come first, then in order of arrival', () => {
  const { queue } = setUp()
  for (const p of [pod('a'), pod('b', 5), pod('c'), pod('d', 5)]) queue.put(p)
  assert.equal(takeAll(queue), 'b d a c')
})
test('a refused pod waits for what may help it, and only for that', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  queue.wait(queue.take()!, new Set([nodeResourcesFit]))
  queue.happened('node-labels')
  advance(60_000)
  assert.equal(takeAll(queue), '')
  queue.happened('pod-gone')
  advance(1_000)
  assert.equal(takeAll(queue), 'a')
})
test('what happened while a pod was being placed is not missed', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  const taken = queue.take()!
  queue.happened('node-labels')
  queue.wait(taken, new Set([nodeAffinity]))
  assert.equal(takeAll(queue), '')
  advance(1_000)
  assert.equal(takeAll(queue), 'a')
})
test('a failing bind is tried again later and later', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  for (const pause of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    queue.retry(queue.take()!)
    advance(pause - 1)
    assert.equal(queue.take(), undefined)
    advance(1)
    assert.ok(queue.ready)
  }
})
test('a pod that got a node or went away is not taken', () => {
  const { queue } = setUp()
  queue.put(pod('a'))
  queue.remove('a')
  assert.equal(queue.take(), undefined)
  assert.equal(queue.size, 0)
})
test('a pod is looked at again after five minutes whatever happens', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  queue.wait(queue.take()!, new Set())
  advance(5 * 60_000)
  assert.equal(takeAll(queue), 'a')
})
