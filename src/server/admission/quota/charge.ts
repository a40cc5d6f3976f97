// Whether a write fits into the quotas of its namespace, and what is used of them then. Pure: who calls it writes.
import { deviceClass, deviceResourceClaim, moreThan, only, pod, printAmounts, scopesOf, sumOf, withoutZeros, type QuotaMeasure, type QuotaScope, type QuotaSurroundings, type ResourceList, type ResourceQuota } from '#kinds'
import { ApiError, compareQuantities, qualified, type AnyObject } from '#machinery'
import type { ObjectReader } from '../../object-reader.ts'
import { refusal, type AdmissionAttributes } from '../admission.ts'

/** Resources that may be used only where a quota covers them (--admission-control-config-file). */
export interface LimitedResource { readonly apiGroup?: string; readonly resource: string; readonly matchContains?: readonly string[]; readonly matchScopes?: readonly QuotaScope[] }

export interface Charge {
  readonly attributes: AdmissionAttributes
  readonly measure: QuotaMeasure
  readonly limited: readonly LimitedResource[]
  readonly now: number
}

const surroundings = (objects: ObjectReader): QuotaSurroundings => ({
  deviceClass: (name) => objects.get(deviceClass, name), pod: (namespace, name) => objects.get(pod, name, namespace), claims: (namespace) => objects.list(deviceResourceClaim, namespace),
})

/** The new `status.used` by name of each quota that the write uses; throws the refusal when it does not fit. */
export function charge(quotas: readonly ResourceQuota[], { attributes, measure, limited, now }: Charge): Map<string, ResourceList> {
  const object = attributes.object as AnyObject, old = attributes.old as AnyObject | undefined
  const around = surroundings(attributes.objects), usage = measure.usage(object, now, around)
  const names = (list: ResourceList | undefined) => Object.keys(list ?? {}).filter((name) => measure.uses(name))
  const fits = (quota: ResourceQuota, what: AnyObject) => names(quota.status?.hard).length > 0 && scopesOf(quota).every((scope) => measure.inScope(scope, what))

  const concerned = quotas.filter((quota) => fits(quota, object)), covered = new Set<string>()
  for (const quota of concerned) {
    const restricted = names(quota.status.hard), lacking = measure.lacks?.(restricted, object)
    if (lacking !== undefined) throw refusal(attributes, `failed quota: ${quota.metadata.name}: ${lacking}`)
    if (restricted.some((name) => quota.status.used?.[name] === undefined)) throw refusal(attributes, `status unknown for quota: ${quota.metadata.name}, resources: ${restricted.toSorted().join(',')}`)
    for (const name of restricted) covered.add(name)
  }
  const negative = Object.keys(usage).filter((name) => compareQuantities(usage[name]!, '0') < 0).sort()
  if (negative.length > 0) throw refusal(attributes, `quota usage is negative for resource(s): ${negative.join(',')}`)

  // An update is charged what it adds, but where the object was not in the quota before.
  const added = old ? moreThan(usage, measure.usage(old, now, around)) : usage
  const charges = new Map(concerned.map((quota) => [quota, withoutZeros(old && !fits(quota, old) ? usage : added)] as const).filter(([, amounts]) => Object.keys(amounts).length > 0))
  if (concerned.length > 0 ? charges.size === 0 : Object.keys(withoutZeros(added)).length === 0) return new Map()
  checkCovered(quotas, { attributes, measure, limited, now }, usage, covered)
  return new Map([...charges].map(([quota, amounts]) => [quota.metadata.name, used(quota, amounts, attributes)]))
}

function used({ metadata: { name }, status }: ResourceQuota, amounts: ResourceList, attributes: AdmissionAttributes): ResourceList {
  const hard = status.hard ?? {}, requested = only(amounts, (resource) => hard[resource] !== undefined)
  const next = sumOf(status.used ?? {}, requested)
  const exceeded = new Set(Object.keys(requested).filter((resource) => compareQuantities(next[resource]!, hard[resource]!) > 0))
  if (exceeded.size === 0) return next
  const said = (list: ResourceList) => printAmounts(only(list, (resource) => exceeded.has(resource)))
  throw refusal(attributes, `exceeded quota: ${name}, requested: ${said(requested)}, used: ${said(status.used ?? {})}, limited: ${said(hard)}`)
}

/** What the configuration limits must be covered: its amounts by some quota's names, its scopes by some quota's scopes. */
function checkCovered(quotas: readonly ResourceQuota[], { attributes, measure, limited }: Charge, usage: ResourceList, covered: ReadonlySet<string>): void {
  if (limited.length === 0) return
  const object = attributes.object as AnyObject, here = qualified(attributes.kind)
  const contained = limited.filter(({ apiGroup = '', resource }) => qualified({ group: apiGroup, resource }) === here).flatMap(({ matchContains = [] }) => matchContains)
  const uncovered = Object.keys(usage).filter((name) => compareQuantities(usage[name]!, '0') > 0 && contained.some((part) => name.includes(part)) && !covered.has(name)).sort()
  if (uncovered.length > 0) throw refusal(attributes, `insufficient quota to consume: ${uncovered.join(',')}`)
  if (!measure.demandsScopes) return
  const held = new Set(quotas.flatMap((quota) => scopesOf(quota).filter((scope) => measure.inScope(scope, object))).map(({ scopeName }) => scopeName))
  const missing = limited.flatMap(({ matchScopes = [] }) => matchScopes.filter((scope) => measure.inScope(scope, object) && !held.has(scope.scopeName)))
  // the reference makes this a server error
  if (missing.length > 0) throw new ApiError('', `insufficient quota to match these scopes: [${missing.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`).join(' ')}]`)
}
