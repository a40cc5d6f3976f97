// Where a pod may and would like to run: affinity, node selectors, tolerations, spreading.
import {
  duplicateValue, forbiddenValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName, notSupported, requiredValue,
  validateLabelSelector, type FieldError, type LabelSelector,
} from '#machinery'
import { failing, oneOf } from '../../checks.ts'
import type { Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, Toleration, TopologySpreadConstraint } from './affinity.ts'

function requirement({ key, operator, values = [] }: NodeSelectorRequirement, at: string, anyValue = false): FieldError[] {
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') { if (!values.length) errors.push(requiredValue(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")) }
  else if (operator === 'Exists' || operator === 'DoesNotExist') { if (values.length) errors.push(forbiddenValue(`${at}.values`,
    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")) }
  else if (operator === 'Gt' || operator === 'Lt') { if (values.length !== 1) errors.push(requiredValue(`${at}.values`,
    "must be specified single value when `operator` is 'Lt' or 'Gt'")) }
  else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'))
  errors.push(...failing(isQualifiedName, key, `${at}.key`))
  if (!anyValue) for (const [i, value] of values.entries()) errors.push(...failing(isLabelValue, value, `${at}.values[${i}]`))
  return errors
}
function fieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') { if (values.length !== 1) errors.push(requiredValue(`${at}.values`,
    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")) }
  else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'))
  if (key !== 'metadata.name') errors.push(invalidValue(`${at}.key`, key, 'not a valid field selector key'))
  else for (const [i, value] of values.entries()) errors.push(...failing(isDNS1123Subdomain, value, `${at}.values[${i}]`))
  return errors
}
const validateTerm = ({ matchExpressions, matchFields }: NodeSelectorTerm, at: string, anyValue = false): FieldError[] => [
  ...(matchExpressions ?? []).flatMap((r, i) => requirement(r, `${at}.matchExpressions[${i}]`, anyValue)),
  ...(matchFields ?? []).flatMap((r, i) => fieldRequirement(r, `${at}.matchFields[${i}]`)),
]
export function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, at: string, anyValue = false): FieldError[] {
  const here = `${at}.nodeSelectorTerms`
  if (!nodeSelectorTerms?.length) return [requiredValue(here, 'must have at least one node selector term')]
  return nodeSelectorTerms.flatMap((term, i) => validateTerm(term, `${here}[${i}]`, anyValue))
}

const weight = (value: number, at: string): FieldError[] => (value < 1 || value > 100 ? [invalidValue(`${at}.weight`, value, 'must be in the range 1-100')] : [])
export function validateAffinity(affinity: Affinity | undefined, at: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {}
  const errors: FieldError[] = []
  const required = 'requiredDuringSchedulingIgnoredDuringExecution', preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
  if (nodeAffinity?.[required]) errors.push(...validateNodeSelector(nodeAffinity[required], `${at}.nodeAffinity.${required}`))
  for (const [i, term] of (nodeAffinity?.[preferred] ?? []).entries()) {
    const here = `${at}.nodeAffinity.${preferred}[${i}]`
    errors.push(...weight(term.weight, here), ...validateTerm(term.preference, `${here}.preference`, true))
  }
  for (const [name, terms] of [['podAffinity', podAffinity], ['podAntiAffinity', podAntiAffinity]] as const) {
    for (const [i, term] of (terms?.[required] ?? []).entries()) errors.push(...validatePodTerm(term, `${at}.${name}.${required}[${i}]`))
    for (const [i, term] of (terms?.[preferred] ?? []).entries()) {
      const here = `${at}.${name}.${preferred}[${i}]`
      errors.push(...weight(term.weight, here), ...validatePodTerm(term.podAffinityTerm, `${here}.podAffinityTerm`))
    }
  }
  return errors
}

interface Keyed { readonly labelSelector?: LabelSelector; readonly matchLabelKeys?: string[]; readonly mismatchLabelKeys?: string[] }
/** Keys whose values are taken from the pod: not the selector's own, and not on both sides. The selector of a pod holds a requirement for each of them already. */
function validateKeys({ labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Keyed, at: string): FieldError[] {
  const errors = [...labelKeys(matchLabelKeys, labelSelector, `${at}.matchLabelKeys`), ...labelKeys(mismatchLabelKeys, labelSelector, `${at}.mismatchLabelKeys`)]
  const own = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    if (matchLabelKeys.includes(key) && own.has(key)) errors.push(invalidValue(`${at}[${matchLabelKeys.lastIndexOf(key)}]`, key, 'exists in both matchLabelKeys and labelSelector'))
    own.add(key)
  }
  for (const [i, key] of matchLabelKeys.entries())
    if (mismatchLabelKeys.includes(key)) errors.push(invalidValue(`${at}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
  return errors
}
function labelKeys(keys: readonly string[] | undefined, selector: LabelSelector | undefined, at: string): FieldError[] {
  if (!keys?.length) return []
  if (!selector) return [forbiddenValue(at, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, i) => failing(isQualifiedName, key, `${at}[${i}]`))
}
function validatePodTerm(term: PodAffinityTerm, at: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces, topologyKey } = term
  return [
    ...validateLabelSelector(labelSelector, `${at}.labelSelector`), ...validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`),
    ...(namespaces ?? []).flatMap((namespace) => failing(isDNS1123Label, namespace, `${at}.namespace`)),
    ...validateKeys(term, at),
    ...(topologyKey ? [] : [requiredValue(`${at}.topologyKey`, 'can not be empty')]), ...failing(isQualifiedName, topologyKey, `${at}.topologyKey`),
  ]
}

export function validateSpreadConstraints(constraints: readonly TopologySpreadConstraint[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = []
  const list = constraints ?? []
  for (const [i, c] of list.entries()) {
    const here = `${at}[${i}]`
    if (c.maxSkew <= 0) errors.push(invalidValue(`${here}.maxSkew`, c.maxSkew, 'must be greater than zero'))
    if (!c.topologyKey) errors.push(requiredValue(`${here}.topologyKey`, 'can not be empty'))
    errors.push(...oneOf(c.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], `${here}.whenUnsatisfiable`))
    if (list.slice(i + 1).some((o) => o.topologyKey === c.topologyKey && o.whenUnsatisfiable === c.whenUnsatisfiable))
      errors.push(duplicateValue(`${here}.{topologyKey, whenUnsatisfiable}`, `{${c.topologyKey}, ${c.whenUnsatisfiable}}`))
    if (c.minDomains !== undefined) {
      if (c.minDomains <= 0) errors.push(invalidValue(`${here}.minDomains`, c.minDomains, 'must be greater than zero'))
      if (c.whenUnsatisfiable !== 'DoNotSchedule') errors.push(invalidValue(`${here}.minDomains`, c.minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${c.whenUnsatisfiable}`))
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) if (c[field] !== undefined) errors.push(...oneOf(c[field], ['Honor', 'Ignore'], `${here}.${field}`))
    errors.push(...validateKeys(c, here), ...validateLabelSelector(c.labelSelector, `${here}.labelSelector`))
  }
  return errors
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
export const validateTaintEffect = (effect: string, at: string): FieldError[] => (effects.includes(effect) ? [] : [notSupported(at, effect, effects)])
export function validateTolerations(tolerations: readonly Toleration[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [i, { key, operator = '', value = '', effect = '', tolerationSeconds }] of (tolerations ?? []).entries()) {
    const here = `${at}[${i}]`
    if (key) errors.push(...failing(isQualifiedName, key, `${here}.key`))
    else if (operator !== 'Exists') errors.push(invalidValue(`${here}.operator`, operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"'))
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') errors.push(invalidValue(`${here}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === 'Equal' || operator === '') {
      const bad = isLabelValue(value)
      if (bad.length) errors.push(invalidValue(`${here}.operator`, value, bad.join(';')))
    } else if (operator === 'Exists') { if (value) errors.push(invalidValue(`${here}.operator`, value, "value must be empty when `operator` is 'Exists'")) }
    else errors.push(notSupported(`${here}.operator`, operator, ['Equal', 'Exists', 'Gt', 'Lt']))
    if (effect) errors.push(...validateTaintEffect(effect, `${here}.effect`))
  }
  return errors
}
