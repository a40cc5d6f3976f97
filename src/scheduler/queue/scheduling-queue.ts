// Pods that wait for a node: ready ones in order, those that failed a moment ago, and those that nothing would help until something changes.
import type { Pod } from '#kinds'
import { same, type Clock } from '#machinery'
import { podChanges, type ClusterEvent } from '../cluster-events.ts'
import type { QueueName } from '../figures.ts'
import type { Plugin, Queued } from '../framework.ts'
import { podInfoOf, type PodInfo } from '../pod-info.ts'
import type { Status } from '../status.ts'
import { newEntry, type Entry } from './entry.ts'
import { Heap } from './heap.ts'
import { interested, worth, type Worth } from './hints.ts'
import { Nominator } from './nominator.ts'

export interface QueueOptions {
  readonly clock: Clock
  readonly before: (a: Queued, b: Queued) => boolean
  /** Who does not want the pod to be tried yet. */
  readonly gate: (pod: PodInfo) => { readonly plugin: Plugin; readonly status: Status } | undefined
  /** Told of each node for which a nomination comes or goes. */
  readonly nominated?: (node: string) => void
  /** Told of each pod that comes into a queue, and why. */
  readonly incoming?: (queue: QueueName, event: string) => void
  readonly firstBackoffMs?: number
  readonly lastBackoffMs?: number
}

/** Even without a known event a pod is tried again after this long. */
const longestWaitMs = 5 * 60_000
/** Pods whose backoff ends within the same window are taken by importance. */
const windowMs = 1_000
/** More events than this are not remembered for a pod in flight: it is then tried again in any case. */
const mostEvents = 10_000

export class SchedulingQueue {
  readonly nominator: Nominator
  readonly #clock: Clock
  readonly #gate: QueueOptions['gate']
  readonly #incoming: NonNullable<QueueOptions['incoming']>
  readonly #backoff: { readonly first: number; readonly last: number }
  readonly #entries = new Map<string, Entry>()
  readonly #active: Heap<Entry>
  readonly #backingOff: Heap<Entry>
  readonly #failed: Heap<Entry>
  /** Refused and gated ones, the longest waiting first; and those of each plugin, so that an event is told only where it is waited for. */
  readonly #waiting = new Set<Entry>()
  readonly #waitingFor = new Map<Plugin | undefined, Set<Entry>>()
  readonly #inFlight = new Set<Entry>()
  /** What happened since the oldest attempt under way began; the first of them is event number #firstEvent. */
  readonly #events: ClusterEvent[] = []
  #firstEvent = 0
  #order = 0
  #wake: (() => void) | undefined
  readonly #timers = { backoff: alarm(), leftovers: alarm() }

  constructor({ clock, before, gate, nominated, incoming = () => {}, firstBackoffMs = 1_000, lastBackoffMs = 10_000 }: QueueOptions) {
    const earlier = (a: Entry, b: Entry) => before(a, b)
    this.nominator = new Nominator(nominated)
    this.#clock = clock
    this.#gate = gate
    this.#incoming = incoming
    this.#backoff = { first: firstBackoffMs, last: lastBackoffMs }
    this.#active = new Heap(earlier)
    this.#backingOff = new Heap((a, b) => { const x = Math.floor(a.backoffUntil / windowMs), y = Math.floor(b.backoffUntil / windowMs); return x !== y ? x < y : earlier(a, b) })
    this.#failed = new Heap((a, b) => a.backoffUntil < b.backoffUntil)
  }

  /** How many pods have no node, in whatever state. */
  get size(): number { return this.#entries.size }
  /** Whether a pod may be taken. */
  get ready(): boolean { return this.#active.size > 0 || this.#backingOff.size > 0 }
  get pending(): { active: number; backoff: number; unschedulable: number; gated: number } {
    let gated = 0
    for (const entry of this.#waiting) if (entry.state === 'gated') gated++
    return { active: this.#active.size, backoff: this.#backingOff.size + this.#failed.size, unschedulable: this.#waiting.size - gated, gated }
  }
  /** How many pods each plugin does not want, by profile; and what is remembered for attempts under way. */
  get reasons(): { readonly refused: readonly (readonly [plugin: string, profile: string, pods: number])[]; readonly inFlight: ReadonlyMap<string, number> } {
    const refused = new Map<string, [plugin: string, profile: string, pods: number]>(), inFlight = new Map([['PodPopped', this.#inFlight.size]])
    for (const entry of this.#entries.values()) {
      if (entry.state === 'in-flight') continue
      const profile = entry.pod.pod.spec.schedulerName ?? ''
      for (const { name } of entry.refusedBy.union(entry.pendingFor)) {
        const key = `${name} ${profile}`, there = refused.get(key)
        if (there) there[2]++
        else refused.set(key, [name, profile, 1])
      }
    }
    for (const event of this.#events) inFlight.set(labelOf(event), (inFlight.get(labelOf(event)) ?? 0) + 1)
    return { refused: [...refused.values()], inFlight }
  }
  /** Called whenever a pod may be taken. */
  onReady(run: () => void): void { this.#wake = run }
  stop(): void { this.#timers.backoff.cancel(); this.#timers.leftovers.cancel() }

  /** A pod without a node appeared or changed. */
  put(pod: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid), info = podInfoOf(pod, entry?.pod.pod)
    if (!entry) {
      this.nominator.set(info, pod.status?.nominatedNodeName)
      const fresh = newEntry(info, this.#clock.now(), this.#order++)
      this.#entries.set(info.uid, fresh)
      return this.#activate(fresh, 'PodAdd')
    }
    const old = entry.pod
    if (old.pod === pod) return
    entry.pod = info
    if (this.nominator.nodeOf(info.uid) === undefined || old.pod.status?.nominatedNodeName !== pod.status?.nominatedNodeName) this.nominator.set(info, pod.status?.nominatedNodeName)
    else this.nominator.set(info, this.nominator.nodeOf(info.uid))
    if (same(old.pod.spec, pod.spec) && same(old.labels, info.labels) && same(old.pod.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses)) return
    for (const action of podChanges(old.pod, pod)) this.#target(entry, { on: 'TargetPod', action, old: old.pod, now: pod })
  }
  #target(entry: Entry, event: ClusterEvent): void {
    if (entry.state === 'in-flight') this.#remember(event)
    else if (entry.state === 'waiting' || entry.state === 'gated') this.#requeue(entry, worth(entry, event), labelOf(event))
  }
  /** The pod has a node, or is gone. */
  remove(uid: string): void {
    this.nominator.delete(uid)
    const entry = this.#entries.get(uid)
    if (!entry) return
    this.#leave(entry)
    this.#entries.delete(uid)
  }

  /** The next pod to find a node for; undefined when none is ready. When nothing else is to be done, nobody has to sit out a backoff after a refusal. */
  take(): Entry | undefined {
    const entry = this.#active.take() ?? this.#backingOff.take()
    if (!entry) return undefined
    entry.state = 'in-flight'
    entry.attempts++
    entry.takenAt = this.#clock.now()
    entry.firstTry ??= entry.takenAt
    entry.eventsFrom = this.#firstEvent + this.#events.length
    this.#inFlight.add(entry)
    return entry
  }
  /** The attempt has come so far that only errors can still stop it: events are not remembered for it any more. */
  done(entry: Entry): void { if (this.#inFlight.delete(entry)) this.#forgetEvents() }
  /** Whether the entry stands for a pod that is still looked for. */
  holds(entry: Entry): boolean { return this.#entries.get(entry.pod.uid) === entry }

  /** The pod was refused (by these plugins) or, without any, something went wrong: it waits for what may help, or tries again soon. */
  refused(entry: Entry, refusedBy: ReadonlySet<Plugin>, pendingFor: ReadonlySet<Plugin> = new Set(), wrong = refusedBy.size + pendingFor.size === 0): void {
    if (!this.holds(entry)) return this.done(entry)
    const missed = this.#missed(entry, { pod: entry.pod, refusedBy, pendingFor })
    this.done(entry)
    entry.refusedBy = refusedBy
    entry.pendingFor = pendingFor
    entry.isLeftover = false
    entry.since = this.#clock.now()
    entry.order = this.#order++
    if (wrong) { entry.errors++ } else { entry.errors = 0; entry.refusals++ }
    const span = this.#span(entry)
    entry.backoffUntil = span === 0 ? 0 : entry.since + span
    if (wrong) return this.#backOff(entry, failedAttempt)
    this.#requeue(entry, missed, failedAttempt)
  }
  #missed(entry: Entry, refused: Parameters<typeof worth>[0]): Worth {
    if (entry.eventsFrom < this.#firstEvent) return 'after-backoff'
    let best: Worth = 'no'
    for (let i = entry.eventsFrom - this.#firstEvent; i < this.#events.length; i++) {
      const event = this.#events[i]!
      if (event.on === 'TargetPod' && (event.now as Pod).metadata.uid !== entry.pod.uid) continue
      const found = worth(refused, event)
      if (found === 'at-once') return found
      if (found !== 'no') best = found
    }
    return best
  }

  /** Something happened in the cluster: pods that it may help come back. */
  happened(event: ClusterEvent): void {
    this.#remember(event)
    // First whom it may concern: pods that come back or are gated again change places meanwhile.
    const concerned = new Set<Entry>()
    for (const [plugin, entries] of this.#waitingFor) if (!plugin || interested(plugin, event)) for (const entry of entries) concerned.add(entry)
    for (const entry of concerned) {
      const found = worth(entry, event)
      if (found !== 'no') this.#requeue(entry, found, labelOf(event))
    }
  }
  /** Puts pods into the active queue, whatever they wait for. */
  activate(pods: Iterable<Pod>): void {
    for (const { metadata } of pods) {
      const entry = this.#entries.get(metadata.uid)
      if (entry && entry.state !== 'in-flight' && entry.state !== 'active') this.#activate(entry, 'ForceActivate')
      // It is being tried: whatever comes of it, it is tried again.
      else if (entry?.state === 'in-flight') entry.eventsFrom = -1
    }
  }

  #requeue(entry: Entry, found: Worth, event: string): void {
    if (found === 'at-once' || (found === 'after-backoff' && entry.backoffUntil <= this.#clock.now())) this.#activate(entry, event)
    else if (found === 'after-backoff') this.#backOff(entry, event)
    else this.#wait(entry, 'waiting', event)
  }
  #activate(entry: Entry, event: string): void {
    if (!this.#admit(entry, event)) return
    this.#incoming('active', event)
    this.#leave(entry)
    entry.state = 'active'
    this.#active.add(entry)
    this.#wake?.()
  }
  #backOff(entry: Entry, event: string): void {
    if (!this.#admit(entry, event)) return
    this.#incoming('backoff', event)
    this.#leave(entry)
    entry.state = entry.errors > 0 ? 'error-backoff' : 'backoff'
    ;(entry.errors > 0 ? this.#failed : this.#backingOff).add(entry)
    this.#setBackoffTimer()
    if (entry.errors === 0) this.#wake?.()
  }
  /** Whether no plugin keeps the pod out; else it is gated. */
  #admit(entry: Entry, event: string): boolean {
    const gate = this.#gate(entry.pod)
    if (!gate) return true
    if (entry.state === 'gated' && entry.refusedBy.has(gate.plugin)) return false // it is where it belongs
    this.#leave(entry)
    entry.refusedBy = new Set([...entry.refusedBy, gate.plugin])
    this.#wait(entry, 'gated', event)
    return false
  }
  #wait(entry: Entry, state: 'waiting' | 'gated', event: string): void {
    this.#incoming(state === 'gated' ? 'gated' : 'unschedulable', event)
    this.#leave(entry)
    entry.state = state
    this.#waiting.add(entry)
    for (const plugin of reasonsOf(entry)) {
      const there = this.#waitingFor.get(plugin)
      if (there) there.add(entry)
      else this.#waitingFor.set(plugin, new Set([entry]))
    }
    if (state === 'waiting') this.#setLeftoversTimer()
  }
  #leave(entry: Entry): void {
    this.#active.delete(entry)
    this.#backingOff.delete(entry)
    this.#failed.delete(entry)
    if (this.#waiting.delete(entry))
      for (const plugin of reasonsOf(entry)) {
        const there = this.#waitingFor.get(plugin)
        there?.delete(entry)
        if (there?.size === 0) this.#waitingFor.delete(plugin)
      }
    this.done(entry)
  }

  #span({ errors, refusals }: Entry): number {
    const count = errors > 0 ? errors : refusals
    return count === 0 ? 0 : Math.min(this.#backoff.first * 2 ** Math.min(count - 1, 31), this.#backoff.last)
  }
  #setBackoffTimer(): void {
    const next = Math.min(this.#backingOff.first?.backoffUntil ?? Infinity, this.#failed.first?.backoffUntil ?? Infinity)
    this.#timers.backoff.set(this.#clock, next, () => {
      const now = this.#clock.now()
      for (const heap of [this.#backingOff, this.#failed]) for (let entry = heap.first; entry && entry.backoffUntil <= now; entry = heap.first) this.#activate(entry, 'BackoffComplete')
      this.#setBackoffTimer()
    })
  }
  /** Waiting pods are in the order of their refusals, so that the first is the next to have waited long enough. */
  #setLeftoversTimer(): void {
    let first: Entry | undefined
    for (const entry of this.#waiting) if (entry.state === 'waiting') { first = entry; break }
    this.#timers.leftovers.set(this.#clock, first ? first.since + longestWaitMs : Infinity, () => {
      const now = this.#clock.now()
      for (const entry of [...this.#waiting]) if (entry.state === 'waiting' && entry.since + longestWaitMs <= now) { entry.isLeftover = true; this.#requeue(entry, 'after-backoff', 'UnschedulableTimeout') }
      this.#setLeftoversTimer()
    })
  }

  #remember(event: ClusterEvent): void {
    if (this.#inFlight.size === 0) return
    this.#events.push(event)
    if (this.#events.length > mostEvents) { this.#firstEvent += this.#events.length; this.#events.length = 0 }
  }
  /** Events that came before the oldest attempt under way are nobody's any more. */
  #forgetEvents(): void {
    if (this.#events.length === 0) return
    let oldest = this.#firstEvent + this.#events.length
    for (const entry of this.#inFlight) { oldest = Math.min(oldest, entry.eventsFrom); break } // in the order in which they were taken
    if (oldest <= this.#firstEvent) return
    this.#events.splice(0, oldest - this.#firstEvent)
    this.#firstEvent = oldest
  }
}

const failedAttempt = 'ScheduleAttemptFailure'
/** An event as the reference names it in its figures: what it is about, and what was done to it. */
const labelOf = ({ on, action, old, now }: ClusterEvent): string => `${on === 'TargetPod' ? 'UnschedulablePod' : on.includes('.') ? (now ?? old)?.kind ?? on : on}${action}`

/** What has to do with its waiting; nobody in particular: undefined. */
const reasonsOf = ({ refusedBy, pendingFor }: Entry): readonly (Plugin | undefined)[] => (refusedBy.size + pendingFor.size === 0 ? [undefined] : [...refusedBy.union(pendingFor)])

/** One timer that is set anew when another time is wanted. */
function alarm() {
  let at = Infinity, cancel = () => {}
  return {
    cancel() { cancel(); at = Infinity },
    set(clock: Clock, time: number, run: () => void) {
      if (time === at) return
      cancel()
      at = time
      if (time !== Infinity) cancel = clock.after(Math.max(0, time - clock.now()), () => { at = Infinity; run() })
    },
  }
}
