// Amounts of resources, and requests against limits.
import {
  compareQuantities, duplicateValue, forbiddenValue, invalidValue, isDNS1123Label, isQualifiedName, quantityMilli, quantityValue, requiredValue, valueNotFound, type FieldError,
} from '#machinery'
import { failing } from '../checks.ts'
import type { ResourceRequirements } from './pod/container.ts'
import { isExtendedResource, isHugePages, isNativeResource, mayOvercommit, type ResourceList } from './resources.ts'

const standard = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'requests.storage', 'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage', 'pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.loadbalancers',
    'services.nodeports'])
const forContainers = new Set(['cpu', 'memory', 'ephemeral-storage'])
const whole = new Set(['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports',
  'services.loadbalancers'])

const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith('requests.hugepages-')
const forQuota = new Set([...standard].filter((name) => name !== 'storage'))
/** Resources that a quota may count without a domain in their name. */
export const isStandardQuotaResource = (name: string): boolean => forQuota.has(name) || isQuotaHugePages(name)

/** The name of a resource: qualified, and without a domain only if it is a standard one. */
export function validateResourceName(name: string, at: string): FieldError[] {
  const errors = isQualifiedName(name).map((why) => invalidValue(at, name, why))
  if (errors.length) return errors
  return name.includes('/') || standard.has(name) || isQuotaHugePages(name) ? [] : [invalidValue(at, name, 'must be a standard resource type or fully qualified')]
}
export function validateContainerResourceName(name: string, at: string): FieldError[] {
  const errors = validateResourceName(name, at)
  if (!name.includes('/')) {
    if (!forContainers.has(name) && !isHugePages(name)) errors.push(invalidValue(at, name, 'must be a standard resource for containers'))
  } else if (!isNativeResource(name) && !isExtendedResource(name)) errors.push(invalidValue(at, name, "doesn't follow extended resource name standard"))
  return errors
}

/** Not negative, and whole where half a thing makes no sense. */
export function validateResourceAmount(name: string, amount: string, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (compareQuantities(amount, '0') < 0) errors.push(invalidValue(at, amount, 'must be greater than or equal to 0'))
  if ((whole.has(name) || isExtendedResource(name)) && quantityMilli(amount) % 1000 !== 0) errors.push(invalidValue(at, amount, 'must be an integer'))
  return errors
}

/** Limits and requests of a container. */
export const validateContainerResources = (resources: ResourceRequirements, podClaims: ReadonlySet<string>, at: string): FieldError[] =>
  validateRequirements(resources, validateContainerResourceName, podClaims, at)
/** Limits and requests of anything; `validName` says which resources it may ask for. */
export function validateRequirements({ limits, requests, claims }: ResourceRequirements, validName: (name: string, at: string) => FieldError[],
  podClaims: ReadonlySet<string>, at: string): FieldError[] {
  const errors: FieldError[] = []
  let cpuOrMemory = false, hugePages = false
  const look = (name: string) => {
    if (name === 'cpu' || name === 'memory') cpuOrMemory = true
    if (isHugePages(name)) hugePages = true
  }
  for (const [name, amount] of sorted(limits)) {
    const here = `${at}.limits[${name}]`
    errors.push(...validName(name, here), ...validateResourceAmount(name, amount, here), ...hugePagesInSteps(name, amount, here))
    look(name)
  }
  for (const [name, amount] of sorted(requests)) {
    const here = `${at}.requests[${name}]`
    errors.push(...validName(name, here), ...validateResourceAmount(name, amount, here))
    const limit = limits?.[name]
    if (limit !== undefined) errors.push(...requestWithinLimit(name, amount, limit, `${at}.requests`))
    else if (!mayOvercommit(name)) errors.push(requiredValue(`${at}.limits`, 'Limit must be set for non overcommitable resources'))
    errors.push(...hugePagesInSteps(name, amount, here))
    look(name)
  }
  if (!cpuOrMemory && hugePages) errors.push(forbiddenValue(at, 'HugePages require cpu or memory'))
  return [...errors, ...validateClaimNames(claims ?? [], podClaims, `${at}.claims`)]
}
/** Claims that the pod has, each whole or by requests of it, none of them twice. */
function validateClaimNames(claims: NonNullable<ResourceRequirements['claims']>, podClaims: ReadonlySet<string>, at: string): FieldError[] {
  const errors: FieldError[] = [], known = new Set<string>()
  for (const [i, { name, request = '' }] of claims.entries()) {
    const here = `${at}[${i}]`
    if (!name) { errors.push(requiredValue(here)); continue }
    if (known.has(name)) errors.push(duplicateValue(here, name))
    else {
      const key = request ? `${name}/${request}` : name
      if (request) errors.push(...failing(isDNS1123Label, request, `${here}.request`))
      if (known.has(key)) errors.push(duplicateValue(here, key))
      else if (!request) for (const other of known) if (other.startsWith(`${name}/`)) errors.push(duplicateValue(here, name))
      known.add(key)
    }
    if (!podClaims.has(name)) errors.push(valueNotFound(here, name, `must be one of the names in pod.spec.resourceClaims${
      podClaims.size ? `: ${[...podClaims].sort().join(', ')}` : ' which is empty'}`))
  }
  return errors
}
/** Go walks maps in random order; ours is by name. */
const sorted = (list: ResourceList | undefined): [string, string][] => Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))

export function requestWithinLimit(name: string, request: string, limit: string, at: string): FieldError[] {
  if (compareQuantities(request, limit) !== 0 && !mayOvercommit(name)) return [invalidValue(at, request, `must be equal to ${name} limit of ${limit}`)]
  return compareQuantities(request, limit) > 0 ? [invalidValue(at, request, `must be less than or equal to ${name} limit of ${limit}`)] : []
}
function hugePagesInSteps(name: string, amount: string, at: string): FieldError[] {
  if (!isHugePages(name)) return []
  const size = pageSize(name.slice('hugepages-'.length))
  return size && quantityValue(amount) % size === 0 ? [] : [invalidValue(at, amount, `${amount} is not positive integer multiple of ${name}`)]
}
/** A whole number of bytes; undefined where the text is none. */
function pageSize(text: string): number | undefined {
  try { return quantityMilli(text) % 1000 === 0 && quantityMilli(text) > 0 ? quantityValue(text) : undefined } catch { return undefined }
}
