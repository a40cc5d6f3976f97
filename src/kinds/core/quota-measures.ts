// What objects use of resource quotas: how many there are, what pods and claims ask for. Who charges (admission) and who counts
// (the controller) read the same rules.
import { addQuantities, compareQuantities, formatQuantity, parseTime, quantityOf, quantityValue, parseQuantity, qualified, subtractQuantities, type AnyObject, type ResourceName } from '#machinery'
import type { PersistentVolumeClaim } from './persistentvolumeclaim.ts'
import type { Pod } from './pod/index.ts'
import { podLimits, podRequests } from './pod/pod-resources.ts'
import { qosClass } from './pod/qos.ts'
import type { ResourceQuota, ScopedResourceSelectorRequirement } from './resourcequota.ts'
import { isExtendedResource, isHugePages, isNativeResource, type ResourceList } from './resources.ts'
import type { Service } from './service.ts'
import type { DeviceClass } from '../resource/deviceclass.ts'
import type { DeviceResourceClaim } from '../resource/resourceclaim.ts'

export type QuotaScope = Pick<ScopedResourceSelectorRequirement, 'scopeName' | 'operator' | 'values'>

/** What there is besides an object that is measured. */
export interface QuotaSurroundings {
  deviceClass(name: string): DeviceClass | undefined
  pod(namespace: string, name: string): Pod | undefined
  claims(namespace: string): readonly DeviceResourceClaim[]
}

/** How the objects of one resource are measured. */
export interface QuotaMeasure {
  /** Whether a write of this sort can change what is used. */
  counts(operation: 'CREATE' | 'UPDATE', subresource: string): boolean
  /** Of the names in a quota, whether objects of this resource use it. */
  uses(name: string): boolean
  /** What one object uses; `now` in milliseconds: pods that should be gone long ago use nothing. Claims for devices are measured by what is around them. */
  usage(object: AnyObject, now: number, around?: QuotaSurroundings): ResourceList
  inScope(scope: QuotaScope, object: AnyObject): boolean
  /** Whether an update may have taken the object from the scopes of some quotas to those of others. */
  moves?(object: AnyObject, old: AnyObject): boolean
  /** Updates of the object itself concern quotas only when they move it: what it uses cannot be changed by them. */
  readonly updatesOnlyMove?: true
  /** What an object must say where these names are limited; the reference's words when it does not. */
  lacks?(limited: readonly string[], object: AnyObject): string | undefined
  /** Scopes that a quota must have where the configuration demands it. */
  readonly demandsScopes?: true
  /** When the object will use less without being changed, in milliseconds. */
  changesAt?(object: AnyObject): number | undefined
}

/** Every scope that objects must be in to use the quota. */
export const scopesOf = ({ spec }: ResourceQuota): readonly QuotaScope[] =>
  [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: [] })), ...(spec?.scopeSelector?.matchExpressions ?? [])]

const one = '1'
const countName = (resource: ResourceName): string => `count/${qualified(resource)}`
/** Resources whose count has an older name too. */
const aliases = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'])

export function measureOf(resource: ResourceName): QuotaMeasure {
  return special[qualified(resource)] ?? objectCount(resource)
}
/** "widgets.example.com" of "count/widgets.example.com"; the older names; undefined for what is no count of one resource. */
export function countedResource(name: string): ResourceName | undefined {
  const text = name.startsWith('count/') ? name.slice('count/'.length) : aliases.has(name) ? name : undefined
  if (text === undefined) return undefined
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) }
}
/** The resources that are measured by more than their number. */
export const measuredResources: readonly ResourceName[] = [{ group: '', resource: 'pods' }, { group: '', resource: 'services' }, { group: '', resource: 'persistentvolumeclaims' }, { group: 'resource.k8s.io', resource: 'resourceclaims' }]

function objectCount(resource: ResourceName): QuotaMeasure {
  const name = countName(resource), alias = resource.group === '' && aliases.has(resource.resource) ? resource.resource : undefined
  return {
    counts: (operation, subresource) => operation === 'CREATE' && subresource === '',
    uses: (wanted) => wanted === name || wanted === alias,
    usage: () => ({ [name]: one, ...(alias && { [alias]: one }) }),
    inScope: () => false,
  }
}

const podNames = new Set(['count/pods', 'pods', 'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage'])
/** A mistake of old: where these are limited, every container must say them. */
const mustSay = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'])
const pods: QuotaMeasure = {
  counts: (operation, subresource) => subresource === '' || (operation === 'UPDATE' && subresource === 'resize'),
  uses: (name) => podNames.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-') || (name.startsWith('requests.') && !isNativeResource(name)),
  usage(object, now) {
    const pod = object as Pod
    if (!isCharged(pod, now)) return { 'count/pods': one }
    const held = withAllocated(pod)
    return { 'count/pods': one, ...computeUsage(podRequests(held), podLimits(held, { overhead: true })) }
  },
  inScope(scope, object) {
    const { spec } = object as Pod
    switch (scope.scopeName) {
      case 'Terminating': return isBounded(spec)
      case 'NotTerminating': return !isBounded(spec)
      case 'BestEffort': return qosClass(spec) === 'BestEffort'
      case 'NotBestEffort': return qosClass(spec) !== 'BestEffort'
      case 'PriorityClass': return among(scope, spec.priorityClassName ? [spec.priorityClassName] : [])
      case 'CrossNamespacePodAffinity': return looksAbroad(spec)
      default: return false
    }
  },
  moves: (object, old) => isBounded((object as Pod).spec) !== isBounded((old as Pod).spec),
  updatesOnlyMove: true,
  lacks(limited, object) {
    const { spec } = object as Pod
    if (spec.resources?.requests || spec.resources?.limits) return undefined // the pod as a whole says it
    const missing = limited.filter((name) => mustSay.has(name)).sort().flatMap((name) => {
      const silent = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].filter(({ resources }) => !(name in computeUsage(resources?.requests ?? {}, resources?.limits ?? {}))).map((c) => c.name)
      return silent.length > 0 ? [`${name} for: ${[...new Set(silent)].sort().join(',')}`] : []
    })
    return missing.length > 0 ? `must specify ${missing.join('; ')}` : undefined
  },
  demandsScopes: true,
  changesAt: (object) => (isEnded(object as Pod) ? undefined : overdueAt(object as Pod)),
}
const isBounded = ({ activeDeadlineSeconds: seconds }: Pod['spec']): boolean => seconds !== undefined && seconds >= 0
const isEnded = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded'
/** When a pod that is being deleted stops counting, though it may still be there: its node may be lost. */
function overdueAt({ metadata: { deletionTimestamp, deletionGracePeriodSeconds } }: Pod): number | undefined {
  return deletionTimestamp && deletionGracePeriodSeconds !== undefined ? parseTime(deletionTimestamp) + Number(deletionGracePeriodSeconds) * 1000 : undefined
}
const isCharged = (pod: Pod, now: number): boolean => !isEnded(pod) && now <= (overdueAt(pod) ?? Infinity)

function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const out: ResourceList = { pods: one }
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    if (requests[name] !== undefined) out[name] = out[`requests.${name}`] = requests[name]
    if (limits[name] !== undefined) out[`limits.${name}`] = limits[name]
  }
  for (const [name, amount] of Object.entries(requests)) {
    if (isHugePages(name)) out[name] = out[`requests.${name}`] = amount
    else if (isExtendedResource(name)) out[`requests.${name}`] = amount
  }
  return out
}

/** A pod that is being resized counts with what its containers still hold. */
function withAllocated(pod: Pod): Pod {
  const statuses = new Map([...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].map((s) => [s.name, s]))
  if (![...statuses.values()].some((s) => s.allocatedResources)) return pod
  const raised = <C extends Pod['spec']['containers'][number]>(container: C): C => {
    const requests = { ...container.resources?.requests }, status = statuses.get(container.name)
    for (const list of [status?.allocatedResources, status?.resources?.requests])
      for (const [name, amount] of Object.entries(list ?? {})) if (requests[name] === undefined || compareQuantities(amount, requests[name]) > 0) requests[name] = amount
    return { ...container, resources: { ...container.resources, requests } }
  }
  return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(raised), ...(pod.spec.initContainers && { initContainers: pod.spec.initContainers.map(raised) }) } }
}

function looksAbroad({ affinity }: Pod['spec']): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((a) => [...(a?.requiredDuringSchedulingIgnoredDuringExecution ?? []), ...(a?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((p) => p.podAffinityTerm)]
    .some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined))
}
/** Whether one of the names is what the scope asks for. */
function among({ operator, values = [] }: QuotaScope, names: readonly string[]): boolean {
  switch (operator) {
    case 'Exists': return names.length > 0
    case 'DoesNotExist': return names.length === 0
    case 'In': return names.some((name) => values.includes(name))
    case 'NotIn': return names.length === 0 || names.some((name) => !values.includes(name))
    default: return false
  }
}

const services: QuotaMeasure = {
  counts: () => true,
  uses: (name) => ['count/services', 'services', 'services.nodeports', 'services.loadbalancers'].includes(name),
  usage(object) {
    const { type, ports = [], allocateLoadBalancerNodePorts: allocate } = (object as Service).spec
    const held = type === 'LoadBalancer' && allocate === false ? ports.filter((p) => p.nodePort).length : type === 'LoadBalancer' || type === 'NodePort' ? ports.length : 0
    return { 'count/services': one, services: one, 'services.nodeports': String(held), 'services.loadbalancers': type === 'LoadBalancer' ? one : '0' }
  },
  inScope: () => false,
}

const ofClass = '.storageclass.storage.k8s.io/', claimNames = ['persistentvolumeclaims', 'requests.storage']
const claims: QuotaMeasure = {
  counts: () => true,
  uses: (name) => name === 'count/persistentvolumeclaims' || claimNames.includes(name) || claimNames.some((claim) => name.endsWith(ofClass + claim)),
  usage(object) {
    const { metadata, spec, status } = object as PersistentVolumeClaim
    const storageClass = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName
    const asked = spec?.resources?.requests?.storage, allocated = status?.allocatedResources?.storage
    const storage = asked === undefined ? undefined : wholeBytes(allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked)
    const out: ResourceList = { 'count/persistentvolumeclaims': one, persistentvolumeclaims: one, ...(storage !== undefined && { 'requests.storage': storage }) }
    if (storageClass) for (const name of claimNames) if (out[name] !== undefined) out[storageClass + ofClass + name] = out[name]
    return out
  },
  inScope(scope, object) {
    return scope.scopeName === 'VolumeAttributesClass' && among(scope, volumeClasses(object as PersistentVolumeClaim))
  },
  moves: (object, old) => volumeClasses(object as PersistentVolumeClaim).join() !== volumeClasses(old as PersistentVolumeClaim).join(),
  demandsScopes: true,
}
const volumeClasses = ({ spec, status }: PersistentVolumeClaim): readonly string[] =>
  [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName].filter((name): name is string => Boolean(name))
const wholeBytes = (text: string): string => formatQuantity(quantityOf(quantityValue(text), parseQuantity(text).format))

const devices = '.deviceclass.resource.k8s.io/devices', requests = 'requests.', ofImplicit = 'requests.deviceclass.resource.kubernetes.io/', extendedClaim = 'resource.kubernetes.io/extended-resource-claim'
/** What a claim for all devices of a class may get at most. */
const mostDevices = 32
const resourceClaims: QuotaMeasure = {
  counts: () => true,
  uses: (name) => name === 'count/resourceclaims.resource.k8s.io' || name.endsWith(devices) || name.startsWith(ofImplicit) || (name.startsWith(requests) && isExtendedResource(name.slice(requests.length))),
  usage(object, now, around) {
    const out: ResourceList = { 'count/resourceclaims.resource.k8s.io': one }
    const number = ({ allocationMode, count = 1 }: { readonly allocationMode?: string; readonly count?: number }) => (allocationMode === 'All' ? mostDevices : count)
    for (const { exactly, firstAvailable = [] } of (object as DeviceResourceClaim).spec.devices?.requests ?? []) {
      // Of alternatives, the most that any would take of a class.
      const most = new Map<string, number>()
      for (const request of exactly ? [exactly] : firstAvailable) most.set(request.deviceClassName, Math.max(most.get(request.deviceClassName) ?? 0, number(request)))
      for (const [name, n] of most) out[name + devices] = formatQuantity(addQuantities(out[name + devices], String(n)))
    }
    return around ? { ...out, ...asExtended(out, around, podUsage(object as DeviceResourceClaim, around, now)) } : out
  },
  inScope: () => false,
}

/** Devices count as extended resources too, by their class and by the name that it gives them: what their pod is charged already is not charged again. */
function asExtended(claimed: ResourceList, around: QuotaSurroundings, charged: ResourceList): ResourceList {
  const out: ResourceList = {}
  for (const [name, amount] of Object.entries(claimed)) {
    if (!name.endsWith(devices) || name === devices) continue
    const className = name.slice(0, -devices.length), extended = around.deviceClass(className)?.spec.extendedResourceName
    for (const other of [ofImplicit + className, ...(extended ? [requests + extended] : [])]) {
      const rest = charged[other] === undefined ? amount : formatQuantity(subtractQuantities(amount, charged[other]))
      if (compareQuantities(rest, '0') > 0) out[other] = rest
    }
  }
  return out
}
/** What is charged for the pod whose extended resources a claim stands for: the first such claim, or the one that the pod names. */
function podUsage({ metadata }: DeviceResourceClaim, around: QuotaSurroundings, now: number): ResourceList {
  const { namespace = '', name, annotations } = metadata, owner = podOwner(metadata)
  if (annotations?.[extendedClaim] !== 'true' || !owner) return {}
  const pod = around.pod(namespace, owner.name), named = pod?.status?.extendedResourceClaimStatus?.resourceClaimName
  if (!pod || pod.metadata.uid !== owner.uid || (pod.status?.extendedResourceClaimStatus && named !== name)) return {}
  const born = (at: string | null | undefined) => (at ? parseTime(at) : 0), isEarlier = (other: DeviceResourceClaim['metadata']) =>
    born(other.creationTimestamp) < born(metadata.creationTimestamp) || (born(other.creationTimestamp) === born(metadata.creationTimestamp) && other.name < name)
  const others = named === undefined ? around.claims(namespace).filter((c) => c.metadata.annotations?.[extendedClaim] === 'true' && podOwner(c.metadata)?.uid === owner.uid) : []
  return others.some((other) => isEarlier(other.metadata)) ? {} : pods.usage(pod, now)
}
const podOwner = ({ ownerReferences }: DeviceResourceClaim['metadata']) => ownerReferences?.find((o) => o.controller && o.kind === 'Pod' && o.apiVersion === 'v1')

const special: Readonly<Record<string, QuotaMeasure>> = { pods, services, persistentvolumeclaims: claims, 'resourceclaims.resource.k8s.io': resourceClaims }
