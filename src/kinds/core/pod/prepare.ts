// What a pod is given when it is created, beside defaults: its first status and what follows from its labels.
import { same, type AnyObject, type LabelSelector } from '#machinery'
import type { PodAffinityTerm } from './affinity.ts'
import { qosClass } from './qos.ts'
import type { AppArmorProfile } from './security.ts'
import { containersOf, type PodSpec } from './spec.ts'
import type { PodStatus } from './status.ts'
import { dropSwitchedOffStatus } from './switched-off.ts'
import { armor } from './validate-annotations.ts'

type PodLike = AnyObject & { spec: PodSpec; status: PodStatus }

export function preparePod(pod: PodLike): void {
  const { spec, metadata } = pod
  pod.status = { phase: 'Pending', qosClass: qosClass(spec) }
  if (spec.schedulingGates?.length) {
    const gated = { message: 'Scheduling is blocked due to non-empty scheduling gates', reason: 'SchedulingGated', status: 'False', type: 'PodScheduled' }
    pod.status.conditions = [{ lastProbeTime: null as never, lastTransitionTime: metadata.creationTimestamp, ...gated }]
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
  mergeLabelKeys(pod)
  fieldsFromAnnotations(pod)
}

export function preparePodUpdate(pod: PodLike, old: PodLike, subresource?: string): void {
  if (subresource !== 'status') return
  dropSwitchedOffStatus(pod.status)
  if (!pod.status.qosClass && old.status.qosClass) pod.status.qosClass = old.status.qosClass
  keepGenerations(pod.status, old.status)
  // Old kubelets would break owner references.
  if (old.metadata.ownerReferences) pod.metadata.ownerReferences = old.metadata.ownerReferences
  else delete pod.metadata.ownerReferences
}

/** Nodes of older versions do not say which generation they have seen. */
function keepGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration
  const left = [...(old.conditions ?? [])]
  for (const condition of status.conditions ?? []) {
    const i = left.findIndex(({ type }) => type === condition.type), before = i < 0 ? undefined : left.splice(i, 1)[0]!.observedGeneration
    if (!condition.observedGeneration && before) condition.observedGeneration = before
  }
}

/** Profiles of AppArmor were once annotations; what is said there only is said in the field from now on. */
function fieldsFromAnnotations({ metadata: { annotations }, spec }: PodLike): void {
  if (!annotations || spec.os?.name === 'windows') return
  for (const c of containersOf(spec)) {
    const profile = armorProfile(annotations[armor + c.name])
    if (!profile || c.securityContext?.appArmorProfile || same(profile, spec.securityContext?.appArmorProfile)) continue
    c.securityContext = { ...c.securityContext, appArmorProfile: profile }
  }
}
function armorProfile(annotation: string | undefined): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const name = annotation?.startsWith('localhost/') ? annotation.slice('localhost/'.length) : ''
  return name.trim() === name && name ? { localhostProfile: name, type: 'Localhost' } : undefined
}

/** matchLabelKeys and mismatchLabelKeys become requirements with the pod's own values, so that nobody has to look them up again. */
function mergeLabelKeys({ metadata: { labels = {} }, spec }: PodLike): void {
  const extend = (selector: LabelSelector, keys: readonly string[] | undefined, operator: string) => {
    for (const key of keys ?? [])
      if (labels[key] !== undefined) selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [labels[key]] }]
  }
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    const terms: PodAffinityTerm[] = [...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => t.podAffinityTerm),
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])]
    for (const term of terms) {
      if (!term.labelSelector) continue
      extend(term.labelSelector, term.matchLabelKeys, 'In')
      extend(term.labelSelector, term.mismatchLabelKeys, 'NotIn')
    }
  }
  for (const constraint of spec.topologySpreadConstraints ?? [])
    if (constraint.labelSelector) extend(constraint.labelSelector, constraint.matchLabelKeys, 'In')
}
