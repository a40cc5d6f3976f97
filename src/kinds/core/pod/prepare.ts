// What a pod is given when it is created, beside defaults: its first status and what follows from its labels.
import { type AnyObject, type LabelSelector } from '#machinery'
import { byCodeUnit } from '../../cells.ts'
import type { PodAffinityTerm } from './affinity.ts'
import { qosClass } from './qos.ts'
import type { PodSpec } from './spec.ts'
import type { PodStatus } from './status.ts'

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
}

export function preparePodUpdate(pod: PodLike, old: PodLike, subresource?: string): void {
  if (subresource !== 'status') return
  if (!pod.status.qosClass && old.status.qosClass) pod.status.qosClass = old.status.qosClass
  // Old kubelets would break owner references.
  if (old.metadata.ownerReferences) pod.metadata.ownerReferences = old.metadata.ownerReferences
  else delete pod.metadata.ownerReferences
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
    if (constraint.labelSelector) extend(constraint.labelSelector, constraint.matchLabelKeys?.toSorted(byCodeUnit), 'In')
}
