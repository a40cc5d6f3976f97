import type { Duplex, Readable, Writable } from 'node:stream'
import type {
  Container, ContainerConfig, ContainerFilter, ContainerStats, ContainerStatus, FilesystemUsage, Image, LinuxResources, PodSandbox,
  PodSandboxConfig, PodSandboxFilter, PodSandboxStats, PodSandboxStatus, RegistryAuth, RuntimeCondition, RuntimeVersion,
} from './values.ts'

export * from './values.ts'
export * from './errors.ts'

/** How long a call may take and who may end it early. Every call has a deadline also when none is given (see defaultDeadlines). */
export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Milliseconds each call may take unless the caller says otherwise. */
export const defaultDeadlines = { read: 10_000, write: 120_000, pull: 15 * 60_000, import: 15 * 60_000 } as const

/**
 * What runs containers on a node. Real: containerd over CRI. Simulated: pods that run as their annotations tell.
 * Everything rejects with a RuntimeError. Ids are opaque. Stop and remove of something that is gone succeed.
 */
export interface Runtime {
  version(options?: CallOptions): Promise<RuntimeVersion>
  /** RuntimeReady and NetworkReady, the latter false while no network is configured. */
  status(options?: CallOptions): Promise<readonly RuntimeCondition[]>

  /** Makes the pod's sandbox with its namespaces, cgroup and network, and starts it. Returns its id. */
  runPodSandbox(config: PodSandboxConfig, options?: CallOptions & { readonly runtimeHandler?: string }): Promise<string>
  /** Kills what runs in it and gives its network back. */
  stopPodSandbox(id: string, options?: CallOptions): Promise<void>
  /** Removes it with its containers. */
  removePodSandbox(id: string, options?: CallOptions): Promise<void>
  podSandboxStatus(id: string, options?: CallOptions): Promise<PodSandboxStatus>
  listPodSandboxes(filter?: PodSandboxFilter, options?: CallOptions): Promise<readonly PodSandbox[]>

  /** `sandbox` is the configuration that the sandbox was run with. Returns the container's id. */
  createContainer(sandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig, options?: CallOptions): Promise<string>
  /** Rejects when the command cannot be started; the container is then exited with reason StartError and code 128. */
  startContainer(id: string, options?: CallOptions): Promise<void>
  /** Stop signal, and SIGKILL after `graceSeconds`. Resolves when it has exited; the deadline counts from the end of the grace. */
  stopContainer(id: string, graceSeconds: number, options?: CallOptions): Promise<void>
  removeContainer(id: string, options?: CallOptions): Promise<void>
  containerStatus(id: string, options?: CallOptions): Promise<ContainerStatus>
  listContainers(filter?: ContainerFilter, options?: CallOptions): Promise<readonly Container[]>
  updateContainerResources(id: string, resources: LinuxResources, options?: CallOptions): Promise<void>

  /** Runs a command to its end. Rejects with DeadlineExceeded, and kills it, when it takes longer than `timeoutSeconds` (0: the call's deadline). */
  execSync(id: string, command: readonly string[], timeoutSeconds: number, options?: CallOptions): Promise<ExecSyncResult>
  exec(id: string, request: ExecRequest, options?: CallOptions): Promise<ProcessSession>
  attach(id: string, request: StreamRequest, options?: CallOptions): Promise<ProcessSession>
  portForward(sandboxId: string, options?: CallOptions): Promise<PortForwardSession>

  /**
   * The container's output as the caller asked for it, in pieces of any size. With `follow` until the
   * container has exited and all is read. Ending the iteration ends the reading. Rejects with NotFound when there is no log.
   */
  containerLog(id: string, request: LogRequest): AsyncIterable<Uint8Array>
  /** After the caller has renamed the log file: further lines go to a new one. */
  reopenContainerLog(id: string, options?: CallOptions): Promise<void>

  /** Returns the image's id. Several pulls of one image at once are one pull. */
  pullImage(image: string, auth?: RegistryAuth, sandbox?: PodSandboxConfig, options?: CallOptions): Promise<string>
  /** undefined when it is not there. */
  imageStatus(image: string, options?: CallOptions): Promise<Image | undefined>
  listImages(options?: CallOptions): Promise<readonly Image[]>
  /** Removes all names of the image that `image` names. */
  removeImage(image: string, options?: CallOptions): Promise<void>
  /** Takes the images of a tar (OCI layout or `docker save`), plain or gzipped, in. Returns their names. */
  importImages(tar: Readable, options?: CallOptions): Promise<readonly string[]>
  imageFilesystem(options?: CallOptions): Promise<readonly FilesystemUsage[]>

  containerStats(id: string, options?: CallOptions): Promise<ContainerStats>
  listContainerStats(filter?: Pick<ContainerFilter, 'id' | 'sandboxId' | 'labels'>, options?: CallOptions): Promise<readonly ContainerStats[]>
  /** Needs the sandbox's cgroupParent. */
  podSandboxStats(id: string, options?: CallOptions): Promise<PodSandboxStats>

  /**
   * Whether the container would pass a probe now. Only a runtime without a real network and real processes has it: its
   * answer then stands for every HTTP, TCP, gRPC and exec probe.
   */
  probe?(id: string): boolean

  /**
   * Tells `seen` of every change, within milliseconds, until the returned function is called. The runtime's status shows
   * the change already when `seen` is called. First, and again after the runtime was away, comes one event for each
   * sandbox and container that is not as last told (at first: each that exists), then `synced`. `seen` must not throw.
   */
  events(seen: (event: RuntimeEvent) => void): () => void

  /** Ends connections and subscriptions; running containers stay. */
  close(): void
}

export type RuntimeEvent =
  | { readonly type: 'sandboxStarted' | 'sandboxExited' | 'sandboxDeleted'; readonly sandboxId: string; readonly podUid: string; readonly at: number }
  | {
    readonly type: 'containerCreated' | 'containerStarted' | 'containerExited' | 'containerDeleted'
    readonly containerId: string
    readonly sandboxId: string
    /** '' only when it was deleted by somebody else before it was ever seen. */
    readonly podUid: string
    readonly at: number
    /** The status that goes with it; absent when deleted. */
    readonly status?: ContainerStatus
  }
  /** All that was there at the (re)connection has been told. */
  | { readonly type: 'synced'; readonly at: number }
  /** The runtime does not answer; told once until it is back. */
  | { readonly type: 'lost'; readonly at: number; readonly message: string }

export interface ExecSyncResult { readonly exitCode: number; readonly stdout: Uint8Array; readonly stderr: Uint8Array }

export interface StreamRequest {
  readonly stdin: boolean
  readonly stdout: boolean
  /** Never together with tty. */
  readonly stderr: boolean
  readonly tty: boolean
}
export interface ExecRequest extends StreamRequest { readonly command: readonly string[] }

/** A process in a container with its standard streams. Streams that were not asked for are undefined. */
export interface ProcessSession {
  /** `end()` closes the process's standard input. */
  readonly stdin: Writable | undefined
  readonly stdout: Readable | undefined
  readonly stderr: Readable | undefined
  /** Without effect where there is no terminal. */
  resize(columns: number, rows: number): void
  /** Resolves, never rejects, after all output was handed over to the streams (they end by themselves). */
  readonly finished: Promise<SessionEnd>
  /** Lets go of the process. */
  close(): void
}
/** How a session ended: the process's exit code (0 for a detached attach) with the runtime's words, or why it could not run or was lost. */
export type SessionEnd = { readonly exitCode: number; readonly message?: string } | { readonly failure: string }

export interface PortForwardSession {
  /** A connection to the port inside the pod's network namespace. */
  connect(port: number): PortConnection
  close(): void
}
export interface PortConnection {
  readonly data: Duplex
  /** Resolves when the connection is over: '' or why it failed. */
  readonly finished: Promise<string>
}

/** As in PodLogOptions. */
export interface LogRequest {
  readonly follow?: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  /** Milliseconds since the epoch. */
  readonly since?: number
  readonly timestamps?: boolean
  readonly stream?: 'All' | 'Stdout' | 'Stderr'
  readonly signal?: AbortSignal
}
