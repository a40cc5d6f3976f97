// The scheduler: takes pods without a node, one after the other, finds each a node, and binds it.
import { namespace, node as nodeKind, persistentVolumeClaim, pod as podKind, podDisruptionBudget, type Node, type Pod } from '#kinds'
import { ApiError, formatTime, is } from '#machinery'
import type { Cluster } from '#client'
import { schedule } from './cycle.ts'
import { events, type Nodes, type Plugin } from './framework.ts'
import { explain } from './message.ts'
import { NodeInfo } from './node-info.ts'
import { defaultPlugins } from './plugins/index.ts'
import { planPreemption } from './preemption.ts'
import { SchedulingQueue } from './queue.ts'

export interface SchedulerOptions { readonly name?: string; readonly plugins?: readonly Plugin[] }

/** How many binds may be on their way at once. */
const bindsInFlight = 64
/** How many pods are placed before others in the process get their turn. */
const burst = 16

/** Runs until the returned function is called; that resolves when the binds under way have ended. */
export function startScheduler(cluster: Cluster, options: SchedulerOptions = {}): () => Promise<void> {
  const scheduler = new Scheduler(cluster, options)
  const started = scheduler.start()
  return async () => { scheduler.stop(); await started.catch(() => {}); await scheduler.idle() }
}

export class Scheduler {
  readonly #cluster: Cluster
  readonly #name: string
  readonly #plugins: readonly Plugin[]
  readonly #queue: SchedulingQueue
  readonly #infos = new Map<string, NodeInfo>()
  /** Nodes that exist, in a stable order. */
  #all: NodeInfo[] = []
  readonly #nodes: Nodes
  /** uid -> node: placed by us, not yet seen so in the cache. */
  readonly #assumed = new Map<string, string>()
  readonly #placed = new Map<string, string>()
  readonly #binding = new Set<Promise<void>>()
  readonly #stops: (() => void)[] = []
  #start = 0
  #running = false
  #stopped = false

  constructor(cluster: Cluster, { name = 'default-scheduler', plugins = defaultPlugins }: SchedulerOptions) {
    this.#cluster = cluster
    this.#name = name
    this.#plugins = plugins
    this.#queue = new SchedulingQueue(cluster.clock)
    const all = () => this.#all
    this.#nodes = {
      get all() { return all() },
      get: (n) => this.#infos.get(n),
      namespaceLabels: (n) => cluster.get(namespace, { name: n })?.metadata.labels ?? {},
      claim: (ns, n) => cluster.get(persistentVolumeClaim, { namespace: ns, name: n }),
    }
  }

  async start(): Promise<void> {
    await this.#cluster.synced([nodeKind, podKind, namespace, persistentVolumeClaim, podDisruptionBudget])
    if (this.#stopped) return
    this.#queue.onReady(() => this.#run())
    this.#stops.push(
      this.#cluster.watch(nodeKind, ({ type, object, old }) => (type === 'DELETED' ? this.#nodeGone(object) : this.#nodeSeen(object, old))),
      this.#cluster.watch(podKind, ({ type, object }) => (type === 'DELETED' ? this.#podGone(object) : this.#podSeen(object))),
      this.#cluster.watch(persistentVolumeClaim, () => this.#queue.happened('volume')))
  }
  stop(): void { this.#stopped = true; for (const stop of this.#stops) stop() }
  async idle(): Promise<void> { await Promise.all(this.#binding) }

  #nodeSeen(node: Node, old: Node | undefined): void {
    const { name } = node.metadata
    const info = this.#info(name), isNew = info.node === undefined
    info.setNode(node)
    if (isNew) this.#all.push(info)
    for (const event of isNew || !old ? (['node-added'] as const) : events.ofNode(old, node)) this.#queue.happened(event)
  }
  #nodeGone(node: Node): void {
    const info = this.#infos.get(node.metadata.name)
    if (!info) return
    info.node = undefined
    this.#all = this.#all.filter((i) => i !== info)
    if (info.pods.size === 0) this.#infos.delete(info.name)
  }
  #podSeen(pod: Pod): void {
    const { uid } = pod.metadata
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    if (ended) return this.#podGone(pod)
    if (pod.spec.nodeName) {
      this.#queue.remove(uid)
      this.#assumed.delete(uid)
      const isNew = this.#placed.get(uid) === undefined
      this.#place(pod, pod.spec.nodeName)
      if (isNew) this.#queue.happened('pod-placed')
    } else if (!this.#assumed.has(uid) && pod.spec.schedulerName === this.#name && !pod.metadata.deletionTimestamp) this.#queue.put(pod)
    else if (pod.metadata.deletionTimestamp) this.#queue.remove(uid)
  }
  #podGone(pod: Pod): void {
    this.#queue.remove(pod.metadata.uid)
    this.#assumed.delete(pod.metadata.uid)
    if (this.#displace(pod.metadata.uid)) this.#queue.happened('pod-gone')
  }
  #place(pod: Pod, name: string): void {
    this.#displace(pod.metadata.uid)
    this.#info(name).add(pod)
    this.#placed.set(pod.metadata.uid, name)
  }
  #displace(uid: string): boolean {
    const name = this.#placed.get(uid)
    if (name === undefined) return false
    this.#placed.delete(uid)
    const info = this.#infos.get(name)
    info?.remove(uid)
    if (info && !info.node && info.pods.size === 0) this.#infos.delete(name)
    return true
  }
  #info(name: string): NodeInfo {
    let info = this.#infos.get(name)
    if (!info) this.#infos.set(name, info = new NodeInfo(name))
    return info
  }

  /** Places what is ready, in bursts, as long as there is something and binds are not piling up. */
  #run(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    queueMicrotask(() => void this.#work().finally(() => {
      this.#running = false
      if (this.#queue.ready) this.#run() // something came while the last turn ended
    }))
  }
  async #work(): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      if (this.#binding.size >= bindsInFlight) await Promise.race(this.#binding)
      else if (n % burst === burst - 1) await Promise.resolve()
      const pod = this.#queue.take()
      if (!pod) return
      try { this.#one(pod) } catch (error) {
        this.#cluster.log.error('a pod could not be scheduled', { pod: pod.metadata.name, namespace: pod.metadata.namespace, error })
        this.#queue.retry(pod)
      }
    }
  }

  #one(pod: Pod): void {
    const found = schedule(pod, this.#nodes, this.#plugins, this.#start, this.#cluster.random)
    if (found.node !== undefined) {
      this.#start = this.#all.length === 0 ? 0 : (this.#start + found.looked) % this.#all.length
      this.#assumed.set(pod.metadata.uid, found.node)
      this.#place(pod, found.node)
      return this.#inFlight(this.#bind(pod, found.node))
    }
    if (found.nowhere && found.refusedBy.values().next().value?.name === 'SchedulingGates') {
      this.#queue.wait(pod, found.refusedBy)
      return this.#inFlight(this.#tell(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'))
    }
    const preemption = found.nodes === 0 || found.nowhere ? undefined : planPreemption(pod, found, this.#nodes, this.#plugins, this.#cluster.list(podDisruptionBudget))
    const message = explain(found, preemption?.message ?? (found.nowhere && found.nodes > 0 ? `0/${found.nodes} nodes are available: ${found.nodes} Preemption is not helpful for scheduling.` : undefined))
    this.#queue.wait(pod, found.refusedBy)
    this.#cluster.events.record(podKind, pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' })
    this.#inFlight(this.#tell(pod, 'Unschedulable', message, preemption?.node))
    for (const victim of preemption?.victims ?? []) this.#inFlight(this.#evict(victim, pod, preemption!.node!))
  }

  #inFlight(work: Promise<void>): void {
    this.#binding.add(work)
    void work.finally(() => this.#binding.delete(work))
  }
  async #bind(pod: Pod, name: string): Promise<void> {
    const { metadata } = pod
    try {
      await this.#cluster.client.post(podKind, metadata, 'binding', {
        apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, target: { kind: 'Node', name } })
      this.#cluster.events.record(podKind, pod, 'Normal', 'Scheduled', `Successfully assigned ${metadata.namespace}/${metadata.name} to ${name}`, { action: 'Binding' })
    } catch (error) {
      if (this.#stopped) return
      if (this.#assumed.delete(metadata.uid)) this.#displace(metadata.uid)
      if (!is(error, 'NotFound') && !is(error, 'Conflict'))
        this.#cluster.log.warn('a pod could not be bound; trying again', { pod: metadata.name, namespace: metadata.namespace, node: name, error: error instanceof ApiError ? error.message : error })
      this.#queue.retry(pod)
    }
  }

  /** Writes the PodScheduled condition, if it says something new. */
  async #tell(pod: Pod, reason: string, message: string, nominated?: string): Promise<void> {
    const held = pod.status?.conditions?.find((c) => c.type === 'PodScheduled')
    if (held?.status === 'False' && held.reason === reason && held.message === message && (nominated === undefined || pod.status?.nominatedNodeName === nominated)) return
    await this.#patchStatus(pod, { conditions: [{ type: 'PodScheduled', status: 'False', reason, message, observedGeneration: pod.metadata.generation,
      ...(held?.status !== 'False' && { lastTransitionTime: this.#now() }), lastProbeTime: null }], ...(nominated && { nominatedNodeName: nominated }) })
  }
  async #evict(victim: Pod, pod: Pod, node: string): Promise<void> {
    await this.#patchStatus(victim, { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', observedGeneration: victim.metadata.generation,
      message: `${this.#name}: preempting to accommodate a higher priority pod`, lastTransitionTime: this.#now(), lastProbeTime: null }] })
    await this.#cluster.delete(podKind, victim).catch((error: unknown) => this.#cluster.log.warn('a pod could not be preempted', { pod: victim.metadata.name, error }))
    this.#cluster.events.record(podKind, victim, 'Normal', 'Preempted', `Preempted by pod ${pod.metadata.uid} on node ${node}`, { action: 'Preempting', related: { kind: podKind, object: pod } })
  }
  async #patchStatus(pod: Pod, status: object): Promise<void> {
    try {
      await this.#cluster.patch(podKind, pod.metadata, 'strategic', { metadata: { uid: pod.metadata.uid }, status }, { subresource: 'status' })
    } catch (error) {
      if (!is(error, 'NotFound') && !is(error, 'Conflict') && !this.#stopped) this.#cluster.log.warn("a pod's status could not be written", { pod: pod.metadata.name, error })
    }
  }
  #now(): string { return formatTime(this.#cluster.clock.now()) }
}
