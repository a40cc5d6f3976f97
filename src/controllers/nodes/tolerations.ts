// For how long a pod puts up with the NoExecute taints of its node. Pure.
import type { Pod, Taint, Toleration } from '#kinds'
import { timeOf } from '../pod-state.ts'

export function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === 'Exists') return true
  const has = taint.value ?? ''
  if (operator === 'Equal') return Boolean(key) && value === has
  // Gt and Lt compare integers: the taint's value against the toleration's.
  if (!/^-?\d+$/.test(value) || !/^-?\d+$/.test(has)) return false
  return operator === 'Gt' ? BigInt(has) > BigInt(value) : operator === 'Lt' && BigInt(has) < BigInt(value)
}

/** Whether the pod puts up with all NoExecute taints, for however long. */
export const toleratesAll = (pod: Pod, taints: readonly Taint[]): boolean =>
  taints.every((taint) => taint.effect !== 'NoExecute' || pod.spec.tolerations?.some((toleration) => tolerates(toleration, taint)))

/** When the pod must go; undefined: it may stay. `seenAt` is when the taints were first seen on the pod, for taints that do not say when they came. */
export function evictedAt(pod: Pod, taints: readonly Taint[], seenAt: number): number | undefined {
  let soonest: number | undefined
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint))
    if (tolerations.length === 0) return seenAt
    const from = Math.max(timeOf(taint.timeAdded) ?? seenAt, timeOf(pod.metadata.creationTimestamp) ?? 0)
    for (const { tolerationSeconds } of tolerations) {
      if (tolerationSeconds === undefined) continue
      const at = from + Math.max(0, Number(tolerationSeconds)) * 1000
      if (soonest === undefined || at < soonest) soonest = at
    }
  }
  return soonest
}
