// What a StatefulSet does next. In order means: one thing at a time, the lowest ordinals up first, the highest down first. Pure.
import type { Pod, StatefulSet } from '#kinds'
import { isAvailable, isFinished, isReady, isTerminating } from '../pod-state.ts'

export const revisionLabel = 'controller-revision-hash'
export const nameLabel = 'statefulset.kubernetes.io/pod-name'

export type Step =
  | { readonly act: 'create'; readonly ordinal: number; readonly revision: 'current' | 'update' }
  | { readonly act: 'delete'; readonly pod: Pod; /** Another of the new revision comes for it. */ readonly isUpdate?: true }
  | { readonly act: 'name'; readonly pod: Pod }
  /** Claims that a pod waits for are made (again). */
  | { readonly act: 'claim'; readonly ordinal: number }

/** The ordinal in a pod's name; undefined when the name is not one that the set gives. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name)
  return match?.[1] === set.metadata.name ? Number(match[2]) : undefined
}
export const firstOrdinal = (set: StatefulSet): number => set.spec.ordinals?.start ?? 0
export const isOrdered = (set: StatefulSet): boolean => set.spec.podManagementPolicy !== 'Parallel'
export const isHealthy = (pod: Pod): boolean => pod.status.phase === 'Running' && isReady(pod) && !isTerminating(pod)

export function plan(set: StatefulSet, pods: readonly Pod[], updateRevision: string, now: number): readonly Step[] {
  const first = firstOrdinal(set), replicas = set.spec.replicas ?? 1, ordered = isOrdered(set), minReady = set.spec.minReadySeconds ?? 0
  const at = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]))
  const up = Array.from({ length: replicas }, (_, i) => at.get(first + i))
  const condemned = [...at].filter(([ordinal]) => ordinal >= 0 && (ordinal < first || ordinal >= first + replicas)).toSorted(([a], [b]) => b - a).map(([, pod]) => pod)
  const steps: Step[] = []

  for (const [i, pod] of up.entries()) {
    const ordinal = first + i
    if (!pod) steps.push({ act: 'create', ordinal, revision: keepsOld(set, ordinal) ? 'current' : 'update' })
    else if (isFinished(pod)) { if (!isTerminating(pod)) steps.push({ act: 'delete', pod }) } else {
      if (pod.status.phase === 'Pending' && set.spec.volumeClaimTemplates?.length) steps.push({ act: 'claim', ordinal })
      if (ordered && (!isHealthy(pod) || !isAvailable(pod, minReady, now))) return steps
      if (pod.metadata.labels?.[nameLabel] !== pod.metadata.name) steps.push({ act: 'name', pod })
      continue
    }
    if (ordered) return steps
  }

  const unhealthy = [...up, ...condemned.toReversed()].find((pod) => pod && !isHealthy(pod))
  for (const pod of condemned) {
    if (isTerminating(pod)) { if (ordered) return steps; continue }
    // Of those that are not well only the first may go: another may be needed to mend it.
    if (ordered && (!isHealthy(pod) || !isAvailable(pod, minReady, now)) && pod !== unhealthy) return steps
    steps.push({ act: 'delete', pod })
    if (ordered) return steps
  }
  if (set.spec.updateStrategy.type === 'OnDelete') return steps

  const partition = set.spec.updateStrategy.rollingUpdate?.partition ?? 0
  for (const pod of up.slice(partition).toReversed()) {
    if (!pod) return steps
    if (pod.metadata.labels?.[revisionLabel] !== updateRevision && !isTerminating(pod)) { steps.push({ act: 'delete', pod, isUpdate: true }); return steps }
    if (!isHealthy(pod) || !isAvailable(pod, minReady, now)) return steps
  }
  return steps
}

/** Whether a pod of this ordinal is still of the old revision: the rolling update has not come to it, or will not. */
function keepsOld(set: StatefulSet, ordinal: number): boolean {
  const { type, rollingUpdate } = set.spec.updateStrategy, first = firstOrdinal(set)
  if (type !== 'RollingUpdate') return false
  return rollingUpdate ? ordinal < first + (rollingUpdate.partition ?? 0) : ordinal < first + (set.status.currentReplicas ?? 0)
}
