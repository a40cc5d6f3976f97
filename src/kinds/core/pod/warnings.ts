// What a pod may say but should not: texts for Warning headers, of pods and of everything that makes pods from a template.
import { isDNS1123Label, quantityMilli, type ObjectMeta, type TemplateMeta } from '#machinery'
import type { Container } from './container.ts'
import type { PodSpec, PodTemplateSpec } from './spec.ts'

const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
export const labelWarnings = (keys: readonly string[], at: (key: string) => string): string[] => keys.flatMap((key) => (oldLabels[key] ? [`${at(key)}: ${oldLabels[key]}`] : []))

const oldVolumes = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'], ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
    ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'], ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
    ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'], ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
    ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const
/** Sorts of storage that nobody serves any more. */
export const volumeWarnings = (volume: object, at: string): string[] => oldVolumes.flatMap(([sort, why]) => (sort in volume ? [`${at}.${sort}: ${why}`] : []))

const fraction = (amount: string | undefined, at: string): string[] =>
  (amount !== undefined && quantityMilli(amount) % 1000 !== 0 ? [`${at}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`] : [])
export const fractions = (list: Readonly<Record<string, string>> | undefined, at: string, names = ['memory', 'ephemeral-storage']): string[] =>
  names.flatMap((name) => fraction(list?.[name], `${at}[${name}]`))

const oldAnnotation = 'seccomp.security.alpha.kubernetes.io/pod', oldContainerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/',
  armor = 'container.apparmor.security.beta.kubernetes.io/'
const annotationWarnings = (annotations: Readonly<Record<string, string>> | undefined, at: string): string[] => Object.keys(annotations ?? {}).sort().flatMap((key) => {
  const here = `${at}[${key}]`
  if (key === oldAnnotation || key.startsWith(oldContainerAnnotation)) return [`${here}: non-functional in v1.27+; use the "seccompProfile" field instead`]
  return key.startsWith(armor) ? [`${here}: deprecated since v1.30; use the "appArmorProfile" field instead`] : []
})

function containerWarnings({ env = [], ports = [], resources }: Pick<Container, 'env' | 'ports' | 'resources'>, at: string): string[] {
  const seen = new Set<string>()
  const hidden = env.flatMap(({ name }, i) => {
    const again = seen.has(name)
    seen.add(name)
    return again ? [`${at}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`] : []
  })
  const doubled = ports.flatMap((port, i) => {
    const first = ports.findIndex((p) => p.containerPort === port.containerPort && p.protocol === port.protocol)
    return first < i ? [`${at}.ports[${i}]: duplicate port definition with ${at}.ports[${first}]`] : []
  })
  return [...fractions(resources.limits, `${at}.resources.limits`), ...fractions(resources.requests, `${at}.resources.requests`), ...hidden, ...doubled]
}

/** Warnings of a spec, and of the metadata it comes with. */
function specWarnings(spec: PodSpec, { annotations }: Pick<TemplateMeta, 'annotations'>, field: string): string[] {
  const at = `${field}spec`, { hostAliases = [], imagePullSecrets = [], volumes = [], affinity, topologySpreadConstraints = [], terminationGracePeriodSeconds: grace = 0 } = spec
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const nodeAt = `${at}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`
  return [
    ...labelWarnings(Object.keys(spec.nodeSelector ?? {}).sort(), (key) => `${at}.nodeSelector[${key}]`),
    ...(terms ?? []).flatMap(({ matchExpressions = [] }, i) => matchExpressions.flatMap(({ key }, j) => labelWarnings([key], () => `${nodeAt}[${i}].matchExpressions[${j}].key`))),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => [
      ...labelWarnings([topologyKey], () => `${at}.topologySpreadConstraints[${i}].topologyKey`),
      ...(labelSelector ? [] : [`${at}.topologySpreadConstraints[${i}].labelSelector: a null labelSelector results in matching no pod`]),
    ]),
    ...annotationWarnings(annotations, `${field}metadata.annotations`),
    ...volumes.flatMap((volume, i) => volumeWarnings(volume, `${at}.volumes[${i}]`)),
    ...volumes.flatMap(({ name, projected }) => (projected?.sources ?? []).flatMap((source) =>
      (Object.keys(source).length ? [] : [`volume ${JSON.stringify(name)} (Projected) has no sources provided`]))),
    ...hostAliases.flatMap(({ ip }, i) => (hostAliases.findIndex((a) => a.ip === ip) < i ? [`${at}.hostAliases[${i}].ip: duplicate ip ${JSON.stringify(ip)}`] : [])),
    ...imagePullSecrets.flatMap(({ name = '' }, i) => (imagePullSecrets.findIndex((s) => (s.name ?? '') === name) < i
      ? [`${at}.imagePullSecrets[${i}].name: duplicate name ${JSON.stringify(name)}`] : [])),
    ...imagePullSecrets.flatMap(({ name = '' }, i) => (name ? [] : [`${at}.imagePullSecrets[${i}].name: invalid empty name ""`])),
    ...fractions(spec.overhead, `${at}.overhead`),
    ...(['initContainers', 'containers'] as const).flatMap((list) => (spec[list] ?? []).flatMap((c, i) => containerWarnings(c, `${at}.${list}[${i}]`))),
    ...(grace < 0 ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`] : []),
  ]
}

const recommended = (name: string, used: string): string[] => {
  const why = isDNS1123Label(name)
  return why.length ? [`metadata.name: this is used in ${used}, which can result in surprising behavior; a DNS label is recommended: [${why.join(' ')}]`] : []
}
export const podWarnings = ({ metadata, spec }: { metadata: ObjectMeta; spec: PodSpec }, old?: object): string[] =>
  [...(old ? [] : recommended(metadata.name, "the Pod's hostname")), ...specWarnings(spec, metadata, '')]
export const templateWarnings = ({ metadata, spec }: PodTemplateSpec, field: string): string[] => specWarnings(spec, metadata, `${field}.`)

interface Workload { readonly metadata: ObjectMeta; readonly spec: { readonly template: PodTemplateSpec } }
/** Warnings of whatever makes pods; an update that leaves the generation alone has none. */
export const workloadWarnings = (o: Workload, old?: Pick<Workload, 'metadata'>): string[] =>
  (old && o.metadata.generation === old.metadata.generation ? []
    : [...(old ? [] : recommended(o.metadata.name, 'Pod names and hostnames')), ...templateWarnings(o.spec.template, 'spec.template')])
