// The scheduler: takes pods without a node, one after the other, finds each a node, and binds it.
import { namespace, node as nodeKind, pod as podKind, type DeviceTaintRule, type Node, type Pod } from '#kinds'
import { is, same, type Kind } from '#machinery'
import { EventRecorder, type Cluster, type Recorder } from '#client'
import { assembleProfile, defaultName, type ProfileConfiguration } from './assemble-profile.ts'
import { bindPod } from './binding-cycle.ts'
import { nodeChanges, podChanges, resourceOf } from './cluster-events.ts'
import { Cycle } from './cycle-state.ts'
import { findNode, type Placement, type Unplaced } from './cycle.ts'
import { noFigures, type Figures, type Result } from './figures.ts'
import type { Extender, Handle, Plugin, PluginFactory } from './framework.ts'
import { explain, explainRefusals } from './message.ts'
import type { NodeInfo } from './node-info.ts'
import { Nodes } from './nodes.ts'
import { inTreePlugins } from './plugins/index.ts'
import { podInfoOf } from './pod-info.ts'
import type { Profile } from './profile.ts'
import type { Entry } from './queue/entry.ts'
import { RefusedNodes } from './refused-nodes.ts'
import { SchedulingQueue } from './queue/scheduling-queue.ts'
import { CycleError, extenderName, fits } from './search.ts'
import { isRejected, unresolvable, type Status } from './status.ts'
import { Verdicts } from './verdicts.ts'
import { WaitingPods } from './waiting-pods.ts'

export interface SchedulerOptions {
  /** Plugins beyond those that come with the scheduler; every profile has them, unless its configuration disables them. */
  readonly plugins?: readonly PluginFactory<never>[]
  /** Default: one profile, "default-scheduler", with the default plugins. */
  readonly profiles?: readonly ProfileConfiguration[]
  readonly percentageOfNodesToScore?: number
  readonly firstBackoffMs?: number
  readonly lastBackoffMs?: number
  readonly extenders?: readonly Extender[]
  readonly figures?: Figures
  /** Rules that taint devices, where there are such. */
  readonly deviceTaintRules?: Kind<DeviceTaintRule>
}

/** How many binds may be on their way at once. */
const bindsInFlight = 64
/** Waits for nodes, of which there are none. */
const nodeArrival: Plugin = { name: '', events: [{ on: 'Node', actions: ['Add'] }] }
/** What extenders refused may be helped by anything. */
const anything: Plugin = { name: extenderName }

/** Runs until the returned function is called; that resolves when the binds under way have ended. */
export function startScheduler(cluster: Cluster, options: SchedulerOptions = {}): () => Promise<void> {
  const scheduler = new Scheduler(cluster, options)
  const started = scheduler.start()
  return async () => { scheduler.stop(); await started.catch(() => {}); await scheduler.idle() }
}

export class Scheduler {
  readonly #cluster: Cluster
  readonly #nodes: Nodes
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #plugins = new Map<Profile, ReadonlyMap<string, Plugin>>()
  readonly #reads: readonly Kind[]
  readonly #recorders = new Map<string, Recorder>()
  readonly #extenders: readonly Extender[]
  readonly #queue: SchedulingQueue
  readonly #waiting: WaitingPods
  readonly #verdicts: Verdicts
  readonly #figures: Figures
  readonly #deviceTaintRules: Kind<DeviceTaintRule> | undefined
  /** uid -> the node that we have given the pod, which the cache does not show yet. */
  readonly #assumed = new Map<string, string>()
  readonly #binding = new Set<Promise<void>>()
  readonly #work = new Set<Promise<void>>()
  readonly #stops: (() => void)[] = []
  readonly #halt = Promise.withResolvers<void>()
  #start = 0
  #running = false
  #stopped = false

  /** Throws an Error when the profiles cannot be as they are. */
  constructor(cluster: Cluster, { plugins = [], profiles = [{}], percentageOfNodesToScore, firstBackoffMs, lastBackoffMs, extenders = [], figures = noFigures, deviceTaintRules }: SchedulerOptions = {}) {
    this.#cluster = cluster
    this.#figures = figures
    this.#deviceTaintRules = deviceTaintRules
    this.#extenders = extenders
    this.#waiting = new WaitingPods(cluster.clock)
    this.#verdicts = new Verdicts(cluster, (pod) => this.#eventsOf(pod.spec.schedulerName))
    this.#nodes = new Nodes((name) => cluster.get(namespace, { name })?.metadata.labels ?? {})
    const registry = [...inTreePlugins, ...plugins as readonly PluginFactory[]]
    this.#profiles = new Map(profiles.map((given) => {
      const profile = assembleProfile({ ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }), ...given }, registry, this.#handle(() => profile, given.schedulerName), plugins)
      this.#plugins.set(profile, new Map([...profile.plugins].map((plugin) => [plugin.name, plugin])))
      return [profile.name, profile]
    }))
    const used = new Set([...this.#plugins.values()].flatMap((of) => [...of.keys()]))
    this.#reads = [...new Set(registry.filter((f) => used.has(f.name)).flatMap((f) => f.reads ?? [])), ...(deviceTaintRules ? [deviceTaintRules] : [])]
    const [first] = this.#profiles.values()
    this.#queue = new SchedulingQueue({
      clock: cluster.clock, before: (a, b) => first!.at('queueSort')[0]!.before!(a, b), gate: (pod) => this.#profileOf(pod.pod)?.preEnqueue(pod), nominated: (name) => { this.#nodes.changed(name) },
      incoming: (queue, event) => { figures.queued(queue, event) }, ...(firstBackoffMs !== undefined && { firstBackoffMs }), ...(lastBackoffMs !== undefined && { lastBackoffMs }),
    })
    figures.pending(() => this.#queue.pending)
    figures.reasons(() => this.#queue.reasons)
    figures.known(() => ({ nodes: this.#nodes.list.length, pods: this.#nodes.list.reduce((sum, { pods }) => sum + pods.size, 0), assumed: this.#assumed.size }))
  }
  /** Events come from the profile that the pod asks for. */
  #eventsOf(name = defaultName): Recorder {
    let recorder = name === defaultName ? this.#cluster.events : this.#recorders.get(name)
    if (!recorder) this.#recorders.set(name, recorder = new EventRecorder(this.#cluster.client, { component: name, style: 'series' }))
    return recorder
  }
  #handle(profile: () => Profile, name = defaultName): Handle {
    return {
      cluster: this.#cluster, nodes: this.#nodes, profile: name, events: this.#eventsOf(name), figures: this.#figures, extenders: this.#extenders, ...(this.#deviceTaintRules && { deviceTaintRules: this.#deviceTaintRules }),
      activate: (pods) => { this.#queue.activate(pods) },
      waiting: (uid) => this.#waiting.get(uid),
      nominated: (node) => this.#queue.nominator.all(node),
      halted: this.#halt.promise,
      fits: (cycle, node) => fits(cycle, node, { nominator: this.#queue.nominator, nodes: this.#nodes, profile: profile() })?.status,
      told: (cycle, change, pod, node) => { profile().told(cycle, change, pod, node) },
      background: (work) => { this.#keep(this.#work, work) },
    }
  }
  #profileOf(pod: Pod): Profile | undefined { return this.#profiles.get(pod.spec.schedulerName ?? '') }

  async start(): Promise<void> {
    await this.#cluster.synced([nodeKind, podKind, namespace, ...this.#reads])
    if (this.#stopped) return
    this.#queue.onReady(() => this.#run())
    this.#stops.push(
      this.#cluster.watch(nodeKind, ({ type, object, old }) => (type === 'DELETED' ? this.#nodeGone(object) : this.#nodeSeen(object, old))),
      this.#cluster.watch(podKind, ({ type, object, old }) => (type === 'DELETED' ? this.#podGone(object) : this.#podSeen(object, old))),
      this.#cluster.watch(namespace, ({ object, old }) => { if (old && !same(old.metadata.labels, object.metadata.labels)) this.#nodes.counts.namespaceChanged() }),
      () => { this.#queue.stop() })
    const awaited = new Set([...this.#plugins.values()].flatMap((of) => [...of.values()].flatMap((plugin) => (plugin.events ?? []).map((wake) => wake.on))))
    for (const kind of this.#reads) {
      const on = resourceOf(kind)
      if (awaited.has(on)) this.#stops.push(this.#cluster.watch(kind, ({ type, object, old }) => {
        this.#queue.happened(type === 'DELETED' ? { on, action: 'Delete', old: object } : { on, action: old ? 'Update' : 'Add', old, now: object })
      }))
    }
  }
  stop(): void { this.#stopped = true; this.#halt.resolve(); for (const stop of this.#stops) stop(); this.#waiting.rejectAll('the scheduler stops') }
  async idle(): Promise<void> { await Promise.all([...this.#binding, ...this.#work]) }

  #nodeSeen(node: Node, old: Node | undefined): void {
    const isNew = this.#nodes.setNode(node)
    for (const action of isNew || !old ? (['Add'] as const) : nodeChanges(old, node)) this.#queue.happened({ on: 'Node', action, old: isNew ? undefined : old, now: node })
  }
  #nodeGone(node: Node): void {
    this.#nodes.removeNode(node.metadata.name)
    this.#queue.happened({ on: 'Node', action: 'Delete', old: node })
  }
  #podSeen(pod: Pod, old: Pod | undefined): void {
    const { uid } = pod.metadata
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return this.#podGone(pod)
    if (pod.spec.nodeName) {
      this.#queue.remove(uid)
      this.#assumed.delete(uid)
      this.#nodes.place(podInfoOf(pod, old), pod.spec.nodeName)
      if (this.#queue.size === 0) return
      if (!old?.spec.nodeName) this.#queue.happened({ on: 'AssignedPod', action: 'Add', now: pod })
      else for (const action of podChanges(old, pod)) this.#queue.happened({ on: 'AssignedPod', action, old, now: pod })
      return
    }
    const profile = this.#profileOf(pod)
    if (!profile) return
    if (this.#assumed.has(uid)) {
      if (pod.metadata.deletionTimestamp && !old?.metadata.deletionTimestamp) this.#assumedDeleted(pod)
      return
    }
    this.#queue.put(pod)
    const hoped = old?.status?.nominatedNodeName
    if (hoped && hoped !== pod.status?.nominatedNodeName) this.#queue.happened({ on: 'AssignedPod', action: 'Delete', old: old! })
  }
  #podGone(pod: Pod): void {
    const { uid } = pod.metadata, hoped = this.#queue.nominator.nodeOf(uid) !== undefined
    if (this.#assumed.has(uid)) this.#assumedDeleted(pod)
    this.#queue.remove(uid)
    this.#assumed.delete(uid)
    if (this.#nodes.displace(uid) || hoped) this.#queue.happened({ on: 'AssignedPod', action: 'Delete', old: pod })
  }
  /** Its binding will fail; what it holds is free for others at once. */
  #assumedDeleted(pod: Pod): void {
    const held = this.#waiting.get(pod.metadata.uid)
    if (held) held.reject('', 'removed')
    else if (this.#assumed.delete(pod.metadata.uid) && this.#nodes.displace(pod.metadata.uid)) this.#queue.happened({ on: 'AssignedPod', action: 'Delete', old: pod })
  }

  /** Places what is ready as long as there is something and binds are not piling up. */
  #run(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    queueMicrotask(() => void this.#loop().finally(() => {
      this.#running = false
      if (this.#queue.ready) this.#run() // something came while the last turn ended
    }))
  }
  async #loop(): Promise<void> {
    while (!this.#stopped) {
      if (this.#binding.size >= bindsInFlight) await Promise.race(this.#binding)
      const entry = this.#queue.take()
      if (!entry) return
      try { await this.#one(entry) } catch (error) {
        if (!(error instanceof CycleError)) this.#cluster.log.error('a pod could not be scheduled', { pod: entry.pod.name, namespace: entry.pod.namespace, error })
        this.#wentWrong(entry, error instanceof Error ? error.message : String(error))
      }
    }
  }

  async #one(entry: Entry): Promise<void> {
    const { pod } = entry.pod, profile = this.#profileOf(pod)
    if (!profile || this.#assumed.has(entry.pod.uid)) return this.#queue.done(entry)
    if (pod.metadata.deletionTimestamp) { this.#verdicts.deleting(pod); return this.#queue.remove(entry.pod.uid) }
    const cycle = new Cycle(entry.pod), begun = this.#figures.now()
    const found = await findNode(cycle, { nodes: this.#nodes, profile, nominator: this.#queue.nominator, extenders: this.#extenders, random: this.#cluster.random, start: this.#start })
    this.#figures.searched(this.#figures.now() - begun)
    this.#start = this.#nodes.list.length === 0 ? 0 : (this.#start + found.looked) % this.#nodes.list.length
    if (found.node === undefined) return this.#unplaced(entry, cycle, profile, found)
    if (!this.#queue.holds(entry)) return this.#queue.done(entry) // it went away while extenders were asked
    this.#placed(entry, cycle, profile, found)
  }

  async #unplaced(entry: Entry, cycle: Cycle, profile: Profile, found: Unplaced): Promise<void> {
    const { status, nominate } = found.nodes > 0 && profile.at('postFilter').length > 0 ? await profile.postFilter(cycle, found) : { status: undefined, nominate: '' }
    const by = (names: ReadonlySet<string>) => new Set([...names].map((name) => (name === extenderName ? anything : this.#plugins.get(profile)!.get(name)!)))
    this.#fail(entry, 'Unschedulable', explain(found, status?.reasons), nominate, found.nodes === 0 ? new Set([nodeArrival]) : by(found.refusedBy), by(found.pendingFor))
  }
  #wentWrong(entry: Entry, message: string): void { this.#fail(entry, 'SchedulerError', message, '', new Set(), new Set()) }
  #fail(entry: Entry, reason: 'Unschedulable' | 'SchedulerError', message: string, nominate: string | undefined, refusedBy: ReadonlySet<Plugin>, pendingFor: ReadonlySet<Plugin>): void {
    this.#count(entry, reason === 'Unschedulable' ? 'unschedulable' : 'error')
    const now = this.#cluster.get(podKind, entry.pod.pod.metadata)
    if (!now || now.metadata.uid !== entry.pod.uid || now.spec.nodeName || this.#stopped) return this.#queue.done(entry)
    if (nominate !== undefined) this.#queue.nominator.set(entry.pod, nominate)
    this.#queue.refused(entry, refusedBy, pendingFor)
    this.#keep(this.#binding, this.#verdicts.failed(now, reason, message, nominate))
  }

  #placed(entry: Entry, cycle: Cycle, profile: Profile, { node }: Placement): void {
    const { pod } = entry
    this.#queue.nominator.delete(pod.uid)
    this.#assumed.set(pod.uid, node.name)
    this.#nodes.place(pod, node.name)
    const refused = profile.reserve(cycle, node)
    if (refused) return this.#refused(entry, profile, node, refused)
    const permit = profile.permit(cycle, node)
    if (permit && 'status' in permit) { profile.unreserve(cycle, node); return this.#refused(entry, profile, node, permit) }
    if (permit) this.#waiting.hold(pod.uid, permit.waitFor)
    this.#queue.activate(cycle.activate)
    cycle.activate.clear()
    // Who waits for volumes or for others keeps nobody else from being bound.
    let takesTime = false
    const work = this.#bind(entry, cycle, profile, node, () => { takesTime = true })
    this.#keep(takesTime ? this.#work : this.#binding, work)
  }
  async #bind(entry: Entry, cycle: Cycle, profile: Profile, node: NodeInfo, takesTime: () => void): Promise<void> {
    const { pod } = entry.pod
    const failure = await bindPod({ profile, cycle, node, waiting: this.#waiting, extenders: this.#extenders,
      nominated: () => { takesTime(); return this.#verdicts.nominated(pod, node.name) }, decided: () => { this.#queue.done(entry) } })
      .catch((error: unknown) => ({ status: { code: 'Error', reasons: [error instanceof Error ? error.message : String(error)], error } satisfies Status, by: '' }))
    if (!failure) {
      this.#verdicts.scheduled(pod, node.name)
      this.#count(entry, 'scheduled')
      this.#figures.bound(entry.attempts, (this.#cluster.clock.now() - (entry.firstTry ?? 0)) / 1000)
      if (entry.isLeftover) this.#figures.boundAfterAll()
      this.#queue.activate(cycle.activate)
      return
    }
    if (this.#stopped) return
    profile.unreserve(cycle, node)
    this.#refused(entry, profile, node, failure)
  }
  /** Not on this node after all: what was taken for the pod is given back. */
  #refused(entry: Entry, profile: Profile, node: NodeInfo, { status, by }: { status: Status; by: string }): void {
    const { uid, pod } = entry.pod
    if (this.#assumed.delete(uid)) this.#nodes.displace(uid)
    const plugin = this.#plugins.get(profile)!.get(by), gone = { on: 'AssignedPod', action: 'Delete', old: pod } as const
    if (isRejected(status)) {
      const refusedBy = new Set(plugin && status.code !== 'Pending' ? [plugin] : []), pendingFor = new Set(plugin && status.code === 'Pending' ? [plugin] : [])
      this.#fail(entry, 'Unschedulable', explainRefusals({ ...new RefusedNodes().set(node, status, by), others: unresolvable(), nodes: 1 }), '', refusedBy, pendingFor)
      this.#queue.happened(gone) // after the pod is back, whom it does not help
      return
    }
    this.#queue.happened(gone)
    if (is(status.error, 'NotFound') || is(status.error, 'Conflict')) { this.#queue.refused(entry, new Set()); return } // the cache will say what has become of it
    this.#cluster.log.warn('a pod could not be bound; trying again', { pod: pod.metadata.name, namespace: pod.metadata.namespace, node: node.name, error: status.reasons.join(', ') })
    this.#wentWrong(entry, status.reasons.join(', '))
  }

  #count({ pod, takenAt }: Entry, result: Result): void { this.#figures.attempted(pod.pod.spec.schedulerName ?? defaultName, result, (this.#cluster.clock.now() - takenAt) / 1000) }
  #keep(of: Set<Promise<void>>, work: Promise<void>): void {
    of.add(work)
    void work.finally(() => of.delete(work))
  }
}
