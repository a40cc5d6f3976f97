// One pod on its node: looks at what is asked for and what is there, does the next thing, tells how it is. Woken by events, never by a tick.
import { pod as podKind, type Container, type Pod } from '#kinds'
import { is, same, type Clock, type Log } from '#machinery'
import type { Client, Recorder } from '#client'
import { isRuntimeError, type Runtime } from '../runtime/runtime.ts'
import { SetUpError, type AnyContainer, type PodEnvironment } from './environment.ts'
import { PodImages } from './images.ts'
import { killContainer } from './kill.ts'
import { currentSandbox, firstRestartMs, forgetRestartsMs, isSidecar, lastRestartMs, latest, planPod, type Action, type Plan } from './plan.ts'
import type { Probes } from './probes.ts'
import type { ObservedContainer, RuntimeCache } from './runtime-cache.ts'
import { podStatus } from './status.ts'
import type { StatusWriter } from './status-writer.ts'

export interface WorkerParts {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly events: Recorder
  readonly runtime: Runtime
  readonly cache: RuntimeCache
  readonly environment: PodEnvironment
  readonly probes: Probes
  readonly statuses: StatusWriter
  readonly hostIPs: () => readonly string[]
  /** The pod is gone from this node and from the API. */
  readonly done: (uid: string) => void
}

/** What failed is tried again after this, doubled up to the second. */
const firstRetryMs = 1_000
const lastRetryMs = 60_000

export class PodWorker {
  readonly #parts: WorkerParts
  readonly #images: PodImages
  #pod: Pod
  /** The API no longer has the pod: it goes without more words. */
  #forgotten = false
  #dirty = false
  #running = false
  #stopped = false
  #setUp: 'no' | 'busy' | 'done' = 'no'
  #setUpAgain = false
  #failures = 0
  #ended: { reason: string; message: string } | undefined
  #tornDown = false
  readonly #waiting = new Map<string, { reason: string; message?: string; until: number }>()
  readonly #restarts = new Map<string, { id: string; count: number; at: number }>()
  readonly #messages = new Map<string, string>()
  readonly #timers = new Set<() => void>()
  /** Fires when the pod begins to end: hooks of its start are given up. */
  readonly #ending = new AbortController()

  constructor(parts: WorkerParts, pod: Pod) {
    this.#parts = parts
    this.#pod = pod
    this.#images = new PodImages({ runtime: parts.runtime, clock: parts.clock, auths: (p, image) => parts.environment.registryAuths(p, image), changed: () => this.poke() })
  }
  get pod(): Pod { return this.#pod }
  get uid(): string { return this.#pod.metadata.uid }

  update(pod: Pod): void {
    const before = this.#pod
    this.#pod = pod
    const hurried = before.metadata.deletionTimestamp !== undefined && pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp
    if (hurried) void this.#hurry(pod.metadata.deletionGracePeriodSeconds ?? 0)
    if (pod.metadata.deletionTimestamp !== undefined) this.#ending.abort()
    const told = ({ generation, labels, annotations, deletionTimestamp }: Pod['metadata']) => ({ generation, labels, annotations, deletionTimestamp })
    if (!same(told(before.metadata), told(pod.metadata))) this.#setUpAgain = true
    this.poke()
  }
  forget(): void { this.#forgotten = true; this.#ending.abort(); this.poke(); void this.#hurry(Math.min(Number(this.#pod.metadata.deletionGracePeriodSeconds ?? 0), 30)) }
  /** Something that the pod refers to changed: its files are brought up to date. */
  refresh(): void { this.#setUpAgain = true; for (const [name, w] of this.#waiting) if (w.reason === 'CreateContainerConfigError') this.#waiting.delete(name); this.poke() }
  poke(): void {
    this.#dirty = true
    if (this.#running || this.#stopped) return
    this.#running = true
    queueMicrotask(() => void this.#run())
  }
  /** The agent ends; containers run on. */
  stop(): void { this.#stopped = true; this.#images.close(); this.#clearTimers() }

  async #run(): Promise<void> {
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false
      try {
        await this.#step()
        this.#failures = 0
      } catch (error) {
        if (this.#stopped) break
        this.#failures++
        this.#parts.log.warn('a pod could not be brought on', { pod: this.#pod.metadata.name, namespace: this.#pod.metadata.namespace, error })
        this.#again(Math.min(firstRetryMs * 2 ** (this.#failures - 1), lastRetryMs))
      }
    }
    this.#running = false
  }
  #again(ms: number): void {
    const cancel = this.#parts.clock.after(ms, () => { this.#timers.delete(cancel); this.poke() })
    this.#timers.add(cancel)
  }
  #clearTimers(): void { for (const cancel of this.#timers) cancel(); this.#timers.clear() }

  async #step(): Promise<void> {
    const { cache } = this.#parts
    if (!cache.available) return // woken again when the runtime is back
    this.#clearTimers()
    this.#noteEnds()
    if (this.#forgotten || this.#pod.metadata.deletionTimestamp !== undefined) return await this.#leave()
    if (this.#overDeadline() || this.#isOver()) return await this.#finish()
    this.#bringSetUp()
    const plan = this.#plan()
    if (plan.finished) this.#tell()
    else this.#wantImages(plan.imageless)
    for (const action of plan.actions) {
      await this.#act(action)
      if (this.#dirty && (this.#pod.metadata.deletionTimestamp !== undefined || this.#forgotten)) return
    }
    this.#syncProbes()
    this.#tell()
    if (plan.lookAgainAt !== undefined) this.#again(Math.max(0, plan.lookAgainAt - this.#parts.clock.now()))
    const next = [...this.#waiting.values()].reduce((at, w) => Math.min(at, w.until), Infinity)
    if (next !== Infinity) this.#again(Math.max(0, next - this.#parts.clock.now()))
  }

  #plan(): Plan {
    const { cache, clock, probes } = this.#parts, observed = cache.pod(this.uid), now = clock.now()
    return planPod({
      pod: this.#pod, observed, now, setUp: this.#setUp === 'done',
      hasImage: (c) => this.#images.state(c.name)?.type === 'present' && (this.#waiting.get(c.name)?.until ?? 0) <= now,
      restartAt: (name, last) => this.#restartAt(name, last),
      unhealthy: probes.unhealthy(this.uid), started: (id) => probes.started(id),
    })
  }

  /** Volumes and files, in the background. */
  #bringSetUp(): void {
    if (this.#setUp === 'busy' || (this.#setUp === 'done' && !this.#setUpAgain)) return
    const first = this.#setUp === 'no'
    if (first) this.#setUp = 'busy'
    this.#setUpAgain = false
    this.#tornDown = false
    void this.#parts.environment.setUp(this.#pod).then(
      () => { this.#setUp = 'done'; if (first) this.poke() },
      (error: unknown) => {
        this.#setUp = first ? 'no' : 'done'
        const reason = error instanceof SetUpError ? error.reason : 'FailedMount', message = error instanceof Error ? error.message : String(error)
        this.#parts.events.record(podKind, this.#pod, 'Warning', reason, message)
        this.#failures++
        this.#setUpAgain = true
        this.#again(Math.min(firstRetryMs * 2 ** Math.min(this.#failures, 6), lastRetryMs))
      })
  }

  /** Images for first starts are fetched while the sandbox is made; for later ones when they are due. */
  #wantImages(imageless: readonly string[]): void {
    const { spec } = this.#pod, observed = this.#parts.cache.pod(this.uid)
    for (const c of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
      if (latest(observed, c.name) && !imageless.includes(c.name)) continue
      this.#images.want(this.#pod, c, (type, reason, message) => this.#parts.events.record(podKind, this.#pod, type, reason, message, { fieldPath: this.#path(c) }))
    }
  }
  #path(c: AnyContainer): string {
    const { spec } = this.#pod
    const list = spec.initContainers?.includes(c as Container) ? 'initContainers' : spec.containers.includes(c as Container) ? 'containers' : 'ephemeralContainers'
    return `spec.${list}{${c.name}}`
  }

  async #act(action: Action): Promise<void> {
    const { runtime, environment, events, clock } = this.#parts, pod = this.#pod
    switch (action.type) {
      case 'stopSandbox': return await runtime.stopPodSandbox(action.id)
      case 'createSandbox': {
        try {
          const id = await runtime.runPodSandbox(environment.sandboxConfig(pod, action.attempt), { ...(pod.spec.runtimeClassName && { runtimeHandler: pod.spec.runtimeClassName }) })
          await this.#parts.cache.expectSandbox(this.uid, id)
        } catch (error) {
          events.record(podKind, pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error instanceof Error ? error.message : String(error)}`)
          throw error
        }
        this.poke()
        return
      }
      case 'kill': {
        const grace = (action.container as Container).livenessProbe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
        await killContainer({ runtime, environment, clock, events }, pod, action.container, action.id, this.#podIP(), grace * 1000, action.why)
        this.#parts.probes.forget(action.id)
        return
      }
      case 'start': return await this.#start(action)
    }
  }

  async #start({ container, attempt, sandboxId }: Extract<Action, { type: 'start' }>): Promise<void> {
    const { runtime, environment, events, clock, cache } = this.#parts, pod = this.#pod, fieldPath = this.#path(container)
    const image = this.#images.state(container.name)
    if (image?.type !== 'present') return
    const sandbox = currentSandbox(cache.pod(this.uid))
    if (sandbox?.id !== sandboxId) return
    const config = environment.sandboxConfig(pod, sandbox.metadata.attempt), podIPs = pod.spec.hostNetwork ? this.#parts.hostIPs() : sandbox.ips
    let step = 'CreateContainerConfigError', id: string | undefined
    try {
      const target = 'targetContainerName' in container && container.targetContainerName ? latest(cache.pod(this.uid), container.targetContainerName as string)?.id : undefined
      const made = await environment.containerConfig(pod, container, { sandbox: config, attempt, podIPs, image: image.image, ...(target && { targetId: target }) })
      step = 'CreateContainerError'
      id = await runtime.createContainer(sandboxId, made, config)
      events.record(podKind, pod, 'Normal', 'Created', 'Container created', { fieldPath })
      step = 'RunContainerError'
      await runtime.startContainer(id)
      events.record(podKind, pod, 'Normal', 'Started', 'Container started', { fieldPath })
      this.#waiting.delete(container.name)
      await cache.expectContainer(this.uid, id)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // A container that could not be started has ended; no event tells of it.
      if (id !== undefined) await cache.expectContainer(this.uid, id).catch(() => {})
      events.record(podKind, pod, 'Warning', 'Failed', `Error: ${message}`, { fieldPath })
      this.#waiting.set(container.name, { reason: step, message, until: clock.now() + firstRestartMs })
      if (!(error instanceof SetUpError) && !isRuntimeError(error)) throw error
      return
    } finally {
      if (container.imagePullPolicy === 'Always') this.#images.forget(container.name)
    }
    const postStart = (container as Container).lifecycle?.postStart
    if (!postStart) return
    const { success } = await environment.runHook(pod, container, postStart, { containerId: id, podIP: podIPs[0] ?? '' }, this.#ending.signal)
    if (success || this.#ending.signal.aborted) return
    // What the hook said may be a secret.
    events.record(podKind, pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', { fieldPath })
    await killContainer({ runtime, environment, clock, events }, pod, container, id, podIPs[0] ?? '', Number(pod.spec.terminationGracePeriodSeconds ?? 30) * 1000, 'FailedPostStartHook')
  }

  /** New ends of containers: when they may run again, and what they left. */
  #noteEnds(): void {
    const { clock, environment } = this.#parts, pod = this.#pod
    for (const c of this.#parts.cache.pod(this.uid).containers) {
      if (c.state !== 'exited' || this.#messages.has(c.id)) continue
      this.#messages.set(c.id, '')
      const own = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])].find((x) => x.name === c.metadata.name)
      if (own) void environment.terminationMessage(pod, own, c.id, c.exitCode !== 0).then((text) => { if (text) { this.#messages.set(c.id, text); this.poke() } }, () => {})
      const name = c.metadata.name, held = this.#restarts.get(name), ranMs = c.finishedAt - c.startedAt
      const count = held && ranMs < forgetRestartsMs ? held.count + 1 : 1
      const delay = count <= 1 ? 0 : Math.min(firstRestartMs * 2 ** (count - 2), lastRestartMs)
      this.#restarts.set(name, { id: c.id, count, at: (c.finishedAt || clock.now()) + delay })
    }
  }
  #restartAt(name: string, last: ObservedContainer): number {
    const held = this.#restarts.get(name)
    if (!held || held.id !== last.id || held.at <= this.#parts.clock.now()) return 0
    if (this.#waiting.get(name)?.reason !== 'CrashLoopBackOff') {
      const { metadata } = this.#pod, seconds = Math.min(firstRestartMs * 2 ** (held.count - 2), lastRestartMs) / 1000
      const shown = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`, who = `${metadata.name}_${metadata.namespace}(${metadata.uid})`
      this.#waiting.set(name, { reason: 'CrashLoopBackOff', message: `back-off ${shown} restarting failed container=${name} pod=${who}`, until: held.at })
      this.#parts.events.record(podKind, this.#pod, 'Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${who}`, { fieldPath: `spec.containers{${name}}` })
    }
    return held.at
  }

  #podIP(): string { return this.#pod.spec.hostNetwork ? this.#parts.hostIPs()[0] ?? '' : currentSandbox(this.#parts.cache.pod(this.uid))?.ips[0] ?? '' }
  #syncProbes(): void {
    const observed = this.#parts.cache.pod(this.uid)
    this.#parts.probes.sync(this.#pod, observed.containers.filter((c) => c.state === 'running'), this.#podIP())
  }

  #overDeadline(): boolean {
    const { activeDeadlineSeconds } = this.#pod.spec, began = this.#pod.status?.startTime
    if (activeDeadlineSeconds === undefined || began === undefined || this.#ended) return this.#ended !== undefined
    const at = Date.parse(began) + Number(activeDeadlineSeconds) * 1000
    if (at > this.#parts.clock.now()) { this.#again(at - this.#parts.clock.now()); return false }
    this.#ended = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
    this.#parts.events.record(podKind, this.#pod, 'Normal', 'DeadlineExceeded', this.#ended.message)
    return true
  }
  #isOver(): boolean { return this.#pod.status?.phase === 'Succeeded' || this.#pod.status?.phase === 'Failed' }

  /** The pod has ended for good but stays in the API: nothing of it runs, its logs stay. */
  async #finish(): Promise<void> {
    await this.#stopAll(Number(this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000)
    this.#tell(true)
    if (!this.#tornDown) { await this.#parts.environment.tearDown(this.uid); this.#tornDown = true; this.#setUp = 'no' }
  }

  /** The pod is being deleted: stops it, tells how it ended, and takes it out of the API. */
  async #leave(): Promise<void> {
    const { runtime, cache, environment, statuses, client, probes, done } = this.#parts, pod = this.#pod
    this.#images.close()
    probes.leaving(this.uid)
    await this.#stopAll((this.#forgotten ? Math.min(Number(pod.metadata.deletionGracePeriodSeconds ?? 0), 30) : Number(pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30)) * 1000)
    this.#noteEnds()
    if (!this.#forgotten) { this.#tell(true); await statuses.written(this.uid) }
    // Sandboxes first: what tearDown keeps for them (logs of pods that have ended) is not needed any more.
    for (const sandbox of cache.pod(this.uid).sandboxes) await runtime.removePodSandbox(sandbox.id)
    await environment.tearDown(this.uid)
    probes.forgetPod(this.uid)
    if (!this.#forgotten) {
      try { await client.delete(podKind, pod.metadata, { uid: this.uid, gracePeriodSeconds: 0 }) } catch (error) {
        if (!is(error, 'NotFound') && !is(error, 'Conflict')) throw error
      }
    }
    statuses.forget(this.uid)
    this.stop()
    done(this.uid)
  }

  /** Ends all containers: regular ones together, then sidecars in reverse order, then the sandbox. */
  async #stopAll(graceMs: number): Promise<void> {
    const { runtime, environment, clock, events, cache, probes } = this.#parts, pod = this.#pod, podIP = this.#podIP()
    const running = (c: AnyContainer) => cache.pod(this.uid).containers.filter((o) => o.metadata.name === c.name && (o.state === 'running' || o.state === 'created'))
    const until = clock.now() + graceMs
    const kill = async (c: AnyContainer) => {
      for (const o of running(c)) {
        if (o.state === 'running') await killContainer({ runtime, environment, clock, events }, pod, c, o.id, podIP, Math.max(0, until - clock.now()), `Stopping container ${c.name}`)
        probes.forget(o.id)
      }
    }
    const inits = pod.spec.initContainers ?? []
    await Promise.all([...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? []), ...inits.filter((c) => !isSidecar(c))].map(kill))
    for (const c of inits.filter(isSidecar).reverse()) await kill(c)
    for (const sandbox of cache.pod(this.uid).sandboxes) if (sandbox.state === 'ready') await runtime.stopPodSandbox(sandbox.id)
    await cache.settled(this.uid)
  }
  /** The grace was shortened while containers were ending. */
  async #hurry(seconds: number): Promise<void> {
    const { runtime, cache, log } = this.#parts
    await Promise.all(cache.pod(this.uid).containers.filter((c) => c.state === 'running').map((c) =>
      runtime.stopContainer(c.id, seconds).catch((error: unknown) => { if (!isRuntimeError(error, 'NotFound')) log.debug('a container could not be stopped sooner', { id: c.id, error }) })))
  }

  #tell(stopped = false): void {
    const { cache, clock, probes, statuses, hostIPs } = this.#parts
    const now = clock.now()
    statuses.set(this.#pod, podStatus({
      pod: this.#pod, observed: cache.pod(this.uid), now, hostIPs: hostIPs(), stopped,
      waiting: (name) => {
        const image = this.#images.state(name), held = this.#waiting.get(name)
        if (held && (held.until > now || held.reason !== 'CrashLoopBackOff')) return held
        return image?.type === 'failed' ? image : undefined
      },
      ready: (c) => probes.ready(c.id), started: (c) => probes.started(c.id),
      terminationMessage: (id) => this.#messages.get(id) ?? '', imageId: (c) => c.imageRef,
      ...(this.#ended && { ended: this.#ended }),
    }))
  }
}
