// Counting finished pods exactly once, also when the process dies in between: a pod is first noted by uid in the status, then loses
// the finalizer that keeps it, and only then becomes part of the count. Pure.
import type { Job, Pod } from '#kinds'
import { isFinished } from '../pod-state.ts'
import { judgeFailure } from './failure-policy.ts'
import { hasFailed, hasSucceeded, indexFailures, indexOfPod, isIndexed, isTracked } from './pods.ts'
import { parseIndexes, printIndexes } from './indexes.ts'

/** A status holds at most so many uids. */
const maxUncounted = 500

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
  /** Why the policy ends the job, if it does. */
  readonly failJob: string | undefined
}

/** `ending`: the job is over, so pods that are going away will not be replaced, whatever becomes of them. */
export function count(job: Job, pods: readonly Pod[], ending: boolean): Count {
  const { status } = job, byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod])), indexed = isIndexed(job), completions = job.spec.completions ?? Infinity
  const stillKept = (uid: string) => { const pod = byUid.get(uid); return pod !== undefined && isTracked(pod) }
  const old = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] }
  const uncounted = { succeeded: old.succeeded.filter(stillKept), failed: old.failed.filter(stillKept) }
  const completed = parseIndexes(status.completedIndexes, completions), failedIndexes = parseIndexes(status.failedIndexes, completions)
  // An index counts once, however many pods of it succeed.
  const countedBefore = indexed ? completed.size : (status.succeeded ?? 0) + old.succeeded.length - uncounted.succeeded.length
  const failedBefore = (status.failed ?? 0) + old.failed.length - uncounted.failed.length
  const release: Pod[] = pods.filter((pod) => isTracked(pod) && (uncounted.succeeded.includes(pod.metadata.uid) || uncounted.failed.includes(pod.metadata.uid)))
  let failJob: string | undefined, room = maxUncounted - uncounted.succeeded.length - uncounted.failed.length, indexFailed = 0, more = 0

  for (const pod of pods) {
    const { uid } = pod.metadata
    if (!isTracked(pod) || uncounted.succeeded.includes(uid) || uncounted.failed.includes(uid)) continue
    const index = indexOfPod(pod)
    if (hasSucceeded(pod)) {
      if (indexed) {
        if (index !== undefined && index < completions) { completed.add(index); failedIndexes.delete(index) }
        release.push(pod)
      } else if (room-- > 0) { uncounted.succeeded.push(uid); release.push(pod) } else more++
    } else if (hasFailed(job, pod) || (ending && pod.metadata.deletionTimestamp)) {
      const verdict = isFinished(pod) ? judgeFailure(job, pod) : { action: 'Count' as const, message: '' }
      if (verdict.action === 'FailJob') failJob ??= verdict.message
      const limit = job.spec.backoffLimitPerIndex
      if (indexed && index !== undefined && limit !== undefined && (verdict.action === 'FailIndex' || (verdict.action !== 'Ignore' && indexFailures(pod) >= limit)) && !completed.has(index)) failedIndexes.add(index)
      if (verdict.action === 'Ignore') { release.push(pod); continue }
      if (room-- > 0) { uncounted.failed.push(uid); release.push(pod) } else indexFailed++
    }
  }
  const succeeded = indexed ? completed.size : countedBefore + uncounted.succeeded.length + more
  return {
    succeeded, failed: failedBefore + uncounted.failed.length + indexFailed, release, completed, failedIndexes, failJob,
    status: { succeeded: indexed ? completed.size : countedBefore, failed: failedBefore, uncounted,
      ...(indexed && completed.size > 0 && { completedIndexes: printIndexes(completed) }), ...(indexed && job.spec.backoffLimitPerIndex !== undefined && { failedIndexes: printIndexes(failedIndexes) }) },
  }
}
