import { controlledBy, controllerOf, reference, type Again, type Cluster, type Controller } from '#client'
import { cronJob, job as jobKind, type CronJob, type CronJobStatus, type Job } from '#kinds'
import { formatTime, is, type New } from '#machinery'
import { formatIn, formatRfc1123, lastDue, parseSchedule, ScheduleError, type Schedule } from './cronjob/schedule.ts'
import { noFigures, type ControllerFigures } from './figures.ts'
import { createdAt, timeOf } from './pod-state.ts'
import { isNamespaceTerminating } from './replicas/reconcile.ts'

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** A little after the time itself, so that it has surely come. */
const lateMs = 100

/** Makes a job whenever the schedule comes due. */
export function cronJobController(figures = noFigures): Controller<CronJob> {
  /** By uid: the schedule that was last gone by. */
  const schedules = new Map<string, { readonly key: string; readonly says: string }>()
  return {
    name: 'cronjob', for: cronJob, owns: [jobKind],

    async reconcile(cron, cluster) {
      const key = `${cron.metadata.namespace ?? ''}/${cron.metadata.name}`, says = JSON.stringify([cron.spec.schedule, cron.spec.timeZone]), before = schedules.get(cron.metadata.uid)
      schedules.set(cron.metadata.uid, { key, says })
      return before !== undefined && before.says !== says ? awaitNew(cron, cluster) : attend(cron, cluster, figures)
    },
    async reconcileDeleted({ namespace = '', name }) {
      for (const [uid, { key }] of schedules) if (key === `${namespace}/${name}`) schedules.delete(uid)
    },
  }
}

/** A schedule that has just been changed: its times that would have been are not made up for, the next one is waited for. */
function awaitNew(cron: CronJob, cluster: Cluster): Again | void {
  try { return nextLook(parseSchedule(cron.spec.schedule, cron.spec.timeZone), cluster.clock.now()) } catch (error) { if (!(error instanceof ScheduleError)) throw error }
}

async function attend(cron: CronJob, cluster: Cluster, figures: ControllerFigures): Promise<Again | void> {
  const jobs = cluster.list(jobKind, { namespace: cron.metadata.namespace, owner: cron }).filter((j) => controllerOf(j)?.uid === cron.metadata.uid)
  const looked = await cluster.updateStatus(cronJob, cron, await lookAfter(cron, jobs, cluster)), { status } = looked
  await forgetFinished(cron, jobs, cluster)
  if (cron.metadata.deletionTimestamp || cron.spec.suspend) return
  const schedule = readSchedule(cron, cluster)
  if (!schedule) return
  const again = nextLook(schedule, cluster.clock.now())
  const at = dueAt(cron, schedule, cluster)
  if (at === undefined || !await mayStart(cron, at, status, jobs, cluster)) return again
  const name = `${cron.metadata.name}-${Math.floor(at / 60_000)}`
  const made = await makeJob(cron, name, at, cluster)
  if (!made) return again
  figures.cronJobStarted(createdAt(made) - at)
  const remaining = cron.spec.concurrencyPolicy === 'Replace' ? [] : status.active ?? []
  await cluster.updateStatus(cronJob, looked, { ...status, active: [...remaining, reference(jobKind, made)], lastScheduleTime: formatTime(at) })
  return again
}

const say = (cron: CronJob, cluster: Cluster, type: 'Normal' | 'Warning', reason: string, message: string) => cluster.events.record(cronJob, cron, type, reason, message)
const endOf = (job: Job) => job.status.conditions?.find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')
const nextLook = (schedule: Schedule, now: number): Again | void => {
  const next = schedule.next(now)
  if (next !== undefined) return { againIn: next - now + lateMs }
}

/** The list of jobs under way, and when one last succeeded. */
async function lookAfter(cron: CronJob, jobs: readonly Job[], cluster: Cluster): Promise<CronJobStatus> {
  let active = cron.status.active ?? [], lastSuccess = cron.status.lastSuccessfulTime
  for (const j of jobs) {
    const listed = active.some(({ uid }) => uid === j.metadata.uid), end = endOf(j)
    if (!listed && !end && !j.metadata.deletionTimestamp) say(cron, cluster, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${j.metadata.name}`)
    if (!end) continue
    if (listed) {
      active = active.filter(({ uid }) => uid !== j.metadata.uid)
      say(cron, cluster, 'Normal', 'SawCompletedJob', `Saw completed job: ${j.metadata.name}, condition: ${end.type}`)
    }
    const done = j.status.completionTime
    if (end.type === 'Complete' && done && (timeOf(done) ?? 0) > (timeOf(lastSuccess) ?? 0)) lastSuccess = done
  }
  for (const entry of active) {
    if (jobs.some((j) => j.metadata.uid === entry.uid)) continue
    if (await exists(entry.name ?? '', cron.metadata.namespace, entry.uid, cluster)) continue
    say(cron, cluster, 'Normal', 'MissingJob', `Active job went missing: ${entry.name ?? ''}`)
    active = active.filter(({ uid }) => uid !== entry.uid)
  }
  const { active: _, ...rest } = cron.status
  return { ...rest, ...(active.length > 0 && { active }), ...(lastSuccess !== undefined && { lastSuccessfulTime: lastSuccess }) }
}
async function exists(name: string, namespace: string | undefined, uid: string | undefined, cluster: Cluster): Promise<boolean> {
  try { return (await cluster.client.get(jobKind, { name, namespace })).metadata.uid === uid } catch (error) {
    if (is(error, 'NotFound')) return false
    throw error
  }
}

function readSchedule(cron: CronJob, cluster: Cluster): Schedule | undefined {
  const { schedule, timeZone } = cron.spec
  if (schedule.includes('TZ')) say(cron, cluster, 'Warning', 'UnsupportedSchedule', `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`)
  try { return parseSchedule(schedule, timeZone) } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    if (timeZone !== undefined && /time ?zone/i.test(error.message)) say(cron, cluster, 'Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`)
    else say(cron, cluster, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${error.message}`)
    return undefined
  }
}

/** The last time that came due and has not been seen to. */
function dueAt(cron: CronJob, schedule: Schedule, cluster: Cluster): number | undefined {
  const now = cluster.clock.now(), deadline = cron.spec.startingDeadlineSeconds, last = timeOf(cron.status.lastScheduleTime) ?? createdAt(cron)
  if (schedule.next(last) === undefined) say(cron, cluster, 'Warning', 'InvalidSchedule', `invalid schedule: ${cron.spec.schedule} : time difference between two schedules is less than 1 second`)
  const { at, tooMany } = lastDue(schedule, deadline === undefined ? last : Math.max(last, now - deadline * 1000), now)
  if (tooMany) say(cron, cluster, 'Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew')
  if (at !== undefined && deadline !== undefined && at + deadline * 1000 < now) {
    say(cron, cluster, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${formatRfc1123(at)}`)
    return undefined
  }
  return at
}

async function mayStart(cron: CronJob, at: number, status: CronJobStatus, jobs: readonly Job[], cluster: Cluster): Promise<boolean> {
  const name = `${cron.metadata.name}-${Math.floor(at / 60_000)}`, active = status.active ?? []
  if (active.some((entry) => entry.name === name) || timeOf(status.lastScheduleTime) === at) return false
  if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    say(cron, cluster, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid')
    return false
  }
  if (cron.spec.concurrencyPolicy === 'Replace') for (const entry of active) {
    const running = jobs.find((j) => j.metadata.uid === entry.uid)
    if (running) await remove(cron, running, cluster)
  }
  return true
}

async function makeJob(cron: CronJob, name: string, at: number, cluster: Cluster): Promise<Job | undefined> {
  const { metadata, spec } = cron.spec.jobTemplate
  const wanted: New<Job> = {
    metadata: { name, namespace: cron.metadata.namespace ?? '', ownerReferences: [controlledBy(cronJob, cron)], ...(metadata.labels && { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [scheduledAnnotation]: formatIn(at, cron.spec.timeZone) } },
    spec,
  }
  try {
    const made = await cluster.create(jobKind, wanted)
    say(cron, cluster, 'Normal', 'SuccessfulCreate', `Created job ${name}`)
    return made
  } catch (error) {
    if (is(error, 'AlreadyExists')) {
      // Ours, from before a restart: it only has to be noted. Another's: this time is missed.
      const there = await cluster.client.get(jobKind, { name, namespace: cron.metadata.namespace })
      return controllerOf(there)?.uid === cron.metadata.uid ? there : undefined
    }
    if (isNamespaceTerminating(error)) throw error
    say(cron, cluster, 'Warning', 'FailedCreate', `Error creating job: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  }
}

/** Of the finished jobs only so many are kept, the newest. */
async function forgetFinished(cron: CronJob, jobs: readonly Job[], cluster: Cluster): Promise<void> {
  for (const [type, limit] of [['Complete', cron.spec.successfulJobsHistoryLimit], ['Failed', cron.spec.failedJobsHistoryLimit]] as const) {
    if (limit === undefined) continue
    const finished = jobs.filter((j) => endOf(j)?.type === type).toSorted((a, b) => (timeOf(a.status.startTime) ?? createdAt(a)) - (timeOf(b.status.startTime) ?? createdAt(b)) || (a.metadata.name < b.metadata.name ? -1 : 1))
    for (const old of finished.slice(0, Math.max(0, finished.length - limit))) await remove(cron, old, cluster)
  }
}
async function remove(cron: CronJob, job: Job, cluster: Cluster): Promise<void> {
  try { await cluster.delete(jobKind, job, { propagationPolicy: 'Background' }) } catch (error) {
    say(cron, cluster, 'Warning', 'FailedDelete', `Deleted job: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  }
  say(cron, cluster, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`)
}
