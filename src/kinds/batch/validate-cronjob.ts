import { invalidValue, notSupported, requiredValue, type AnyObject, type FieldError } from '#machinery'
import { atLeastZero, oneOf } from '../checks.ts'
import type { CronJobSpec } from './cronjob.ts'
import { parseSchedule, ScheduleError } from './schedule.ts'
import { zoneProblem } from './time-zone.ts'
import { validateJobSpec } from './validate-job.ts'

/** Jobs are named after their cron job: eleven characters more. */
const nameLimit = 52

type CronJobLike = AnyObject & { spec: CronJobSpec }
export function validateCronJob({ metadata, spec }: CronJobLike, old?: CronJobLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return []
  const { schedule, concurrencyPolicy = '', jobTemplate } = spec
  const job = 'spec.jobTemplate.spec'
  return [
    ...(schedule ? validateSchedule(spec, old?.spec, 'spec.schedule') : [requiredValue('spec.schedule')]),
    ...atLeastZero(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...(old && old.spec.timeZone === spec.timeZone ? [] : validateTimeZone(spec.timeZone, 'spec.timeZone')),
    ...(concurrencyPolicy ? oneOf(concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy') : [requiredValue('spec.concurrencyPolicy')]),
    ...validateJobSpec(jobTemplate.spec, job),
    ...(jobTemplate.spec.selector ? [invalidValue(`${job}.selector`, jobTemplate.spec.selector, '`selector` will be auto-generated')] : []),
    ...(jobTemplate.spec.manualSelector ? [notSupported(`${job}.manualSelector`, true, ['nil', 'false'])] : []),
    ...atLeastZero(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'), ...atLeastZero(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    ...(!old && metadata.name.length > nameLimit ? [invalidValue('metadata.name', metadata.name, `must be no more than ${nameLimit} characters`)] : []),
  ]
}

function validateSchedule({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined, at: string): FieldError[] {
  const errors: FieldError[] = []
  try { parseSchedule(schedule) } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    errors.push(invalidValue(at, schedule, error.message))
  }
  if (schedule.includes('TZ')) {
    if (!old?.schedule.includes('TZ')) errors.push(invalidValue(at, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
    else if (timeZone !== undefined) errors.push(invalidValue(at, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  return errors
}
function validateTimeZone(zone: string | undefined, at: string): FieldError[] {
  if (zone === undefined) return []
  if (zone === '') return [invalidValue(at, zone, 'timeZone must be nil or non-empty string')]
  const parts = zone.split('/'), problem = zoneProblem(zone)
  if (parts.some((part) => part === '.' || part === '..' || part.startsWith('-') || !/^[A-Za-z._0-9+-]{1,14}$/.test(part)))
    return [invalidValue(at, zone, `unknown time zone ${zone}`)]
  return [
    ...(zone.toLowerCase() === 'local' ? [invalidValue(at, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')] : []),
    ...(problem === undefined ? [] : [invalidValue(at, zone, problem)]),
  ]
}
