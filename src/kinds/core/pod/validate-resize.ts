// Resizing a pod that runs: cpu and memory of containers that have been there may change, and not to a different quality of service.
import { forbiddenValue, invalidValue, same, type FieldError } from '#machinery'
import type { ResourceList } from '../resources.ts'
import type { Container, ResourceRequirements } from './container.ts'
import { qosClass } from './qos.ts'
import type { PodSpec } from './spec.ts'
import { isMirror } from './validate-annotations.ts'
import type { PodLike } from './validate-pod.ts'

/** `whole`: what is wrong with the pod as it would be. */
export function validateResize({ spec, status }: PodLike, old: PodLike, whole: readonly FieldError[]): FieldError[] {
  const { spec: before } = old
  if (isMirror(old)) return [forbiddenValue('[]', 'static pods cannot be resized')]
  if (before.os?.name === 'windows') return [forbiddenValue('[]', 'windows pods cannot be resized')]
  const errors = [...whole]
  if (qosClass(spec) !== (old.status.qosClass || qosClass(before))) errors.push(invalidValue('spec', status.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'))
  const running = old.status.containerStatuses?.find((c) => c.state.running)
  if (running && !running.resources) errors.push(forbiddenValue('spec', 'Pod running on node without support for resize'))
  errors.push(...validatePodLevel(spec, before))
  const order = validateOrder(spec, before)
  if (order.length) return [...errors, ...order]
  for (const list of ['initContainers', 'containers'] as const)
    for (const [i, c] of (before[list] ?? []).entries()) errors.push(...removed(spec[list]![i]!.resources, c.resources, `spec.${list}[${i}].resources`, 'resource'))
  for (const [i, c] of (before.containers ?? []).entries())
    if (!same(unsized(spec.containers[i]!, c), c)) errors.push(forbiddenValue('spec', 'only cpu and memory resources are mutable'))
  for (const [i, c] of (before.initContainers ?? []).entries()) errors.push(...validateInit(spec.initContainers![i]!, c, `spec.initContainers[${i}]`))
  const others = (s: PodSpec) => ({ ...s, containers: undefined, initContainers: undefined, resources: undefined })
  return errors.length || same(others(spec), others(before)) ? errors : [forbiddenValue('spec', 'only cpu and memory resources are mutable')]
}

function validateInit(now: Container, old: Container, at: string): FieldError[] {
  return [
    ...(same(unsized(now, old), old) ? [] : [forbiddenValue(at, 'only cpu and memory resources for init or sidecar containers are mutable')]),
    ...(same(now, old) || now.restartPolicy === 'Always' ? [] : (now.resizePolicy ?? []).flatMap(({ restartPolicy }) => (restartPolicy === 'RestartContainer'
      ? [forbiddenValue(at, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized')] : []))),
  ]
}

/** Resources of the pod as a whole: the same rules. */
function validatePodLevel({ resources: now }: PodSpec, { resources: old }: PodSpec): FieldError[] {
  const sets = (r: ResourceRequirements | undefined) => Object.keys(r?.requests ?? {}).length + Object.keys(r?.limits ?? {}).length > 0
  if (!sets(old) && !sets(now)) return []
  if (!now) return [forbiddenValue('spec.resources', 'pod-level resources cannot be removed')]
  const kept = withSizeOf(now, old ?? {}), bare = !old && !sets(kept) && !now.claims?.length
  return [...(old ? removed(now, old, 'spec.resources', 'pod-level resource') : []),
    ...(bare || same({ ...kept, claims: now.claims }, old) ? [] : [forbiddenValue('spec', 'only cpu and memory resources are mutable at pod-level')])]
}

function validateOrder(spec: PodSpec, before: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) => {
    const now = spec[list] ?? [], old = before[list] ?? []
    if (now.length !== old.length) return [forbiddenValue(`spec.${list}`, `${list} may not be added or removed on resize`)]
    return old.flatMap(({ name }, i) => (now[i]!.name === name ? [] : [forbiddenValue(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)]))
  })
}

function removed(now: ResourceRequirements, old: ResourceRequirements, at: string, what: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((field) => (Object.keys(old[field] ?? {}).every((name) => now[field]?.[name] !== undefined) ? []
    : [forbiddenValue(`${at}.${field}`, `${what} ${field} cannot be removed`)]))
}

/** A container with the cpu and memory it had; claims do not count. */
const unsized = (now: Container, old: Container): Container => ({ ...now, resources: withSizeOf(now.resources, old.resources) })
const withSizeOf = (now: ResourceRequirements, old: ResourceRequirements): ResourceRequirements =>
  ({ ...sized('limits', now.limits, old.limits), ...sized('requests', now.requests, old.requests) })
function sized(field: 'limits' | 'requests', now: ResourceList | undefined, old: ResourceList | undefined): Partial<ResourceRequirements> {
  const out = { ...now }
  for (const name of ['cpu', 'memory']) {
    if (old?.[name] === undefined) delete out[name]
    else out[name] = old[name]
  }
  return Object.keys(out).length ? { [field]: out } : {}
}
