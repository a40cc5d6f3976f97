// Seats and queues of one level, on a clock turned by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { PriorityLevelConfiguration } from '#kinds'
import { HandClock } from '../contract-kit.ts'
import { PriorityLevel, Refused, type Asked, type Ticket } from './level.ts'
import { flowHash } from './shuffle.ts'

function bench(queuing: { queues: number; handSize: number; queueLengthLimit: number } | undefined, limit: number) {
  const clock = new HandClock()
  const configuration = { metadata: { name: 'l' }, spec: { type: 'Limited', limited: { limitResponse: queuing ? { type: 'Queue', queuing } : { type: 'Reject' } } } } as unknown as PriorityLevelConfiguration // allowed: what a level reads of it
  const level = new PriorityLevel(configuration, { clock, now: () => clock.now(), waitMs: 15_000 })
  level.limit = limit
  const gone: (() => void)[] = [], tooWide: string[] = []
  const ask = (flow: string, width = { seats: 1, extraMs: 0 }): Asked =>
    ({ schema: 's', distinguisher: flow, width, hash: () => flowHash('s', flow), about: undefined, arrived: clock.now(), notAccommodated() { tooWide.push(flow) }, joined() {}, onGone: (run) => { gone.push(run) } })
  const refusal = (run: () => unknown): string => { try { run(); return '' } catch (error) { return (error as Refused).reason } }
  return { clock, level, ask, gone, tooWide, refusal }
}
const queued = { queues: 16, handSize: 2, queueLengthLimit: 3 }

test('without queues there are seats or there are none', () => {
  const { level, ask, refusal } = bench(undefined, 2)
  const first = level.enter(ask('a')) as Ticket
  level.enter(ask('a'))
  assert.equal(refusal(() => level.enter(ask('b'))), 'concurrency-limit')
  first.leave()
  first.leave()
  assert.equal(level.seats, 1)
  level.enter(ask('b'))
})

test('a flow that asks much waits for itself, others have their turn', async () => {
  const { level, ask, clock } = bench({ ...queued, queueLengthLimit: 100 }, 1)
  const order: string[] = []
  const enter = async (flow: string) => { const ticket = await level.enter(ask(flow)); order.push(flow); clock.pass(10); ticket.leave() }
  const running = level.enter(ask('greedy')) as Ticket
  const all = [...Array.from({ length: 20 }, () => enter('greedy')), enter('modest'), enter('other')]
  running.leave()
  await Promise.all(all)
  assert.ok(order.indexOf('modest') <= 3 && order.indexOf('other') <= 3, order.join())
  assert.ok(level.isIdle)
})

test('a full queue refuses, a long wait ends, and whoever goes gives up his place', async () => {
  const { level, ask, clock, gone, refusal } = bench({ ...queued, queues: 1, handSize: 1 }, 1)
  const running = level.enter(ask('a')) as Ticket
  const late = assert.rejects(level.enter(ask('a')) as Promise<Ticket>, { reason: 'time-out' })
  clock.pass(10_000)
  const left = assert.rejects(level.enter(ask('a')) as Promise<Ticket>, { reason: 'cancelled' })
  const lucky = level.enter(ask('a')) as Promise<Ticket>
  assert.equal(refusal(() => level.enter(ask('a'))), 'queue-full')
  gone.at(-2)!()
  clock.pass(5_000)
  await Promise.all([late, left])
  assert.equal(level.waiting, 1)
  running.leave()
  ;(await lucky).leave()
  assert.deepEqual([level.isIdle, level.tally], [true, { dispatched: 2, rejected: 1, timedOut: 1, cancelled: 1 }])
})

test('a wide request waits until there is room, or until it is alone', async () => {
  const { level, ask, tooWide: notFound } = bench(queued, 4)
  const [one, two] = [level.enter(ask('a')) as Ticket, level.enter(ask('b')) as Ticket]
  const wide = level.enter(ask('c', { seats: 3, extraMs: 0 })) as Promise<Ticket>
  const tooWide = level.enter(ask('d', { seats: 9, extraMs: 0 })) as Promise<Ticket>
  one.leave()
  const ticket = await wide
  assert.equal(level.seats, 4)
  assert.deepEqual([...new Set(notFound)].sort(), ['c', 'd'])
  assert.ok(level.dispatched && level.dispatched.r >= level.dispatched.s)
  ticket.leave()
  await turn()
  assert.equal(level.waiting, 1)
  two.leave()
  ;(await tooWide).leave()
  assert.ok(level.isIdle)
})

test('seats are held a little longer where the consequences last', () => {
  const { level, ask, clock } = bench(queued, 4)
  const ticket = level.enter(ask('a', { seats: 2, extraMs: 25 })) as Ticket
  ticket.leave()
  assert.equal(level.seats, 2)
  clock.pass(25)
  assert.equal(level.seats, 0)
})

test('more seats let waiting requests in', async () => {
  const { level, ask } = bench(queued, 1)
  level.enter(ask('a'))
  const waiting = level.enter(ask('b')) as Promise<Ticket>
  level.limit = 2
  assert.ok(await waiting)
})
