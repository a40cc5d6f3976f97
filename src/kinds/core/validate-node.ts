// What is wrong with nodes, and with changes of them.
import {
  duplicateValue, forbiddenValue, invalidValue, isConfigMapKey, isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName, quote, requiredValue, same, type AnyObject,
  type FieldError,
} from '#machinery'
import { failing } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { nodeConfigSourceForm } from '../go-forms.ts'
import { parseCIDR, validateCIDR } from '../ip.ts'
import type { ConfigMapNodeConfigSource, NodeConfigSource, NodeSpec, NodeStatus, Taint } from './node.ts'
import { validateTaintEffect } from './pod/validate-affinity.ts'
import { validateResourceAmount } from './validate-resources.ts'

type NodeLike = AnyObject & { spec: NodeSpec; status: NodeStatus }

export function validateNode({ spec, status }: NodeLike): FieldError[] {
  const ranges = spec.podCIDRs ?? [], swap = status.nodeInfo.swap?.capacity
  return [
    ...validateTaints(spec.taints, 'metadata.taints'), ...validateAmounts(status),
    ...(swap !== undefined && swap <= 0 ? [invalidValue('metadata.nodeSwapStatus.capacity', swap, 'must be greater than zero')] : []), ...validateFeatures(status.declaredFeatures),
    ...ranges.flatMap((range, i) => validateCIDR(range, `spec.podCIDRs[${i}]`)),
    ...(ranges.length > 1 ? validateRanges(ranges, 'spec.podCIDRs') : []),
  ]
}
/** One of each family at most, none twice. */
function validateRanges(ranges: readonly string[], at: string): FieldError[] {
  const families = ranges.map((range) => parseCIDR(range)?.address.length), bad = families.indexOf(undefined)
  const why = `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${ranges[bad]})`
  return [
    ...(bad < 0 ? [] : [{ type: 'InternalError' as const, field: at, message: `Internal error: ${why}` }]),
    ...(bad >= 0 || ranges.length > 2 || families[0] === families[1] ? [invalidValue(at, ranges, 'may specify no more than one CIDR for each IP family')] : []),
    ...ranges.flatMap((range, i) => (ranges.indexOf(range) < i ? [duplicateValue(`${at}[${i}]`, range)] : [])),
  ]
}

/** What is wrong with a change, of which much has been said of the whole node; reports of status are a change only. */
export function validateNodeChange({ spec, status }: NodeLike, { spec: before }: NodeLike): FieldError[] {
  const errors = [...validateAmounts(status), ...validateFeatures(status.declaredFeatures)]
  const addresses = status.addresses ?? []
  for (const [i, address] of addresses.entries())
    if (addresses.findIndex((a) => same(a, address)) < i) errors.push(duplicateValue(`status.addresses[${i}]`, { Type: address.type, Address: address.address }))
  const onceOnly = (field: string, named = field) => errors.push(forbiddenValue(`spec.${field}`, `node updates may not change ${named} except from "" to valid`))
  const had = before.podCIDRs ?? [], has = spec.podCIDRs ?? []
  if (had.length && had.length !== has.length) onceOnly('podCIDRs', 'podCIDR')
  else for (const [i, range] of had.entries()) if (range !== has[i]) onceOnly('podCIDRs', 'podCIDR')
  if (before.providerID && before.providerID !== spec.providerID) onceOnly('providerID')
  errors.push(...validateConfigSource(spec.configSource, 'spec.configSource', false))
  for (const field of ['assigned', 'active', 'lastKnownGood'] as const) errors.push(...validateConfigSource(status.config?.[field], `status.config.${field}`, true))
  errors.push(...validateTaints(spec.taints, 'metadata.taints'))
  if ((spec.externalID ?? '') !== (before.externalID ?? '')) errors.push(forbiddenValue('spec.externalID', 'may not be updated'))
  return errors
}

const validateAmounts = ({ capacity, allocatable }: NodeStatus): FieldError[] => [['capacity', capacity] as const, ['allocatable', allocatable] as const].flatMap(([field, list]) =>
  Object.entries(list ?? {}).flatMap(([name, amount]) => validateResourceAmount(name, amount, `status.${field}.${name}`)))

const featureForm = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z0-9]+)*$/, longestFeature = 253
function validateFeatures(features: readonly string[] | undefined): FieldError[] {
  return (features ?? []).flatMap((name, i) => {
    const at = `status.declaredFeatures[${i}]`, next = features![i + 1], after = `status.declaredFeatures[${i + 1}]`
    const refused = `invalid feature name ${quote(name)}: `
    return [
      ...(name.length > longestFeature ? [invalidValue(at, name, `${refused}must be no more than ${longestFeature} characters`)]
        : featureForm.test(name) ? [] : [invalidValue(at, name, `${refused}must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`)]),
      ...(name === next ? [duplicateValue(after, next)] : next !== undefined && name > next ? [invalidValue(after, next, 'list must be sorted alphabetically')] : []),
    ]
  })
}

function validateTaints(taints: readonly Taint[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [], seen = new Set<string>()
  for (const [i, { key, value = '', effect, timeAdded = null }] of (taints ?? []).entries()) {
    const here = `${at}[${i}]`
    errors.push(...failing(isQualifiedName, key, `${here}.key`))
    const bad = isLabelValue(value)
    if (bad.length) errors.push(invalidValue(`${here}.value`, value, bad.join(';')))
    errors.push(...(effect ? validateTaintEffect(effect, `${here}.effect`) : [requiredValue(`${here}.effect`)]))
    if (seen.has(`${key}:${effect}`)) errors.push(duplicateValue(here, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded },
      'taints must be unique by key and effect pair'))
    seen.add(`${key}:${effect}`)
  }
  return errors
}

/** Where the kubelet once took its configuration from; nothing reads it any more. What is reported names the object exactly, what is wanted does not. */
function validateConfigSource(source: NodeConfigSource | undefined, at: string, reported: boolean): FieldError[] {
  if (!source) return []
  return source.configMap ? validateConfigMapSource(source.configMap, `${at}.configMap`, reported)
    : [invalidValue(at, goForm(nodeConfigSourceForm, source), 'exactly one reference subfield must be non-nil')]
}
function validateConfigMapSource(source: ConfigMapNodeConfigSource, at: string, reported: boolean): FieldError[] {
  const named = (field: 'namespace' | 'name' | 'kubeletConfigKey', check: (value: string) => string[]) =>
    (source[field] ? failing(check, source[field], `${at}.${field}`) : [requiredValue(`${at}.${field}`)])
  return [
    ...(['uid', 'resourceVersion'] as const).flatMap((field) => (reported ? (source[field] ? [] : [requiredValue(`${at}.${field}`)])
      : source[field] ? [forbiddenValue(`${at}.${field}`, `${field} must not be set in spec`)] : [])),
    ...named('namespace', isDNS1123Label), ...named('name', isDNS1123Subdomain), ...named('kubeletConfigKey', isConfigMapKey),
  ]
}
