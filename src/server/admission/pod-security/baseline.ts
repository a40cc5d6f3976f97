// The baseline level: nothing that is known to lead out of a container.
import { quote } from '#machinery'
import { badSetters, containersOf, namesWhere, named, plural, quoted, sorted, type AnyContainer, type Check, type Rule } from './check.ts'

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'
const appArmor: Rule = ({ annotations = {} }, spec) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
  const ofPod = spec.securityContext?.appArmorProfile?.type, containers = namesWhere(spec, (c) => isBad(c.securityContext?.appArmorProfile?.type))
  const values = sorted([ofPod, ...containersOf(spec).map((c) => c.securityContext?.appArmorProfile?.type)].filter((type): type is string => isBad(type)))
  const written = Object.entries(annotations).filter(([key, value]) => key.startsWith(appArmorAnnotation) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${quote(value)}`).sort()
  const setters = [badSetters(isBad(ofPod), containers), written.length > 0 ? plural('annotation', 'annotations', written.length) : undefined].filter((s) => s !== undefined)
  const all = [...values, ...written]
  return all.length === 0 ? undefined : { reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', all.length), detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(all)}` }
}

const defaultCapabilities = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'])
const capabilities: Rule = (_, spec) => {
  const beyond = (c: AnyContainer) => (c.securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name))
  const containers = namesWhere(spec, (c) => beyond(c).length > 0)
  return containers.length === 0 ? undefined
    : { reason: 'non-default capabilities', detail: `${named(containers)} must not include ${quoted(sorted(containersOf(spec).flatMap(beyond)))} in securityContext.capabilities.add` }
}

const hostNamespaces: Rule = (_, spec) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]).map((field) => `${field}=true`)
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') }
}

const hostPaths: Rule = (_, spec) => {
  const volumes = (spec.volumes ?? []).filter((v) => v.hostPath).map(({ name }) => name)
  return volumes.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', volumes.length)} ${quoted(volumes)}` }
}

const hostPorts: Rule = (_, spec) => {
  const of = (c: AnyContainer) => (c.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
  const containers = namesWhere(spec, (c) => of(c).length > 0), ports = sorted(containersOf(spec).flatMap(of))
  return containers.length === 0 ? undefined
    : { reason: 'hostPort', detail: `${named(containers)} ${plural('uses', 'use', containers.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}` }
}

const hosts: Rule = (_, spec) => {
  const of = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer) => [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
    .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host]).filter((host): host is string => Boolean(host))
  const containers = sorted(namesWhere(spec, (c) => of(c).length > 0)), found = sorted(containersOf(spec).flatMap(of)), reason = 'probe or lifecycle host'
  return containers.length === 0 ? undefined
    : { reason, detail: `${named(containers)} ${plural('uses', 'use', containers.length)} ${plural(reason, `${reason}s`, found.length)} ${quoted(found)}` }
}

const privileged: Rule = (_, spec) => {
  const containers = namesWhere(spec, (c) => c.securityContext?.privileged)
  return containers.length === 0 ? undefined : { reason: 'privileged', detail: `${named(containers)} must not set securityContext.privileged=true` }
}

export const procMount: Rule = (_, spec) => {
  const of = (c: AnyContainer) => { const type = c.securityContext?.procMount; return type !== undefined && type !== 'Default' ? [type] : [] }
  const containers = namesWhere(spec, (c) => of(c).length > 0)
  return containers.length === 0 ? undefined : { reason: 'procMount', detail: `${named(containers)} must not set securityContext.procMount to ${quoted(sorted(containersOf(spec).flatMap(of)))}` }
}
/** Whoever is root in a user namespace of the pod's own is not root on the node. */
export const unlessUserNamespace = (rule: Rule): Rule => (metadata, spec) => (spec.hostUsers === false ? undefined : rule(metadata, spec))

const seLinux = (types: readonly string[]): Rule => (_, spec) => {
  const options = [spec.securityContext, ...containersOf(spec).map((c) => c.securityContext)].flatMap((context) => (context?.seLinuxOptions ? [context.seLinuxOptions] : []))
  const isBad = (o: (typeof options)[number] | undefined) => o !== undefined && (!types.includes(o.type ?? '') || Boolean(o.user) || Boolean(o.role))
  const setters = badSetters(isBad(spec.securityContext?.seLinuxOptions), namesWhere(spec, (c) => isBad(c.securityContext?.seLinuxOptions)))
  if (setters === undefined) return undefined
  const wrong = sorted(options.map(({ type = '' }) => type).filter((type) => !types.includes(type)))
  const said = [...(wrong.length > 0 ? [`${plural('type', 'types', wrong.length)} ${quoted(wrong)}`] : []), ...(options.some((o) => o.user) ? ['user may not be set'] : []), ...(options.some((o) => o.role) ? ['role may not be set'] : [])]
  return { reason: 'seLinuxOptions', detail: `${setters} set forbidden securityContext.seLinuxOptions: ${said.join('; ')}` }
}
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']

export const isSeccomp = (type: string | undefined): boolean => type === 'RuntimeDefault' || type === 'Localhost'
const podSeccomp = 'seccomp.security.alpha.kubernetes.io/pod', containerSeccomp = 'container.seccomp.security.alpha.kubernetes.io/'
const seccompAnnotations: Rule = ({ annotations = {} }, spec) => {
  const isBad = (value: string) => value !== 'runtime/default' && value !== 'docker/default' && !value.startsWith('localhost/')
  const keys = [podSeccomp, ...containersOf(spec).map(({ name }) => containerSeccomp + name)]
  const found = sorted(keys.flatMap((key) => { const value = annotations[key]; return value !== undefined && isBad(value) ? [`${key}=${quote(value)}`] : [] }))
  return found.length === 0 ? undefined : { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', found.length)} ${found.join(', ')}` }
}
/** Profiles that are named and must not be. */
export const seccomp: Rule = (_, spec) => {
  const isBad = (profile: { readonly type: string } | undefined) => profile !== undefined && !isSeccomp(profile.type)
  const setters = badSetters(isBad(spec.securityContext?.seccompProfile), namesWhere(spec, (c) => isBad(c.securityContext?.seccompProfile)))
  const values = sorted([spec.securityContext, ...containersOf(spec).map((c) => c.securityContext)].flatMap((context) => (isBad(context?.seccompProfile) ? [context!.seccompProfile!.type] : [])))
  return setters === undefined ? undefined : { reason: 'seccompProfile', detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(values)}` }
}

const sysctls = (safe: readonly string[]): Rule => (_, spec) => {
  const found = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.includes(name))
  return found.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: found.join(', ') }
}
const safe0 = ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start']
const safe27 = [...safe0, 'net.ipv4.ip_local_reserved_ports']
const safe29 = [...safe27, 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']
const safe32 = [...safe29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

const hostProcess: Rule = (_, spec) => {
  const setters = badSetters(spec.securityContext?.windowsOptions?.hostProcess === true, namesWhere(spec, (c) => c.securityContext?.windowsOptions?.hostProcess))
  return setters === undefined ? undefined : { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
}

const baseline = (id: string, ...since: Check['since']): Check => ({ id, level: 'baseline', since })
export const baselineChecks: readonly Check[] = [
  baseline('appArmorProfile', [0, appArmor]),
  baseline('capabilities_baseline', [0, capabilities]),
  baseline('hostNamespaces', [0, hostNamespaces]),
  baseline('hostPathVolumes', [0, hostPaths]),
  baseline('hostPorts', [0, hostPorts]),
  baseline('hostProbesAndHostLifecycle', [34, hosts]),
  baseline('privileged', [0, privileged]),
  baseline('procMount', [0, procMount], [35, unlessUserNamespace(procMount)]),
  baseline('seLinuxOptions', [0, seLinux(seLinuxTypes)], [31, seLinux([...seLinuxTypes, 'container_engine_t'])]),
  baseline('seccompProfile_baseline', [0, seccompAnnotations], [19, seccomp]),
  baseline('sysctls', [0, sysctls(safe0)], [27, sysctls(safe27)], [29, sysctls(safe29)], [32, sysctls(safe32)]),
  baseline('windowsHostProcess', [0, hostProcess]),
]
