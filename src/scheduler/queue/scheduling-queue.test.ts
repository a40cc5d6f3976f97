import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '#kinds'
import type { Plugin, Wake } from '../framework.ts'
import { unresolvable } from '../status.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

function setUp(gate: (name: string) => Plugin | undefined = () => undefined) {
  let now = 0
  const timers: { at: number; run: () => void }[] = []
  const clock = { now: () => now, after: (ms: number, run: () => void) => { const timer = { at: now + ms, run }; timers.push(timer); return () => { const i = timers.indexOf(timer); if (i >= 0) timers.splice(i, 1) } } }
  const advance = (ms: number) => {
    const end = now + ms
    for (;;) {
      const next = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      now = next.at
      timers.splice(timers.indexOf(next), 1)
      next.run()
    }
    now = end
  }
  const incoming: string[] = []
  const queue = new SchedulingQueue({ clock, incoming: (to, event) => { incoming.push(`${to} ${event}`) }, gate: (pod) => { const plugin = gate(pod.name); return plugin && { plugin, status: unresolvable('not yet') } },
    before: (a, b) => (a.pod.priority !== b.pod.priority ? a.pod.priority > b.pod.priority : a.since !== b.since ? a.since < b.since : a.order < b.order) })
  return { queue, advance, timers, incoming }
}
const pod = (name: string, priority = 0, more: object = {}) => ({ metadata: { name, uid: name, namespace: 'd', ...more }, spec: { priority, containers: [] } }) as unknown as Pod
const plugin = (name: string, ...events: Wake[]): Plugin => ({ name, events })
const fit = plugin('Fit', { on: 'AssignedPod', actions: ['Delete'] }, { on: 'Node', actions: ['Add'] }), labels = plugin('Labels', { on: 'Node', actions: ['UpdateNodeLabel'] })
const gone = { on: 'AssignedPod', action: 'Delete', old: pod('gone') } as const, relabelled = { on: 'Node', action: 'UpdateNodeLabel', now: {} as Node } as const
const takeAll = (queue: SchedulingQueue) => { const out: string[] = []; for (let e = queue.take(); e; e = queue.take()) { out.push(e.pod.name); queue.done(e) } return out.join(' ') }
const busy = (queue: SchedulingQueue, name = 'busy') => { queue.put(pod(name, 1000)) }

test('it is told which pods come into which queue, and why', () => {
  const shut = new Set(['g']), { queue, advance, incoming } = setUp((name) => (shut.has(name) ? plugin('Gate') : undefined))
  queue.put(pod('a'))
  queue.put(pod('g'))
  queue.refused(queue.take()!, new Set([fit]))
  queue.happened({ on: 'Node', action: 'Add', now: {} as Node })
  advance(1_000)
  queue.refused(queue.take()!, new Set())
  queue.activate([pod('a')])
  queue.refused(queue.take()!, new Set([fit]))
  advance(6 * 60_000)
  assert.deepEqual(incoming, ['active PodAdd', 'gated PodAdd', 'unschedulable ScheduleAttemptFailure', 'backoff NodeAdd', 'active BackoffComplete', 'backoff ScheduleAttemptFailure', 'active ForceActivate', 'unschedulable ScheduleAttemptFailure', 'active UnschedulableTimeout'])
})
test('it tells who does not want which pods, what it remembers for attempts under way, and which pods are tried for no reason', () => {
  const { queue, advance } = setUp((name) => (name === 'g' ? plugin('Gate') : undefined))
  for (const name of ['a', 'b', 'g']) queue.put(pod(name))
  for (let i = 0; i < 2; i++) queue.refused(queue.take()!, new Set([fit, labels]))
  busy(queue)
  const taken = queue.take()!
  queue.happened(gone)
  assert.deepEqual(queue.reasons, { refused: [['Fit', '', 2], ['Labels', '', 2], ['Gate', '', 1]], inFlight: new Map([['PodPopped', 1], ['AssignedPodDelete', 1]]) })
  queue.done(taken)
  assert.equal(taken.isLeftover, false)
  for (let e = queue.take(); e; e = queue.take()) queue.refused(e, new Set([labels]))
  advance(6 * 60_000)
  const late = queue.take()!
  assert.equal(late.isLeftover, true)
  queue.refused(late, new Set([fit]))
  assert.equal(late.isLeftover, false)
})
test('important pods come first, then in order of arrival', () => {
  const { queue } = setUp()
  for (const p of [pod('a'), pod('b', 5), pod('c'), pod('d', 5)]) queue.put(p)
  assert.equal(takeAll(queue), 'b d a c')
})
test('a refused pod waits for what may help it, and only for that', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set([fit]))
  queue.happened(relabelled)
  advance(60_000)
  assert.equal(takeAll(queue), '')
  queue.happened(gone)
  assert.equal(takeAll(queue), 'a')
})
test('a hint says whether a change helps this pod', () => {
  const { queue } = setUp(), only = plugin('Only', { on: 'Node', actions: ['Update'], helps: (p) => p.name === 'b' })
  for (const name of ['a', 'b']) { queue.put(pod(name)); queue.refused(queue.take()!, new Set([only])) }
  queue.happened(relabelled)
  assert.equal(takeAll(queue), 'b')
})
test('a hint that fails keeps no pod waiting', () => {
  const { queue } = setUp()
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set([plugin('Bad', { on: 'Node', actions: ['Update'], helps: () => { throw new Error('no') } })]))
  queue.happened(relabelled)
  assert.equal(takeAll(queue), 'a')
})
test('what happened while a pod was being placed is not missed', () => {
  const { queue } = setUp()
  queue.put(pod('a'))
  const taken = queue.take()!
  queue.happened(relabelled)
  queue.refused(taken, new Set([labels]))
  assert.equal(takeAll(queue), 'a')
})
test('what happened before it was taken is none of its business', () => {
  const { queue } = setUp()
  queue.put(pod('a'))
  queue.put(pod('b'))
  const first = queue.take()!
  queue.happened(relabelled)
  const second = queue.take()!
  queue.refused(second, new Set([labels]))
  assert.equal(takeAll(queue), '')
  queue.refused(first, new Set([labels]))
  assert.equal(takeAll(queue), 'a')
})
test('while there is other work, a pod sits out its backoff, longer with each refusal', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  for (const pause of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    queue.refused(queue.take()!, new Set([fit]))
    queue.happened(gone)
    busy(queue)
    assert.equal(queue.take()!.pod.name, 'busy')
    queue.remove('busy')
    assert.equal(queue.pending.backoff, 1)
    advance(pause - 1)
    assert.equal(queue.pending.active, 0)
    advance(1)
    assert.equal(queue.pending.active, 1)
  }
})
test('when there is nothing else to do, nobody sits out a backoff after a refusal', () => {
  const { queue } = setUp()
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set([fit]))
  queue.happened(gone)
  assert.deepEqual(queue.pending, { active: 0, backoff: 1, unschedulable: 0, gated: 0 })
  assert.equal(takeAll(queue), 'a')
})
test('after an error a pod is tried again later and later, in any case', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  for (const pause of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    queue.refused(queue.take()!, new Set())
    advance(pause - 1)
    assert.equal(queue.take(), undefined)
    advance(1)
    assert.ok(queue.ready)
  }
})
test('what only waits for somebody is tried at once when he has come', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set(), new Set([labels]))
  queue.happened(relabelled)
  assert.equal(queue.pending.active, 1)
  advance(0)
  assert.equal(takeAll(queue), 'a')
})
test('a pod that got a node or went away is not taken', () => {
  const { queue, timers } = setUp()
  queue.put(pod('a'))
  queue.remove('a')
  assert.equal(queue.take(), undefined)
  assert.equal(queue.size, 0)
  assert.equal(timers.length, 0)
})
test('a pod is looked at again after five minutes whatever happens', () => {
  const { queue, advance } = setUp()
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set([labels]))
  advance(5 * 60_000 - 1)
  assert.equal(takeAll(queue), '')
  advance(1)
  assert.equal(takeAll(queue), 'a')
})
test('an event that may help a pod which a gate still holds is gone through once', () => {
  let asked = 0
  const victims = plugin('Victims', { on: 'AssignedPod', actions: ['Delete'] })
  let closed = false
  const { queue } = setUp(() => { if (++asked > 10) throw new Error('the gate is asked again and again'); return closed ? victims : undefined })
  queue.put(pod('a'))
  const entry = queue.take()!
  closed = true
  queue.refused(entry, new Set([fit]))
  queue.happened(gone)
  queue.happened(gone)
  assert.deepEqual([queue.pending.gated, asked <= 10], [1, true])
  closed = false
  queue.happened(gone)
  assert.equal(takeAll(queue), 'a')
})
test('a gated pod is no attempt, and comes when its own change opens the gate', () => {
  const gates = plugin('Gates', { on: 'TargetPod', actions: ['UpdatePodLabel'] })
  let closed = true
  const { queue, advance } = setUp((name) => (name === 'a' && closed ? gates : undefined))
  queue.put(pod('a'))
  assert.deepEqual(queue.pending, { active: 0, backoff: 0, unschedulable: 0, gated: 1 })
  queue.happened(gone)
  advance(10 * 60_000)
  assert.equal(takeAll(queue), '')
  closed = false
  queue.put(pod('a', 0, { labels: { x: '1' } }))
  const taken = queue.take()
  assert.equal(taken?.attempts, 1)
})
test('a change of the pod that nothing waits for leaves it where it is', () => {
  const { queue } = setUp()
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set([fit]))
  queue.put(pod('a', 0, { labels: { x: '1' } }))
  assert.equal(takeAll(queue), '')
})
test('plugins can call pods back, also one that is being tried', () => {
  const { queue } = setUp()
  for (const name of ['a', 'b']) queue.put(pod(name))
  queue.refused(queue.take()!, new Set([labels]))
  queue.activate([pod('a')])
  const [b, a] = [queue.take()!, queue.take()!]
  assert.deepEqual([b.pod.name, a.pod.name], ['b', 'a'])
  queue.activate([pod('b')])
  queue.refused(b, new Set([labels]))
  assert.equal(takeAll(queue), 'b')
})
test('an event that helps a pod which is gated again ends', () => {
  const preempting = plugin('Preempting', { on: 'AssignedPod', actions: ['Delete'], helps: () => false })
  let closed = false
  const { queue } = setUp((name) => (name === 'a' && closed ? preempting : undefined))
  queue.put(pod('a'))
  queue.refused(queue.take()!, new Set([fit]))
  closed = true
  for (let i = 0; i < 3; i++) queue.happened(gone)
  assert.equal(queue.pending.gated, 1)
  closed = false
  queue.happened(gone)
  assert.equal(takeAll(queue), 'a')
})
