import { duplicateValue, forbiddenValue, invalidValue, isLabelValue, isQualifiedName, requiredValue, same, type AnyObject, type FieldError } from '#machinery'
import { failing } from '../checks.ts'
import { validateCIDR } from '../ip.ts'
import type { NodeSpec, NodeStatus, Taint } from './node.ts'
import { validateTaintEffect } from './pod/validate-affinity.ts'
import { validateResourceAmount } from './validate-resources.ts'

type NodeLike = AnyObject & { spec: NodeSpec; status: NodeStatus }
const onceOnly = (field: string) => forbiddenValue(`spec.${field}`, `node updates may not change ${field === 'podCIDRs' ? 'podCIDR' : field} except from "" to valid`)

export function validateNode({ spec, status }: NodeLike, old?: NodeLike): FieldError[] {
  const errors: FieldError[] = []
  if (!old) {
    errors.push(...validateTaints(spec.taints, 'metadata.taints'), ...validateAmounts(status))
    const ranges = spec.podCIDRs ?? []
    for (const [i, range] of ranges.entries()) errors.push(...validateCIDR(range, `spec.podCIDRs[${i}]`))
    const six = (range: string) => range.includes(':')
    if (ranges.length > 2 || (ranges.length === 2 && six(ranges[0]!) === six(ranges[1]!))) errors.push(invalidValue('spec.podCIDRs', ranges,
      'may specify no more than one CIDR for each IP family'))
    for (const [i, range] of ranges.entries()) if (ranges.indexOf(range) < i) errors.push(duplicateValue(`spec.podCIDRs[${i}]`, range))
    return errors
  }
  errors.push(...validateAmounts(status))
  const seen: object[] = []
  for (const [i, address] of (status.addresses ?? []).entries()) {
    if (seen.some((a) => same(a, address))) errors.push(duplicateValue(`status.addresses[${i}]`, { Type: address.type, Address: address.address }))
    seen.push(address)
  }
  if (old.spec.podCIDRs?.length && !same(old.spec.podCIDRs, spec.podCIDRs)) errors.push(onceOnly('podCIDRs'))
  if (old.spec.providerID && old.spec.providerID !== spec.providerID) errors.push(onceOnly('providerID'))
  errors.push(...validateTaints(spec.taints, 'metadata.taints'))
  if (spec.externalID !== old.spec.externalID) errors.push(forbiddenValue('spec.externalID', 'may not be updated'))
  return errors
}

const validateAmounts = ({ capacity, allocatable }: NodeStatus): FieldError[] => [['capacity', capacity] as const, ['allocatable', allocatable] as const].flatMap(([field, list]) =>
  Object.entries(list ?? {}).flatMap(([name, amount]) => validateResourceAmount(name, amount, `status.${field}[${name}]`)))

function validateTaints(taints: readonly Taint[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [], seen = new Set<string>()
  for (const [i, { key, value = '', effect, timeAdded = null }] of (taints ?? []).entries()) {
    const here = `${at}[${i}]`
    errors.push(...failing(isQualifiedName, key, `${here}.key`))
    const bad = isLabelValue(value)
    if (bad.length) errors.push(invalidValue(`${here}.value`, value, bad.join(';')))
    errors.push(...(effect ? validateTaintEffect(effect, `${here}.effect`) : [requiredValue(`${here}.effect`)]))
    if (seen.has(`${key}:${effect}`)) {
      const error = duplicateValue(here, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded })
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` })
    }
    seen.add(`${key}:${effect}`)
  }
  return errors
}
