// Amounts of resources, and requests against limits.
import {
  compareQuantities, duplicateValue, forbiddenValue, invalidValue, isQualifiedName, parseQuantity, quantityMilli, requiredValue, valueNotFound, type FieldError,
} from '#machinery'
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
  if (parseQuantity(amount).nano < 0n) errors.push(invalidValue(at, amount, 'must be greater than or equal to 0'))
  if ((whole.has(name) || isExtendedResource(name)) && quantityMilli(amount) % 1000 !== 0) errors.push(invalidValue(at, amount, 'must be an integer'))
  return errors
}

/** Limits and requests of a container. */
export function validateContainerResources({ limits, requests, claims }: ResourceRequirements, podClaims: ReadonlySet<string>, at: string): FieldError[] {
  const errors: FieldError[] = []
  let cpuOrMemory = false, hugePages = false
  const look = (name: string) => {
    if (name === 'cpu' || name === 'memory') cpuOrMemory = true
    if (isHugePages(name)) hugePages = true
  }
  for (const [name, amount] of sorted(limits)) {
    const here = `${at}.limits[${name}]`
    errors.push(...validateContainerResourceName(name, here), ...validateResourceAmount(name, amount, here), ...hugePagesInSteps(name, amount, here))
    look(name)
  }
  for (const [name, amount] of sorted(requests)) {
    const here = `${at}.requests[${name}]`
    errors.push(...validateContainerResourceName(name, here), ...validateResourceAmount(name, amount, here))
    const limit = limits?.[name]
    if (limit !== undefined) errors.push(...requestWithinLimit(name, amount, limit, `${at}.requests`))
    else if (!mayOvercommit(name)) errors.push(requiredValue(`${at}.limits`, 'Limit must be set for non overcommitable resources'))
    look(name)
  }
  if (!cpuOrMemory && hugePages) errors.push(forbiddenValue(at, 'HugePages require cpu or memory'))
  const known = new Set<string>()
  for (const [i, { name, request = '' }] of (claims ?? []).entries()) {
    const here = `${at}.claims[${i}]`
    if (!name) errors.push(requiredValue(`${here}.name`))
    else {
      if (known.has(`${name}/${request}`)) errors.push(duplicateValue(here, request ? `${name}/${request}` : name))
      known.add(`${name}/${request}`)
      if (!podClaims.has(name)) errors.push(valueNotFound(`${here}.name`, name))
    }
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
  try {
    const size = parseQuantity(name.slice('hugepages-'.length)).nano
    return size > 0n && parseQuantity(amount).nano % size !== 0n ? [invalidValue(at, amount, `must be a multiple of page size, got ${name}: ${amount}`)] : []
  } catch { return [] }
}
