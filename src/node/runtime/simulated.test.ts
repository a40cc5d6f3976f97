import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '#machinery'
import { runtimeContract } from './runtime.contract.ts'
import type { PodSandboxConfig, StringMap } from './runtime.ts'
import { fullImageName } from './image-name.ts'
import { SimulatedRuntime } from './simulated.ts'
import { containerTypeAnnotation } from './simulated-pod.ts'

/** A clock that stands until it is turned. */
class HandClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z')
  timers: { at: number; run: () => void }[] = []
  now(): number { return this.#now }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.timers.push(timer)
    return () => { this.timers = this.timers.filter((other) => other !== timer) }
  }
  async turn(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await new Promise(setImmediate)
      const next = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = until
    await new Promise(setImmediate)
  }
}

const podOf = (name: string, annotations: StringMap = {}, labels: StringMap = {}): PodSandboxConfig => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 }, hostname: name, logDirectory: '/logs', labels: { app: name, ...labels }, annotations,
})

runtimeContract('simulated', async () => {
  const clock = new HandClock()
  const runtime = new SimulatedRuntime({ clock, podCidrs: () => ['10.244.1.0/24'] })
  const image = 'localhost/any:1'
  await runtime.pullImage(image)
  return {
    runtime, image,
    play(name, act) {
      const annotations: Record<string, string> = {}
      if (act.runFor !== undefined) annotations['proa.dev/run-for'] = `${act.runFor}ms`
      if (act.exitCode !== undefined) annotations['proa.dev/exit-code'] = String(act.exitCode)
      if (act.log !== undefined) annotations['proa.dev/log'] = act.log
      if (act.execOutput !== undefined) annotations['proa.dev/exec-output'] = act.execOutput
      if (act.execExitCode !== undefined) annotations['proa.dev/exec-exit-code'] = String(act.execExitCode)
      if (act.broken) annotations['proa.dev/fail'] = 'start'
      return { pod: podOf(name, annotations), container: { metadata: { name: 'main', attempt: 0 }, image }, execCommand: ['anything'] }
    },
    async until(condition) {
      for (let i = 0; !condition() && i < 100; i++) await clock.turn(10)
      assert.ok(condition(), 'it did not come to pass within a second')
    },
    close: async () => runtime.close(),
  }
})

async function start(clock: HandClock, pod: PodSandboxConfig, annotations: StringMap = {}) {
  const runtime = new SimulatedRuntime({ clock, podCidrs: () => ['10.244.1.0/30'] })
  await runtime.pullImage('any')
  const sandboxId = await runtime.runPodSandbox(pod)
  const id = await runtime.createContainer(sandboxId, { metadata: { name: 'main', attempt: 0 }, image: 'any', annotations }, pod)
  return { runtime, sandboxId, id, started: runtime.startContainer(id) }
}

const lives: readonly [string, PodSandboxConfig, StringMap, number | 'forever'][] = [
  ['a container that says nothing runs for ever', podOf('a'), {}, 'forever'],
  ['an init container that says nothing ends at once', podOf('a'), { [containerTypeAnnotation]: 'init' }, 0],
  ['a pod of a Job ends after a second', podOf('a', {}, { 'batch.kubernetes.io/job-name': 'j' }), {}, 1000],
  ['a container runs as long as its pod says', podOf('a', { 'proa.dev/run-for': '1m' }), {}, 60_000],
  ['a container runs as long as its pod says of it', podOf('a', { 'proa.dev/run-for': '1m', 'main.proa.dev/run-for': '2s' }), {}, 2000],
  ['a time that cannot be read counts for nothing', podOf('a', { 'proa.dev/run-for': 'soon' }), {}, 'forever'],
]
for (const [what, pod, annotations, life] of lives) {
  test(`simulated: ${what}`, async () => {
    const clock = new HandClock()
    const { runtime, id } = await start(clock, pod, annotations)
    assert.equal(clock.timers.length, life === 'forever' ? 0 : 1)
    await clock.turn(life === 'forever' ? 1e9 : Math.max(0, life - 1))
    assert.equal((await runtime.containerStatus(id)).state, life === 0 ? 'exited' : 'running')
    await clock.turn(1)
    assert.equal((await runtime.containerStatus(id)).state, life === 'forever' ? 'running' : 'exited')
  })
}

test('simulated: starting takes its time, and probes fail until it is ready and after it is not', async () => {
  const clock = new HandClock()
  const { runtime, id, started } = await start(clock, podOf('p', { 'proa.dev/start-after': '3s', 'proa.dev/ready-after': '5s', 'proa.dev/unready-after': '9s' }))
  await clock.turn(2999)
  assert.equal((await runtime.containerStatus(id)).state, 'created')
  await clock.turn(1)
  await started
  assert.equal(runtime.probe(id), false)
  await clock.turn(5000)
  assert.equal(runtime.probe(id), true)
  await clock.turn(4000)
  assert.equal(runtime.probe(id), false)
})

for (const [grace, code, after] of [[30, 7, 10_000], [5, 137, 5_000]] as const) {
  test(`simulated: a container that needs 10 s to stop ends with ${code} when it is given ${grace} s`, async () => {
    const clock = new HandClock()
    const { runtime, id } = await start(clock, podOf('p', { 'proa.dev/stop-for': '10s', 'proa.dev/stop-exit-code': '7' }))
    const stopped = runtime.stopContainer(id, grace)
    await clock.turn(after - 1)
    assert.equal((await runtime.containerStatus(id)).state, 'running')
    await clock.turn(1)
    await stopped
    assert.equal((await runtime.containerStatus(id)).exitCode, code)
  })
}

test('simulated: addresses come from the node\'s network and are given back', async () => {
  const runtime = new SimulatedRuntime({ clock: new HandClock(), podCidrs: () => ['10.244.1.0/30'] })
  const first = await runtime.runPodSandbox(podOf('a'))
  assert.deepEqual((await runtime.podSandboxStatus(first)).ips, ['10.244.1.2'])
  await assert.rejects(runtime.runPodSandbox(podOf('b')), /no pod address left/)
  const host = await runtime.runPodSandbox({ ...podOf('c'), security: { namespaces: { network: 'node' } } })
  assert.deepEqual((await runtime.podSandboxStatus(host)).ips, [])
  await runtime.stopPodSandbox(first)
  await runtime.runPodSandbox(podOf('b'))
})

test('simulated: a node without a pod network is not ready and says so', async () => {
  const runtime = new SimulatedRuntime({ clock: new HandClock(), podCidrs: () => [] })
  assert.deepEqual((await runtime.status()).map(({ type, status }) => [type, status]), [['RuntimeReady', true], ['NetworkReady', false]])
  await assert.rejects(runtime.runPodSandbox(podOf('a')), /no pod network yet/)
})

test('simulated: use of processor and memory follows the annotations', async () => {
  const clock = new HandClock()
  const { runtime, id, sandboxId } = await start(clock, podOf('p', { 'proa.dev/cpu': '250m', 'proa.dev/memory': '64Mi' }))
  await clock.turn(4000)
  const stats = await runtime.containerStats(id)
  assert.deepEqual([stats.cpuNanoseconds, stats.memory.workingSetBytes], [1e9, 64 << 20])
  assert.equal((await runtime.podSandboxStats(sandboxId)).cpuNanoseconds, 1e9)
})

test('simulated: a pull can be slow and can fail', async () => {
  const clock = new HandClock()
  const runtime = new SimulatedRuntime({ clock, podCidrs: () => [] })
  await assert.rejects(runtime.pullImage('x', undefined, podOf('p', { 'proa.dev/fail': 'pull' })), { reason: 'ImagePull' })
  let done = false
  void runtime.pullImage('x', undefined, podOf('p', { 'proa.dev/pull-for': '8s' })).then(() => { done = true })
  await clock.turn(7999)
  assert.equal(done, false)
  await clock.turn(1)
  assert.equal(done, true)
})

test('simulated: an image has its full name, whatever part of it was asked for', async () => {
  const runtime = new SimulatedRuntime({ clock: new HandClock(), podCidrs: () => ['10.244.1.0/30'] })
  const id = await runtime.pullImage('nginx')
  assert.equal(await runtime.pullImage(fullImageName('library/nginx:latest')), id)
  assert.deepEqual((await runtime.listImages()).map(({ repoTags }) => repoTags), [[fullImageName('nginx')]])
  await runtime.removeImage('library/nginx')
  assert.deepEqual(await runtime.listImages(), [])
  const pinned = `r.io/a@sha256:${'a'.repeat(64)}`
  await runtime.pullImage(pinned)
  assert.deepEqual((await runtime.listImages()).map(({ repoTags, repoDigests }) => [repoTags, repoDigests]), [[[], [pinned]]])
})
