// Answers of the Container Runtime Interface as our values. What protobuf leaves out arrives as null, 0, '' or [].
import type {
  Container, ContainerStats, ContainerState, ContainerStatus, FilesystemUsage, Image, LinuxResources, MemoryStats, Mount,
  PodSandbox, PodSandboxStats, PodSandboxStatus, RuntimeCondition, StringMap,
} from './values.ts'

type Long = number | { toNumber(): number }
type Maybe<T> = T | null
interface Value { readonly value: Long }

export interface WireSandbox {
  readonly id: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly attempt: number }
  readonly state: number
  readonly createdAt: Long
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly runtimeHandler: string
}
export interface WireSandboxStatus extends WireSandbox {
  readonly network: Maybe<{ readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] }>
  readonly linux: Maybe<{ readonly namespaces: Maybe<{ readonly options: Maybe<{ readonly network: number }> }> }>
}
interface WireMetadata { readonly name: string; readonly attempt: number }
export interface WireContainer {
  readonly id: string
  readonly podSandboxId: string
  readonly metadata: WireMetadata
  readonly image: Maybe<{ readonly image: string }>
  readonly imageRef: string
  readonly state: number
  readonly createdAt: Long
  readonly labels: StringMap
  readonly annotations: StringMap
}
interface WireResources {
  readonly cpuPeriod: Long
  readonly cpuQuota: Long
  readonly cpuShares: Long
  readonly memoryLimitInBytes: Long
  readonly memorySwapLimitInBytes: Long
  readonly oomScoreAdj: Long
  readonly cpusetCpus: string
  readonly cpusetMems: string
  readonly hugepageLimits: readonly { readonly pageSize: string; readonly limit: Long }[]
  readonly unified: StringMap
}
export interface WireContainerStatus extends Omit<WireContainer, 'podSandboxId'> {
  readonly startedAt: Long
  readonly finishedAt: Long
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly mounts: readonly (Pick<Mount, 'containerPath' | 'hostPath'> & {
    readonly readonly: boolean; readonly recursiveReadOnly: boolean; readonly selinuxRelabel: boolean; readonly propagation: number })[]
  readonly logPath: string
  readonly resources: Maybe<{ readonly linux: Maybe<WireResources> }>
  readonly user: Maybe<{ readonly linux: Maybe<{ readonly uid: Long; readonly gid: Long; readonly supplementalGroups: readonly Long[] }> }>
}
export interface WireImage {
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly size: Long
  readonly uid: Maybe<Value>
  readonly username: string
  readonly pinned: boolean
}
interface WireMemory {
  readonly timestamp: Long
  readonly workingSetBytes: Maybe<Value>
  readonly availableBytes: Maybe<Value>
  readonly usageBytes: Maybe<Value>
  readonly rssBytes: Maybe<Value>
  readonly pageFaults: Maybe<Value>
  readonly majorPageFaults: Maybe<Value>
}
interface WireCpu { readonly timestamp: Long; readonly usageCoreNanoSeconds: Maybe<Value> }
export interface WireContainerStats {
  readonly attributes: { readonly id: string; readonly metadata: WireMetadata; readonly labels: StringMap }
  readonly cpu: Maybe<WireCpu>
  readonly memory: Maybe<WireMemory>
  readonly writableLayer: Maybe<{ readonly usedBytes: Maybe<Value>; readonly inodesUsed: Maybe<Value> }>
}
interface WireInterface {
  readonly name: string
  readonly rxBytes: Maybe<Value>
  readonly rxErrors: Maybe<Value>
  readonly txBytes: Maybe<Value>
  readonly txErrors: Maybe<Value>
}
export interface WireSandboxStats {
  readonly attributes: { readonly id: string; readonly metadata: WireSandbox['metadata'] }
  readonly linux: Maybe<{
    readonly cpu: Maybe<WireCpu>
    readonly memory: Maybe<WireMemory>
    readonly network: Maybe<{ readonly defaultInterface: Maybe<WireInterface>; readonly interfaces: readonly WireInterface[] }>
    readonly process: Maybe<{ readonly processCount: Maybe<Value> }>
    readonly containers: readonly WireContainerStats[]
  }>
}
export interface WireFilesystem {
  readonly timestamp: Long
  readonly fsId: Maybe<{ readonly mountpoint: string }>
  readonly usedBytes: Maybe<Value>
  readonly inodesUsed: Maybe<Value>
}

const number = (value: Long): number => typeof value === 'number' ? value : value.toNumber()
const wrapped = (value: Maybe<Value> | undefined): number => value ? number(value.value) : 0
/** Nanoseconds to milliseconds with a fraction. */
const time = (nanoseconds: Long): number => Math.max(0, number(nanoseconds)) / 1e6

export function podSandbox(wire: WireSandbox): PodSandbox {
  const { name, namespace, uid, attempt } = wire.metadata
  return {
    id: wire.id, metadata: { name, namespace, uid, attempt }, state: wire.state === 0 ? 'ready' : 'notReady',
    createdAt: time(wire.createdAt), labels: wire.labels, annotations: wire.annotations, runtimeHandler: wire.runtimeHandler,
  }
}

export function podSandboxStatus(wire: WireSandboxStatus): PodSandboxStatus {
  const ips = wire.network === null || wire.network.ip === '' ? [] : [wire.network.ip, ...wire.network.additionalIps.map(({ ip }) => ip)]
  return { ...podSandbox(wire), ips, networkMode: wire.linux?.namespaces?.options?.network === 2 ? 'node' : 'pod' }
}

const states: readonly ContainerState[] = ['created', 'running', 'exited', 'unknown']
const described = (wire: Omit<WireContainer, 'podSandboxId'>) => ({
  id: wire.id, metadata: { name: wire.metadata.name, attempt: wire.metadata.attempt }, image: wire.image?.image ?? '', imageRef: wire.imageRef,
  state: states[wire.state] ?? 'unknown', createdAt: time(wire.createdAt), labels: wire.labels, annotations: wire.annotations,
})

export const container = (wire: WireContainer): Container => ({ ...described(wire), sandboxId: wire.podSandboxId })

export function containerStatus(wire: WireContainerStatus): ContainerStatus {
  const user = wire.user?.linux
  return {
    ...described(wire), startedAt: time(wire.startedAt), finishedAt: time(wire.finishedAt), exitCode: wire.exitCode,
    reason: wire.reason, message: wire.message, logPath: wire.logPath,
    mounts: wire.mounts.map((mount) => ({
      containerPath: mount.containerPath, hostPath: mount.hostPath, readonly: mount.readonly, recursiveReadOnly: mount.recursiveReadOnly,
      selinuxRelabel: mount.selinuxRelabel, propagation: (['private', 'hostToContainer', 'bidirectional'] as const)[mount.propagation] ?? 'private' })),
    resources: wire.resources?.linux ? linuxResources(wire.resources.linux) : undefined,
    user: user ? { uid: number(user.uid), gid: number(user.gid), supplementalGroups: user.supplementalGroups.map(number) } : undefined,
  }
}

function linuxResources(wire: WireResources): LinuxResources {
  return {
    cpuPeriod: number(wire.cpuPeriod), cpuQuota: number(wire.cpuQuota), cpuShares: number(wire.cpuShares),
    memoryLimitInBytes: number(wire.memoryLimitInBytes), memorySwapLimitInBytes: number(wire.memorySwapLimitInBytes),
    oomScoreAdj: number(wire.oomScoreAdj), cpusetCpus: wire.cpusetCpus, cpusetMems: wire.cpusetMems,
    hugepageLimits: wire.hugepageLimits.map(({ pageSize, limit }) => ({ pageSize, limit: number(limit) })), unified: wire.unified,
  }
}

export const image = (wire: WireImage): Image => ({
  id: wire.id, repoTags: wire.repoTags, repoDigests: wire.repoDigests, size: number(wire.size),
  uid: wire.uid ? number(wire.uid.value) : undefined, username: wire.username, pinned: wire.pinned,
})

const memory = (wire: Maybe<WireMemory> | undefined): MemoryStats => ({
  workingSetBytes: wrapped(wire?.workingSetBytes), usageBytes: wrapped(wire?.usageBytes), rssBytes: wrapped(wire?.rssBytes),
  availableBytes: wrapped(wire?.availableBytes), pageFaults: wrapped(wire?.pageFaults), majorPageFaults: wrapped(wire?.majorPageFaults),
})

export const containerStats = (wire: WireContainerStats): ContainerStats => ({
  id: wire.attributes.id, metadata: { name: wire.attributes.metadata.name, attempt: wire.attributes.metadata.attempt }, labels: wire.attributes.labels,
  at: wire.cpu ? time(wire.cpu.timestamp) : 0, cpuNanoseconds: wrapped(wire.cpu?.usageCoreNanoSeconds), memory: memory(wire.memory),
  writableLayer: wire.writableLayer ? { usedBytes: wrapped(wire.writableLayer.usedBytes), inodesUsed: wrapped(wire.writableLayer.inodesUsed) } : undefined,
})

export function podSandboxStats(wire: WireSandboxStats): PodSandboxStats {
  const { name, namespace, uid, attempt } = wire.attributes.metadata
  const network = wire.linux?.network
  const interfaces = network ? [...(network.defaultInterface ? [network.defaultInterface] : []), ...network.interfaces] : []
  return {
    id: wire.attributes.id, metadata: { name, namespace, uid, attempt }, at: wire.linux?.cpu ? time(wire.linux.cpu.timestamp) : 0,
    cpuNanoseconds: wrapped(wire.linux?.cpu?.usageCoreNanoSeconds), memory: memory(wire.linux?.memory),
    processCount: wrapped(wire.linux?.process?.processCount), containers: wire.linux?.containers.map(containerStats) ?? [],
    network: interfaces.map((its) => ({
      name: its.name, rxBytes: wrapped(its.rxBytes), rxErrors: wrapped(its.rxErrors), txBytes: wrapped(its.txBytes), txErrors: wrapped(its.txErrors) })),
  }
}

export const filesystem = (wire: WireFilesystem): FilesystemUsage => ({
  at: time(wire.timestamp), mountpoint: wire.fsId?.mountpoint ?? '', usedBytes: wrapped(wire.usedBytes), inodesUsed: wrapped(wire.inodesUsed),
})

export const condition = (wire: RuntimeCondition): RuntimeCondition => ({ type: wire.type, status: wire.status, reason: wire.reason, message: wire.message })
