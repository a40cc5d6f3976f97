// Which pods a job that goes on needs now. Pure.
import type { Job, Pod } from '#kinds'
import { isTerminating } from '../pod-state.ts'
import { byWorth } from '../replicas/plan.ts'
import type { Count } from './count.ts'
import { finishedAt, hasFailed, hasSucceeded, indexFailures, indexOfPod, isIndexed, replacesOnlyFailed } from './pods.ts'

/** At most so many pods are made in one turn. */
const burst = 500
const firstBackoffMs = 10_000
const lastBackoffMs = 10 * 60_000

export interface New { readonly index: number | undefined; readonly failures: number | undefined }
export interface Plan { readonly create: readonly New[]; readonly remove: readonly Pod[]; readonly againInMs: number | undefined }

export function plan(job: Job, pods: readonly Pod[], active: readonly Pod[], count: Count, now: number): Plan {
  const { parallelism = 1, completions, suspend } = job.spec
  const wanted = suspend ? 0 : completions === undefined ? (count.succeeded > 0 ? Math.min(active.length, parallelism) : parallelism) : Math.min(Math.max(0, completions - count.succeeded), parallelism)
  const surplus = active.length - wanted
  if (surplus > 0) return { create: [], remove: byWorth(active, active, now).slice(0, surplus), againInMs: undefined }
  const going = replacesOnlyFailed(job) ? pods.filter((pod) => isTerminating(pod) && !hasSucceeded(pod) && pod.status.phase !== 'Failed').length : 0
  const missing = Math.min(wanted - active.length - going, burst)
  if (missing <= 0) return { create: [], remove: [], againInMs: undefined }
  if (!isIndexed(job)) {
    const wait = backoff(job, pods, now)
    return wait > 0 ? { create: [], remove: [], againInMs: wait } : { create: Array.from({ length: missing }, () => ({ index: undefined, failures: undefined })), remove: [], againInMs: undefined }
  }
  return byIndex(job, pods, active, count, missing, now)
}

/** Failures since the last success make the next attempt later and later. */
function backoff(job: Job, pods: readonly Pod[], now: number): number {
  const lastSuccess = Math.max(-Infinity, ...pods.filter(hasSucceeded).map(finishedAt))
  const failures = pods.filter((pod) => hasFailed(job, pod) && finishedAt(pod) > lastSuccess)
  return failures.length === 0 ? 0 : Math.max(0, Math.max(...failures.map(finishedAt)) + delay(failures.length) - now)
}
const delay = (failures: number): number => Math.min(firstBackoffMs * 2 ** (failures - 1), lastBackoffMs)

/** The lowest indexes that nobody works on. With a limit per index each waits for its own failures. */
function byIndex(job: Job, pods: readonly Pod[], active: readonly Pod[], count: Count, missing: number, now: number): Plan {
  const perIndex = job.spec.backoffLimitPerIndex !== undefined
  const all = perIndex ? 0 : backoff(job, pods, now)
  if (all > 0) return { create: [], remove: [], againInMs: all }
  const taken = new Set([...active, ...(replacesOnlyFailed(job) ? pods.filter((pod) => isTerminating(pod) && !hasFailed(job, pod) && !hasSucceeded(pod)) : [])].map(indexOfPod))
  const create: New[] = []
  let soonest: number | undefined
  for (let index = 0; index < (job.spec.completions ?? 0) && create.length < missing; index++) {
    if (taken.has(index) || count.completed.has(index) || count.failedIndexes.has(index)) continue
    const failed = perIndex ? pods.filter((pod) => indexOfPod(pod) === index && hasFailed(job, pod)) : []
    const failures = failed.length > 0 ? Math.max(...failed.map(indexFailures)) + 1 : 0
    const wait = failures > 0 ? Math.max(...failed.map(finishedAt)) + delay(failures) - now : 0
    if (wait > 0) { soonest = Math.min(soonest ?? Infinity, wait); continue }
    create.push({ index, failures: perIndex ? failures : undefined })
  }
  return { create, remove: [], againInMs: soonest }
}
