// What a container runtime is told and answers: the Container Runtime Interface v1 in our own words.
// All times are milliseconds since the epoch (with a fraction), 0 when it has not happened. All sizes are bytes.

export type StringMap = Readonly<Record<string, string>>

export type NamespaceMode = 'pod' | 'container' | 'node' | 'target'
export interface NamespaceOptions {
  readonly network?: 'pod' | 'node'
  readonly pid?: NamespaceMode
  readonly ipc?: 'pod' | 'node'
  /** The container whose process namespace is shared when pid is 'target'. */
  readonly targetId?: string
}

export interface SecurityProfile {
  readonly type: 'runtimeDefault' | 'unconfined' | 'localhost'
  readonly localhostRef?: string
}
export interface SelinuxOptions { readonly user?: string; readonly role?: string; readonly type?: string; readonly level?: string }

export interface SandboxSecurity {
  readonly namespaces?: NamespaceOptions
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly supplementalGroups?: readonly number[]
  readonly readonlyRootfs?: boolean
  /** Must be true when any container of the pod is privileged. */
  readonly privileged?: boolean
  readonly seccomp?: SecurityProfile
  readonly apparmor?: SecurityProfile
  readonly selinux?: SelinuxOptions
}

export interface ContainerSecurity extends SandboxSecurity {
  readonly runAsUsername?: string
  readonly noNewPrivileges?: boolean
  /** Names without CAP_; 'ALL' is allowed. */
  readonly addCapabilities?: readonly string[]
  readonly dropCapabilities?: readonly string[]
  readonly maskedPaths?: readonly string[]
  readonly readonlyPaths?: readonly string[]
}

/** Limits as cgroups know them. An absent field is left as it is. */
export interface LinuxResources {
  /** Microseconds. */
  readonly cpuPeriod?: number
  /** Microseconds of CPU time per period; -1 is no limit. */
  readonly cpuQuota?: number
  readonly cpuShares?: number
  readonly memoryLimitInBytes?: number
  readonly memorySwapLimitInBytes?: number
  readonly oomScoreAdj?: number
  /** As in '0-3,5'. */
  readonly cpusetCpus?: string
  readonly cpusetMems?: string
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[]
  /** cgroup v2 files, such as memory.high. */
  readonly unified?: StringMap
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly containerPort: number
  readonly hostPort: number
  readonly hostIP?: string
}

export interface SandboxMetadata { readonly name: string; readonly namespace: string; readonly uid: string; readonly attempt: number }

export interface PodSandboxConfig {
  readonly metadata: SandboxMetadata
  /** '' in the node's network namespace. At most 63 letters. */
  readonly hostname: string
  /** Absolute; each container's logPath is relative to it. */
  readonly logDirectory: string
  readonly dns?: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] }
  readonly portMappings?: readonly PortMapping[]
  readonly labels?: StringMap
  readonly annotations?: StringMap
  /** The pod's cgroup, such as /kubepods-node1/burstable/pod<uid>; needed for pod stats. The caller removes it afterwards. */
  readonly cgroupParent?: string
  readonly sysctls?: StringMap
  readonly security?: SandboxSecurity
  readonly overhead?: LinuxResources
  readonly resources?: LinuxResources
}

export type SandboxState = 'ready' | 'notReady'
export interface PodSandbox {
  readonly id: string
  readonly metadata: SandboxMetadata
  readonly state: SandboxState
  readonly createdAt: number
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly runtimeHandler: string
}
export interface PodSandboxStatus extends PodSandbox {
  /** The pod's addresses, the first one first; empty in the node's network namespace. */
  readonly ips: readonly string[]
  readonly networkMode: 'pod' | 'node'
}
export interface PodSandboxFilter { readonly id?: string; readonly state?: SandboxState; readonly labels?: StringMap }

export interface ContainerMetadata { readonly name: string; readonly attempt: number }
export interface Mount {
  readonly containerPath: string
  /** Must exist: the runtime would create a missing folder without a word. */
  readonly hostPath: string
  readonly readonly?: boolean
  readonly recursiveReadOnly?: boolean
  readonly selinuxRelabel?: boolean
  readonly propagation?: 'private' | 'hostToContainer' | 'bidirectional'
}
export interface Device { readonly containerPath: string; readonly hostPath: string; /** Of the letters r, w, m. */ readonly permissions: string }

export interface ContainerConfig {
  readonly metadata: ContainerMetadata
  /** A name, or the id that imageStatus or pullImage gave. */
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly envs?: readonly { readonly key: string; readonly value: string }[]
  readonly mounts?: readonly Mount[]
  readonly devices?: readonly Device[]
  readonly cdiDevices?: readonly string[]
  readonly labels?: StringMap
  readonly annotations?: StringMap
  /** Relative to the sandbox's logDirectory. */
  readonly logPath?: string
  readonly stdin?: boolean
  readonly stdinOnce?: boolean
  readonly tty?: boolean
  /** As in SIGUSR1; absent is the image's own. */
  readonly stopSignal?: string
  readonly resources?: LinuxResources
  readonly security?: ContainerSecurity
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown'
export interface Container {
  readonly id: string
  readonly sandboxId: string
  readonly metadata: ContainerMetadata
  readonly image: string
  readonly imageRef: string
  readonly state: ContainerState
  readonly createdAt: number
  readonly labels: StringMap
  readonly annotations: StringMap
}
export interface ContainerStatus extends Omit<Container, 'sandboxId'> {
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  /** Completed, Error, OOMKilled, StartError, ...: '' while it runs. */
  readonly reason: string
  readonly message: string
  readonly mounts: readonly Mount[]
  /** Absolute; '' when the container has no log. */
  readonly logPath: string
  readonly resources: LinuxResources | undefined
  readonly user: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] } | undefined
}
export interface ContainerFilter { readonly id?: string; readonly state?: ContainerState; readonly sandboxId?: string; readonly labels?: StringMap }

export interface Image {
  /** sha256 of the image's configuration. */
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly size: number
  /** The user the image asks for: a number, a name or neither. */
  readonly uid: number | undefined
  readonly username: string
  readonly pinned: boolean
}
export interface RegistryAuth {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly serverAddress?: string
  readonly identityToken?: string
  readonly registryToken?: string
}

/** Counters read at one moment; usage in cores is for the caller to compute from two of them. */
export interface ContainerStats {
  readonly id: string
  readonly metadata: ContainerMetadata
  readonly labels: StringMap
  readonly at: number
  readonly cpuNanoseconds: number
  readonly memory: MemoryStats
  readonly writableLayer: { readonly usedBytes: number; readonly inodesUsed: number } | undefined
}
export interface MemoryStats {
  readonly workingSetBytes: number
  readonly usageBytes: number
  readonly rssBytes: number
  readonly availableBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
}
export interface PodSandboxStats {
  readonly id: string
  readonly metadata: SandboxMetadata
  readonly at: number
  readonly cpuNanoseconds: number
  readonly memory: MemoryStats
  readonly network: readonly { readonly name: string; readonly rxBytes: number; readonly rxErrors: number; readonly txBytes: number; readonly txErrors: number }[]
  readonly processCount: number
  readonly containers: readonly ContainerStats[]
}
export interface FilesystemUsage { readonly at: number; readonly mountpoint: string; readonly usedBytes: number; readonly inodesUsed: number }

export interface RuntimeVersion { readonly name: string; readonly version: string; readonly apiVersion: string }
export interface RuntimeCondition { readonly type: string; readonly status: boolean; readonly reason: string; readonly message: string }
