// Whether a job is over, and why. Pure.
import type { Job, Pod } from '#kinds'
import { isActive, isFinished, timeOf } from '../pod-state.ts'
import type { Count } from './count.ts'
import { isIndexed } from './pods.ts'
import { parseIndexes } from './indexes.ts'

export interface End { readonly result: 'Complete' | 'Failed'; readonly reason: string; readonly message: string }

const conditionOf = (job: Job, type: string) => job.status.conditions?.find((c) => c.type === type && c.status === 'True')
export const isOver = (job: Job): boolean => Boolean(conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed'))

/** What has been decided already stays decided; else the first rule that holds. */
export function verdictOf(job: Job, count: Count, pods: readonly Pod[], now: number): End | undefined {
  const success = conditionOf(job, 'SuccessCriteriaMet'), failure = conditionOf(job, 'FailureTarget')
  if (success) return { result: 'Complete', reason: success.reason ?? '', message: success.message ?? '' }
  if (failure) return { result: 'Failed', reason: failure.reason ?? '', message: failure.message ?? '' }
  const failed = (reason: string, message: string): End => ({ result: 'Failed', reason, message })
  const { spec } = job, active = pods.filter(isActive)
  if (count.failJob !== undefined) return failed('PodFailurePolicy', count.failJob)
  if (count.failed > (spec.backoffLimit ?? 6) || restartsExceed(job, pods)) return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  if (untilDeadline(job, now) === 0) return failed('DeadlineExceeded', 'Job was active longer than specified deadline')
  if (isIndexed(job)) {
    if (spec.maxFailedIndexes !== undefined && count.failedIndexes.size > spec.maxFailedIndexes) return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
    if (count.failedIndexes.size > 0 && count.completed.size + count.failedIndexes.size >= (spec.completions ?? 0)) return failed('FailedIndexes', 'Job has failed indexes')
  }
  const byPolicy = isIndexed(job) ? successRule(job, count.completed) : undefined
  if (byPolicy !== undefined) return { result: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${byPolicy}` }
  const done: End = { result: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
  // Without a number, one success says that the work is done, and the others may finish.
  if (spec.completions === undefined) return count.succeeded > 0 && active.length === 0 ? done : undefined
  return count.succeeded >= spec.completions && active.length === 0 ? done : undefined
}

/** Milliseconds until the deadline; 0 when it has passed, undefined when there is none. */
export function untilDeadline(job: Job, now: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec, start = timeOf(job.status.startTime)
  return activeDeadlineSeconds === undefined || suspend || start === undefined ? undefined : Math.max(0, start + Number(activeDeadlineSeconds) * 1000 - now)
}

/** Containers that are restarted in place count against the limit as pods do. */
function restartsExceed(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  const restarts = pods.filter((pod) => !isFinished(pod)).flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]).reduce((sum, { restartCount }) => sum + restartCount, 0)
  const limit = job.spec.backoffLimit ?? 6
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function successRule(job: Job, completed: ReadonlySet<number>): number | undefined {
  const at = (job.spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const among = succeededIndexes === undefined ? [...completed] : [...parseIndexes(succeededIndexes, job.spec.completions)].filter((index) => completed.has(index))
    const needed = succeededCount ?? (succeededIndexes === undefined ? Infinity : parseIndexes(succeededIndexes, job.spec.completions).size)
    return among.length >= needed
  })
  return at < 0 ? undefined : at
}
