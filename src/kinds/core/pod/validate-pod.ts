// What is wrong with a pod, and with a change of one: little of a pod may change.
import { forbiddenValue, invalidValue, requiredValue, same, type AnyObject, type FieldError } from '#machinery'
import { goDiff } from '../../go-diff.ts'
import { ephemeralContainerForm, podSpecForm } from '../../go-forms.ts'
import { validateIP } from '../../ip.ts'
import type { Container, EphemeralContainer } from './container.ts'
import { qosClass } from './qos.ts'
import type { PodSpec } from './spec.ts'
import type { PodStatus } from './status.ts'
import { validateTolerations } from './validate-affinity.ts'
import { validatePodAnnotations } from './validate-annotations.ts'
import { validateImageSpaces } from './validate-container.ts'
import { validatePodSpec } from './validate-spec.ts'

export type PodLike = AnyObject & { spec: PodSpec; status: PodStatus }

export function validatePod(pod: PodLike, old?: PodLike, subresource?: string): FieldError[] {
  if (!old) return [...validateWhole(pod), ...validateNew(pod)]
  if (subresource === 'status') return validateStatus(pod, old)
  if (subresource === 'ephemeralcontainers') return [...validateWhole(pod), ...validateEphemeralUpdate(pod, old)]
  if (subresource === 'resize') return [...validateWhole(pod), ...validateResize(pod, old)]
  return [...validateWhole(pod), ...validateUpdate(pod, old)]
}

function validateWhole({ metadata, spec }: PodLike): FieldError[] {
  const errors = [...validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'), ...validatePodSpec(spec, 'spec', { pod: { name: metadata.name } })]
  if (!spec.serviceAccountName)
    for (const [i, { projected }] of (spec.volumes ?? []).entries())
      for (const [j, { serviceAccountToken }] of (projected?.sources ?? []).entries())
        if (serviceAccountToken) errors.push(forbiddenValue(`spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
          'must not be specified when serviceAccountName is not set'))
  for (const field of ['containers', 'initContainers'] as const) for (const [i, c] of (spec[field] ?? []).entries()) errors.push(...validateImageSpaces(c, `spec.${field}[${i}]`))
  return errors
}

function validateNew({ spec }: PodLike): FieldError[] {
  return [
    ...(spec.ephemeralContainers?.length ? [forbiddenValue('spec.ephemeralContainers', 'cannot be set on create')] : []),
    ...(spec.nodeName && spec.schedulingGates?.length ? [forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')] : []),
  ]
}

const mutable = 'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
function validateUpdate({ spec }: PodLike, { spec: before }: PodLike): FieldError[] {
  const counts = sameCounts(spec, before)
  if (counts.length) return counts
  const errors = [...validateImages(spec, 'containers'), ...validateImages(spec, 'initContainers')]
  const deadline = spec.activeDeadlineSeconds, had = before.activeDeadlineSeconds
  if (deadline !== undefined && had !== undefined && deadline > had) errors.push(invalidValue('spec.activeDeadlineSeconds', deadline,
    'must be less than or equal to previous value'))
  else if (deadline === undefined && had !== undefined) errors.push(invalidValue('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'))
  errors.push(...onlyAdded(spec, before), ...onlyCleared(spec, before))
  const allowed = withAllowedChanges(spec, before)
  if (!same(allowed, before)) errors.push(forbiddenValue('spec', `${mutable}\n${goDiff(podSpecForm, inReference(before), inReference(allowed))}`))
  return errors
}
function sameCounts(spec: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['containers', 'initContainers'] as const)
    if ((spec[field]?.length ?? 0) !== (before[field]?.length ?? 0)) errors.push(forbiddenValue(`spec.${field}`, 'pod updates may not add or remove containers'))
  return errors
}
const validateImages = (spec: PodSpec, field: 'containers' | 'initContainers'): FieldError[] =>
  (spec[field] ?? []).flatMap((c, i) => (c.image ? validateImageSpaces(c, `spec.${field}[${i}]`) : [requiredValue(`spec.${field}[${i}].image`)]))

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
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) out = put(out, 'terminationGracePeriodSeconds',
    before.terminationGracePeriodSeconds)
  return before.schedulingGates?.length ? withSchedulingChanges(out, spec, before) : out
}
/** A pod that waits at a gate may be narrowed down: more node selector terms and affinity, never less. */
function withSchedulingChanges(out: PodSpec, spec: PodSpec, before: PodSpec): PodSpec {
  const wider = Object.entries(before.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value)
  let narrowed = wider ? put(out, 'nodeSelector', before.nodeSelector) : out
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, had = before.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const stricter = !had || (!!required && required.nodeSelectorTerms.length === had.nodeSelectorTerms.length && had.nodeSelectorTerms.every((term, i) => {
    const now = required.nodeSelectorTerms[i]!
    return (term.matchExpressions ?? []).every((r) => now.matchExpressions?.some((n) => same(n, r)))
      && (term.matchFields ?? []).every((r) => now.matchFields?.some((n) => same(n, r)))
  }))
  if (stricter && same({ ...spec.affinity, nodeAffinity: undefined }, { ...before.affinity, nodeAffinity: undefined })) narrowed = put(narrowed, 'affinity', before.affinity)
  return narrowed
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

function validateStatus(pod: PodLike, old: PodLike): FieldError[] {
  const { podIPs = [], hostIPs = [], hostIP = '', conditions = [] } = pod.status
  const errors: FieldError[] = []
  if (pod.spec.nodeName !== old.spec.nodeName) errors.push(forbiddenValue('status.nodeName', 'may not be changed directly'))
  for (const [i, c] of conditions.entries()) if (!c.type.includes('/')
    && /\s/.test(c.type)) errors.push(invalidValue(`status.conditions[${i}].type`, c.type, 'must not contain spaces'))
  const family = (ip: string) => ip.includes(':')
  for (const [i, { ip }] of podIPs.entries()) errors.push(...validateIP(ip, `status.podIPs[${i}]`))
  if (podIPs.length > 2 || (podIPs.length === 2 && family(podIPs[0]!.ip) === family(podIPs[1]!.ip)))
    errors.push(invalidValue('status.podIPs', podIPs.map(({ ip }) => ({ IP: ip })), 'may specify no more than one IP for each IP family'))
  if (hostIPs.length) {
    if (hostIP !== hostIPs[0]!.ip) errors.push(invalidValue('status.hostIPs[0].ip', hostIPs[0]!.ip, 'must be equal to `hostIP`'))
    for (const [i, { ip }] of hostIPs.entries()) errors.push(...validateIP(ip, `status.hostIPs[${i}]`))
  }
  return [...errors, ...validateRestarts(pod, old)]
}
/** A container that has ended for good does not come back to life. */
function validateRestarts({ status, spec }: PodLike, { status: before }: PodLike): FieldError[] {
  if (spec.restartPolicy === 'Always') return []
  return (before.containerStatuses ?? []).flatMap((old, i) => {
    const ended = old.state?.terminated
    if (!ended || (ended.exitCode !== 0 && spec.restartPolicy === 'OnFailure')) return []
    const now = status.containerStatuses?.find((c) => c.name === old.name)
    return now && !now.state?.terminated ? [forbiddenValue(`status.containerStatuses[${i}].state`, 'may not be transitioned to non-terminated state')] : []
  })
}

/** Ephemeral containers may be added, nothing else. */
function validateEphemeralUpdate({ spec }: PodLike, { spec: before }: PodLike): FieldError[] {
  const named = (list: EphemeralContainer[] | undefined) => new Map((list ?? []).map((c) => [c.name, c]))
  const now = named(spec.ephemeralContainers), errors: FieldError[] = []
  for (const old of before.ephemeralContainers ?? []) {
    const kept = now.get(old.name), existing = `existing ephemeral containers ${JSON.stringify(old.name)} may not be`
    if (!kept) errors.push(forbiddenValue('spec.ephemeralContainers', `${existing} removed\n`))
    else if (!same(kept, old)) errors.push(forbiddenValue('spec.ephemeralContainers', `${existing} changed\n${goDiff(ephemeralContainerForm, old, kept)}`))
  }
  return errors
}

/** Only cpu and memory of containers that have been there may change, and not to a different quality of service. */
function validateResize({ spec, status }: PodLike, { spec: before }: PodLike): FieldError[] {
  const bare = (s: PodSpec) => ({ ...s, resources: undefined, containers: (s.containers ?? []).map(withoutResizable), initContainers: s.initContainers?.map(withoutResizable) })
  const withoutResizable = ({ resources, ...c }: Container) => {
    const rest = (list: Record<string, string> | undefined) => Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'))
    return { ...c, limits: rest(resources.limits), requests: rest(resources.requests), claims: resources.claims }
  }
  return [
    ...(status.qosClass && qosClass(spec) !== status.qosClass ? [invalidValue('spec', status.qosClass, 'Pod QOS Class may not change as a result of resizing')] : []),
    ...(same(bare(spec), bare(before)) ? [] : [forbiddenValue('spec', 'only cpu and memory resources are mutable')]),
  ]
}
