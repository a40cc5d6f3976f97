// What a pod may say but should not: texts for Warning headers, of pods and of everything that makes pods from a template.
import { isDNS1123Label, isLabelValue, quantityMilli, quote, type ObjectMeta, type TemplateMeta } from '#machinery'
import { ipWarnings } from '../../ip.ts'
import { claimSpecWarnings } from '../claim-defaults.ts'
import type { NodeSelectorTerm, PodAffinity } from './affinity.ts'
import type { Container, ContainerPort } from './container.ts'
import { ordinarySpecs } from './ordinary.ts'
import type { PodSpec, PodTemplateSpec } from './spec.ts'
import type { PodStatus } from './status.ts'
import { armor, containersAt, seccomp } from './validate-annotations.ts'
import { pathWarnings } from './virtual-paths.ts'

const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
export const labelWarnings = (keys: readonly string[], at: (key: string) => string): string[] => keys.flatMap((key) => (oldLabels[key] ? [`${at(key)}: ${oldLabels[key]}`] : []))
const namedLabel = (key: string, at: string): string[] => (oldLabels[key] ? [`${at}: ${key} is ${oldLabels[key]}`] : [])
/** Old labels in a term; where any value is taken, values that no label can have. */
export const termWarnings = ({ matchExpressions = [] }: NodeSelectorTerm, at: string, anyValue = false): string[] => matchExpressions.flatMap(({ key, values = [] }, i) => [
  ...namedLabel(key, `${at}.matchExpressions[${i}].key`),
  ...(anyValue ? values.flatMap((value, j) => isLabelValue(value).map((why) => `${at}.matchExpressions[${i}].values[${j}]: ${value} is invalid, ${why}`)) : []),
])

const oldVolumes: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+', gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+', flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+', quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+', cephfs: 'deprecated in v1.28, non-functional in v1.31+', rbd: 'deprecated in v1.28, non-functional in v1.31+',
}
const oldSorts = Object.keys(oldVolumes)
/** Sorts of storage that nobody serves any more. */
export const volumeWarnings = (volume: object, at: string, sorts: readonly string[] = oldSorts): string[] =>
  !Object.keys(volume).some((field) => Object.hasOwn(oldVolumes, field)) ? [] : sorts.flatMap((sort) => (sort in volume ? [`${at}.${sort === 'storageos' ? 'storageOS' : sort}: ${oldVolumes[sort]}`] : []))

const fractionOf = (amount: string | undefined, at: string): string[] =>
  (amount !== undefined && quantityMilli(amount) % 1000 !== 0 ? [`${at}: fractional byte value ${quote(amount)} is invalid, must be an integer`] : [])
/** Halves of bytes. */
const fractions = (lists: readonly (readonly [at: string, list: Readonly<Record<string, string>> | undefined])[]): string[] =>
  !lists.some(([, list]) => list?.['memory'] !== undefined || list?.['ephemeral-storage'] !== undefined) ? []
    : ['memory', 'ephemeral-storage'].flatMap((name) => lists.flatMap(([at, list]) => fractionOf(list?.[name], `${at}[${name}]`)))

const oldAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}
const oldAnnotationEntries = Object.entries(oldAnnotations)
const fieldInstead = 'non-functional in v1.27+; use the "seccompProfile" field instead'

/** A later variable hides an earlier one of its name, unless it is made of it. */
function hiddenVariables({ env = [] }: Pick<Container, 'env'>, at: string): string[] {
  if (env.length < 2) return []
  const seen = new Set<string>(), out: string[] = []
  for (const [i, { name, value = '', valueFrom }] of env.entries()) {
    if (!seen.has(name)) { seen.add(name); continue }
    const reference = `$(${name})`
    if (valueFrom || value === reference || !value.includes(reference)) out.push(`${at}.env[${i}]: hides previous definition of ${quote(name)}, which may be dropped when using apply`)
  }
  return out
}

/** Ports of all containers, of which some may be the same. */
function portWarnings(containers: readonly (readonly [at: string, c: Pick<Container, 'ports'>])[]): string[] {
  const known: { at: string; port: ContainerPort }[] = [], out: string[] = []
  for (const [here, { ports = [] }] of containers) {
    for (const [i, port] of ports.entries()) {
      const at = `${here}.ports[${i}]`, { name = '', hostPort = 0, containerPort, protocol, hostIP = '' } = port
      if (hostIP && !hostPort) out.push(`${at}: hostIP set without hostPort: {Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`)
      for (const other of known.filter((k) => k.port.containerPort === containerPort && k.port.protocol === protocol)) {
        const { hostPort: otherPort = 0, hostIP: otherIP = '' } = other.port
        const how = hostIP === otherIP && hostPort === otherPort ? 'duplicate' : !hostPort || !otherPort ? 'overlapping'
          : hostPort === otherPort && (hostIP === '') !== (otherIP === '') ? 'dangerously ambiguous' : ''
        if (how) out.push(`${at}: ${how} port definition with ${other.at}`)
      }
      known.push({ at, port })
    }
  }
  return out
}

/** Whoever looks for a port by its name finds the first of that name. */
function portNameWarnings(containers: readonly (readonly [at: string, c: Pick<Container, 'ports'>])[]): string[] {
  const known = new Map<string, string>()
  return containers.flatMap(([here, { ports = [] }]) => ports.flatMap(({ name }, i) => {
    const at = `${here}.ports[${i}]`, other = name ? known.get(name) : undefined
    if (other !== undefined) return [`${at}: duplicate port name ${quote(name!)} with ${other}, services and probes that select ports by name will use ${other}`]
    if (name) known.set(name, at)
    return []
  }))
}

const nothing = 'a null labelSelector results in matching no pod'
const podTermWarnings = (affinity: PodAffinity | undefined, at: string): string[] => [
  ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, i) =>
    (labelSelector ? [] : [`${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${nothing}`])),
  ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm: { labelSelector } }, i) =>
    (labelSelector ? [] : [`${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${nothing}`])),
]

/** Warnings of a spec, and of the metadata it comes with; `field` is empty for pods. */
export function specWarnings(spec: PodSpec, { annotations = {} }: Pick<TemplateMeta, 'annotations'>, field: string): string[] {
  const at = `${field}spec`, noted = (key: string) => `${field}metadata.annotations[${key}]`
  const { hostAliases = [], imagePullSecrets = [], volumes = [], affinity, topologySpreadConstraints = [], terminationGracePeriodSeconds: grace = 0, securityContext } = spec
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } = affinity?.nodeAffinity ?? {}
  const nodeAt = `${at}.affinity.nodeAffinity`, containers = containersAt(spec, at)
  return [
    ...labelWarnings(Object.keys(spec.nodeSelector ?? {}).sort(), (key) => `${at}.nodeSelector[${key}]`),
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, i) => termWarnings(term, `${nodeAt}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`)),
    ...preferred.flatMap(({ preference }, i) => termWarnings(preference, `${nodeAt}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`, true)),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => [
      ...namedLabel(topologyKey, `${at}.topologySpreadConstraints[${i}].topologyKey`),
      ...(labelSelector ? [] : [`${at}.topologySpreadConstraints[${i}].labelSelector: ${nothing}`]),
    ]),
    ...oldAnnotationEntries.flatMap(([key, why]) => (key in annotations ? [`${noted(key)}: ${why}`] : [])),
    ...volumes.flatMap((volume, i) => [
      ...volumeWarnings(volume, `${at}.volumes[${i}]`),
      ...(volume.ephemeral?.volumeClaimTemplate ? claimSpecWarnings(volume.ephemeral.volumeClaimTemplate.spec, `${at}.volumes[${i}].ephemeral.volumeClaimTemplate.spec`) : []),
    ]),
    ...volumes.flatMap(pathWarnings),
    ...hostAliases.flatMap(({ ip }, i) => (hostAliases.findIndex((a) => a.ip === ip) < i ? [`${at}.hostAliases[${i}].ip: duplicate ip ${quote(ip)}`] : [])),
    ...imagePullSecrets.flatMap(({ name = '' }, i) => (imagePullSecrets.findIndex((s) => (s.name ?? '') === name) < i
      ? [`${at}.imagePullSecrets[${i}].name: duplicate name ${quote(name)}`] : [])),
    ...imagePullSecrets.flatMap(({ name = '' }, i) => (name ? [] : [`${at}.imagePullSecrets[${i}].name: invalid empty name ""`])),
    ...fractions([[`${at}.overhead`, spec.overhead]]),
    ...(seccomp.pod in annotations && !securityContext?.seccompProfile ? [`${noted(seccomp.pod)}: ${fieldInstead}`] : []),
    ...containers.flatMap(([here, c]) => [
      ...(seccomp.container + c.name in annotations && !c.securityContext?.seccompProfile ? [`${noted(seccomp.container + c.name)}: ${fieldInstead}`] : []),
      // The field of a pod has been filled in from the annotation by now.
      ...(armor + c.name in annotations && (!field || !(securityContext?.appArmorProfile ?? c.securityContext?.appArmorProfile))
        ? [`${noted(armor + c.name)}: deprecated since v1.30; use the "appArmorProfile" field instead`] : []),
      ...fractions([[`${here}.resources.limits`, c.resources.limits], [`${here}.resources.requests`, c.resources.requests]]),
      ...hiddenVariables(c, here),
    ]),
    ...portWarnings(containers), ...portNameWarnings(containers),
    ...(grace < 0 ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`] : []),
    ...podTermWarnings(affinity?.podAffinity, `${at}.affinity.podAffinity`), ...podTermWarnings(affinity?.podAntiAffinity, `${at}.affinity.podAntiAffinity`),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => ipWarnings(ip, `${at}.dnsConfig.nameservers[${i}]`)),
    ...hostAliases.flatMap(({ ip }, i) => ipWarnings(ip, `${at}.hostAliases[${i}].ip`)),
  ]
}

const recommended = (name: string, used: string): string[] => {
  const why = isDNS1123Label(name)
  return why.length ? [`metadata.name: this is used in ${used}, which can result in surprising behavior; a DNS label is recommended: [${why.join(' ')}]`] : []
}
const isOldAnnotation = (key: string): boolean => Object.hasOwn(oldAnnotations, key) || key === seccomp.pod || key.startsWith(seccomp.container) || key.startsWith(armor)
const hasOldAnnotation = ({ annotations }: ObjectMeta): boolean => { for (const key in annotations) if (isOldAnnotation(key)) return true; return false }
/** Changes of pods are many, and made by programs: nobody is warned about them. */
export const podWarnings = ({ metadata, spec }: { metadata: ObjectMeta; spec: PodSpec }, old?: object): string[] =>
  (old ? [] : [...recommended(metadata.name, "the Pod's hostname"), ...(ordinarySpecs.isSilent(spec) && !hasOldAnnotation(metadata) ? [] : specWarnings(spec, metadata, ''))])
export const podStatusWarnings = ({ status: { podIPs = [], hostIPs = [] } }: { status: PodStatus }): string[] =>
  [...podIPs.flatMap(({ ip }, i) => ipWarnings(ip, `status.podIPs[${i}].ip`)), ...hostIPs.flatMap(({ ip }, i) => ipWarnings(ip, `status.hostIPs[${i}].ip`))]
export const templateWarnings = ({ metadata, spec }: PodTemplateSpec, field: string): string[] => specWarnings(spec, metadata, `${field}.`)

/** Of whatever names pods after itself. */
export const nameWarnings = (name: string): string[] => recommended(name, 'Pod names and hostnames')

interface Workload { readonly metadata: ObjectMeta; readonly spec: { readonly template: PodTemplateSpec } }
/** Warnings of a template; an update that leaves the generation alone has none. */
export const templateWarningsOf = (o: Workload, old?: Pick<Workload, 'metadata'>): string[] =>
  (old && o.metadata.generation === old.metadata.generation ? [] : templateWarnings(o.spec.template, 'spec.template'))
/** The same with what is said of the name of a new object. */
export const workloadWarnings = (o: Workload, old?: Pick<Workload, 'metadata'>): string[] => [...(old ? [] : nameWarnings(o.metadata.name)), ...templateWarningsOf(o, old)]
