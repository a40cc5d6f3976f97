import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import type { PodEnvironment } from './environment.ts'
import { Probes } from './probes.ts'
import type { ObservedContainer } from './runtime-cache.ts'

function setUp(container: object) {
  let now = 0, answer = true, unknown = false, took = 0, told = 0
  const timers: { at: number; run: () => void }[] = [], ran: string[] = [], said: string[] = []
  const clock = { now: () => now, after: (ms: number, run: () => void) => { const t = { at: now + ms, run }; timers.push(t); return () => { const i = timers.indexOf(t); if (i >= 0) timers.splice(i, 1) } } }
  const environment = { runProbe: async (_p: unknown, _c: unknown, probe: { path?: string }) => { ran.push(`${now / 1000} ${probe.path}`); now += took; return { success: answer, output: 'no', unknown } } } as unknown as PodEnvironment
  const probes = new Probes({ clock, environment, events: { record: (_k, _o, _t, reason, message) => { said.push(`${reason}: ${message}`) } }, changed: () => { told++ } })
  const pod = { metadata: { name: 'p', uid: 'u' }, spec: { containers: [{ name: 'web', ...container }] } } as unknown as Pod
  const running = [{ id: 'c1', metadata: { name: 'web', attempt: 0 }, startedAt: 0, state: 'running' }] as unknown as ObservedContainer[]
  const turn = async (seconds: number) => {
    const until = now + seconds * 1000
    for (;;) {
      const next = timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      timers.splice(timers.indexOf(next), 1)
      now = Math.max(now, next.at)
      next.run()
      for (let i = 0; i < 5; i++) await Promise.resolve()
    }
    now = until
  }
  return { probes, pod, running, turn, ran, said, sync: () => probes.sync(pod, running, '10.0.0.1'), answer: (a: boolean) => { answer = a }, unknown: (u: boolean) => { unknown = u }, takes: (ms: number) => { took = ms }, told: () => told }
}

test('a container without probes is ready as soon as it runs', () => {
  const { probes, sync } = setUp({})
  assert.equal(probes.ready('c1'), false)
  sync()
  assert.ok(probes.started('c1') && probes.ready('c1'))
})
test('a readiness probe begins at once, and after its delay when it has one', async () => {
  for (const [delay, first] of [[0, '0'], [5, '5']] as const) {
    const t = setUp({ readinessProbe: { path: 'r', initialDelaySeconds: delay, periodSeconds: 2 } })
    t.sync()
    assert.equal(t.probes.ready('c1'), false)
    await t.turn(9)
    assert.equal(t.ran[0], `${first} r`)
    assert.ok(t.probes.ready('c1'))
  }
})
test('readiness is lost after as many failures as its threshold says, and told of', async () => {
  const t = setUp({ readinessProbe: { path: 'r', periodSeconds: 1, failureThreshold: 2 } })
  t.sync()
  await t.turn(0.5)
  t.answer(false)
  await t.turn(1)
  assert.ok(t.probes.ready('c1'))
  await t.turn(1)
  assert.equal(t.probes.ready('c1'), false)
  assert.equal(t.said[0], 'Unhealthy: Readiness probe failed: no')
  assert.equal(t.told(), 2)
})
test('a failing liveness probe makes the container unhealthy, with words for the event', async () => {
  const t = setUp({ livenessProbe: { path: 'l', periodSeconds: 1, failureThreshold: 3 } })
  t.answer(false)
  t.sync()
  await t.turn(1.5)
  assert.equal(t.probes.unhealthy('u').size, 0)
  await t.turn(1)
  assert.deepEqual([...t.probes.unhealthy('u')], [['c1', 'Container web failed liveness probe, will be restarted']])
})
test('nothing else is probed before the startup probe has passed, then at once', async () => {
  const t = setUp({ startupProbe: { path: 's', periodSeconds: 10, failureThreshold: 30 }, readinessProbe: { path: 'r', periodSeconds: 10 }, livenessProbe: { path: 'l', periodSeconds: 10 } })
  t.answer(false)
  t.sync()
  await t.turn(15)
  assert.deepEqual(t.ran, ['0 s', '10 s'])
  assert.equal(t.probes.started('c1'), false)
  t.answer(true)
  await t.turn(5)
  assert.deepEqual(t.ran.slice(2), ['20 s', '20 r', '20 l'])
  assert.ok(t.probes.ready('c1'))
})
test('a container that has ended is probed no more', async () => {
  const t = setUp({ livenessProbe: { path: 'l', periodSeconds: 1 } })
  t.sync()
  await t.turn(0)
  t.probes.sync(t.pod, [], '')
  await t.turn(10)
  assert.deepEqual(t.ran, ['0 l'])
})
test('an agent that starts anew believes what was last told of a container that ran on', () => {
  const t = setUp({ readinessProbe: { path: 'r' } })
  Object.assign(t.pod, { status: { containerStatuses: [{ name: 'web', containerID: 'containerd://c1', ready: true, started: true }] } })
  t.sync()
  assert.ok(t.probes.ready('c1'))
})
test('a container that is to be restarted is probed no more, and told of once', async () => {
  const t = setUp({ livenessProbe: { path: 'l', periodSeconds: 1, failureThreshold: 1 } })
  t.answer(false)
  t.sync()
  await t.turn(10)
  assert.deepEqual(t.ran, ['0 l'])
  assert.equal(t.told(), 1)
})
test('a probe that could not be tried changes nothing', async () => {
  const t = setUp({ livenessProbe: { path: 'l', periodSeconds: 1, failureThreshold: 1 } })
  t.answer(false)
  t.unknown(true)
  t.sync()
  await t.turn(2)
  assert.equal(t.probes.unhealthy('u').size, 0)
  assert.equal(t.said[0], 'Unhealthy: Liveness probe errored and resulted in unknown state: no')
  assert.equal(t.ran.length, 3)
})
test('the period counts from the beginning of a probe', async () => {
  const t = setUp({ readinessProbe: { path: 'r', periodSeconds: 10 } })
  t.takes(4_000)
  t.sync()
  await t.turn(21)
  assert.deepEqual(t.ran, ['0 r', '10 r', '20 r'])
})
test('after the startup probe the others still wait for their delay', async () => {
  const t = setUp({ startupProbe: { path: 's', periodSeconds: 1 }, livenessProbe: { path: 'l', initialDelaySeconds: 5, periodSeconds: 10 } })
  t.sync()
  await t.turn(6)
  assert.deepEqual(t.ran, ['0 s', '5 l'])
})
test('a container that had started before the agent did needs no startup probe again', async () => {
  const t = setUp({ startupProbe: { path: 's', periodSeconds: 1 }, livenessProbe: { path: 'l', periodSeconds: 10 } })
  Object.assign(t.pod, { status: { containerStatuses: [{ name: 'web', containerID: 'containerd://c1', started: true }] } })
  t.sync()
  await t.turn(5)
  assert.ok(t.probes.started('c1'))
  assert.deepEqual(t.ran, ['0 l'])
})
test('a pod that ends is asked for its readiness only', async () => {
  const t = setUp({ readinessProbe: { path: 'r', periodSeconds: 1 }, livenessProbe: { path: 'l', periodSeconds: 1 } })
  t.sync()
  await t.turn(0)
  t.probes.leaving('u')
  await t.turn(1)
  assert.deepEqual(t.ran, ['0 r', '0 l', '1 r'])
})
test('probes are counted by their result until the pod is gone, but for those that say nothing', async () => {
  const t = setUp({ readinessProbe: { path: 'r', periodSeconds: 1 } })
  t.takes(30)
  t.sync()
  await t.turn(1.5)
  t.answer(false)
  await t.turn(1)
  t.unknown(true)
  await t.turn(1)
  const [count, ...others] = t.probes.counts.all()
  assert.deepEqual([count?.sort, count?.container, count?.succeeded, count?.failed, count?.seconds, count?.within.slice(2, 5)], ['Readiness', 'web', 2, 1, 0.06, [0, 2, 2]])
  assert.equal(others.length, 0)
  t.probes.forgetPod('u')
  assert.deepEqual(t.probes.counts.all(), [])
})
