// What controllers ask of a pod.
import type { Pod } from '#kinds'
import { parseTime } from '#machinery'

export const isFinished = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined
/** None of its containers runs, nor ever will. */
export const isOver = (pod: Pod): boolean => isFinished(pod) || (isTerminating(pod) && !pod.spec.nodeName)
/** Neither finished nor on its way out. */
export const isActive = (pod: Pod): boolean => !isFinished(pod) && !isTerminating(pod)

const readyCondition = (pod: Pod) => pod.status.conditions?.find((condition) => condition.type === 'Ready')
export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True'
/** When the pod became ready (ms); undefined when it is not, or nobody said when. */
export function readySince(pod: Pod): number | undefined {
  const condition = readyCondition(pod)
  return condition?.status === 'True' ? timeOf(condition.lastTransitionTime) : undefined
}
/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isReady(pod)) return false
  if (minReadySeconds === 0) return true
  const since = readySince(pod)
  return since !== undefined && since + minReadySeconds * 1000 <= now
}
/** Milliseconds until the first of the ready pods becomes available; undefined when none is waiting. */
export function untilAvailable(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  let soonest: number | undefined
  for (const pod of pods) {
    const since = readySince(pod)
    if (minReadySeconds === 0 || since === undefined || isAvailable(pod, minReadySeconds, now)) continue
    const wait = since + minReadySeconds * 1000 - now
    if (soonest === undefined || wait < soonest) soonest = wait
  }
  return soonest
}

/** A time of the API in milliseconds; undefined when absent. */
export const timeOf = (text: string | null | undefined): number | undefined => (text ? parseTime(text) : undefined)
export const createdAt = (object: { readonly metadata: { readonly creationTimestamp: string } }): number => timeOf(object.metadata.creationTimestamp) ?? 0
