// For how long a pod puts up with the NoExecute taints of its node. Pure.
import type { Pod, Taint, Toleration } from '#kinds'

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

/** When the pod must go; undefined: it may stay. Its patience begins now, however old the taints are; of several tolerations for a taint the first holds. */
export function evictedAt(pod: Pod, taints: readonly Taint[], now: number): number | undefined {
  let seconds: number | undefined
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue
    const toleration = pod.spec.tolerations?.find((one) => tolerates(one, taint))
    if (toleration === undefined) return now
    if (toleration.tolerationSeconds !== undefined) seconds = Math.min(seconds ?? Infinity, Math.max(0, Number(toleration.tolerationSeconds)))
  }
  return seconds === undefined ? undefined : now + seconds * 1000
}
