import { controllerOf, indexOf, watching, type Again, type Cluster, type Controller } from '#client'
import { job as jobKind, pod, type Job, type JobCondition, type JobStatus, type Pod } from '#kinds'
import { formatTime, is, selectorFrom } from '#machinery'
import { claim } from './claim.ts'
import { noFigures, type ControllerFigures, type JobAction } from './figures.ts'
import { count, type Count } from './job/count.ts'
import { Failures } from './job/failures.ts'
import { parseIndexes } from './job/indexes.ts'
import { plan, type Plan } from './job/plan.ts'
import { isIndexed, isTracked, podFor, replacesOnlyFailed, trackingFinalizer } from './job/pods.ts'
import { isOver, untilDeadline, verdictOf, type End } from './job/verdict.ts'
import { isActive, isFinished, isReady, isTerminating } from './pod-state.ts'
import { slowStart } from './replicas/batches.ts'
import { candidates } from './replicas/candidates.ts'
import { restOf } from './replicas/rest.ts'
import { isNamespaceTerminating } from './replicas/reconcile.ts'

/** Tracked pods by the job that controls them, also when it is gone. */
const trackedPods = indexOf(pod, (p) => { const owner = controllerOf(p); return isTracked(p) && owner?.kind === 'Job' ? [`${p.metadata.namespace ?? ''}/${owner.name}`] : [] })

/** Runs pods until so many have succeeded. */
export function jobController(figures = noFigures): Controller<Job> {
  const failures = new Failures()
  return {
    name: 'job', for: jobKind, owns: [pod],
    watches: [watching(pod, (p) => { const owner = controllerOf(p); return isTracked(p) && owner?.kind === 'Job' ? [{ name: owner.name, namespace: p.metadata.namespace }] : [] })],
    rests: ({ status }) => restOf((status.active ?? 0) + (status.terminating ?? 0)),

    async reconcile(job, cluster) {
      if (job.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller') return
      await releaseStrangers(job.metadata.name, job.metadata.namespace, job.metadata.uid, cluster)
      const pods = await claim(jobKind, job, pod, selectorFrom(job.spec.selector), candidates(job, cluster), cluster), now = cluster.clock.now()
      if (isOver(job)) { failures.forget(job.metadata); await release(pods.filter((p) => isTracked(p)), cluster); return }
      const look: { action: JobAction } = { action: 'reconciling' }
      try {
        const again = await attend(job, pods, look, now, cluster)
        figures.jobSynced(job, look.action, false, cluster.clock.now() - now)
        return again
      } catch (error) {
        figures.jobSynced(job, look.action, true, cluster.clock.now() - now)
        throw error
      }
    },

    // What was its pods' is nobody's to count any more.
    async reconcileDeleted({ name, namespace }, cluster) {
      failures.forget({ name, namespace })
      await releaseStrangers(name, namespace, undefined, cluster)
    },
  }

  /** Looks at a job that is not over; `look` is told what that led to. */
  async function attend(job: Job, pods: readonly Pod[], look: { action: JobAction }, now: number, cluster: Cluster): Promise<Again | void> {
    const failed = failures.note(job, pods), active = pods.filter(isActive), soFar = count(job, pods), decided = verdictOf(job, soFar, pods, now)
    const steps: Plan = decided ? { create: [], remove: active, againInMs: undefined } : job.metadata.deletionTimestamp ? { create: [], remove: [], againInMs: undefined } : plan(job, pods, active, soFar, failed, now)
    if (!decided && !job.metadata.deletionTimestamp) look.action = steps.create.length > 0 ? 'pods_created' : steps.remove.length > 0 ? 'pods_deleted' : 'tracking'
    // Pods that are merely too many are let go first, so that they do not count as failures.
    if (!decided) await release(steps.remove.filter(isTracked), cluster)
    const { error, made, unmade } = await execute(job, steps, cluster)
    figures.jobPodsMade(reasonOf(job, pods), made, unmade)
    // As long as a pod could not be stopped the job has not ended.
    const end = error && decided && steps.remove.length > 0 ? undefined : decided
    const counted = count(job, pods, end?.result ?? (job.metadata.deletionTimestamp ? 'Deleted' : undefined))
    const terminating = pods.filter((p) => isTerminating(p) && !isFinished(p)).length + steps.remove.length
    const left = active.length - steps.remove.length
    // The last word is said when every pod has ended and been counted.
    const isLast = end !== undefined && left === 0 && terminating === 0 && counted.release.length === 0 && job.status.conditions?.some((c) => c.type === targetOf(end))
    const status = statusOf(job, counted, { left, terminating, ready: active.filter((p) => isReady(p) && !steps.remove.includes(p)).length }, end, isLast ?? false, now)
    const written = await cluster.updateStatus(jobKind, job, status)
    tell(job, written, end, cluster)
    const before = countedIn(job.status), after = countedIn(written.status)
    figures.jobPodsFinished(job, after.succeeded - before.succeeded, after.failed - before.failed)
    const ended = indexesIn(job.status), endedNow = indexesIn(written.status)
    if (isIndexed(job)) figures.jobIndexesFinished(job, endedNow.succeeded - ended.succeeded, endedNow.failed - ended.failed)
    if (isLast) figures.jobFinished(job, end.result === 'Complete' ? 'succeeded' : 'failed', end.reason)
    await release(counted.release, cluster)
    if (error) throw error
    return soonest(steps.againInMs, untilDeadline(written, now))
  }
}
/** Pods that are counted as this, in the status and on their way into it. */
const countedIn = ({ succeeded = 0, failed = 0, uncountedTerminatedPods: on }: JobStatus) => ({ succeeded: succeeded + (on?.succeeded?.length ?? 0), failed: failed + (on?.failed?.length ?? 0) })

const indexesIn = ({ completedIndexes, failedIndexes }: JobStatus) => ({ succeeded: parseIndexes(completedIndexes).size, failed: parseIndexes(failedIndexes).size })
function reasonOf(job: Job, pods: readonly Pod[]): Parameters<ControllerFigures['jobPodsMade']>[0] {
  const haveFailed = countedIn(job.status).failed > 0 || pods.some(({ status }) => status.phase === 'Failed')
  if (!haveFailed && !pods.some((p) => isTerminating(p) && !isFinished(p))) return 'new'
  return haveFailed && replacesOnlyFailed(job) ? 'recreate_failed' : 'recreate_terminating_or_failed'
}

const soonest = (...waits: (number | undefined)[]): Again | void => {
  const known = waits.filter((wait) => wait !== undefined && wait > 0) as number[]
  if (known.length > 0) return { againIn: Math.min(...known) + 1 }
}

async function execute(job: Job, { create, remove }: Plan, cluster: Cluster): Promise<{ readonly error: unknown; readonly made: number; readonly unmade: number }> {
  const { events } = cluster
  const deleted = await Promise.allSettled(remove.map(async (victim) => {
    try {
      await cluster.delete(pod, victim)
      events.record(jobKind, job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${victim.metadata.name}`)
    } catch (failure) {
      events.record(jobKind, job, 'Warning', 'FailedDelete', `Error deleting: ${failure instanceof Error ? failure.message : String(failure)}`)
      throw failure
    }
  }))
  const undeleted = deleted.find((result) => result.status === 'rejected')
  if (undeleted) return { error: undeleted.reason, made: 0, unmade: 0 }
  let at = 0, done = 0, unmade = 0
  const { error } = await slowStart(create.length, async () => {
    const one = create[at++]
    try {
      const made = await cluster.create(pod, podFor(job, one?.index, one?.failures))
      done++
      events.record(jobKind, job, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`)
    } catch (failure) {
      unmade++
      if (isNamespaceTerminating(failure)) return
      events.record(jobKind, job, 'Warning', 'FailedCreate', `Error creating: ${failure instanceof Error ? failure.message : String(failure)}`)
      throw failure
    }
  })
  return { error, made: done, unmade }
}

/** Lets go of pods that have been counted. */
async function release(pods: readonly Pod[], cluster: Cluster): Promise<void> {
  for (const p of pods) {
    const finalizers = (p.metadata.finalizers ?? []).filter((name) => name !== trackingFinalizer)
    try {
      await cluster.patch(pod, p.metadata, 'merge', { metadata: { uid: p.metadata.uid, resourceVersion: p.metadata.resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null } })
    } catch (error) { if (!is(error, 'NotFound')) throw error }
  }
}
/** Pods of an earlier job of that name, or of one that is gone. */
async function releaseStrangers(name: string, namespace: string | undefined, uid: string | undefined, cluster: Cluster): Promise<void> {
  await release(cluster.by(trackedPods, `${namespace ?? ''}/${name}`).filter((p) => controllerOf(p)?.uid !== uid), cluster)
}

const targetOf = (end: End): string => (end.result === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget')

interface Now { readonly left: number; readonly terminating: number; readonly ready: number }
/** Zero counts are left out where the server does. */
function statusOf(job: Job, { status: counted }: Count, { left, terminating, ready }: Now, end: End | undefined, isLast: boolean, now: number): JobStatus {
  const time = formatTime(now), { suspend = false } = job.spec, { succeeded, failed } = counted.uncounted
  const suspended = job.status.conditions?.find((c) => c.type === 'Suspended')
  let conditions = job.status.conditions ?? []
  const set = (type: string, status: string, reason: string, message: string) => {
    const before = conditions.find((c) => c.type === type)
    if (before?.status === status && before.reason === reason && before.message === message) return
    const condition: JobCondition = { type, status, reason, message, lastProbeTime: time, lastTransitionTime: time }
    conditions = before ? conditions.map((c) => (c === before ? condition : c)) : [...conditions, condition]
  }
  if (end) {
    set(targetOf(end), 'True', end.reason, end.message)
    if (isLast) set(end.result, 'True', end.reason, end.message)
  } else if (suspend) set('Suspended', 'True', 'JobSuspended', 'Job suspended')
  else if (suspended?.status === 'True') set('Suspended', 'False', 'JobResumed', 'Job resumed')
  const resumed = !suspend && suspended?.status === 'True'
  // A job that is suspended has not begun: where its pods may go can be changed until it is resumed (KEP-5440).
  const startTime = suspend && !end ? undefined : resumed ? time : job.status.startTime ?? (suspend ? undefined : time)
  return {
    ...(left > 0 && { active: left }), ready, terminating,
    ...(counted.succeeded > 0 && { succeeded: counted.succeeded }), ...(counted.failed > 0 && { failed: counted.failed }),
    ...(counted.completedIndexes !== undefined && { completedIndexes: counted.completedIndexes }), ...(counted.failedIndexes !== undefined && { failedIndexes: counted.failedIndexes }),
    uncountedTerminatedPods: { ...(succeeded.length > 0 && { succeeded: [...succeeded] }), ...(failed.length > 0 && { failed: [...failed] }) },
    ...(startTime !== undefined && { startTime }), ...(isLast && end?.result === 'Complete' && { completionTime: time }), ...(conditions.length > 0 && { conditions: [...conditions] }),
  }
}

/** Events for what has just become true. */
function tell(before: Job, after: Job, end: End | undefined, cluster: Cluster): void {
  const became = (type: string, status = 'True') => after.status.conditions?.some((c) => c.type === type && c.status === status) && !before.status.conditions?.some((c) => c.type === type && c.status === status)
  const say = (type: 'Normal' | 'Warning', reason: string, message: string) => cluster.events.record(jobKind, after, type, reason, message)
  if (became('Suspended')) say('Normal', 'Suspended', 'Job suspended')
  if (became('Suspended', 'False')) say('Normal', 'Resumed', 'Job resumed')
  if (became('Complete') && before.spec.completions !== undefined && (after.status.succeeded ?? 0) > before.spec.completions) say('Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached')
  if (became('Complete')) say('Normal', 'Completed', 'Job completed')
  if (became('Failed') && end) say('Warning', end.reason, end.message)
}
