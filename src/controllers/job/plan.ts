// Which pods a job that goes on needs now. Pure.
import type { Job, Pod } from '#kinds'
import { isFinished, isTerminating } from '../pod-state.ts'
import { byWorth } from '../replicas/plan.ts'
import type { Count } from './count.ts'
import type { Failed } from './failures.ts'
import { judgeFailure } from './failure-policy.ts'
import { indexesOf } from './indexes.ts'
import { failuresOfIndex, finishedAt, ignoredFailuresOfIndex, indexOfPod, isIndexed, replacesOnlyFailed, type Failures } from './pods.ts'

/** At most so many pods are made, or stopped, in one turn. */
const burst = 500
const firstBackoffMs = 10_000
const lastBackoffMs = 10 * 60_000

export interface New { readonly index: number | undefined; readonly failures: Failures | undefined }
export interface Plan { readonly create: readonly New[]; readonly remove: readonly Pod[]; readonly againInMs: number | undefined }

export function plan(job: Job, pods: readonly Pod[], active: readonly Pod[], count: Count, failed: Failed, now: number): Plan {
  const { parallelism = 1, completions, suspend } = job.spec
  const wanted = suspend ? 0 : completions === undefined ? (count.succeeded > 0 ? Math.min(active.length, parallelism) : parallelism) : Math.min(Math.max(0, completions - count.succeeded), parallelism)
  const surplus = Math.max(0, active.length - wanted), first = isIndexed(job) ? misplaced(job, active, now) : []
  const rest = byWorth(active.filter((pod) => !first.includes(pod)), [], now).slice(0, Math.max(0, surplus - first.length))
  const remove = suspend ? [...first, ...rest] : [...first, ...rest].slice(0, burst)
  if (remove.length > 0) return { create: [], remove, againInMs: undefined }
  const going = replacesOnlyFailed(job) ? pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length : 0
  const missing = Math.min(wanted - active.length - going, burst)
  if (missing <= 0) return { create: [], remove: [], againInMs: undefined }
  if (!isIndexed(job)) {
    const wait = backoff(failed, now)
    return wait > 0 ? { create: [], remove: [], againInMs: wait } : { create: Array.from({ length: missing }, () => ({ index: undefined, failures: undefined })), remove: [], againInMs: undefined }
  }
  return byIndex(job, pods, active, count, failed, missing, now)
}

/** Failures since the last success make the next attempt later and later. */
const backoff = ({ times, at }: Failed, now: number): number => (times === 0 ? 0 : Math.max(0, at + delay(times) - now))
const delay = (failures: number): number => Math.min(firstBackoffMs * 2 ** (failures - 1), lastBackoffMs)

/** The lowest indexes that nobody works on. With a limit per index each waits for its own failures, and none goes before it. */
function byIndex(job: Job, pods: readonly Pod[], active: readonly Pod[], count: Count, failed: Failed, missing: number, now: number): Plan {
  const perIndex = job.spec.backoffLimitPerIndex !== undefined, all = perIndex ? 0 : backoff(failed, now)
  if (all > 0) return { create: [], remove: [], againInMs: all }
  const taken = indexesOf([...active, ...(replacesOnlyFailed(job) ? pods.filter((pod) => isTerminating(pod) && !isFinished(pod)) : [])])
  const create: New[] = []
  let soonest: number | undefined, pending = 0
  for (let index = 0; index < (job.spec.completions ?? 0) && pending < missing; index++) {
    if (taken.has(index) || count.completed.has(index) || count.failedIndexes.has(index)) continue
    pending++
    const last = count.lastFailed.get(index), wait = last ? finishedAt(last) + delay(failuresOfIndex(last) + ignoredFailuresOfIndex(last) + 1) - now : 0
    if (wait > 0) soonest = Math.min(soonest ?? Infinity, wait)
    else create.push({ index, failures: perIndex ? failuresAfter(job, last) : undefined })
  }
  return { create, remove: [], againInMs: soonest }
}
function failuresAfter(job: Job, last: Pod | undefined): Failures {
  if (!last) return { counted: 0, ignored: 0 }
  const ignored = judgeFailure(job, last).action === 'Ignore'
  return { counted: failuresOfIndex(last) + Number(!ignored), ignored: ignoredFailuresOfIndex(last) + Number(ignored) }
}

/** Of several pods of one index all but the best are too many, as is one without an index, or beyond the last. */
function misplaced(job: Job, active: readonly Pod[], now: number): readonly Pod[] {
  const best = new Map<number, Pod>()
  for (const pod of byWorth(active, [], now)) { const index = indexOfPod(pod); if (index !== undefined && index < (job.spec.completions ?? 0)) best.set(index, pod) }
  const stays = new Set(best.values())
  return active.filter((pod) => !stays.has(pod))
}
