// What a start does with the roles and bindings of the bootstrap that are there already: they get back what somebody took away, and keep
// what somebody added. One that says autoupdate: "false" is left alone.
import type { PolicyRule, RbacSubject } from '#kinds'
import { same, type LooseObject } from '#machinery'
import { uncovered } from '../authz/escalation.ts'

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate'
interface Aggregation { readonly clusterRoleSelectors?: readonly object[] }

/** What to store in place of `stored`; `anew`: it must be deleted and made again; undefined: it may stay as it is. */
export function mendRole(stored: LooseObject, wanted: LooseObject): LooseObject | 'anew' | undefined {
  if (!wanted.apiVersion.startsWith('rbac.') || stored.metadata.annotations?.[autoupdate] === 'false') return undefined
  if (wanted['roleRef'] && !same(stored['roleRef'], wanted['roleRef'])) return 'anew' // what a binding binds to never changes
  const next: LooseObject = { ...stored, ...(wanted['roleRef'] ? subjects(stored, wanted) : rules(stored, wanted)), metadata: { ...stored.metadata, ...merged(stored, wanted, 'annotations'), ...merged(stored, wanted, 'labels') } }
  if (!next['aggregationRule']) delete next['aggregationRule']
  return same(next, stored) ? undefined : next
}

function merged(stored: LooseObject, wanted: LooseObject, name: 'annotations' | 'labels'): object {
  const ours = wanted.metadata[name]
  return ours ? { [name]: { ...ours, ...stored.metadata[name] } } : {}
}

function subjects(stored: LooseObject, wanted: LooseObject): object {
  const held = (stored['subjects'] ?? []) as readonly RbacSubject[], missing = ((wanted['subjects'] ?? []) as readonly RbacSubject[]).filter((subject) => !held.some((h) => same(named(h), named(subject))))
  return missing.length > 0 ? { subjects: [...held, ...missing] } : {}
}
/** Who is meant, however it is written. */
const named = ({ kind, name, namespace = '', apiGroup = kind === 'ServiceAccount' ? '' : 'rbac.authorization.k8s.io' }: RbacSubject) => ({ kind, name, namespace, apiGroup })

function rules(stored: LooseObject, wanted: LooseObject): object {
  const held = (stored['rules'] ?? []) as readonly PolicyRule[]
  // A rule that stands there as it is need not be split: most do, and this is done for every role at every start.
  const missing = uncovered(held, ((wanted['rules'] ?? []) as readonly PolicyRule[]).filter((rule) => !held.some((h) => same(h, rule))))
  const aggregated = stored['aggregationRule'] as Aggregation | undefined, selectors = aggregated?.clusterRoleSelectors ?? []
  const aggregation = wanted['aggregationRule'] as Aggregation | undefined, lacking = (aggregation?.clusterRoleSelectors ?? []).filter((w) => !selectors.some((h) => same(h, w)))
  return {
    ...(missing.length > 0 && { rules: [...held, ...missing] }),
    ...(aggregated && !aggregation ? { aggregationRule: undefined } : lacking.length > 0 ? { aggregationRule: { ...aggregated, clusterRoleSelectors: [...selectors, ...lacking] } } : {}),
  }
}
