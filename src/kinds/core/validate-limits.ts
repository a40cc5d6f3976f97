// What is wrong with limit ranges and resource quotas.
import { compareQuantities, duplicateValue, invalidValue, forbiddenValue, isQualifiedName, quantityMilli, requiredValue, same, type AnyObject, type FieldError } from '#machinery'
import { byCodeUnit } from '../cells.ts'
import { failing } from '../checks.ts'
import type { LimitRangeItem, LimitRangeSpec } from './limitrange.ts'
import type { ResourceQuotaSpec, ResourceQuotaStatus } from './resourcequota.ts'
import { mayOvercommit, type ResourceList } from './resources.ts'
import { isStandardQuotaResource, validateContainerResourceName, validateResourceAmount, validateResourceName } from './validate-resources.ts'

const limitTypes = ['Pod', 'Container', 'PersistentVolumeClaim']
export function validateLimitRange({ spec }: AnyObject & { spec: LimitRangeSpec }): FieldError[] {
  const errors: FieldError[] = [], types = new Set<string>()
  for (const [i, item] of (spec.limits ?? []).entries()) {
    const at = `spec.limits[${i}]`
    const bad = failing(isQualifiedName, item.type, `${at}.type`)
    errors.push(...bad)
    if (!bad.length && !item.type.includes('/') && !limitTypes.includes(item.type)) errors.push(invalidValue(`${at}.type`, item.type,
      'must be a standard limit type or fully qualified'))
    if (types.has(item.type)) errors.push(duplicateValue(`${at}.type`, item.type))
    types.add(item.type)
    errors.push(...validateItem(item, at))
  }
  return errors
}

function validateItem(item: LimitRangeItem, at: string): FieldError[] {
  const errors: FieldError[] = []
  const { type, min = {}, max = {}, default: limits = {}, defaultRequest: requests = {}, maxLimitRequestRatio: ratios = {} } = item
  const names = (list: ResourceList, field: string) => {
    for (const name of Object.keys(list)) errors.push(...(type === 'Pod' || type === 'Container' ? validateContainerResourceName
      : validateResourceName)(name, `${at}.${field}[${name}]`))
  }
  names(max, 'max')
  names(min, 'min')
  if (type === 'Pod') {
    for (const [field, list] of [['default', limits], ['defaultRequest', requests]] as const)
      if (Object.keys(list).length) errors.push(forbiddenValue(`${at}.${field}`, "may not be specified when `type` is 'Pod'"))
  } else {
    names(limits, 'default')
    names(requests, 'defaultRequest')
  }
  if (type === 'PersistentVolumeClaim' && min.storage === undefined && max.storage === undefined)
    errors.push(requiredValue(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'))
  names(ratios, 'maxLimitRequestRatio')
  const all = [...new Set([max, min, ...(type === 'Pod' ? [] : [limits, requests]), ratios].flatMap((list) => Object.keys(list)))].sort(byCodeUnit)
  for (const name of all) errors.push(...validateAmounts(name, { min: min[name], max: max[name], limit: limits[name], request: requests[name], ratio: ratios[name] }, at))
  return errors
}
interface Amounts { min: string | undefined; max: string | undefined; limit: string | undefined; request: string | undefined; ratio: string | undefined }
function validateAmounts(name: string, { min, max, limit, request, ratio }: Amounts, at: string): FieldError[] {
  const errors: FieldError[] = []
  const ordered = (field: string, shown: string | undefined, low: string | undefined, lowName: string, high: string | undefined, highName: string) => {
    if (low !== undefined && high !== undefined && compareQuantities(low, high) > 0) errors.push(invalidValue(`${at}.${field}[${name}]`, shown,
      `${lowName} value ${low} is greater than ${highName} value ${high}`))
  }
  ordered('min', min, min, 'min', max, 'max')
  ordered('defaultRequest', request, min, 'min', request, 'default request')
  ordered('defaultRequest', request, request, 'default request', max, 'max')
  ordered('defaultRequest', request, request, 'default request', limit, 'default limit')
  ordered('default', min, min, 'min', limit, 'default')
  ordered('default', max, limit, 'default', max, 'max')
  const here = `${at}.maxLimitRequestRatio[${name}]`
  if (ratio !== undefined && compareQuantities(ratio, '1') < 0) errors.push(invalidValue(here, ratio, `ratio ${ratio} is less than 1`))
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const most = quantityMilli(max) / quantityMilli(min)
    if (quantityMilli(ratio) / 1000 > most) errors.push(invalidValue(here, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`))
  }
  if (!mayOvercommit(name) && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0)
    errors.push(invalidValue(`${at}.defaultRequest[${name}]`, request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`))
  return errors
}

const standardScopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity', 'VolumeAttributesClass']
const compute = new Set(['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'])
const claims = new Set(['persistentvolumeclaims', 'requests.storage'])
const applies = (scope: string, resource: string): boolean =>
  (scope === 'BestEffort' ? resource === 'pods' : scope === 'VolumeAttributesClass' ? claims.has(resource) : !standardScopes.includes(scope) || compute.has(resource))
const contrary = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const

type QuotaLike = AnyObject & { spec: ResourceQuotaSpec; status: ResourceQuotaStatus }
export function validateQuota({ spec, status }: QuotaLike, old?: QuotaLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return [...validateAmountsOf(status.hard, 'status.hard'), ...validateAmountsOf(status.used, 'status.used')]
  const errors = validateAmountsOf(spec.hard, 'spec.hard'), hard = Object.keys(spec.hard ?? {}).sort(byCodeUnit).filter(isStandardQuotaResource)
  const given = spec.scopes ?? []
  for (const scope of given) {
    if (!standardScopes.includes(scope)) errors.push(invalidValue('spec.scopes', given, 'unsupported scope'))
    for (const resource of hard) if (!applies(scope, resource)) errors.push(invalidValue('spec.scopes', given, 'unsupported scope applied to resource'))
  }
  for (const [one, other] of contrary) if (given.includes(one) && given.includes(other)) errors.push(invalidValue('spec.scopes', given, 'conflicting scopes'))
  errors.push(...validateScopeSelector(spec, hard))
  if (old && !same([...given].sort(byCodeUnit), [...(old.spec.scopes ?? [])].sort(byCodeUnit))) errors.push(invalidValue('spec.scopes', given, 'field is immutable'))
  return errors
}
function validateAmountsOf(list: ResourceList | undefined, at: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, amount]) => [
    ...validateResourceName(name, `${at}[${name}]`),
    ...(name.includes('/') || isStandardQuotaResource(name) ? [] : [invalidValue(`${at}[${name}]`, name, 'must be a standard resource for quota')]),
    ...validateResourceAmount(name, amount, `${at}[${name}]`),
  ])
}
function validateScopeSelector({ scopes, scopeSelector }: ResourceQuotaSpec, hard: readonly string[]): FieldError[] {
  if (!scopeSelector) return []
  const errors: FieldError[] = [], at = 'spec.scopeSelector.matchExpressions'
  const shown = { MatchExpressions: (scopeSelector.matchExpressions ?? []).map((r) => ({ ScopeName: r.scopeName, Operator: r.operator, Values: r.values ?? null })) }
  for (const { scopeName, operator, values = [] } of scopeSelector.matchExpressions ?? []) {
    if (!standardScopes.includes(scopeName)) errors.push(invalidValue(`${at}.scopeName`, scopeName, 'unsupported scope'))
    for (const resource of hard) if (!applies(scopeName, resource)) errors.push(invalidValue(at, shown, 'unsupported scope applied to resource'))
    if (standardScopes.includes(scopeName) && !['PriorityClass', 'VolumeAttributesClass'].includes(scopeName) && operator !== 'Exists')
      errors.push(invalidValue(`${at}.operator`, operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"))
    if (operator === 'In' || operator === 'NotIn') { if (!values.length) errors.push(requiredValue(`${at}.values`,
      "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")) }
    else if (operator === 'Exists' || operator === 'DoesNotExist') { if (values.length) errors.push(invalidValue(`${at}.values`, values,
      "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")) }
    else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'))
  }
  const named = new Set((scopeSelector.matchExpressions ?? []).map((r) => r.scopeName))
  for (const [one, other] of contrary) if (named.has(one) && named.has(other)) errors.push(invalidValue('spec.scopes', scopes ?? null, 'conflicting scopes'))
  return errors
}
