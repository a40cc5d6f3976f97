// When probes run and what their results mean. Pure on the clock; what a probe does is the environment's.
import { pod as podKind, type Container, type Pod, type Probe } from '#kinds'
import type { Clock } from '#machinery'
import type { Recorder } from '#client'
import type { AnyContainer, PodEnvironment } from './environment.ts'
import { isSidecar } from './plan.ts'
import type { ObservedContainer } from './runtime-cache.ts'

type Sort = 'startup' | 'readiness' | 'liveness'
const words: Readonly<Record<Sort, string>> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' }

/** One probe of one running container. */
interface Watched { readonly sort: Sort; readonly probe: Probe; successes: number; failures: number; ok: boolean; cancel: () => void; stopped: boolean }
/** One running container with probes. */
interface Held { readonly uid: string; readonly container: AnyContainer; pod: Pod; podIP: string; readonly watched: Watched[]; why?: string }

export class Probes {
  readonly #clock: Clock
  readonly #environment: PodEnvironment
  readonly #events: Recorder
  readonly #changed: (podUid: string) => void
  readonly #held = new Map<string, Held>()

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
  /** The container has ended or will. */
  forget(id: string): void {
    const held = this.#held.get(id)
    this.#held.delete(id)
    for (const w of held?.watched ?? []) { w.stopped = true; w.cancel() }
  }
  forgetPod(podUid: string): void { for (const [id, held] of this.#held) if (held.uid === podUid) this.forget(id) }
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
    add('startup', startupProbe, told?.started === true)
    add('readiness', readinessProbe, told?.ready === true)
    add('liveness', livenessProbe, true)
    const held: Held = { uid: pod.metadata.uid, container, pod, podIP, watched }
    this.#held.set(observed.id, held)
    for (const w of watched) {
      const since = this.#clock.now() - observed.startedAt
      w.cancel = this.#clock.after(Math.max(0, (w.probe.initialDelaySeconds ?? 0) * 1000 - since), () => void this.#run(observed.id, held, w))
    }
  }

  async #run(id: string, held: Held, w: Watched): Promise<void> {
    const startup = held.watched.find((x) => x.sort === 'startup')
    if (w.sort !== 'startup' && startup && !startup.ok) return this.#next(id, held, w, 1000) // not before it has started
    const { success, output } = await this.#environment.runProbe(held.pod, held.container, w.probe, { containerId: id, podIP: held.podIP })
    if (w.stopped || !this.#held.has(id)) return
    if (success) {
      w.failures = 0
      w.successes++
      if (!w.ok && w.successes >= (w.probe.successThreshold ?? 1)) { w.ok = true; this.#changed(held.uid) }
      if (w.sort === 'startup') { // done; the others begin at once
        for (const other of held.watched) if (other !== w) { other.cancel(); void this.#run(id, held, other) }
        return
      }
    } else {
      w.successes = 0
      w.failures++
      this.#events.record(podKind, held.pod, 'Warning', 'Unhealthy', `${words[w.sort]} probe failed: ${output}`, { fieldPath: `spec.containers{${held.container.name}}` })
      if (w.failures >= (w.probe.failureThreshold ?? 3)) this.#gaveUp(held, w)
    }
    this.#next(id, held, w, (w.probe.periodSeconds ?? 10) * 1000)
  }
  #gaveUp(held: Held, w: Watched): void {
    if (w.sort === 'readiness') { if (w.ok) { w.ok = false; this.#changed(held.uid) } return }
    if (held.why !== undefined) return
    held.why = `Container ${held.container.name} failed ${w.sort} probe, will be restarted`
    this.#changed(held.uid)
  }
  #next(id: string, held: Held, w: Watched, ms: number): void {
    if (!w.stopped && this.#held.get(id) === held) w.cancel = this.#clock.after(ms, () => void this.#run(id, held, w))
  }
}
