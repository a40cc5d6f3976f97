// Who a container's processes are and what they may do.
import { join } from 'node:path'
import type { Pod } from '#kinds'
import { SetUpError, type AnyContainer, type ContainerContext } from '../pods/environment.ts'
import type { ContainerSecurity, Image, NamespaceOptions, SandboxSecurity, SecurityProfile } from '../runtime/runtime.ts'

/** As the reference hides them from all but privileged containers. */
const maskedPaths = ['/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap']
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export const allContainers = ({ spec }: Pod): readonly AnyContainer[] => [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]

function namespaces({ spec }: Pod, targetId?: string): NamespaceOptions {
  const pid = spec.hostPID ? 'node' : targetId ? 'target' : spec.shareProcessNamespace ? 'pod' : 'container'
  return { network: spec.hostNetwork ? 'node' : 'pod', ipc: spec.hostIPC ? 'node' : 'pod', pid, ...(pid === 'target' && targetId && { targetId }) }
}
const groups = ({ spec }: Pod): readonly number[] => [...new Set([...(spec.securityContext?.fsGroup !== undefined ? [spec.securityContext.fsGroup] : []), ...spec.securityContext?.supplementalGroups ?? []])]

/** Of the pod's sandbox: privileged when any container is. */
export function sandboxSecurity(pod: Pod): SandboxSecurity {
  const { runAsUser, runAsGroup, seLinuxOptions } = pod.spec.securityContext ?? {}
  return {
    namespaces: namespaces(pod), supplementalGroups: groups(pod), seccomp: { type: 'runtimeDefault' },
    privileged: allContainers(pod).some((c) => c.securityContext?.privileged === true),
    ...(runAsUser !== undefined && { runAsUser, ...(runAsGroup !== undefined && { runAsGroup }) }), // a group alone is refused by runtimes
    ...(seLinuxOptions && { selinux: seLinuxOptions }),
  }
}

/** Of one container. `profiles`: the folder of localhost seccomp profiles. Throws SetUpError when root is not allowed and cannot be ruled out. */
export function containerSecurity(pod: Pod, container: AnyContainer, { image, targetId }: Pick<ContainerContext, 'image' | 'targetId'>, profiles: string): ContainerSecurity {
  const own = container.securityContext ?? {}, shared = pod.spec.securityContext ?? {}
  const runAsUser = own.runAsUser ?? shared.runAsUser, runAsGroup = own.runAsGroup ?? shared.runAsGroup
  if (own.runAsNonRoot ?? shared.runAsNonRoot) refuseRoot(pod, container, runAsUser, image)
  const seccomp = own.seccompProfile ?? shared.seccompProfile, apparmor = own.appArmorProfile ?? shared.appArmorProfile, selinux = own.seLinuxOptions ?? shared.seLinuxOptions
  const bare = own.privileged === true || own.procMount === 'Unmasked'
  return {
    namespaces: namespaces(pod, targetId), supplementalGroups: groups(pod), privileged: own.privileged ?? false, readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    ...(runAsUser !== undefined ? { runAsUser } : image.uid !== undefined ? { runAsUser: image.uid } : image.username ? { runAsUsername: image.username } : { runAsUser: 0 }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    ...(own.capabilities?.add && { addCapabilities: own.capabilities.add.map(plain) }), ...(own.capabilities?.drop && { dropCapabilities: own.capabilities.drop.map(plain) }),
    seccomp: own.privileged || !seccomp ? { type: 'unconfined' } : profile(seccomp, profiles),
    ...(apparmor && { apparmor: profile(apparmor) }), ...(selinux && { selinux }),
    maskedPaths: bare ? [] : maskedPaths, readonlyPaths: bare ? [] : readonlyPaths,
  }
}
const plain = (capability: string): string => capability.replace(/^CAP_/i, '').toUpperCase()

function profile({ type, localhostProfile = '' }: { readonly type: string; readonly localhostProfile?: string }, folder = ''): SecurityProfile {
  if (type === 'RuntimeDefault') return { type: 'runtimeDefault' }
  return type === 'Localhost' ? { type: 'localhost', localhostRef: folder ? join(folder, localhostProfile) : localhostProfile } : { type: 'unconfined' }
}

function refuseRoot({ metadata }: Pod, { name }: AnyContainer, runAsUser: number | undefined, { uid, username }: Image): void {
  const where = `(pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})", container: ${name})`
  const refuse = (why: string): never => { throw new SetUpError('CreateContainerConfigError', `${why} ${where}`) }
  if (runAsUser === 0) refuse("container's runAsUser breaks non-root policy")
  if (runAsUser !== undefined) return
  if (uid === undefined && username) refuse(`container has runAsNonRoot and image has non-numeric user (${username}), cannot verify user is non-root`)
  if ((uid ?? 0) === 0) refuse('container has runAsNonRoot and image will run as root')
}
