import type { Readable } from 'node:stream'
import * as answers from './cri-answers.ts'
import { CriEvents } from './cri-events.ts'
import * as requests from './cri-requests.ts'
import { RuntimeError, isRuntimeError } from './errors.ts'
import { importWithCtr } from './image-import.ts'
import { readLogFile } from './log-file.ts'
import { type Connection, type Message, connect } from './protocol.ts'
import type {
  CallOptions, ContainerConfig, ContainerFilter, ExecRequest, ExecSyncResult, LinuxResources, LogRequest, PodSandboxConfig, PodSandboxFilter,
  PortForwardSession, ProcessSession, RegistryAuth, Runtime, RuntimeCondition, RuntimeEvent, RuntimeVersion, StreamRequest,
} from './runtime.ts'
import { defaultDeadlines } from './runtime.ts'
import { streamProcess, streamPorts } from '../streaming/containerd-streams.ts'

/**
 * Connects to the containerd that listens on `socket`. Nothing is sent before the first call.
 * `importCommand` is ctr, which takes image archives in.
 */
export async function connectRuntime(socket: string, importCommand = 'ctr'): Promise<Runtime> {
  return new CriRuntime(await connect(socket), socket, importCommand)
}

class CriRuntime implements Runtime {
  readonly #connection: Connection
  readonly #events: CriEvents
  readonly #socket: string
  readonly #importCommand: string
  readonly #closed = new AbortController()
  readonly #pulls = new Map<string, Promise<string>>()

  constructor(connection: Connection, socket: string, importCommand: string) {
    this.#connection = connection
    this.#socket = socket
    this.#importCommand = importCommand
    this.#events = new CriEvents(connection, this)
  }

  #read<Answer>(method: string, request: Message, options?: CallOptions): Promise<Answer> {
    return this.#connection.call('RuntimeService', method, request, { timeoutMs: defaultDeadlines.read, ...options })
  }
  #write<Answer = unknown>(method: string, request: Message, options?: CallOptions): Promise<Answer> {
    return this.#connection.call('RuntimeService', method, request, { timeoutMs: defaultDeadlines.write, ...options })
  }
  #image<Answer = unknown>(method: string, request: Message, timeoutMs: number, options?: CallOptions): Promise<Answer> {
    return this.#connection.call('ImageService', method, request, { timeoutMs, ...options })
  }

  async version(options?: CallOptions): Promise<RuntimeVersion> {
    const its = await this.#read<{ runtimeName: string; runtimeVersion: string; runtimeApiVersion: string }>('Version', {}, options)
    return { name: its.runtimeName, version: its.runtimeVersion, apiVersion: its.runtimeApiVersion }
  }

  async status(options?: CallOptions): Promise<readonly RuntimeCondition[]> {
    const { status } = await this.#read<{ status: { conditions: RuntimeCondition[] } | null }>('Status', {}, options)
    return status?.conditions.map(answers.condition) ?? []
  }

  async runPodSandbox(config: PodSandboxConfig, options: CallOptions & { readonly runtimeHandler?: string } = {}): Promise<string> {
    const { runtimeHandler, ...call } = options
    const { podSandboxId } = await this.#write<{ podSandboxId: string }>('RunPodSandbox', { config: requests.sandboxConfig(config), runtimeHandler }, call)
    this.#events.sandboxRuns(podSandboxId, config.metadata.uid)
    return podSandboxId
  }
  async stopPodSandbox(id: string, options?: CallOptions): Promise<void> {
    await this.#write('StopPodSandbox', { podSandboxId: id }, options).catch(unlessGone)
  }
  async removePodSandbox(id: string, options?: CallOptions): Promise<void> {
    await this.#write('RemovePodSandbox', { podSandboxId: id }, options).catch(unlessGone)
  }
  async podSandboxStatus(id: string, options?: CallOptions) {
    const { status } = await this.#read<{ status: answers.WireSandboxStatus }>('PodSandboxStatus', { podSandboxId: id }, options)
    return answers.podSandboxStatus(status)
  }
  async listPodSandboxes(filter: PodSandboxFilter = {}, options?: CallOptions) {
    const { items } = await this.#read<{ items: answers.WireSandbox[] }>('ListPodSandbox', { filter: requests.sandboxFilter(filter) }, options)
    return items.map(answers.podSandbox)
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig, options?: CallOptions): Promise<string> {
    const request = { podSandboxId: sandboxId, config: requests.containerConfig(config), sandboxConfig: requests.sandboxConfig(sandbox) }
    const { containerId } = await this.#write<{ containerId: string }>('CreateContainer', request, options)
    this.#events.containerCreated(containerId, sandboxId, sandbox.metadata.uid)
    return containerId
  }
  async startContainer(id: string, options?: CallOptions): Promise<void> { await this.#write('StartContainer', { containerId: id }, options) }
  async stopContainer(id: string, graceSeconds: number, options: CallOptions = {}): Promise<void> {
    const timeoutMs = graceSeconds * 1000 + (options.timeoutMs ?? defaultDeadlines.write)
    await this.#write('StopContainer', { containerId: id, timeout: Math.ceil(graceSeconds) }, { ...options, timeoutMs }).catch(unlessGone)
  }
  async removeContainer(id: string, options?: CallOptions): Promise<void> {
    await this.#write('RemoveContainer', { containerId: id }, options).catch(unlessGone)
  }
  async containerStatus(id: string, options?: CallOptions) {
    const { status } = await this.#read<{ status: answers.WireContainerStatus }>('ContainerStatus', { containerId: id }, options)
    return answers.containerStatus(status)
  }
  async listContainers(filter: ContainerFilter = {}, options?: CallOptions) {
    const { containers } = await this.#read<{ containers: answers.WireContainer[] }>('ListContainers', { filter: requests.containerFilter(filter) }, options)
    return containers.map(answers.container)
  }
  async updateContainerResources(id: string, resources: LinuxResources, options?: CallOptions): Promise<void> {
    await this.#write('UpdateContainerResources', { containerId: id, linux: requests.resources(resources) }, options)
  }

  async execSync(id: string, command: readonly string[], timeoutSeconds: number, options: CallOptions = {}): Promise<ExecSyncResult> {
    const limit = timeoutSeconds > 0 ? timeoutSeconds : (options.timeoutMs ?? defaultDeadlines.write) / 1000
    // The runtime watches the time and kills; the call itself waits a little longer for its answer.
    const timeoutMs = limit * 1000 + 5_000
    const answer = await this.#write<ExecSyncResult>('ExecSync', { containerId: id, cmd: command, timeout: Math.ceil(limit) }, { ...options, timeoutMs })
    // An empty field is no bytes at all on the wire, and an empty array then.
    return { exitCode: answer.exitCode, stdout: Uint8Array.from(answer.stdout), stderr: Uint8Array.from(answer.stderr) }
  }
  async exec(id: string, { command, ...streams }: ExecRequest, options?: CallOptions): Promise<ProcessSession> {
    const { url } = await this.#read<{ url: string }>('Exec', { containerId: id, cmd: command, ...streams }, options)
    return streamProcess(url, streams, options)
  }
  async attach(id: string, streams: StreamRequest, options?: CallOptions): Promise<ProcessSession> {
    const { url } = await this.#read<{ url: string }>('Attach', { containerId: id, ...streams }, options)
    return streamProcess(url, streams, options)
  }
  async portForward(sandboxId: string, options?: CallOptions): Promise<PortForwardSession> {
    const { url } = await this.#read<{ url: string }>('PortForward', { podSandboxId: sandboxId }, options)
    return streamPorts(url, options)
  }

  async *containerLog(id: string, request: LogRequest): AsyncGenerator<Uint8Array> {
    const { logPath } = await this.containerStatus(id)
    if (logPath === '') throw new RuntimeError('NotFound', `container ${id} writes no log`)
    if (!request.follow) return yield* readLogFile(logPath, request, Promise.resolve())
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    let runs = false
    const stop = this.events((event) => {
      if (event.type === 'synced' && !runs) end()
      if (!('containerId' in event) || event.containerId !== id) return
      if (event.type === 'containerCreated' || event.type === 'containerStarted') runs = true
      else { runs = false; end() }
    })
    try {
      const signal = request.signal ? AbortSignal.any([request.signal, this.#closed.signal]) : this.#closed.signal
      yield* readLogFile(logPath, { ...request, signal }, ended)
    } finally {
      stop()
    }
  }
  async reopenContainerLog(id: string, options?: CallOptions): Promise<void> { await this.#write('ReopenContainerLog', { containerId: id }, options) }

  pullImage(image: string, auth?: RegistryAuth, sandbox?: PodSandboxConfig, options: CallOptions = {}): Promise<string> {
    const key = JSON.stringify([image, auth])
    const running = this.#pulls.get(key) ?? this.#pull(key, image, auth, sandbox, options.timeoutMs)
    if (options.signal === undefined) return running
    // The pull goes on for the others who wait for it, and for the next try.
    return Promise.race([running, aborted(options.signal, `the pull of ${image} was cancelled`)])
  }
  #pull(key: string, image: string, auth?: RegistryAuth, sandbox?: PodSandboxConfig, timeoutMs: number = defaultDeadlines.pull): Promise<string> {
    const request = { image: { image }, auth, sandboxConfig: sandbox && requests.sandboxConfig(sandbox) }
    const pull = this.#image<{ imageRef: string }>('PullImage', request, timeoutMs).then(({ imageRef }) => imageRef, (error: RuntimeError) => {
      throw error.reason === 'Unavailable' ? error : new RuntimeError(absent(error) ? 'ImageAbsent' : 'ImagePull', error.message, error)
    }).finally(() => this.#pulls.delete(key))
    this.#pulls.set(key, pull)
    return pull
  }
  async imageStatus(image: string, options?: CallOptions) {
    const answer = await this.#image<{ image: answers.WireImage | null }>('ImageStatus', { image: { image } }, defaultDeadlines.read, options)
    return answer.image ? answers.image(answer.image) : undefined
  }
  async listImages(options?: CallOptions) {
    const { images } = await this.#image<{ images: answers.WireImage[] }>('ListImages', {}, defaultDeadlines.read, options)
    return images.map(answers.image)
  }
  async removeImage(image: string, options?: CallOptions): Promise<void> {
    await this.#image('RemoveImage', { image: { image } }, defaultDeadlines.write, options).catch(unlessGone)
  }
  async importImages(tar: Readable, options: CallOptions = {}): Promise<readonly string[]> {
    const names = await importWithCtr(this.#importCommand, this.#socket, tar, { timeoutMs: defaultDeadlines.import, ...options })
    await Promise.all(names.map((name) => this.#visible(name)))
    return names
  }
  /** CRI hears of an imported image by an event; it needs a moment. */
  async #visible(name: string): Promise<void> {
    for (let wait = 1; wait < 5_000; wait *= 2) {
      if (await this.imageStatus(name) !== undefined) return
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
    throw new RuntimeError('Failed', `the image ${name} was imported, but the container runtime does not show it; is its name complete?`)
  }
  async imageFilesystem(options?: CallOptions) {
    const { imageFilesystems } = await this.#image<{ imageFilesystems: answers.WireFilesystem[] }>('ImageFsInfo', {}, defaultDeadlines.read, options)
    return imageFilesystems.map(answers.filesystem)
  }

  async containerStats(id: string, options?: CallOptions) {
    const { stats } = await this.#read<{ stats: answers.WireContainerStats | null }>('ContainerStats', { containerId: id }, options)
    if (stats === null) throw new RuntimeError('NotFound', `container ${id} has no statistics`)
    return answers.containerStats(stats)
  }
  async listContainerStats(filter: Pick<ContainerFilter, 'id' | 'sandboxId' | 'labels'> = {}, options?: CallOptions) {
    const { stats } = await this.#read<{ stats: answers.WireContainerStats[] }>('ListContainerStats', { filter: requests.containerFilter(filter) }, options)
    return stats.map(answers.containerStats)
  }
  async podSandboxStats(id: string, options?: CallOptions) {
    const { stats } = await this.#read<{ stats: answers.WireSandboxStats }>('PodSandboxStats', { podSandboxId: id }, options)
    return answers.podSandboxStats(stats)
  }

  events(seen: (event: RuntimeEvent) => void): () => void { return this.#events.listen(seen) }

  close(): void {
    this.#closed.abort()
    this.#events.close()
    this.#connection.close()
  }
}

function unlessGone(error: unknown): void {
  if (!isRuntimeError(error, 'NotFound')) throw error
}

/** Whether a registry answered and will answer the same again. */
const absent = (error: RuntimeError): boolean =>
  error.reason === 'NotFound' || /not found|insufficient_scope|authorization failed|401 Unauthorized|403 Forbidden|no match for platform|invalid reference/i.test(error.message)

function aborted(signal: AbortSignal, message: string): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new RuntimeError('Cancelled', message))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
