// What a pod's containers need from the machine beside the runtime: volumes, files, cgroups, hooks and probes. The real one touches the node;
// the simulated one only says so.
import type { Container, EphemeralContainer, LifecycleHandler, Pod, Probe } from '#kinds'
import type { ContainerConfig, Image, PodSandboxConfig } from '../runtime/runtime.ts'

/** Any container of a pod's spec. */
export type AnyContainer = Container | EphemeralContainer

/** Something a pod needs is not there (yet): its containers wait with this reason, an event says so, and it is tried again. */
export class SetUpError extends Error {
  /** As in FailedMount, CreateContainerConfigError, FailedCreatePodSandBox. */
  readonly reason: string
  constructor(reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SetUpError'
    this.reason = reason
  }
}

export interface ContainerContext {
  readonly sandbox: PodSandboxConfig
  /** restartCount: how often a container of this name ran before in this pod. */
  readonly attempt: number
  readonly podIPs: readonly string[]
  readonly image: Image
  /** For ephemeral containers with targetContainerName: that container's id. */
  readonly targetId?: string
}

export interface HandlerTarget { readonly containerId: string; readonly podIP: string }
export interface HandlerResult {
  readonly success: boolean
  readonly output: string
  /** A probe that could not be tried (the runtime is away): it says nothing about the container. */
  readonly unknown?: boolean
}

export interface PodEnvironment {
  /**
   * Makes volumes, folders and cgroup ready; quick when they are. Rejects with SetUpError. Called again when the pod's spec or something
   * that it refers to changed; never twice at once for one pod.
   */
  setUp(pod: Pod): Promise<void>
  sandboxConfig(pod: Pod, attempt: number): PodSandboxConfig
  /** Reads what env and files need. Rejects with SetUpError('CreateContainerConfigError', ...). */
  containerConfig(pod: Pod, container: AnyContainer, context: ContainerContext): Promise<ContainerConfig>
  /** Credentials for an image, from the pod's imagePullSecrets. */
  registryAuths(pod: Pod, image: string): Promise<readonly { readonly username: string; readonly password: string }[]>
  /** What the container left in its termination log, at most 4096 bytes; '' for nothing. `fallback` is read when it failed and left nothing (FallbackToLogsOnError). */
  terminationMessage(pod: Pod, container: AnyContainer, containerId: string, failed: boolean): Promise<string>
  /** A lifecycle hook. Never rejects: failing is a result. Ends when `signal` fires. */
  runHook(pod: Pod, container: AnyContainer, handler: LifecycleHandler, target: HandlerTarget, signal: AbortSignal): Promise<HandlerResult>
  /** One probe. Never rejects; gives up after the probe's timeout. */
  runProbe(pod: Pod, container: AnyContainer, probe: Probe, target: HandlerTarget): Promise<HandlerResult>
  /** Calls back when something that a pod on this node refers to has changed and `setUp` should run again. */
  onChange(changed: (podUid: string) => void): void
  /** Undoes setUp: nothing of the pod is left. Idempotent. */
  tearDown(podUid: string): Promise<void>
  /** Pods of which something is on this machine: whatever is not wanted any more is torn down after a restart. */
  present(): Promise<readonly string[]>
}
