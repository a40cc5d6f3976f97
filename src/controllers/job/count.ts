// Counting finished pods exactly once, also when the process dies in between: a pod is first noted by uid in the status, then loses
// the finalizer that keeps it, and only then becomes part of the count. Pure.
import type { Job, Pod } from '#kinds'
import { isActive } from '../pod-state.ts'
import { judgeFailure } from './failure-policy.ts'
import { indexesOf, parseIndexes, printIndexes } from './indexes.ts'
import { failuresOfIndex, finishedAt, hasFailed, hasSucceeded, ignoredFailuresOfIndex, indexOfPod, isIndexed, isTracked } from './pods.ts'

/** A status holds at most so many uids. */
const maxUncounted = 500

/** How the job ends: then its pods need not be kept, and a job that fails counts those as failed that it stops. */
export type Ending = 'Complete' | 'Failed' | 'Deleted'

export interface Count {
  /** All that have ended, counted already or not. */
  readonly succeeded: number
  readonly failed: number
  /** What the status says of them now. */
  readonly status: { readonly succeeded: number; readonly failed: number; readonly completedIndexes?: string; readonly failedIndexes?: string; readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] } }
  /** Pods that need not be kept any longer, once the status is written. */
  readonly release: readonly Pod[]
  readonly completed: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  /** With a limit per index: the last failed pod of each index that will be tried again. It is kept until its successor knows how often the index has failed. */
  readonly lastFailed: ReadonlyMap<number, Pod>
  /** Why the policy ends the job, if it does. */
  readonly failJob: string | undefined
}

export function count(job: Job, pods: readonly Pod[], ending?: Ending): Count {
  const { status } = job, indexed = isIndexed(job), kept = pods.filter(isTracked), keptUids = new Set(kept.map((pod) => pod.metadata.uid))
  const old = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] }
  const uncounted = { succeeded: old.succeeded.filter((uid) => keptUids.has(uid)), failed: old.failed.filter((uid) => keptUids.has(uid)) }
  const { completed, failedIndexes, lastFailed } = countIndexes(job, pods, kept)
  // An index counts once, however many pods of it succeed.
  const countedBefore = indexed ? completed.size : (status.succeeded ?? 0) + old.succeeded.length - uncounted.succeeded.length
  const failedBefore = (status.failed ?? 0) + old.failed.length - uncounted.failed.length
  const waiting = ending ? new Set<Pod>() : new Set(lastFailed.values()), release: Pod[] = []
  let failJob: string | undefined, room = maxUncounted - uncounted.succeeded.length - uncounted.failed.length, moreFailed = 0, moreSucceeded = 0

  for (const pod of kept) {
    const { uid } = pod.metadata, failed = hasFailed(job, pod), verdict = failed || ending === 'Failed' ? judgeFailure(job, pod) : undefined
    if (failed && verdict?.action === 'FailJob') failJob ??= verdict.message
    if (uncounted.succeeded.includes(uid) || uncounted.failed.includes(uid)) { release.push(pod); continue }
    const counts = !indexed || isValid(job, pod)
    if (hasSucceeded(pod)) {
      if (indexed) release.push(pod)
      else if (room-- > 0) { uncounted.succeeded.push(uid); release.push(pod) } else moreSucceeded++
    } else if (failed || ending) {
      if (!counts || !verdict || verdict.action === 'Ignore') { if (!waiting.has(pod)) release.push(pod) } else if (!waiting.has(pod) && room-- > 0) { uncounted.failed.push(uid); release.push(pod) } else moreFailed++
    }
  }
  return {
    succeeded: indexed ? completed.size : countedBefore + uncounted.succeeded.length + moreSucceeded, failed: failedBefore + uncounted.failed.length + moreFailed,
    release, completed, failedIndexes, lastFailed, failJob,
    status: { succeeded: countedBefore, failed: failedBefore, uncounted,
      ...(indexed && completed.size > 0 && { completedIndexes: printIndexes(completed) }), ...(isLimited(job) && { failedIndexes: printIndexes(failedIndexes) }) },
  }
}

const isLimited = (job: Job): boolean => isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined
const isValid = (job: Job, pod: Pod): boolean => { const index = indexOfPod(pod); return index !== undefined && index < (job.spec.completions ?? 0) }

function countIndexes(job: Job, pods: readonly Pod[], kept: readonly Pod[]): Pick<Count, 'completed' | 'failedIndexes' | 'lastFailed'> {
  const completions = job.spec.completions ?? Infinity, limit = job.spec.backoffLimitPerIndex ?? Infinity
  const completed = parseIndexes(job.status.completedIndexes, completions), failedIndexes = parseIndexes(job.status.failedIndexes, completions), lastFailed = new Map<number, Pod>()
  if (!isIndexed(job)) return { completed, failedIndexes, lastFailed }
  const valid = kept.filter((pod) => isValid(job, pod)), failures = isLimited(job) ? valid.filter((pod) => hasFailed(job, pod)) : []
  for (const index of indexesOf(valid.filter(hasSucceeded))) completed.add(index)
  for (const pod of failures) {
    const { action } = judgeFailure(job, pod)
    if (action === 'FailIndex' || (action !== 'Ignore' && failuresOfIndex(pod) >= limit)) failedIndexes.add(indexOfPod(pod) ?? 0)
  }
  const active = indexesOf(pods.filter(isActive)), allFailures = (pod: Pod) => failuresOfIndex(pod) + ignoredFailuresOfIndex(pod)
  for (const pod of failures) {
    const index = indexOfPod(pod) ?? 0, before = lastFailed.get(index)
    if (completed.has(index) || failedIndexes.has(index) || active.has(index)) continue
    if (!before || allFailures(pod) > allFailures(before) || finishedAt(pod) > finishedAt(before)) lastFailed.set(index, pod)
  }
  return { completed, failedIndexes, lastFailed }
}
