// What a node may not report of a pod.
import {
  duplicateValue, forbiddenValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, isInRange, isQualifiedName, requiredValue, takesMore, tooLong, type FieldError,
} from '#machinery'
import { failing, immutableField, oneOf } from '../../checks.ts'
import { validateIP } from '../../ip.ts'
import type { Container, EphemeralContainer } from './container.ts'
import type { PodSpec } from './spec.ts'
import type { ContainerStatus, PodExtendedResourceClaimStatus, PodStatus } from './status.ts'
import { validateAnnotationChanges } from './validate-annotations.ts'
import type { PodLike } from './validate-pod.ts'

type StatusList = 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses'
const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

export function validatePodStatus(pod: PodLike, old: PodLike): FieldError[] {
  const { spec, status } = pod, { status: before } = old, generation = status.observedGeneration ?? 0
  const nominated = status.nominatedNodeName !== before.nominatedNodeName && status.nominatedNodeName ? status.nominatedNodeName : undefined
  return [
    ...validateAnnotationChanges(pod, old),
    ...validateConditions(status.conditions),
    ...(spec.nodeName === old.spec.nodeName ? [] : [forbiddenValue('status.nodeName', 'may not be changed directly')]),
    ...(nominated === undefined ? [] : failing(isDNS1123Subdomain, nominated, 'status.nominatedNodeName')),
    ...(nominated !== undefined && old.spec.nodeName ? [forbiddenValue('status.nominatedNodeName', 'may not be set on pods that are already bound to a node')] : []),
    ...(generation < 0 ? [invalidValue('status.observedGeneration', generation, 'must be a non-negative integer')] : []),
    ...immutableField(status.qosClass ?? '', before.qosClass ?? '', 'status.qosClass'),
    ...lists.flatMap((list) => validateRestarts(list, status, before, old.spec)),
    ...validateClaims(status, spec), ...validateExtendedClaim(status.extendedResourceClaimStatus, spec, 'status.extendedResourceClaimStatus'),
    ...validateAddresses(status, before),
    ...lists.flatMap((list) => (status[list] ?? []).flatMap((c, i) => validateUser(c, spec, `status.${list}[${i}].user.linux`))),
    ...validateDevices(status.containerStatuses, spec.containers, 'status.containerStatuses'),
    ...validateDevices(status.initContainerStatuses, spec.initContainers, 'status.initContainerStatuses'),
    ...(status.ephemeralContainerStatuses ?? []).flatMap((c, i) => (c.allocatedResourcesStatus?.length
      ? [forbiddenValue(`status.ephemeralContainerStatuses[${i}].allocatedResourcesStatus`, 'must not be specified in container status')] : [])),
  ]
}

const ownConditions = ['PodScheduled', 'Ready', 'Initialized']
const validateConditions = (conditions: PodStatus['conditions']): FieldError[] => (conditions ?? []).flatMap(({ type, observedGeneration = 0 }, i) => [
  ...(observedGeneration < 0 ? [invalidValue(`status.conditions[${i}].observedGeneration`, observedGeneration, 'must be a non-negative integer')] : []),
  ...(ownConditions.includes(type) ? [] : failing(isQualifiedName, type, `status.conditions[${i}].Type`)),
])

/** A container that has ended for good does not come back to life. */
function validateRestarts(list: StatusList, status: PodStatus, before: PodStatus, spec: PodSpec): FieldError[] {
  const containers = list === 'containerStatuses' ? spec.containers : list === 'initContainerStatuses' ? spec.initContainers : []
  if (list !== 'ephemeralContainerStatuses' && everythingMayRestart(spec)) return []
  return (before[list] ?? []).flatMap((old, i) => {
    const ended = old.state.terminated, now = status[list]?.find((c) => c.name === old.name && !c.state.terminated), own = containers?.find((c) => c.name === old.name)
    return !ended || !now || (own && mayRestart(own, spec, ended.exitCode)) ? [] : [forbiddenValue(`status.${list}[${i}].state`, 'may not be transitioned to non-terminated state')]
  })
}
const everythingMayRestart = (spec: PodSpec): boolean => [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  .some((c) => c.restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'))
/** Rules of the container's own, its own policy, the pod's: the first that says something. */
function mayRestart({ restartPolicy, restartPolicyRules }: Container, spec: PodSpec, exitCode: number): boolean {
  for (const { action, exitCodes } of restartPolicyRules ?? []) {
    const among = exitCodes?.values?.includes(exitCode) ?? false
    if (exitCodes && (exitCodes.operator === 'In' ? among : !among)) return action === 'Restart'
  }
  const policy = restartPolicy ?? spec.restartPolicy
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

function validateClaims({ resourceClaimStatuses }: PodStatus, { resourceClaims }: PodSpec): FieldError[] {
  const claims = resourceClaimStatuses ?? []
  return claims.flatMap(({ name, resourceClaimName }, i) => {
    const at = `status.resourceClaimStatuses[${i}]`
    return [
      ...(resourceClaims?.some((c) => c.name === name) ? [] : [invalidValue(`${at}.name`, name, 'must match the name of an entry in `spec.resourceClaims`')]),
      ...(claims.findIndex((c) => c.name === name) < i ? [duplicateValue(`${at}.name`, name)] : []),
      ...(resourceClaimName === undefined ? [] : failing(isDNS1123Subdomain, resourceClaimName, `${at}.resourceClaimName`)),
    ]
  })
}
function validateExtendedClaim(claim: PodExtendedResourceClaimStatus | undefined, spec: PodSpec, at: string): FieldError[] {
  if (!claim) return []
  const { requestMappings, resourceClaimName } = claim, mappings = requestMappings ?? [], containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return [
    ...(mappings.length ? [] : [requiredValue(`${at}.requestMappings`, 'at least one request mapping is required')]),
    ...mappings.flatMap((mapping, i) => {
      const here = `${at}.requestMappings[${i}]`, c = containers.find(({ name }) => name === mapping.containerName), fields = ['containerName', 'resourceName', 'requestName'] as const
      return [
        ...(!c ? [invalidValue(`${here}.containerName`, mapping.containerName, 'must match the name of an entry in spec.initContainers.name or spec.containers.name')]
          : c.resources.requests?.[mapping.resourceName] !== undefined ? [] : [invalidValue(`${here}.resourceName`, mapping.resourceName,
            'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests')]),
        ...failing(isDNS1123Label, mapping.requestName, `${at}.requestName`),
        ...(mappings.findIndex((m) => fields.every((f) => m[f] === mapping[f])) < i ? fields.map((f) => duplicateValue(`${here}.${f}`, mapping[f])) : []),
      ]
    }),
    ...(resourceClaimName ? failing(isDNS1123Subdomain, resourceClaimName, `${at}.resourceClaimName`) : [requiredValue(`${at}.resourceClaimName`)]),
  ]
}

/** At most one address of each family; addresses that were there stay. */
function validateAddresses({ podIPs = [], hostIPs = [], hostIP = '' }: PodStatus, before: PodStatus): FieldError[] {
  const pair = (list: readonly { ip: string }[], at: string) => (list.length > 2 || (list.length === 2 && list[0]!.ip.includes(':') === list[1]!.ip.includes(':'))
    ? [invalidValue(at, list.map(({ ip }) => ({ IP: ip })), 'may specify no more than one IP for each IP family')] : [])
  const known = (list: readonly { ip: string }[] | undefined) => (list ?? []).map(({ ip }) => ip)
  return [
    ...podIPs.flatMap(({ ip }, i) => validateIP(ip, `status.podIPs[${i}]`, known(before.podIPs))), ...pair(podIPs, 'status.podIPs'),
    ...(hostIPs.length && hostIP !== hostIPs[0]!.ip ? [invalidValue('status.hostIPs[0].ip', hostIPs[0]!.ip, 'must be equal to `hostIP`')] : []),
    ...hostIPs.flatMap(({ ip }, i) => validateIP(ip, `status.hostIPs[${i}]`, known(before.hostIPs))), ...pair(hostIPs, 'status.hostIPs'),
  ]
}

const mostId = 2 ** 31 - 1
function validateUser({ user }: ContainerStatus, { os }: PodSpec, at: string): FieldError[] {
  const linux = user?.linux
  if (!linux) return []
  if (os?.name === 'windows') return [forbiddenValue(at, 'cannot be set for a windows pod')]
  const id = (value: number, at: string) => isInRange(value, 0, mostId).map((why) => invalidValue(at, value, why))
  return [...id(linux.uid, `${at}.uid`), ...id(linux.gid, `${at}.gid`), ...(linux.supplementalGroups ?? []).flatMap((g, i) => id(g, `${at}.supplementalGroups[${i}]`))]
}

const longestHealthMessage = 4096
/** Devices that a container was given: of resources or claims that it asked for, each once. */
function validateDevices(statuses: readonly ContainerStatus[] | undefined, containers: readonly (Container | EphemeralContainer)[] | undefined, list: string): FieldError[] {
  return (statuses ?? []).flatMap(({ name, allocatedResourcesStatus }, i) => (allocatedResourcesStatus ?? []).flatMap(({ name: resource, resources }, j) => {
    const at = `${list}[${i}].allocatedResourcesStatus[${j}]`, c = containers?.find((c) => c.name === name), devices = resources ?? [], isClaim = resource.startsWith('claim:')
    const asked = !c || (isClaim ? c.resources.claims?.some(({ name, request }) => resource === `claim:${name}${request ? `/${request}` : ''}`)
      : c.resources.requests?.[resource] !== undefined)
    return [
      ...(asked ? [] : [invalidValue(`${at}.name`, resource, isClaim
        ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
        : "must match one of the container's resource requests")]),
      ...devices.flatMap(({ health = '', message, resourceID }, k) => [
        ...oneOf(health, ['Healthy', 'Unhealthy', 'Unknown'], `${at}.resources[${k}].health`),
        ...(message === undefined ? [] : message === '' ? [requiredValue(`${at}.resources[${k}].message`, 'must be non-empty if specified')]
          : takesMore(message, longestHealthMessage) ? [tooLong(`${at}.resources[${k}].message`, longestHealthMessage)] : []),
        ...(devices.findIndex((d) => d.resourceID === resourceID) < k ? [duplicateValue(`${at}.resources[${k}].resourceID`, resourceID)] : []),
      ]),
    ]
  }))
}
