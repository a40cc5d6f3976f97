// What is wrong with groups of pods and with what they are made from. The rules stand in the reference's own schema: all of a field is said before the next.
import { duplicateValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, isQualifiedName, notSupported, requiredValue, same, tooMany, type FieldError } from '#machinery'
import { failing, validateConditions, validatePathSegment } from '../checks.ts'
import type { PodGroupSpec, PodGroupStatus, PodGroupTemplateReference } from './podgroup.ts'
import type { Gated, PodGroupResourceClaim, PodGroupSchedulingPolicy, PodGroupTemplate } from './podgrouptemplate.ts'
import type { WorkloadSpec } from './workload.ts'

const mostTemplates = 8, mostClaims = 4, mostConstraints = 1, highest = 1_000_000_000, modes = ['Pod', 'PodGroup'], fixed = 'field is immutable'
const required = (value: string, at: string, check: (value: string) => string[]): FieldError[] => (value ? failing(check, value, at) : [requiredValue(at)])

/** Exactly one of them must be there. */
function oneMember(value: object, members: readonly string[], at: string): FieldError[] {
  const ticks = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', '), given = members.filter((name) => (value as Record<string, unknown>)[name] !== undefined)
  if (given.length === 0) return [invalidValue(at, '', `must specify one of: ${ticks(members)}`)]
  return given.length === 1 ? [] : [invalidValue(at, `{${ticks(given)}}`, `must specify exactly one of: ${ticks(members)}`)]
}
/** Each item for itself, after those that are there twice. Too many: nothing else is said. */
function keyed<T extends { readonly name: string }>(list: readonly T[], most: number, at: string, check: (item: T, at: string) => FieldError[]): FieldError[] {
  if (list.length > most) return [tooMany(at, list.length, most)]
  return [...list.flatMap((item, i) => (list.findIndex(({ name }) => name === item.name) < i ? [duplicateValue(`${at}[${i}]`, ordered(item))] : [])), ...list.flatMap((item, i) => check(item, `${at}[${i}]`))]
}

const order = ['apiGroup', 'kind', 'workload', 'workloadName', 'podGroupTemplateName', 'name', 'podGroupTemplateRef', 'schedulingPolicy', 'basic', 'gang', 'schedulingConstraints', 'topology', 'key', 'resourceClaims', 'resourceClaimName',
  'resourceClaimTemplateName', 'disruptionMode', 'priorityClassName', 'priority', 'minCount']
/** A value with its fields in the order in which the reference writes them. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)).map(([key, inner]) => [key, ordered(inner)]))
}
const unchanged = (now: unknown, before: unknown, at: string): FieldError[] => (same(now, before) ? [] : [invalidValue(at, ordered(now) ?? null, fixed)])

export function validatePolicy(policy: PodGroupSchedulingPolicy, at: string): FieldError[] {
  const count = policy.gang?.minCount, here = `${at}.gang.minCount`
  return [...oneMember(policy, ['basic', 'gang'], at), ...(count === undefined ? [] : count === 0 ? [requiredValue(here)] : count < 1 ? [invalidValue(here, count, 'must be greater than or equal to 1')] : [])]
}
const validateClaim = (claim: PodGroupResourceClaim, at: string): FieldError[] => [
  ...oneMember(claim, ['resourceClaimName', 'resourceClaimTemplateName'], at), ...required(claim.name, `${at}.name`, isDNS1123Label),
  ...(['resourceClaimName', 'resourceClaimTemplateName'] as const).flatMap((field) => (claim[field] === undefined ? [] : failing(isDNS1123Subdomain, claim[field], `${at}.${field}`))),
]
/** What feature gates let in: whatever is there was let in. */
function validateGated({ schedulingConstraints: constraints, resourceClaims = [], disruptionMode: mode, priorityClassName: named, priority }: Gated, at: string): FieldError[] {
  const topology = constraints?.topology ?? []
  return [
    ...(topology.length > mostConstraints ? [tooMany(`${at}.schedulingConstraints.topology`, topology.length, mostConstraints)]
      : topology.flatMap(({ key }, i) => required(key, `${at}.schedulingConstraints.topology[${i}].key`, isQualifiedName))),
    ...keyed(resourceClaims, mostClaims, `${at}.resourceClaims`, validateClaim), ...(mode === undefined || modes.includes(mode) ? [] : [notSupported(`${at}.disruptionMode`, mode, modes)]),
    ...(named ? failing(isDNS1123Subdomain, named, `${at}.priorityClassName`) : []), ...(priority !== undefined && priority > highest ? [invalidValue(`${at}.priority`, priority, `must be less than or equal to ${highest}`)] : []),
  ]
}

const validateTemplate = (template: PodGroupTemplate, at: string): FieldError[] =>
  [...required(template.name, `${at}.name`, isDNS1123Label), ...validatePolicy(template.schedulingPolicy, `${at}.schedulingPolicy`), ...validateGated(template, at)]

/** Nothing of a workload may change. */
export function validateWorkload({ spec: { controllerRef: controller, podGroupTemplates: templates } }: { readonly spec: WorkloadSpec }, old?: { readonly spec: WorkloadSpec }): FieldError[] {
  if (old) return [...unchanged(controller, old.spec.controllerRef, 'spec.controllerRef'), ...unchanged(templates, old.spec.podGroupTemplates, 'spec.podGroupTemplates')]
  const at = 'spec.controllerRef', segment = (value: string, field: string) => (value ? validatePathSegment(value, field) : [requiredValue(field)])
  return [
    ...(controller ? [...(controller.apiGroup ? failing(isDNS1123Subdomain, controller.apiGroup, `${at}.apiGroup`) : []), ...segment(controller.kind, `${at}.kind`), ...segment(controller.name, `${at}.name`)] : []),
    ...(templates?.length ? keyed(templates, mostTemplates, 'spec.podGroupTemplates', validateTemplate) : [requiredValue('spec.podGroupTemplates')]),
  ]
}

interface Group { readonly spec: PodGroupSpec; readonly status: PodGroupStatus }
export function validatePodGroup({ spec, status }: Group, old?: Group, subresource?: string): FieldError[] {
  if (subresource === 'status') return [...validateConditions(status.conditions, 'status.conditions'),
    ...keyed(status.resourceClaimStatuses ?? [], mostClaims, 'status.resourceClaimStatuses', ({ resourceClaimName: name }, at) => (name === undefined ? [] : failing(isDNS1123Subdomain, name, `${at}.resourceClaimName`)))]
  if (!old) return [...(spec.podGroupTemplateRef ? validateReference(spec.podGroupTemplateRef, 'spec.podGroupTemplateRef') : []), ...validatePolicy(spec.schedulingPolicy, 'spec.schedulingPolicy'), ...validateGated(spec, 'spec')]
  return (['podGroupTemplateRef', 'schedulingPolicy', 'schedulingConstraints', 'resourceClaims', 'disruptionMode', 'priorityClassName', 'priority'] as const).flatMap((field) => unchanged(spec[field], old.spec[field], `spec.${field}`))
}
const validateReference = (reference: PodGroupTemplateReference, at: string): FieldError[] => [...oneMember(reference, ['workload'], at), ...(reference.workload
  ? [...required(reference.workload.workloadName, `${at}.workload.workloadName`, isDNS1123Subdomain), ...required(reference.workload.podGroupTemplateName, `${at}.workload.podGroupTemplateName`, isDNS1123Label)] : [])]
