import { PassThrough, Readable, Writable } from 'node:stream'
import { type Clock, type Random, pause, seeded } from '#machinery'
import { RuntimeError } from './errors.ts'
import { LogLines } from './log-lines.ts'
import { PodAddresses } from './pod-addresses.ts'
import type {
  CallOptions, Container, ContainerConfig, ContainerFilter, ContainerStats, ContainerStatus, ExecRequest, ExecSyncResult, Image, LinuxResources, LogRequest,
  PodSandbox, PodSandboxConfig, PodSandboxFilter, PodSandboxStats, PodSandboxStatus, PortForwardSession, ProcessSession, RegistryAuth, Runtime, RuntimeEvent,
  StreamRequest,
} from './runtime.ts'
import {
  type Sandbox, type SimulatedContainer, containerEvent, containerStats, containerStatus, describeContainer, describeSandbox, holds, sandboxEvent, sandboxName,
  sandboxStats,
} from './simulated-container.ts'
import { SimulatedImages } from './simulated-images.ts'
import { behaviourOf, podBehaviour } from './simulated-pod.ts'

export interface SimulatedRuntimeOptions {
  readonly clock: Clock
  /** For ids; absent is a fixed seed. */
  readonly random?: Random
  /** The node's pod networks, asked for when a pod needs an address; [] until the node has been given one. */
  readonly podCidrs: () => readonly string[]
}

/**
 * A runtime without containers: pods run and end as their annotations tell (see simulated-pod.ts), on the given clock. A
 * container that says nothing runs for ever and costs no timer; a node costs nothing until it has pods.
 */
export class SimulatedRuntime implements Runtime {
  readonly #clock: Clock
  readonly #random: Random
  readonly #podCidrs: () => readonly string[]
  readonly #sandboxes = new Map<string, Sandbox>()
  readonly #containers = new Map<string, SimulatedContainer>()
  /** Of sandboxes, also of stopped ones. */
  readonly #names = new Set<string>()
  readonly #images = new SimulatedImages()
  readonly #listeners = new Set<(event: RuntimeEvent) => void>()
  #addresses: readonly PodAddresses[] | undefined

  constructor({ clock, random = seeded(1), podCidrs }: SimulatedRuntimeOptions) {
    this.#clock = clock
    this.#random = random
    this.#podCidrs = podCidrs
  }

  async version() { return { name: 'simulated', version: '1', apiVersion: 'v1' } }

  async status() {
    const network = this.#addresses !== undefined || this.#podCidrs().length > 0
    return [
      { type: 'RuntimeReady', status: true, reason: '', message: '' },
      { type: 'NetworkReady', status: network, reason: network ? '' : 'NetworkPluginNotReady', message: network ? '' : 'the node has no pod network yet' },
    ]
  }

  // --- sandboxes -------------------------------------------------------------------------------------------------

  async runPodSandbox(config: PodSandboxConfig, options: CallOptions & { readonly runtimeHandler?: string } = {}): Promise<string> {
    alive(options)
    const name = sandboxName(config)
    if (this.#names.has(name)) throw new RuntimeError('AlreadyExists', `the sandbox name ${name} is taken`)
    this.#names.add(name)
    if (podBehaviour(config).fail === 'sandbox') {
      this.#names.delete(name)
      throw new RuntimeError('Failed', 'the sandbox fails because the pod says proa.dev/fail: sandbox')
    }
    const sandbox: Sandbox = {
      id: this.#id(), config, runtimeHandler: options.runtimeHandler ?? '', createdAt: this.#clock.now(), containers: [], ready: true,
      ips: config.security?.namespaces?.network === 'node' ? [] : this.#takeAddresses(name),
    }
    this.#sandboxes.set(sandbox.id, sandbox)
    this.#tell(sandboxEvent(sandbox, this.#clock.now()))
    return sandbox.id
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id)
    if (!sandbox?.ready) return
    for (const container of sandbox.containers) if (container.state === 'running') this.#end(container, 137, 'Error')
    sandbox.ready = false
    sandbox.ips.forEach((address, i) => this.#addresses?.[i]?.giveBack(address))
    this.#tell(sandboxEvent(sandbox, this.#clock.now()))
  }

  async removePodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined) return
    await this.stopPodSandbox(id)
    for (const container of sandbox.containers) this.#remove(container)
    this.#sandboxes.delete(id)
    this.#names.delete(sandboxName(sandbox.config))
    this.#tell({ type: 'sandboxDeleted', sandboxId: id, podUid: sandbox.config.metadata.uid, at: this.#clock.now() })
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    const sandbox = this.#sandbox(id)
    return { ...describeSandbox(sandbox), ips: sandbox.ready ? sandbox.ips : [], networkMode: sandbox.config.security?.namespaces?.network ?? 'pod' }
  }

  async listPodSandboxes(filter: PodSandboxFilter = {}): Promise<readonly PodSandbox[]> {
    const all = [...this.#sandboxes.values()].map(describeSandbox)
    return all.filter(({ id, state, labels }) => (filter.id ?? id) === id && (filter.state ?? state) === state && holds(labels, filter.labels))
  }

  // --- containers ------------------------------------------------------------------------------------------------

  async createContainer(sandboxId: string, config: ContainerConfig, pod: PodSandboxConfig, options: CallOptions = {}): Promise<string> {
    alive(options)
    const sandbox = this.#sandbox(sandboxId)
    if (!sandbox.ready) throw new RuntimeError('Failed', `sandbox ${sandboxId} is not running`)
    const image = this.#images.find(config.image)
    if (image === undefined) throw new RuntimeError('NotFound', `image ${config.image} is not here; pull it first`)
    if (sandbox.containers.some(({ config: { metadata } }) => metadata.name === config.metadata.name && metadata.attempt === config.metadata.attempt)) {
      throw new RuntimeError('AlreadyExists', `container ${config.metadata.name} of attempt ${config.metadata.attempt} is there already`)
    }
    const container: SimulatedContainer = {
      id: this.#id(), sandbox, config, image, behaviour: behaviourOf(pod, config), createdAt: this.#clock.now(), state: 'created', startedAt: 0, finishedAt: 0,
      exitCode: 0, reason: '', message: '', resources: config.resources, cancelEnd: undefined,
    }
    this.#containers.set(container.id, container)
    sandbox.containers = [...sandbox.containers, container]
    this.#tell(containerEvent(container, this.#clock.now()))
    return container.id
  }

  async startContainer(id: string, options: CallOptions = {}): Promise<void> {
    alive(options)
    const container = this.#container(id)
    const { behaviour } = container
    if (container.state !== 'created') throw new RuntimeError('Failed', `container ${id} was started before`)
    if (behaviour.startAfter > 0) await pause(this.#clock, behaviour.startAfter)
    if (this.#containers.get(id) !== container || container.state !== 'created') throw new RuntimeError('NotFound', `container ${id} was removed while it started`)
    if (behaviour.fail === 'start') {
      container.message = 'the start fails because the pod says proa.dev/fail: start'
      this.#end(container, 128, 'StartError')
      throw new RuntimeError('Failed', container.message)
    }
    container.state = 'running'
    container.startedAt = this.#clock.now()
    this.#tell(containerEvent(container, this.#clock.now()))
    const end = () => this.#end(container, behaviour.exitCode, behaviour.exitCode === 0 ? 'Completed' : 'Error')
    if (behaviour.runFor !== Infinity) container.cancelEnd = this.#clock.after(behaviour.runFor, end)
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const container = this.#containers.get(id)
    if (container?.state !== 'running') return
    const { stopFor, stopExitCode } = container.behaviour
    const patience = Math.min(stopFor, graceSeconds * 1000)
    if (patience > 0) await pause(this.#clock, patience)
    const killed = graceSeconds === 0 || stopFor > graceSeconds * 1000
    if (container.state === 'running') this.#end(container, killed ? 137 : stopExitCode, killed || stopExitCode !== 0 ? 'Error' : 'Completed')
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id)
    if (container === undefined) return
    if (container.state === 'running') this.#end(container, 137, 'Error')
    this.#remove(container)
  }

  async containerStatus(id: string): Promise<ContainerStatus> { return containerStatus(this.#container(id)) }

  async listContainers(filter: ContainerFilter = {}): Promise<readonly Container[]> {
    const found: Container[] = []
    for (const container of this.#containers.values()) {
      if ((filter.id ?? container.id) !== container.id || (filter.state ?? container.state) !== container.state) continue
      if ((filter.sandboxId ?? container.sandbox.id) !== container.sandbox.id || !holds(container.config.labels ?? {}, filter.labels)) continue
      found.push(describeContainer(container))
    }
    return found
  }

  async updateContainerResources(id: string, resources: LinuxResources): Promise<void> {
    const container = this.#container(id)
    container.resources = { ...container.resources, ...resources }
  }

  probe(id: string): boolean {
    const container = this.#containers.get(id)
    if (container?.state !== 'running') return false
    const age = this.#clock.now() - container.startedAt
    return age >= container.behaviour.readyAfter && age < container.behaviour.unreadyAfter
  }

  // --- commands and logs -----------------------------------------------------------------------------------------

  async execSync(id: string, command: readonly string[], _timeoutSeconds: number): Promise<ExecSyncResult> {
    const { behaviour } = this.#running(id, command)
    return { exitCode: behaviour.execExitCode, stdout: new TextEncoder().encode(behaviour.execOutput), stderr: new Uint8Array() }
  }

  async exec(id: string, { command, ...streams }: ExecRequest): Promise<ProcessSession> {
    const { execOutput, execExitCode: exitCode } = this.#running(id, command).behaviour
    return session(streams, Readable.from(execOutput === '' ? [] : [Buffer.from(execOutput)]), Promise.resolve({ exitCode }), () => {})
  }

  async attach(id: string, streams: StreamRequest): Promise<ProcessSession> {
    const { behaviour } = this.#running(id, [])
    const { promise, resolve } = Promise.withResolvers<{ exitCode: number }>()
    const output = new PassThrough()
    output.write(behaviour.log)
    const done = () => { stop(); output.end(); resolve({ exitCode: 0 }) }
    const stop = this.events((event) => { if ('containerId' in event && event.containerId === id && event.type === 'containerExited') done() })
    return session(streams, output, promise, done)
  }

  async portForward(): Promise<PortForwardSession> { throw new RuntimeError('Unsupported', 'simulated pods listen on no port') }

  async *containerLog(id: string, request: LogRequest): AsyncGenerator<Uint8Array> {
    const container = this.#container(id)
    const lines = container.behaviour.log === '' || container.startedAt === 0 ? [] : container.behaviour.log.replace(/\n$/, '').split('\n')
    const time = new Date(container.startedAt).toISOString()
    const wanted = request.tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - request.tailLines))
    const out = new LogLines(request).push(Buffer.from(wanted.map((line) => `${time} stdout F ${line}\n`).join('')))
    if (out.length > 0) yield out
    if (!request.follow || container.state !== 'running' || request.signal?.aborted) return
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const stop = this.events((event) => { if ('containerId' in event && event.containerId === id && event.type !== 'containerStarted') resolve() })
    request.signal?.addEventListener('abort', () => resolve(), { once: true })
    try { await ended } finally { stop() }
  }

  async reopenContainerLog(): Promise<void> {}

  // --- images ----------------------------------------------------------------------------------------------------

  async pullImage(image: string, _auth?: RegistryAuth, pod?: PodSandboxConfig): Promise<string> {
    const { pullFor, fail } = podBehaviour(pod)
    if (pullFor > 0) await pause(this.#clock, pullFor)
    if (fail === 'pull') throw new RuntimeError('ImagePull', `pulling ${image} fails because the pod says proa.dev/fail: pull`)
    return this.#images.add(image).id
  }
  async imageStatus(image: string): Promise<Image | undefined> { return this.#images.find(image) }
  async listImages(): Promise<readonly Image[]> { return this.#images.all() }
  async removeImage(image: string): Promise<void> { this.#images.remove(image) }
  async importImages(tar: Readable): Promise<readonly string[]> {
    tar.destroy()
    throw new RuntimeError('Unsupported', 'simulated nodes need no images: any name can be pulled')
  }
  async imageFilesystem() { return [{ at: this.#clock.now(), mountpoint: '/', usedBytes: 0, inodesUsed: 0 }] }

  // --- statistics and events -------------------------------------------------------------------------------------

  async containerStats(id: string): Promise<ContainerStats> { return containerStats(this.#container(id), this.#clock.now()) }

  async listContainerStats(filter: Pick<ContainerFilter, 'id' | 'sandboxId' | 'labels'> = {}): Promise<readonly ContainerStats[]> {
    const running = await this.listContainers({ ...filter, state: 'running' })
    return running.map(({ id }) => containerStats(this.#container(id), this.#clock.now()))
  }

  async podSandboxStats(id: string): Promise<PodSandboxStats> {
    const sandbox = this.#sandbox(id)
    return sandboxStats(sandbox, this.#clock.now())
  }

  events(seen: (event: RuntimeEvent) => void): () => void {
    const listener = (event: RuntimeEvent) => seen(event)
    for (const sandbox of this.#sandboxes.values()) listener(sandboxEvent(sandbox, this.#clock.now()))
    for (const container of this.#containers.values()) listener(containerEvent(container, this.#clock.now()))
    listener({ type: 'synced', at: this.#clock.now() })
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  close(): void { this.#listeners.clear() }

  // --- inside ----------------------------------------------------------------------------------------------------

  #sandbox(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined) throw new RuntimeError('NotFound', `there is no sandbox ${id}`)
    return sandbox
  }
  #container(id: string): SimulatedContainer {
    const container = this.#containers.get(id)
    if (container === undefined) throw new RuntimeError('NotFound', `there is no container ${id}`)
    return container
  }
  #running(id: string, command: readonly string[]): SimulatedContainer {
    const container = this.#container(id)
    if (container.state !== 'running') throw new RuntimeError('Failed', `container ${id} is not running${command.length > 0 ? `; ${command[0]} cannot run in it` : ''}`)
    return container
  }

  #end(container: SimulatedContainer, exitCode: number, reason: string): void {
    container.cancelEnd?.()
    container.cancelEnd = undefined
    container.state = 'exited'
    container.exitCode = exitCode
    container.reason = reason
    container.finishedAt = this.#clock.now()
    this.#tell(containerEvent(container, this.#clock.now()))
  }

  #remove(container: SimulatedContainer): void {
    container.cancelEnd?.()
    this.#containers.delete(container.id)
    const { id: containerId, sandbox } = container
    sandbox.containers = sandbox.containers.filter((other) => other !== container)
    this.#tell({ type: 'containerDeleted', containerId, sandboxId: sandbox.id, podUid: sandbox.config.metadata.uid, at: this.#clock.now() })
  }

  #takeAddresses(name: string): readonly string[] {
    const networks = this.#addresses ??= this.#openNetworks()
    const taken = networks?.map((network) => network.take()) ?? []
    if (taken.length > 0 && !taken.includes(undefined)) return taken as string[]
    taken.forEach((address, i) => { if (address !== undefined) networks?.[i]?.giveBack(address) })
    this.#names.delete(name)
    throw new RuntimeError('Failed', networks === undefined ? 'the node has no pod network yet' : 'the node has no pod address left')
  }
  #openNetworks(): readonly PodAddresses[] | undefined {
    const cidrs = this.#podCidrs()
    return cidrs.length === 0 ? undefined : cidrs.map((cidr) => new PodAddresses(cidr))
  }

  #id(): string {
    return Array.from({ length: 8 }, () => Math.floor(this.#random() * 2 ** 32).toString(16).padStart(8, '0')).join('')
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

function alive({ signal }: CallOptions): void {
  if (signal?.aborted) throw new RuntimeError('Cancelled', 'the call was cancelled')
}

function session(streams: StreamRequest, output: Readable, finished: ProcessSession['finished'], close: () => void): ProcessSession {
  return {
    stdin: streams.stdin ? new Writable({ write: (_chunk, _encoding, done) => done() }) : undefined,
    stdout: streams.stdout ? output : undefined, stderr: streams.stderr && !streams.tty ? Readable.from([]) : undefined,
    finished, close, resize: () => {},
  }
}
