// What a pod's sandbox is asked to be.
import type { Container, Pod } from '#kinds'
import type { PodSandboxConfig, PortMapping, StringMap } from '../runtime/runtime.ts'
import { podCgroup } from './cgroups.ts'
import { podDns, readHostDns, type ClusterDns } from './dns.ts'
import { kernelHostname } from './hosts.ts'
import { podLogFolder, type MachineFolders } from './pod-folders.ts'
import { sandboxSecurity } from './security.ts'

export interface SandboxPlace { readonly dns: ClusterDns; readonly dirs: MachineFolders; readonly cgroupRoot: string }

/** Labels by which everything of a pod is found in the runtime. */
export const podLabels = ({ metadata }: Pod): StringMap =>
  ({ 'io.kubernetes.pod.name': metadata.name, 'io.kubernetes.pod.namespace': metadata.namespace ?? '', 'io.kubernetes.pod.uid': metadata.uid })

/** Throws SetUpError for a hostname that cannot be. */
export function sandboxConfig(pod: Pod, attempt: number, { dns, dirs, cgroupRoot }: SandboxPlace): PodSandboxConfig {
  const { metadata, spec } = pod
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace ?? '', uid: metadata.uid, attempt },
    hostname: kernelHostname(pod, dns.domain), logDirectory: podLogFolder(dirs, pod), dns: podDns(pod, dns, readHostDns),
    portMappings: spec.hostNetwork ? [] : [...spec.containers, ...(spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')].flatMap(hostPorts),
    labels: { ...metadata.labels, ...podLabels(pod) }, annotations: metadata.annotations ?? {},
    cgroupParent: podCgroup(cgroupRoot, pod),
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll('/', '.'), value])),
    security: sandboxSecurity(pod),
  }
}

const hostPorts = ({ ports }: Container): PortMapping[] => (ports ?? []).filter((p) => p.hostPort).map(({ protocol, containerPort, hostPort, hostIP }) =>
  ({ protocol: (protocol ?? 'TCP') as PortMapping['protocol'], containerPort, hostPort: hostPort!, ...(hostIP && { hostIP }) }))
