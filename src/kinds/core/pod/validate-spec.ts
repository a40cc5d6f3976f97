// What is wrong with a pod spec, in a pod or in a template. The order is the reference's.
import {
  compareQuantities, duplicateValue, forbiddenValue, invalidValue, isDNS1123Subdomain, isInRange, isQualifiedName, notSupported, requiredValue, tooLong, validateLabels,
  type FieldError,
} from '#machinery'
import { failing, oneOf, validateDNSLabel, validateDNSSubdomain } from '../../checks.ts'
import { validateIP } from '../../ip.ts'
import { isHugePages } from '../resources.ts'
import { validateContainerResources, validateRequirements, validateResourceName } from '../validate-resources.ts'
import { containerTotals, isPodLevelResource } from './pod-resources.ts'
import type { HostAlias, PodDNSConfig, PodResourceClaim, PodSchedulingGate, PodSpec } from './spec.ts'
import { validateAffinity, validateSpreadConstraints, validateTolerations } from './validate-affinity.ts'
import { validateFileKeyVolumes } from './validate-env.ts'
import { surroundings, validateContainers, validateEphemeralContainers, validateInitContainers } from './validate-container.ts'
import { validateForOS, validatePodSecurity } from './validate-security.ts'
import { validateVolumes } from './validate-volume.ts'

export interface PodSpecContext {
  /** The spec of a pod, not of a template; its name, once it is known. */
  readonly pod?: { readonly name: string | undefined; readonly mirror: boolean }
}
const mostSeconds = 2 ** 31 - 1

export function validatePodSpec(spec: PodSpec, at: string, { pod }: PodSpecContext = {}): FieldError[] {
  const badVolumes = validateVolumes(spec.volumes, pod?.name, `${at}.volumes`)
  const around = surroundings(spec, (spec.volumes ?? []).filter((_, i) => !badVolumes.some((e) => e.field.startsWith(`${at}.volumes[${i}]`))))
  const { terminationGracePeriodSeconds, restartPolicy = '', dnsPolicy = '', activeDeadlineSeconds: deadline, preemptionPolicy } = spec
  return [
    ...(terminationGracePeriodSeconds === undefined ? [requiredValue(`${at}.terminationGracePeriodSeconds`)] : []),
    ...badVolumes,
    ...(pod?.mirror && spec.resourceClaims?.length ? [forbiddenValue('[]', 'static pods do not support resource claims')] : validateClaims(spec.resourceClaims, `${at}.resourceClaims`)),
    ...validateContainers(spec.containers, around, `${at}.containers`),
    ...validateInitContainers(spec, around, `${at}.initContainers`),
    ...validateEphemeralContainers(spec, around, `${at}.ephemeralContainers`),
    ...validatePodResources(spec, around.claims, `${at}.resources`),
    ...validateHostPorts(spec, pod !== undefined, `${at}.containers`),
    ...word(restartPolicy, ['Always', 'OnFailure', 'Never'], `${at}.restartPolicy`),
    ...word(dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], `${at}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${at}.nodeSelector`),
    ...validatePodSecurity(spec, at),
    ...validateAffinity(spec.affinity, `${at}.affinity`),
    ...validateDNSConfig(spec.dnsConfig, dnsPolicy, `${at}.dnsConfig`),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, i) => failing(isQualifiedName, conditionType, `${at}.readinessGates[${i}].conditionType`)),
    ...validateGates(spec.schedulingGates, `${at}.schedulingGates`),
    ...validateSpreadConstraints(spec.topologySpreadConstraints, `${at}.topologySpreadConstraints`),
    ...validateHostProcess(spec, at),
    ...validateHostUsers(spec, at),
    ...validateHostnameOverride(spec, at),
    ...(spec.serviceAccountName ? validateDNSSubdomain(spec.serviceAccountName, `${at}.serviceAccountName`) : []),
    ...(spec.nodeName ? validateDNSSubdomain(spec.nodeName, `${at}.nodeName`) : []),
    ...(deadline === undefined ? [] : isInRange(deadline, 1, mostSeconds).map((why) => invalidValue(`${at}.activeDeadlineSeconds`, deadline, why))),
    ...(spec.hostname ? validateDNSLabel(spec.hostname, `${at}.hostname`) : []),
    ...(spec.subdomain ? validateDNSLabel(spec.subdomain, `${at}.subdomain`) : []),
    ...validateTolerations(spec.tolerations, `${at}.tolerations`),
    ...validateHostAliases(spec.hostAliases, `${at}.hostAliases`),
    ...(spec.priorityClassName ? validateDNSSubdomain(spec.priorityClassName, `${at}.priorityClassName`) : []),
    ...(spec.runtimeClassName === undefined ? [] : failing(isDNS1123Subdomain, spec.runtimeClassName, `${at}.runtimeClassName`)),
    ...(preemptionPolicy === undefined ? [] : word(preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${at}.preemptionPolicy`)),
    ...(spec.overhead ? validateContainerResources({ limits: spec.overhead }, new Set(), `${at}.overhead`) : []),
    ...validateOS(spec, at),
    ...validateGroup(spec.schedulingGroup, `${at}.schedulingGroup`),
    ...(['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) => (spec[list] ?? []).flatMap((c, i) =>
      validateFileKeyVolumes(c, spec.volumes ?? [], `${at}.${list}[${i}]`))),
  ]
}

/** One way to name a group must be used; there is only one. */
const validateGroup = (group: PodSpec['schedulingGroup'], at: string): FieldError[] => (!group ? [] : group.podGroupName === undefined ? [invalidValue(at, '', 'must specify one of: `podGroupName`')]
  : failing(isDNS1123Subdomain, group.podGroupName, `${at}.podGroupName`))

/** Required, and one of a few words that are listed as they come. */
const word = (value: string, words: readonly string[], at: string): FieldError[] =>
  (value === '' ? [requiredValue(at)] : words.includes(value) ? [] : [notSupported(at, value, words)])

function validateClaims(claims: readonly PodResourceClaim[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [], names = new Set<string>()
  for (const [i, claim] of (claims ?? []).entries()) {
    const here = `${at}[${i}]`, { name, resourceClaimName: one, resourceClaimTemplateName: template } = claim
    const shown = { Name: name, ResourceClaimName: one ?? null, ResourceClaimTemplateName: template ?? null }
    if (!name) errors.push(requiredValue(`${here}.name`))
    else if (names.has(name)) errors.push(duplicateValue(`${here}.name`, name))
    else errors.push(...validateDNSLabel(name, `${here}.name`))
    names.add(name)
    if (one !== undefined && template !== undefined) errors.push(invalidValue(here, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'))
    if (one === undefined && template === undefined) errors.push(invalidValue(here, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    if (one !== undefined) errors.push(...validateDNSSubdomain(one, `${here}.resourceClaimName`))
    if (template !== undefined) errors.push(...validateDNSSubdomain(template, `${here}.resourceClaimTemplateName`))
  }
  return errors
}

const podResource = (name: string, at: string): FieldError[] => {
  const errors = validateResourceName(name, at)
  return errors.length || isPodLevelResource(name) ? errors : [notSupported(at, name, ['cpu', 'hugepages-', 'memory'])]
}
/** Resources of the pod as a whole must be enough for its containers. */
function validatePodResources(spec: PodSpec, claims: ReadonlySet<string>, at: string): FieldError[] {
  const { resources, os } = spec
  if (!resources) return []
  if (os?.name === 'windows') return [forbiddenValue(at, 'may not be set for a windows pod')]
  const errors = resources.claims ? [forbiddenValue(`${at}.claims`, 'claims may not be set for Resources at pod-level')] : []
  errors.push(...validateRequirements(resources, podResource, claims, at))
  for (const field of ['requests', 'limits'] as const) {
    for (const [name, needed] of Object.entries(containerTotals(spec, field))) {
      const given = resources[field]?.[name]
      if (given !== undefined && (field === 'requests' || isHugePages(name)) && compareQuantities(needed, given) > 0)
        errors.push(invalidValue(`${at}.${field}[${name}]`, given, `must be greater than or equal to aggregate container ${field} of ${needed}`))
    }
  }
  for (const [i, c] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(c.resources.limits ?? {})) {
      const most = resources.limits?.[name]
      if (most !== undefined && compareQuantities(limit, most) > 0) errors.push(invalidValue(`${at}.containers[${i}][${name}].limits`, limit,
        `must be less than or equal to pod limits of ${most}`))
    }
  }
  return errors
}

function validateHostPorts({ hostNetwork, containers }: PodSpec, inPod: boolean, at: string): FieldError[] {
  if (!hostNetwork) return []
  return (containers ?? []).flatMap((c, i) => (c.ports ?? []).flatMap(({ hostPort = 0, containerPort }, j) =>
    ((inPod || hostPort !== 0) && hostPort !== containerPort ? [invalidValue(`${at}[${i}].ports[${j}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
      : [])))
}

const mostNameservers = 3, mostSearches = 32, mostSearchCharacters = 2048
const search = /^(?:[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?)*$/
function validateDNSConfig(config: PodDNSConfig | undefined, policy: string, at: string): FieldError[] {
  if (policy === 'None' && !config) return [requiredValue(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  if (policy === 'None' && !nameservers.length) return [requiredValue(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  return [
    ...(nameservers.length > mostNameservers ? [invalidValue(`${at}.nameservers`, nameservers, `must not have more than ${mostNameservers} nameservers`)] : []),
    ...nameservers.flatMap((ip, i) => validateIP(ip, `${at}.nameservers[${i}]`)),
    ...(searches.length > mostSearches ? [invalidValue(`${at}.searches`, searches, `must not have more than ${mostSearches} search paths`)] : []),
    ...(searches.join(' ').length > mostSearchCharacters ? [invalidValue(`${at}.searches`, searches,
      `must not have more than ${mostSearchCharacters} characters (including spaces) in the search list`)] : []),
    ...searches.flatMap((name, i) => {
      const bare = name.replace(/\.$/, '')
      return name === '.' || search.test(bare) ? [] : [invalidValue(`${at}.searches[${i}]`, bare,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")]
    }),
    ...options.flatMap(({ name }, i) => (name ? [] : [requiredValue(`${at}.options[${i}]`, 'must not be empty')])),
  ]
}

function validateGates(gates: readonly PodSchedulingGate[] | undefined, at: string): FieldError[] {
  const names = new Set<string>()
  return (gates ?? []).flatMap(({ name }, i) => {
    const errors = failing(isQualifiedName, name, `${at}[${i}]`)
    if (names.has(name)) errors.push(duplicateValue(`${at}[${i}]`, name))
    names.add(name)
    return errors
  })
}

const validateHostAliases = (aliases: readonly HostAlias[] | undefined, at: string): FieldError[] => (aliases ?? []).flatMap(({ ip, hostnames }, i) => [
  ...validateIP(ip, `${at}[${i}].ip`), ...(hostnames ?? []).flatMap((name, j) => validateDNSSubdomain(name, `${at}[${i}].hostnames[${j}]`)),
])

const longestHostname = 64
function validateHostnameOverride({ hostnameOverride: name, setHostnameAsFQDN, hostNetwork }: PodSpec, at: string): FieldError[] {
  if (name === undefined) return []
  const here = `${at}.hostnameOverride`
  return [
    ...(setHostnameAsFQDN ? [forbiddenValue(here, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(hostNetwork ? [forbiddenValue(here, 'may not be specified when hostNetwork is true')] : []),
    ...(name.length > longestHostname ? [tooLong(here, longestHostname)] : []),
    ...validateDNSSubdomain(name, here),
  ]
}

/** A user namespace of its own goes with no namespace of the host. */
function validateHostUsers(spec: PodSpec, at: string): FieldError[] {
  const { hostUsers, hostNetwork, hostPID, hostIPC } = spec
  if (hostUsers !== false) return []
  const why = 'when `hostUsers` is false'
  const devices = (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) => (spec[list] ?? []).flatMap((c, i) =>
    (c.volumeDevices?.length ? [forbiddenValue(`${at}.${list}[${i}].volumeDevices`, why)] : [])))
  return [...(hostNetwork ? [forbiddenValue(`${at}.hostNetwork`, why)] : []), ...(hostPID ? [forbiddenValue(`${at}.HostPID`, why)] : []),
    ...(hostIPC ? [forbiddenValue(`${at}.HostIPC`, why)] : []), ...devices]
}

/** Windows: containers are host processes all or none, and then the pod is on the host's network. */
function validateHostProcess(spec: PodSpec, at: string): FieldError[] {
  const own = spec.securityContext?.windowsOptions?.hostProcess
  const every = (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((c, i) => [`${at}.${list}[${i}]`, c.securityContext?.windowsOptions?.hostProcess] as const))
  const contrary = every.flatMap(([here, value]) => (value === undefined || own === undefined || value === own ? []
    : [invalidValue(`${here}.securityContext.windowsOptions.hostProcess`, value, `pod hostProcess value must be identical if both are specified, was ${own}`)]))
  const effective = every.map(([, value]) => value ?? own ?? false)
  if (!effective.includes(true)) return contrary
  return [
    ...contrary,
    ...(effective.includes(false) ? [invalidValue(at, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers')] : []),
    ...(spec.hostNetwork ? [] : [invalidValue(`${at}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers')]),
  ]
}

function validateOS(spec: PodSpec, at: string): FieldError[] {
  if (!spec.os) return []
  const { name } = spec.os
  if (!name) return [requiredValue(`${at}.os.name`)]
  const unknown = oneOf(name, ['linux', 'windows'], `${at}.os`)
  if (unknown.length) return unknown
  const all = (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (spec[field] ?? []).map((c, i) => [`${at}.${field}[${i}]`, c.securityContext] as const))
  return validateForOS(spec, all, at)
}
