// The agent of one node: sees the pods that are bound to it, has a worker for each, and says how they and the node are.
import { node as nodeKind, pod as podKind, type Node, type NodeStatus, type Pod } from '#kinds'
import type { Clock, Log } from '#machinery'
import { EventRecorder, Informer, type Client } from '#client'
import type { NodeDescription, NodeHealth } from './node-status.ts'
import type { PodEnvironment } from './pods/environment.ts'
import { latest } from './pods/plan.ts'
import type { ProbeCount } from './pods/probe-counts.ts'
import { Probes } from './pods/probes.ts'
import { RuntimeCache } from './pods/runtime-cache.ts'
import { StatusWriter } from './pods/status-writer.ts'
import { PodWorker } from './pods/worker.ts'
import { Registration } from './registration.ts'
import type { Runtime } from './runtime/runtime.ts'

export interface AgentOptions {
  /** With the identity system:node:<name>. */
  readonly client: Client
  readonly runtime: Runtime
  readonly environment: PodEnvironment
  readonly description: NodeDescription
  readonly log: Log
}

/** How often what lies about is looked for: sandboxes of pods that nobody knows any more. */
const sweepMs = 60_000
/** Image lists longer than this are cut, as the reference cuts them. */
const mostImages = 50

export class NodeAgent {
  readonly #options: AgentOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #cache: RuntimeCache
  readonly #pods: Informer<Pod>
  readonly #node: Informer<Node>
  readonly #statuses: StatusWriter
  readonly #probes: Probes
  readonly #registration: Registration
  readonly #events: EventRecorder
  readonly #workers = new Map<string, PodWorker>()
  readonly #stops: (() => void)[] = []
  #health: NodeHealth = { runtimeReady: false, runtimeMessage: 'the runtime has not answered yet', networkReady: false, networkMessage: 'cni plugin not initialized' }
  #images: NodeStatus['images'] = []
  #stopped = false
  #cancelSweep = () => {}

  constructor(options: AgentOptions) {
    const { client, runtime, environment, description, log } = options
    this.#options = options
    this.#clock = client.clock
    this.#log = log
    this.#cache = new RuntimeCache(runtime, client.clock, log)
    this.#pods = new Informer<Pod>(client, podKind, { fieldSelector: `spec.nodeName=${description.name}` })
    this.#node = new Informer<Node>(client, nodeKind, { fieldSelector: `metadata.name=${description.name}` })
    this.#statuses = new StatusWriter(client, log)
    this.#events = new EventRecorder(client, { component: 'kubelet', host: description.name })
    this.#registration = new Registration({ client, log, description, health: () => this.#health, images: () => this.#images })
    this.#probes = new Probes({ clock: client.clock, environment, events: this.#events, changed: (uid) => this.#workers.get(uid)?.poke() })
  }

  /** Registers the node and begins to work. Resolves at once; what cannot be reached yet is tried until it can. */
  start(): void {
    const { environment } = this.#options
    this.#registration.start()
    const runtimeKnown = this.#cache.start((uid) => this.#changed(uid), (available) => { void this.#lookAtRuntime(); if (available) this.#pokeAll() })
    environment.onChange((uid) => this.#workers.get(uid)?.refresh())
    this.#stops.push(this.#node.watch(({ type, object, old }) => { 
      if (type === 'DELETED') return this.#registration.gone()
      this.#registration.seen(object)
      if (object.spec?.podCIDR !== old?.spec?.podCIDR) void this.#lookAtRuntime() // its network may be complete now
    }))
    void Promise.all([runtimeKnown, this.#pods.synced()]).then(async () => {
      if (this.#stopped) return
      await this.#lookAtRuntime()
      this.#stops.push(this.#pods.watch(({ type, object }) => (type === 'DELETED' ? this.#workers.get(object.metadata.uid)?.forget() : this.#seen(object))))
      this.#sweep()
    }, (error: unknown) => { if (!this.#stopped) this.#log.error('the agent cannot see its pods', { error }) })
  }
  /** Ends the agent; containers run on. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const stop of this.#stops) stop()
    this.#cancelSweep()
    for (const worker of this.#workers.values()) worker.stop()
    this.#registration.stop()
    this.#probes.stop()
    this.#cache.stop()
    this.#pods.stop()
    this.#node.stop()
  }

  /** For the agent's own server. */
  get nodeName(): string { return this.#options.description.name }
  find(namespace: string, name: string): Pod | undefined { return [...this.#workers.values()].find((w) => w.pod.metadata.namespace === namespace && w.pod.metadata.name === name)?.pod }
  pods(): readonly Pod[] { return [...this.#workers.values()].map((w) => w.pod) }
  containerId(uid: string, name: string, previous = false): string | undefined {
    const observed = this.#cache.pod(uid), newest = latest(observed, name)
    if (!previous) return newest?.id
    return observed.containers.filter((c) => c.metadata.name === name && c !== newest).sort((a, b) => b.metadata.attempt - a.metadata.attempt)[0]?.id
  }
  probeCounts(): readonly ProbeCount[] { return this.#probes.counts.all() }
  sandboxId(uid: string): string | undefined { return this.#cache.pod(uid).sandboxes.find((s) => s.state === 'ready')?.id }

  #seen(pod: Pod): void {
    const { uid } = pod.metadata, worker = this.#workers.get(uid)
    if (worker) return worker.update(pod)
    const fresh = this.#worker(pod)
    fresh.poke()
  }
  #worker(pod: Pod): PodWorker {
    const { client, runtime, environment, description, log } = this.#options
    const worker = new PodWorker({
      client, clock: this.#clock, log, events: this.#events, runtime, cache: this.#cache, environment, probes: this.#probes, statuses: this.#statuses,
      hostIPs: () => description.addresses, done: (uid) => {
        const gone = this.#workers.get(uid)
        this.#workers.delete(uid)
        if (gone) this.#events.forget(podKind, gone.pod)
      },
    }, pod)
    this.#workers.set(pod.metadata.uid, worker)
    return worker
  }
  #changed(uid: string): void { this.#workers.get(uid)?.poke() }
  #pokeAll(): void { for (const worker of this.#workers.values()) worker.poke() }

  async #lookAtRuntime(): Promise<void> {
    const { runtime } = this.#options
    try {
      const conditions = await runtime.status(), of = (type: string) => conditions.find((c) => c.type === type)
      this.#health = { runtimeReady: of('RuntimeReady')?.status ?? false, runtimeMessage: of('RuntimeReady')?.message ?? '', networkReady: of('NetworkReady')?.status ?? false, networkMessage: of('NetworkReady')?.message ?? '' }
      const images = await runtime.listImages()
      this.#images = images.map((i) => ({ names: [...i.repoDigests, ...i.repoTags].slice(0, 5), sizeBytes: i.size })).filter((i) => i.names.length > 0)
        .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.names[0]! < b.names[0]! ? -1 : 1)).slice(0, mostImages)
    } catch (error) {
      this.#health = { ...this.#health, runtimeReady: false, runtimeMessage: error instanceof Error ? error.message : String(error) }
    }
    if (!this.#stopped) this.#registration.tell()
  }

  /** What is on the machine of pods that are no longer in the API is ended and removed. */
  #sweep(): void {
    if (this.#stopped) return
    void this.#removeStrangers().catch((error: unknown) => this.#log.warn('what is left of former pods could not be removed', { error })).finally(() => {
      if (this.#stopped) return
      void this.#lookAtRuntime()
      this.#cancelSweep = this.#clock.after(sweepMs, () => this.#sweep())
    })
  }
  async #removeStrangers(): Promise<void> {
    const { runtime, environment } = this.#options
    if (!this.#cache.available) return
    for (const uid of this.#cache.uids()) {
      if (this.#workers.has(uid)) continue
      for (const sandbox of this.#cache.pod(uid).sandboxes) {
        if (sandbox.state === 'ready') await runtime.stopPodSandbox(sandbox.id)
        await runtime.removePodSandbox(sandbox.id)
      }
    }
    for (const uid of await environment.present()) if (!this.#workers.has(uid)) await environment.tearDown(uid)
  }
}
