import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '#machinery'
import { WorkQueue } from './queue.ts'

/** Time that moves when told to; timers run in order. */
function handClock(): Clock & { advance(ms: number): void } {
  let now = 0
  let timers: { at: number; run: () => void }[] = []
  return {
    now: () => now,
    after(ms, run) { const timer = { at: now + ms, run }; timers.push(timer); return () => { timers = timers.filter((t) => t !== timer) } },
    advance(ms) {
      now += ms
      const due = timers.filter((t) => t.at <= now).sort((a, b) => a.at - b.at)
      timers = timers.filter((t) => t.at > now)
      for (const t of due) t.run()
    },
  }
}

test('a key added twice waits once', async () => {
  const queue = new WorkQueue(handClock())
  queue.add('a'); queue.add('a'); queue.add('b')
  assert.equal(queue.depth, 2)
  assert.deepEqual([await queue.take(), await queue.take()], ['a', 'b'])
})

test('a key is never worked on twice at the same time, and comes again when it was added meanwhile', async () => {
  const queue = new WorkQueue(handClock())
  queue.add('a')
  assert.equal(await queue.take(), 'a')
  queue.add('a')
  assert.equal(queue.depth, 0)
  const next = queue.take()
  queue.done('a')
  assert.equal(await next, 'a')
  queue.done('a')
  assert.equal(queue.quiet, true)
})

test('of several idle workers each key wakes exactly one', async () => {
  const queue = new WorkQueue(handClock())
  const taken = [queue.take(), queue.take(), queue.take()]
  queue.add('a'); queue.add('b')
  assert.deepEqual(await Promise.all(taken.slice(0, 2)), ['a', 'b'])
  queue.close()
  assert.equal(await taken[2], undefined)
})

test('failures come back after 5, 10, 20 ms and never later than 1000 s', async () => {
  const clock = handClock(), queue = new WorkQueue(clock)
  for (const ms of [5, 10, 20]) {
    queue.retry('a')
    clock.advance(ms - 1)
    assert.equal(queue.depth, 0)
    clock.advance(1)
    assert.equal(queue.depth, 1)
    queue.done((await queue.take())!)
  }
  for (let i = 0; i < 40; i++) { queue.retry('a'); clock.advance(1_000_000); queue.done((await queue.take())!) }
  queue.forget('a')
  queue.retry('a')
  clock.advance(5)
  assert.equal(queue.depth, 1)
})

test('of several delays of a key the earliest counts', () => {
  const clock = handClock(), queue = new WorkQueue(clock)
  queue.addAfter('a', 100); queue.addAfter('a', 10); queue.addAfter('a', 50)
  clock.advance(10)
  assert.equal(queue.depth, 1)
})

test('a closed queue drops what waits, takes nothing more and keeps no timer', async () => {
  const clock = handClock(), queue = new WorkQueue(clock)
  queue.add('a'); queue.addAfter('b', 5)
  queue.close()
  clock.advance(10)
  queue.add('c')
  assert.equal(await queue.take(), undefined)
  assert.equal(queue.depth, 0)
})

test('a key that rests gathers what comes and is taken once, when it has rested', async () => {
  const clock = handClock(), queue = new WorkQueue(clock)
  queue.add('a')
  assert.equal(await queue.take(), 'a')
  queue.done('a', 200)
  queue.add('a')
  queue.add('a')
  assert.equal(queue.depth, 0)
  clock.advance(199)
  assert.equal(queue.depth, 0)
  clock.advance(1)
  assert.equal(queue.depth, 1)
  assert.equal(await queue.take(), 'a')
  queue.done('a')
  assert.ok(queue.quiet)
})
