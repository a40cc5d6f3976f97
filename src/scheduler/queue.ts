// Pods that wait for a node: ready ones by priority, those that failed a moment ago, and those that nothing would help until something changes.
import type { Pod } from '#kinds'
import type { Clock } from '#machinery'
import type { ClusterEvent, Plugin } from './framework.ts'

const firstBackoffMs = 1_000
const lastBackoffMs = 10_000
/** Even without a known event a pod is tried again after this long. */
const longestWaitMs = 5 * 60_000

interface Entry { pod: Pod; attempts: number; since: number; state: 'active' | 'backoff' | 'waiting' | 'in-flight'; refusedBy: ReadonlySet<Plugin>; missed: Set<ClusterEvent>; cancel?: () => void }

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  /** Active pods, by priority (higher first), each in order of arrival. */
  readonly #active = new Map<number, Map<string, Entry>>()
  #priorities: number[] = []
  #wake: (() => void) | undefined

  constructor(clock: Clock) { this.#clock = clock }
  /** How many pods have no node, in whatever state. */
  get size(): number { return this.#entries.size }
  /** Whether a pod may be taken. */
  get ready(): boolean { return this.#active.size > 0 }
  /** Called whenever a pod may be taken. */
  onReady(run: () => void): void { this.#wake = run }

  /** A pod without a node appeared or changed. */
  put(pod: Pod): void {
    const held = this.#entries.get(pod.metadata.uid)
    if (!held) return this.#activate({ pod, attempts: 0, since: this.#clock.now(), state: 'waiting', refusedBy: new Set(), missed: new Set() })
    const specChanged = held.pod.spec !== pod.spec && JSON.stringify(held.pod.spec) !== JSON.stringify(pod.spec) || JSON.stringify(held.pod.metadata.labels) !== JSON.stringify(pod.metadata.labels)
    held.pod = pod
    if (specChanged && held.state === 'waiting') this.#activate(held)
    else if (specChanged && held.state === 'in-flight') held.missed.add('pod-updated')
  }
  /** The pod has a node, or is gone. */
  remove(uid: string): void {
    const held = this.#entries.get(uid)
    if (!held) return
    held.cancel?.()
    this.#leaveActive(held)
    this.#entries.delete(uid)
  }

  /** The next pod to find a node for; undefined when none is ready. */
  take(): Pod | undefined {
    for (const priority of this.#priorities) {
      const first = this.#active.get(priority)!.values().next().value
      if (!first) continue
      this.#leaveActive(first)
      first.state = 'in-flight'
      first.attempts++
      first.missed.clear()
      return first.pod
    }
    return undefined
  }
  /** No node would have it: it waits for an event that one of the refusing plugins cares about. */
  wait(pod: Pod, refusedBy: ReadonlySet<Plugin>): void {
    const held = this.#entries.get(pod.metadata.uid)
    if (!held) return
    held.refusedBy = refusedBy
    if ([...held.missed].some((e) => cares(refusedBy, e))) return this.#backOff(held) // it happened meanwhile
    held.state = 'waiting'
    held.cancel = this.#clock.after(longestWaitMs, () => this.#activate(held))
  }
  /** Something went wrong that is not about nodes (a failed bind): try again soon. */
  retry(pod: Pod): void {
    const held = this.#entries.get(pod.metadata.uid)
    if (held) this.#backOff(held)
  }

  /** Something happened in the cluster: pods that it may help come back, those that failed lately after a pause. */
  happened(event: ClusterEvent): void {
    for (const held of this.#entries.values()) {
      if (held.state === 'in-flight') held.missed.add(event)
      else if (held.state === 'waiting' && cares(held.refusedBy, event)) {
        if (this.#clock.now() - held.since >= backoffMs(held.attempts)) this.#activate(held)
        else this.#backOff(held)
      }
    }
  }

  #backOff(held: Entry): void {
    held.cancel?.()
    held.state = 'backoff'
    held.cancel = this.#clock.after(backoffMs(held.attempts), () => this.#activate(held))
  }
  #activate(held: Entry): void {
    held.cancel?.()
    delete held.cancel
    held.state = 'active'
    held.since = this.#clock.now()
    this.#entries.set(held.pod.metadata.uid, held)
    const priority = held.pod.spec.priority ?? 0
    let band = this.#active.get(priority)
    if (!band) {
      this.#active.set(priority, band = new Map())
      this.#priorities = [...this.#active.keys()].sort((a, b) => b - a)
    }
    band.set(held.pod.metadata.uid, held)
    this.#wake?.()
  }
  #leaveActive(held: Entry): void {
    const priority = held.pod.spec.priority ?? 0, band = this.#active.get(priority)
    if (!band?.delete(held.pod.metadata.uid) || band.size > 0) return
    this.#active.delete(priority)
    this.#priorities = this.#priorities.filter((p) => p !== priority)
  }
}
const backoffMs = (attempts: number): number => Math.min(firstBackoffMs * 2 ** Math.max(0, attempts - 1), lastBackoffMs)
const cares = (plugins: ReadonlySet<Plugin>, event: ClusterEvent): boolean => { for (const p of plugins) if (p.wakes.includes(event)) return true; return false }
