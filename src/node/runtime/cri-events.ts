import { isRuntimeError } from './errors.ts'
import type { Connection } from './protocol.ts'
import type { Container, ContainerStatus, PodSandbox, Runtime, RuntimeEvent } from './runtime.ts'

/** The label by which a pod's containers and sandboxes name it. */
export const podUidLabel = 'io.kubernetes.pod.uid'

type Known =
  | { readonly kind: 'sandbox'; readonly podUid: string; readonly state: PodSandbox['state'] }
  | { readonly kind: 'container'; readonly podUid: string; readonly sandboxId: string; readonly state: ContainerStatus['state'] | ''; readonly status?: ContainerStatus }

/** What the events read of the runtime. */
export type StatusReader = Pick<Runtime, 'listPodSandboxes' | 'listContainers' | 'containerStatus' | 'podSandboxStatus'>

/**
 * Makes the runtime's changes known. CRI's own events are absent from containerd 1.6, so it listens to containerd's: they
 * say that something happened, and the state is then read through CRI, a moment later where CRI has yet to learn of it.
 * Runs only while somebody listens.
 */
export class CriEvents {
  readonly #connection: Connection
  readonly #runtime: StatusReader
  readonly #listeners = new Set<(event: RuntimeEvent) => void>()
  readonly #known = new Map<string, Known>()
  /** The last piece of work on each id: changes of one are told in order. */
  readonly #work = new Map<string, Promise<void>>()
  #subscription: { cancel(): void } | undefined
  #running = false
  #synced = false
  #generation = 0

  constructor(connection: Connection, runtime: StatusReader) {
    this.#connection = connection
    this.#runtime = runtime
  }

  listen(seen: (event: RuntimeEvent) => void): () => void {
    // Each call is a listener of its own, also with the same function.
    const listener = (event: RuntimeEvent) => seen(event)
    const at = Date.now()
    for (const [id, known] of this.#known) if (known.state !== '') listener(describe(id, known, at))
    if (this.#synced) listener({ type: 'synced', at })
    this.#listeners.add(listener)
    if (!this.#running) {
      this.#running = true
      void this.#run(++this.#generation)
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  /** After our own call made a sandbox: containerd speaks of it before CRI does. */
  sandboxRuns(id: string, podUid: string): void {
    if (this.#running) this.#sandbox(id, podUid, 'ready')
  }

  /** After our own call made a container. */
  containerCreated(id: string, sandboxId: string, podUid: string): void {
    if (!this.#running || this.#known.has(id)) return
    this.#known.set(id, { kind: 'container', podUid, sandboxId, state: '' })
    this.#queue(id, () => this.#refreshContainer(id, (status) => status !== undefined))
  }

  close(): void {
    this.#generation++
    this.#running = false
    this.#synced = false
    this.#subscription?.cancel()
    this.#subscription = undefined
    this.#known.clear()
  }

  async #run(generation: number): Promise<void> {
    const current = () => this.#generation === generation
    for (let failures = 0; current(); failures++) {
      try {
        await this.#connection.ready(60_000)
        if (!current()) return
        const ended = await this.#listenAndList(() => { failures = 0 })
        await ended
      } catch (error) {
        if (!current()) return
        this.#synced = false
        this.#subscription?.cancel()
        if (failures === 0) this.#tell({ type: 'lost', at: Date.now(), message: (error as Error).message })
        await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, 20 * 2 ** failures)))
      }
    }
  }

  /** Returns a promise that rejects when the stream has ended, once everything there is was told. */
  async #listenAndList(connected: () => void): Promise<Promise<never>> {
    const { promise: ended, reject: end } = Promise.withResolvers<never>()
    ended.catch(() => {})
    const { promise: greeted, resolve: greet } = Promise.withResolvers<void>()
    // What happens while the list is read may be about things that only the list makes known.
    let early: [string, Uint8Array][] | undefined = []
    this.#subscription = this.#connection.subscribe((topic, event) => {
      if (topic === greeting) greet()
      else if (early) early.push([topic, event])
      else this.#heard(topic, event)
    }, end)
    // Nothing answers a subscription. That an event of our own comes back tells that it stands, so that the list
    // that follows misses nothing.
    for (let tries = 0; ; tries++) {
      await this.#connection.publish(greeting, 5_000)
      const wait = Promise.withResolvers<false>()
      const timer = setTimeout(() => wait.resolve(false), 100 * (tries + 1))
      const heard = await Promise.race([greeted.then(() => true), wait.promise, ended])
      clearTimeout(timer)
      if (heard) break
      if (tries === 9) throw new Error('containerd does not deliver its events')
    }
    const told = await this.#list()
    for (const [topic, event] of early) this.#heard(topic, event)
    early = undefined
    await told.all
    connected()
    this.#synced = true
    this.#tell({ type: 'synced', at: Date.now() })
    // What ended just before we listened may have shown as running still: CRI learns of an end later than it is told.
    const generation = this.#generation
    setTimeout(() => { if (this.#generation === generation && this.#synced) this.#list().catch(() => {}) }, secondLook).unref()
    return ended
  }

  /** Returns a promise of all being told, once all is known. */
  async #list(): Promise<{ readonly all: Promise<unknown> }> {
    const before = [...this.#known.keys()]
    const [sandboxes, containers] = await Promise.all([this.#runtime.listPodSandboxes(), this.#runtime.listContainers()])
    const there = new Set<string>()
    for (const { id, metadata, state } of sandboxes) {
      there.add(id)
      this.#sandbox(id, metadata.uid, state)
    }
    const refreshed: Promise<void>[] = []
    for (const container of containers) {
      there.add(container.id)
      this.#adopt(container)
      const known = this.#known.get(container.id)
      if (known?.state !== container.state) refreshed.push(this.#queue(container.id, () => this.#refreshContainer(container.id, () => true)))
    }
    for (const id of before) if (!there.has(id)) this.#deleted(id)
    return { all: Promise.all(refreshed) }
  }

  #adopt({ id, sandboxId, labels }: Container): void {
    if (!this.#known.has(id)) this.#known.set(id, { kind: 'container', podUid: labels[podUidLabel] ?? this.#known.get(sandboxId)?.podUid ?? '', sandboxId, state: '' })
  }

  #heard(topic: string, event: Uint8Array): void {
    const subject = this.#connection.eventSubject(topic, event)
    const known = subject && this.#known.get(subject.containerId)
    // Processes of exec, and what others than our own calls made: those are found by the next list.
    if (!known || subject.processId !== subject.containerId) return
    const id = subject.containerId
    if (known.kind === 'sandbox') {
      if (topic === '/tasks/exit' || topic === '/tasks/delete') void this.#queue(id, () => this.#refreshSandbox(id, (state) => state !== 'ready'))
      if (topic === '/containers/delete') void this.#queue(id, () => this.#refreshSandbox(id, (state) => state === undefined))
    } else {
      const expected = topic === '/tasks/start' ? (status?: ContainerStatus) => status?.state !== 'created'
        : topic === '/containers/delete' ? (status?: ContainerStatus) => status === undefined
          : (status?: ContainerStatus) => status === undefined || status.state === 'exited' || status.state === 'unknown'
      void this.#queue(id, () => this.#refreshContainer(id, expected))
    }
  }

  #queue(id: string, work: () => Promise<void>): Promise<void> {
    const generation = this.#generation
    // A failing read means that the runtime is away: the next list tells what was missed.
    const done = (this.#work.get(id) ?? Promise.resolve()).then(() => this.#generation === generation ? work() : undefined).catch(() => {})
      .finally(() => { if (this.#work.get(id) === done) this.#work.delete(id) })
    this.#work.set(id, done)
    return done
  }

  async #refreshContainer(id: string, settled: (status: ContainerStatus | undefined) => boolean): Promise<void> {
    // Its exit is told by two events; the second has nothing to add.
    const before = this.#known.get(id)
    if (before?.kind === 'container' && before.state === 'exited' && settled(before.status)) return
    const status = await patiently(() => this.#runtime.containerStatus(id), settled)
    const known = this.#known.get(id)
    if (known?.kind !== 'container') return
    if (status === undefined) return this.#deleted(id)
    if (status.state === known.state) return
    const now: Known = { ...known, state: status.state, status }
    this.#known.set(id, now)
    this.#tell(describe(id, now, Date.now()))
  }

  async #refreshSandbox(id: string, settled: (state: PodSandbox['state'] | undefined) => boolean): Promise<void> {
    const status = await patiently(() => this.#runtime.podSandboxStatus(id), (status) => settled(status?.state))
    const known = this.#known.get(id)
    if (known === undefined) return
    if (status === undefined) this.#deleted(id)
    else this.#sandbox(id, known.podUid, status.state)
  }

  #sandbox(id: string, podUid: string, state: PodSandbox['state']): void {
    if (this.#known.get(id)?.state === state) return
    const known: Known = { kind: 'sandbox', podUid, state }
    this.#known.set(id, known)
    this.#tell(describe(id, known, Date.now()))
  }

  #deleted(id: string): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    this.#known.delete(id)
    const { podUid } = known
    if (known.kind === 'sandbox') this.#tell({ type: 'sandboxDeleted', sandboxId: id, podUid, at: Date.now() })
    else this.#tell({ type: 'containerDeleted', containerId: id, sandboxId: known.sandboxId, podUid, at: Date.now() })
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

const secondLook = 1_000
const greeting = '/proa/listening'
const containerEvent = { '': 'containerCreated', created: 'containerCreated', running: 'containerStarted', exited: 'containerExited', unknown: 'containerExited' } as const

function describe(id: string, known: Known, at: number): RuntimeEvent {
  const { podUid } = known
  if (known.kind === 'sandbox') return { type: known.state === 'ready' ? 'sandboxStarted' : 'sandboxExited', sandboxId: id, podUid, at }
  return { type: containerEvent[known.state], containerId: id, sandboxId: known.sandboxId, podUid, at, ...(known.status && { status: known.status }) }
}

/** Reads until `settled` or eight seconds have passed: CRI learns of an event a moment after containerd has told it. */
async function patiently<T>(read: () => Promise<T>, settled: (value: T | undefined) => boolean): Promise<T | undefined> {
  for (let wait = 1; ; wait *= 2) {
    let value: T | undefined
    try { value = await read() } catch (error) { if (!isRuntimeError(error, 'NotFound')) throw error }
    if (settled(value) || wait > 4_000) return value
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}
