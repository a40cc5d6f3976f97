import { quantityMilli } from '#machinery'
import type {
  Container, ContainerConfig, ContainerState, ContainerStats, ContainerStatus, Image, LinuxResources, PodSandbox, PodSandboxConfig, PodSandboxStats, RuntimeEvent, StringMap,
} from './runtime.ts'
import type { Behaviour } from './simulated-pod.ts'

export interface Sandbox {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly runtimeHandler: string
  readonly createdAt: number
  readonly ips: readonly string[]
  /** Few: an array costs less than a set. */
  containers: readonly SimulatedContainer[]
  ready: boolean
}

/** A container, of which little is kept: there may be hundreds of thousands. */
export interface SimulatedContainer {
  readonly id: string
  readonly sandbox: Sandbox
  readonly config: ContainerConfig
  /** Its image when it was made. */
  readonly image: Image
  readonly behaviour: Behaviour
  readonly createdAt: number
  state: ContainerState
  startedAt: number
  finishedAt: number
  exitCode: number
  reason: string
  message: string
  resources: LinuxResources | undefined
  cancelEnd: (() => void) | undefined
}

export const sandboxName = ({ metadata: { namespace, name, uid, attempt } }: PodSandboxConfig): string => `${name}_${namespace}_${uid}_${attempt}`

export const describeSandbox = ({ id, config, ready, createdAt, runtimeHandler }: Sandbox): PodSandbox => ({
  id, metadata: config.metadata, state: ready ? 'ready' : 'notReady', createdAt, labels: config.labels ?? {}, annotations: config.annotations ?? {}, runtimeHandler,
})

/** Whether labels hold all that are wanted. */
export function holds(labels: StringMap, wanted: StringMap | undefined): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false
  return true
}

export function describeContainer({ id, sandbox, config, image: { id: imageRef }, state, createdAt }: SimulatedContainer): Container {
  const { metadata, image, labels = {}, annotations = {} } = config
  return { id, sandboxId: sandbox.id, metadata, image, imageRef, state, createdAt, labels, annotations }
}

export function containerStatus(container: SimulatedContainer): ContainerStatus {
  const { sandboxId: _, ...described } = describeContainer(container)
  const { startedAt, finishedAt, exitCode, reason, message, resources, config, image: { repoTags, repoDigests, id } } = container
  return { ...described, image: repoTags[0] ?? repoDigests[0] ?? id, startedAt, finishedAt, exitCode, reason, message, resources, mounts: config.mounts ?? [], logPath: '', user: undefined }
}

export function containerStats({ id, config, state, startedAt, finishedAt, behaviour }: SimulatedContainer, at: number): ContainerStats {
  const ran = startedAt === 0 ? 0 : (finishedAt === 0 ? at : finishedAt) - startedAt
  return {
    id, metadata: config.metadata, labels: config.labels ?? {}, at, cpuNanoseconds: Math.round(ran * 1e6 * amount(behaviour.cpu)),
    memory: memoryOf(state === 'running' ? amount(behaviour.memory) : 0), writableLayer: { usedBytes: 0, inodesUsed: 0 },
  }
}

export function sandboxStats({ id, config, containers: all }: Sandbox, at: number): PodSandboxStats {
  const containers = all.filter(({ state }) => state === 'running').map((container) => containerStats(container, at))
  const sum = (of: (stats: ContainerStats) => number) => containers.reduce((total, its) => total + of(its), 0)
  return {
    id, metadata: config.metadata, at, cpuNanoseconds: sum(({ cpuNanoseconds }) => cpuNanoseconds), memory: memoryOf(sum(({ memory }) => memory.usageBytes)),
    network: [], processCount: containers.length, containers,
  }
}

export const sandboxEvent = ({ id, config, ready }: Sandbox, at: number): RuntimeEvent =>
  ({ type: ready ? 'sandboxStarted' : 'sandboxExited', sandboxId: id, podUid: config.metadata.uid, at })

export function containerEvent(container: SimulatedContainer, at: number): RuntimeEvent {
  const type = container.state === 'created' ? 'containerCreated' : container.state === 'running' ? 'containerStarted' : 'containerExited'
  const { id: containerId, sandbox } = container
  return { type, containerId, sandboxId: sandbox.id, podUid: sandbox.config.metadata.uid, at, status: containerStatus(container) }
}

function amount(quantity: string): number {
  try { return Math.max(0, quantityMilli(quantity) / 1000) } catch { return 0 }
}
const memoryOf = (bytes: number) => ({ workingSetBytes: bytes, usageBytes: bytes, rssBytes: bytes, availableBytes: 0, pageFaults: 0, majorPageFaults: 0 })
