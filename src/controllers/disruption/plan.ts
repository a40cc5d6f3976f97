// How many pods of a budget may be disrupted now. Pure.
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '#kinds'
import { formatTime } from '#machinery'
import { isReady, timeOf } from '../pod-state.ts'

/** An evicted pod that is still there after this has not been evicted after all. */
export const deletionTimeoutMs = 2 * 60_000

export interface Expected { readonly expectedPods: number; readonly desiredHealthy: number }

/** Whether the budget needs to know how many pods there should be, not only how many there are. */
export const asksControllers = ({ spec: { maxUnavailable, minAvailable } }: PodDisruptionBudget): boolean => maxUnavailable !== undefined || typeof minAvailable === 'string'

/** `scale`: how many pods their controllers want; asked only when the budget needs to know. */
export function expect({ spec }: PodDisruptionBudget, pods: readonly Pod[], scale: () => number): Expected {
  const { maxUnavailable, minAvailable } = spec
  if (maxUnavailable !== undefined) {
    const expectedPods = scale()
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods)) }
  }
  if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 }
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable }
  const expectedPods = scale()
  return { expectedPods, desiredHealthy: scaled(minAvailable, expectedPods) }
}
/** Percentages round up. */
const scaled = (value: number | string, of: number): number => (typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) || 0) * of / 100))

export interface Disrupted {
  /** Pods that an eviction has begun to delete and that the cache still shows as staying: name to when. */
  readonly pods: Readonly<Record<string, string>>
  /** Those whose deletion never came. */
  readonly late: readonly Pod[]
  readonly lookAgainInMs: number | undefined
}
export function disruptedOf(status: PodDisruptionBudgetStatus, pods: readonly Pod[], now: number): Disrupted {
  const kept: Record<string, string> = {}, late: Pod[] = []
  let soonest: number | undefined
  for (const pod of pods) {
    const at = status.disruptedPods?.[pod.metadata.name], end = (timeOf(at) ?? 0) + deletionTimeoutMs
    if (at === undefined || pod.metadata.deletionTimestamp) continue
    if (end < now) { late.push(pod); continue }
    kept[pod.metadata.name] = at
    soonest = Math.min(soonest ?? Infinity, end - now + 1)
  }
  return { pods: kept, late, lookAgainInMs: soonest }
}

/** The budget's new status. */
export function statusOf(budget: PodDisruptionBudget, pods: readonly Pod[], { expectedPods, desiredHealthy }: Expected, disrupted: Disrupted['pods'], now: number): PodDisruptionBudgetStatus {
  const currentHealthy = pods.filter((pod) => !pod.metadata.deletionTimestamp && disrupted[pod.metadata.name] === undefined && isReady(pod)).length
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0
  const allowed = disruptionsAllowed > 0
  return { ...shared(budget, allowed ? 'True' : 'False', allowed ? 'SufficientPods' : 'InsufficientPods', '', now), currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: { ...disrupted } }) }
}

/** Nothing may be disrupted when nobody can tell how many pods there should be. */
export const failedStatus = (budget: PodDisruptionBudget, message: string, now: number): PodDisruptionBudgetStatus =>
  ({ ...budget.status, ...shared(budget, 'False', 'SyncFailed', message, now), disruptionsAllowed: 0 })

function shared({ metadata: { generation }, status: old }: PodDisruptionBudget, status: string, reason: string, message: string, now: number) {
  const before = old.conditions?.find((c) => c.type === 'DisruptionAllowed')
  const condition = { type: 'DisruptionAllowed', status, reason, message, ...(generation && { observedGeneration: generation }), lastTransitionTime: before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : formatTime(now) }
  const conditions = before ? (old.conditions ?? []).map((c) => (c === before ? condition : c)) : [...(old.conditions ?? []), condition]
  return { conditions, ...(generation && { observedGeneration: generation }) }
}
