// What is wrong with a pod, and with a change of one: little of a pod may change.
import { forbiddenValue, invalidValue, isInRange, quote, requiredValue, same, withEmptyLists, type AnyObject, type FieldError } from '#machinery'
import { goDiff, goForm } from '../../go-diff.ts'
import { ephemeralContainerForm, nodeTermForm, podSpecForm } from '../../go-forms.ts'
import type { NodeAffinity, NodeSelectorTerm } from './affinity.ts'
import type { Container, EphemeralContainer } from './container.ts'
import { ordinarySpecs } from './ordinary.ts'
import type { PodSpec } from './spec.ts'
import type { PodStatus } from './status.ts'
import { validateTolerations } from './validate-affinity.ts'
import { isMirror, validateAnnotationChanges, validatePodAnnotations, validateProfilesMatch } from './validate-annotations.ts'
import { validateImageSpaces } from './validate-container.ts'
import { validatePodStatus } from './validate-pod-status.ts'
import { validateResize } from './validate-resize.ts'
import { validatePodSpec } from './validate-spec.ts'
import { specWarnings } from './warnings.ts'

export type PodLike = AnyObject & { spec: PodSpec; status: PodStatus }

export function validatePod(pod: PodLike, old?: PodLike, subresource?: string): FieldError[] {
  if (!old) return [...validateWhole(pod), ...validateNew(pod)]
  if (subresource === 'status') return validatePodStatus(pod, old)
  if (subresource === 'resize') return validateResize(pod, old, validateWhole(pod))
  const errors = [...validateWhole(pod), ...validateAnnotationChanges(pod, old)]
  if (subresource !== 'ephemeralcontainers') return [...errors, ...validateUpdate(pod, old)]
  return isMirror(old) ? [forbiddenValue('[]', 'static pods do not support ephemeral containers')] : [...errors, ...validateEphemeralUpdate(pod, old)]
}

function validateWhole(pod: PodLike): FieldError[] {
  const { metadata, spec } = pod, mirror = isMirror(pod)
  const faults = () => specFaults(spec, metadata.name, mirror)
  return [...validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'), ...(mirror ? faults() : ordinarySpecs.check(spec, faults, () => specWarnings(spec, {}, '').length === 0))]
}
function specFaults(spec: PodSpec, name: string | undefined, mirror: boolean): FieldError[] {
  const errors = validatePodSpec(spec, 'spec', { pod: { name, mirror } })
  if (!spec.serviceAccountName)
    for (const [i, { projected }] of (spec.volumes ?? []).entries())
      for (const [j, { serviceAccountToken }] of (projected?.sources ?? []).entries())
        if (serviceAccountToken) errors.push(forbiddenValue(`spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
          'must not be specified when serviceAccountName is not set'))
  for (const field of ['containers', 'initContainers'] as const) for (const [i, c] of (spec[field] ?? []).entries()) errors.push(...validateImageSpaces(c, `spec.${field}[${i}]`))
  return errors
}

function validateNew({ metadata, spec }: PodLike): FieldError[] {
  return [
    ...(spec.ephemeralContainers?.length ? [forbiddenValue('spec.ephemeralContainers', 'cannot be set on create')] : []),
    ...(spec.nodeName && spec.schedulingGates?.length ? [forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')] : []),
    ...validateProfilesMatch(metadata.annotations, spec, 'spec'),
  ]
}

const mutable = 'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
const mostSeconds = 2 ** 31 - 1
function validateUpdate({ spec }: PodLike, { spec: before }: PodLike): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['containers', 'initContainers'] as const) {
    if ((spec[field]?.length ?? 0) !== (before[field]?.length ?? 0)) return [...errors, forbiddenValue(`spec.${field}`, 'pod updates may not add or remove containers')]
    for (const [i, c] of (spec[field] ?? []).entries()) errors.push(...(c.image ? validateImageSpaces(c, `spec.${field}[${i}]`) : [requiredValue(`spec.${field}[${i}].image`)]))
  }
  const deadline = spec.activeDeadlineSeconds, had = before.activeDeadlineSeconds
  if (deadline !== undefined) {
    const range = isInRange(deadline, 0, mostSeconds), why = range[0] ?? (had !== undefined && deadline > had ? 'must be less than or equal to previous value' : undefined)
    if (why !== undefined) return [...errors, invalidValue('spec.activeDeadlineSeconds', deadline, why)]
  } else if (had !== undefined) errors.push(invalidValue('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'))
  errors.push(...onlyAdded(spec, before), ...onlyCleared(spec, before))
  let allowed = withAllowedChanges(spec, before)
  if (before.schedulingGates?.length) {
    errors.push(...validateNarrowing(spec, before))
    allowed = withPlacementOf(allowed, before)
  }
  if (!same(allowed, before)) errors.push(forbiddenValue('spec', `${mutable}\n${goDiff(podSpecForm, inReference(before), withEmptyLists(inReference(allowed), spec))}`))
  return errors
}

function onlyAdded(spec: PodSpec, before: PodSpec): FieldError[] {
  const forever = (t: object) => ({ ...t, tolerationSeconds: undefined })
  const kept = (before.tolerations ?? []).every((old) => spec.tolerations?.some((t) => same(forever(t), forever(old))))
  return kept ? validateTolerations(spec.tolerations, 'spec.tolerations')
    : [forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}
function onlyCleared(spec: PodSpec, before: PodSpec): FieldError[] {
  const known = new Set((before.schedulingGates ?? []).map((g) => g.name))
  return (spec.schedulingGates ?? []).flatMap(({ name }, i) =>
    (known.has(name) ? [] : [forbiddenValue(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)]))
}

/** The new spec with everything that may change put back: what is left of a difference is forbidden. */
function withAllowedChanges(spec: PodSpec, before: PodSpec): PodSpec {
  const images = (list: Container[] | undefined, old: Container[] | undefined) => list?.map((c, i) => put(c, 'image', old?.[i]?.image))
  let out = put({ ...spec, containers: images(spec.containers, before.containers) ?? [] }, 'activeDeadlineSeconds', before.activeDeadlineSeconds)
  if (spec.initContainers) out.initContainers = images(spec.initContainers, before.initContainers)!
  out = put(put(out, 'tolerations', before.tolerations), 'schedulingGates', before.schedulingGates)
  return (before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1
    ? put(out, 'terminationGracePeriodSeconds', before.terminationGracePeriodSeconds) : out
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution', termsAt = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`
/** A pod that waits at a gate may be narrowed down: more of the node selector, and more in each of the terms there are. */
function validateNarrowing(spec: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  if (!Object.entries(before.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value))
    errors.push(invalidValue('spec.nodeSelector', spec.nodeSelector ?? null, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'))
  const had = termsOf(before.affinity?.nodeAffinity), has = termsOf(spec.affinity?.nodeAffinity), shown = (term: NodeSelectorTerm) => goForm(nodeTermForm, term)
  if (same(before.affinity?.nodeAffinity, spec.affinity?.nodeAffinity)) return errors
  if (had?.length && had.length !== (has?.length ?? 0)) return [...errors, invalidValue(termsAt, has?.map(shown) ?? null,
    'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  for (const [i, term] of (had ?? []).entries())
    if (!onlyAdds(has![i]!, term)) errors.push(invalidValue(`${termsAt}[${i}]`, shown(has![i]!), 'only additions are allowed (no mutations or deletions)'))
  return errors
}
const termsOf = (affinity: NodeAffinity | undefined): NodeSelectorTerm[] | undefined => affinity?.[required]?.nodeSelectorTerms
function onlyAdds(now: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  if (lists.every((list) => !old[list]?.length)) return lists.every((list) => !now[list]?.length)
  return lists.every((list) => !old[list]?.length || same(now[list]?.slice(0, old[list].length), old[list]))
}
/** With the node selector and the node affinity of before. */
function withPlacementOf(spec: PodSpec, before: PodSpec): PodSpec {
  const out = put(spec, 'nodeSelector', before.nodeSelector), old = before.affinity?.nodeAffinity
  if (same(old, spec.affinity?.nodeAffinity)) return out
  if (!before.affinity && spec.affinity && !spec.affinity.podAffinity && !spec.affinity.podAntiAffinity) return put(out, 'affinity', undefined)
  return put(out, 'affinity', spec.affinity ? put(spec.affinity, 'nodeAffinity', old) : { nodeAffinity: old! })
}
/** A copy with one field set, or without it. */
function put<T extends object, K extends keyof T>(object: T, key: K, value: T[K] | undefined): T {
  const out = { ...object }
  if (value === undefined) delete out[key]
  else out[key] = value
  return out
}
/** The reference keeps what concerns the host in the security context. */
export const inReference = ({ hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, securityContext, ...rest }: PodSpec): object =>
  ({ ...rest, securityContext: { ...securityContext, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } })

/** Ephemeral containers may be added, nothing else. */
function validateEphemeralUpdate({ spec }: PodLike, { spec: before }: PodLike): FieldError[] {
  const named = (list: EphemeralContainer[] | undefined) => new Map((list ?? []).map((c) => [c.name, c]))
  const now = named(spec.ephemeralContainers), errors: FieldError[] = []
  for (const old of before.ephemeralContainers ?? []) {
    const kept = now.get(old.name), existing = `existing ephemeral containers ${quote(old.name)} may not be`
    if (!kept) errors.push(forbiddenValue('spec.ephemeralContainers', `${existing} removed\n`))
    else if (!same(kept, old)) errors.push(forbiddenValue('spec.ephemeralContainers', `${existing} changed\n${goDiff(ephemeralContainerForm, old, kept)}`))
  }
  return errors
}
