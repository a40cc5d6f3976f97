// Our values in the words of the Container Runtime Interface, as protocol.ts sends them. Enum numbers are from cri-v1.json.
import type { Message } from './protocol.ts'
import type {
  ContainerConfig, ContainerFilter, ContainerSecurity, ContainerState, LinuxResources, Mount, NamespaceMode, PodSandboxConfig,
  PodSandboxFilter, SandboxSecurity, SecurityProfile,
} from './values.ts'

const namespaceMode: Readonly<Record<NamespaceMode, number>> = { pod: 0, container: 1, node: 2, target: 3 }
const profileType: Readonly<Record<SecurityProfile['type'], number>> = { runtimeDefault: 0, unconfined: 1, localhost: 2 }
const propagation: Readonly<Record<NonNullable<Mount['propagation']>, number>> = { private: 0, hostToContainer: 1, bidirectional: 2 }
const protocol = { TCP: 0, UDP: 1, SCTP: 2 } as const
const containerState: Readonly<Record<ContainerState, number>> = { created: 0, running: 1, exited: 2, unknown: 3 }

export function sandboxConfig(config: PodSandboxConfig): Message {
  return {
    metadata: config.metadata, hostname: config.hostname, logDirectory: config.logDirectory, dnsConfig: config.dns,
    portMappings: config.portMappings?.map((port) => ({
      protocol: protocol[port.protocol], containerPort: port.containerPort, hostPort: port.hostPort, hostIp: port.hostIP })),
    labels: config.labels, annotations: config.annotations,
    linux: {
      cgroupParent: config.cgroupParent, sysctls: config.sysctls, overhead: resources(config.overhead), resources: resources(config.resources),
      securityContext: sandboxSecurity(config.security ?? {}),
    },
  }
}

export function containerConfig(config: ContainerConfig): Message {
  return {
    metadata: config.metadata, image: { image: config.image }, command: config.command, args: config.args, workingDir: config.workingDir,
    envs: config.envs?.map(({ key, value }) => ({ key, value: new TextEncoder().encode(value) })),
    mounts: config.mounts?.map((mount) => ({
      containerPath: mount.containerPath, hostPath: mount.hostPath, readonly: mount.readonly, selinuxRelabel: mount.selinuxRelabel,
      propagation: propagation[mount.propagation ?? 'private'], recursiveReadOnly: mount.recursiveReadOnly })),
    devices: config.devices, CDIDevices: config.cdiDevices?.map((name) => ({ name })), labels: config.labels, annotations: config.annotations,
    logPath: config.logPath, stdin: config.stdin, stdinOnce: config.stdinOnce, tty: config.tty,
    linux: { resources: resources(config.resources), securityContext: containerSecurity(config.security ?? {}) },
  }
}

/** The limits a container or pod gets; -1 and 0 mean what the CRI says. */
export const resources = (limits: LinuxResources | undefined): Message | undefined => limits && { ...limits }

function sandboxSecurity(security: SandboxSecurity): Message {
  const { namespaces = {} } = security
  return {
    namespaceOptions: {
      network: namespaceMode[namespaces.network ?? 'pod'], pid: namespaceMode[namespaces.pid ?? 'container'],
      ipc: namespaceMode[namespaces.ipc ?? 'pod'], targetId: namespaces.targetId,
    },
    selinuxOptions: security.selinux, runAsUser: int64(security.runAsUser), runAsGroup: int64(security.runAsGroup),
    readonlyRootfs: security.readonlyRootfs, supplementalGroups: security.supplementalGroups, privileged: security.privileged,
    seccomp: profile(security.seccomp), apparmor: profile(security.apparmor),
  }
}

function containerSecurity(security: ContainerSecurity): Message {
  return {
    ...sandboxSecurity(security), runAsUsername: security.runAsUsername, noNewPrivs: security.noNewPrivileges,
    maskedPaths: security.maskedPaths, readonlyPaths: security.readonlyPaths,
    capabilities: { addCapabilities: security.addCapabilities, dropCapabilities: security.dropCapabilities },
  }
}

const int64 = (value: number | undefined) => value === undefined ? undefined : { value }
const profile = (value: SecurityProfile | undefined) => value && { profileType: profileType[value.type], localhostRef: value.localhostRef }

export const sandboxFilter = (filter: PodSandboxFilter): Message =>
  ({ id: filter.id, labelSelector: filter.labels, state: filter.state && { state: filter.state === 'ready' ? 0 : 1 } })

export const containerFilter = (filter: ContainerFilter): Message =>
  ({ id: filter.id, podSandboxId: filter.sandboxId, labelSelector: filter.labels, state: filter.state && { state: containerState[filter.state] } })
