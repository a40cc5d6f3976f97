// When probes run and what their results mean. Pure on the clock; what a probe does is the environment's.
import { pod as podKind, type Container, type Pod, type Probe } from '#kinds'
import type { Clock } from '#machinery'
import type { Recorder } from '#client'
import type { AnyContainer, PodEnvironment } from './environment.ts'
import { isSidecar } from './plan.ts'
import { ProbeCounts } from './probe-counts.ts'
import type { ObservedContainer } from './runtime-cache.ts'

type Sort = 'startup' | 'readiness' | 'liveness'
const words: Readonly<Record<Sort, string>> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' }

/** One probe of one running container. */
interface Watched { readonly sort: Sort; readonly probe: Probe; successes: number; failures: number; ok: boolean; cancel: () => void; stopped: boolean }
/** One running container with probes. */
interface Held { readonly uid: string; readonly container: AnyContainer; readonly startedAt: number; pod: Pod; podIP: string; readonly watched: Watched[]; why?: string }

export class Probes {
  readonly #clock: Clock
  readonly #environment: PodEnvironment
  readonly #events: Recorder
  readonly #changed: (podUid: string) => void
  readonly #held = new Map<string, Held>()
  readonly counts = new ProbeCounts()

  constructor(options: { clock: Clock; environment: PodEnvironment; events: Recorder; changed: (podUid: string) => void }) {
    this.#clock = options.clock
    this.#environment = options.environment
    this.#events = options.events
    this.#changed = options.changed
  }

  /** These containers of the pod run now: their probes begin, those of others end. */
  sync(pod: Pod, running: readonly ObservedContainer[], podIP: string): void {
    const ids = new Set(running.map((c) => c.id))
    for (const [id, held] of this.#held) if (held.uid === pod.metadata.uid && !ids.has(id)) this.forget(id)
    for (const observed of running) {
      const held = this.#held.get(observed.id)
      if (held) { held.pod = pod; held.podIP = podIP; continue }
      const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)].find((c) => c.name === observed.metadata.name)
      if (container) this.#begin(pod, container, observed, podIP)
    }
  }
  /** Whether the container counts as ready: a container without a readiness probe is, as soon as it has started. */
  ready(id: string): boolean { return this.#passes(id, 'readiness') && this.started(id) }
  /** Whether the startup probe has passed, or there is none. */
  started(id: string): boolean { return this.#passes(id, 'startup') }
  /** Containers of the pod that failed their liveness or startup probe for good, with the words for the event. */
  unhealthy(podUid: string): ReadonlyMap<string, string> {
    const out = new Map<string, string>()
    for (const [id, held] of this.#held) if (held.uid === podUid && held.why !== undefined) out.set(id, held.why)
    return out
  }
  /** The pod ends: only readiness is still of interest. */
  leaving(podUid: string): void {
    for (const held of this.#held.values()) if (held.uid === podUid) for (const w of held.watched) if (w.sort !== 'readiness') { w.stopped = true; w.cancel() }
  }
  /** The container has ended or will. */
  forget(id: string): void {
    const held = this.#held.get(id)
    this.#held.delete(id)
    for (const w of held?.watched ?? []) { w.stopped = true; w.cancel() }
  }
  forgetPod(podUid: string): void {
    for (const [id, held] of this.#held) if (held.uid === podUid) this.forget(id)
    this.counts.forget(podUid)
  }
  stop(): void { for (const id of [...this.#held.keys()]) this.forget(id) }

  #passes(id: string, sort: Sort): boolean {
    const held = this.#held.get(id)
    return held !== undefined && (held.watched.find((w) => w.sort === sort)?.ok ?? true)
  }

  #begin(pod: Pod, container: AnyContainer, observed: ObservedContainer, podIP: string): void {
    const { startupProbe, readinessProbe, livenessProbe } = container as Container, watched: Watched[] = []
    // An agent that starts anew believes what was last known of a container that ran on, until it has asked again.
    const told = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find((s) => s.containerID?.endsWith(observed.id))
    const add = (sort: Sort, probe: Probe | undefined, ok: boolean) => { if (probe) watched.push({ sort, probe, successes: 0, failures: 0, ok, cancel: () => {}, stopped: false }) }
    if (told?.started !== true) add('startup', startupProbe, false)
    add('readiness', readinessProbe, told?.ready === true)
    add('liveness', livenessProbe, true)
    const held: Held = { uid: pod.metadata.uid, container, startedAt: observed.startedAt, pod, podIP, watched }
    this.#held.set(observed.id, held)
    // The others begin when it has started.
    for (const w of watched) if (w.sort === 'startup' || watched[0]?.sort !== 'startup') this.#first(observed.id, held, w)
  }
  /** The first time, as long after the container's start as its probe says. */
  #first(id: string, held: Held, w: Watched): void {
    this.#next(id, held, w, Math.max(0, held.startedAt + (w.probe.initialDelaySeconds ?? 0) * 1000 - this.#clock.now()))
  }

  async #run(id: string, held: Held, w: Watched): Promise<void> {
    const began = this.#clock.now()
    const { success, output, unknown } = await this.#environment.runProbe(held.pod, held.container, w.probe, { containerId: id, podIP: held.podIP })
    if (w.stopped || this.#held.get(id) !== held) return
    if (!unknown) this.counts.note(held.pod, held.container.name, words[w.sort], success, this.#clock.now() - began)
    const say = (what: string) => this.#events.record(podKind, held.pod, 'Warning', 'Unhealthy', `${words[w.sort]} probe ${what}: ${output}`, { fieldPath: `spec.containers{${held.container.name}}` })
    if (unknown) say('errored and resulted in unknown state')
    else if (success) {
      w.failures = 0
      w.successes++
      if (!w.ok && w.successes >= (w.probe.successThreshold ?? 1)) { w.ok = true; this.#changed(held.uid) }
      if (w.sort === 'startup') { // done; now it is the others' turn
        w.stopped = true
        for (const other of held.watched) if (other !== w && !other.stopped) this.#first(id, held, other)
        return
      }
    } else {
      w.successes = 0
      w.failures++
      say('failed')
      if (w.failures >= (w.probe.failureThreshold ?? 3) && this.#gaveUp(held, w)) return
    }
    this.#next(id, held, w, Math.max(0, began + (w.probe.periodSeconds ?? 10) * 1000 - this.#clock.now()))
  }
  /** Whether the probe is over: the container will be replaced by another. */
  #gaveUp(held: Held, w: Watched): boolean {
    if (w.sort === 'readiness') { if (w.ok) { w.ok = false; this.#changed(held.uid) } return false }
    w.stopped = true
    if (held.why !== undefined) return true
    held.why = `Container ${held.container.name} failed ${w.sort} probe, will be restarted`
    this.#changed(held.uid)
    return true
  }
  #next(id: string, held: Held, w: Watched, ms: number): void {
    if (!w.stopped && this.#held.get(id) === held) w.cancel = this.#clock.after(ms, () => void this.#run(id, held, w))
  }
}
