// What a job may report of itself. Whoever manages it, others rely on its states: an end is final, and its parts fit together. Most rules
// speak only of what a change changes, so that a report which was odd before can still be made better.
import { duplicateValue, invalidAsWhole, invalidValue, requiredValue, same, type FieldError } from '#machinery'
import { atLeastZero } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { uncountedPodsForm } from '../go-forms.ts'
import { countIndexes, firstCommonIndex } from './indexes.ts'
import type { JobSpec, JobStatus } from './job.ts'

interface JobLike { readonly spec: JobSpec; readonly status: JobStatus }
type Word = 'Complete' | 'Failed' | 'Suspended' | 'FailureTarget' | 'SuccessCriteriaMet'

export const holds = ({ conditions }: JobStatus, type: Word): boolean => conditions?.some((c) => c.type === type && c.status === 'True') ?? false
const isOver = (status: JobStatus): boolean => holds(status, 'Complete') || holds(status, 'Failed')

export function validateJobStatus(job: JobLike, old: JobLike): FieldError[] {
  const { status } = job
  return [
    ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) => atLeastZero(status[field], `status.${field}`)),
    ...validateUncounted(status), ...validateEnd(job, old), ...validateIndexes(job, old), ...validatePods(status, old.status), ...validateSuccess(job), ...validateCourse(job, old),
  ]
}

/** Pods that have ended and are not counted yet: each once. */
function validateUncounted({ uncountedTerminatedPods: uncounted }: JobStatus): FieldError[] {
  const seen = new Set<string>()
  return (['succeeded', 'failed'] as const).flatMap((list) => (uncounted?.[list] ?? []).flatMap((uid, i) => {
    const at = `status.uncountedTerminatedPods.${list}[${i}]`
    if (uid === '') return [invalidValue(at, uid, 'must not be empty')]
    if (seen.has(uid)) return [duplicateValue(at, uid)]
    seen.add(uid)
    return []
  }))
}

const conditionsAt = 'status.conditions'
/** Conditions that say that a job is over, and what must be there beside them. */
function validateEnd({ spec, status }: JobLike, { status: before }: JobLike): FieldError[] {
  const errors: FieldError[] = [], refuse = (why: string) => errors.push(invalidAsWhole(conditionsAt, why))
  const complete = holds(status, 'Complete'), failed = holds(status, 'Failed'), over = isOver(status)
  const turned = (...words: Word[]) => words.some((word) => holds(status, word) !== holds(before, word))
  const changed = (...fields: (keyof JobStatus)[]) => fields.some((field) => !same(status[field], before[field]))
  const { completionTime: ended, startTime: started, active = 0, uncountedTerminatedPods: uncounted } = status, endChanged = turned('Complete') || changed('completionTime')
  const overChanged = over !== isOver(before), refusedEnd = (why: string) => errors.push(invalidValue('status.completionTime', ended, why))
  if (turned('Complete', 'Failed') && complete && failed) refuse('cannot set Complete=True and Failed=true conditions')
  if (turned('Complete', 'FailureTarget') && complete && holds(status, 'FailureTarget')) refuse('cannot set Complete=True and FailureTarget=true conditions')
  if (endChanged && ended && !complete) refusedEnd('cannot set completionTime when there is no Complete=True condition')
  if (endChanged && !ended && complete) errors.push(requiredValue('status.completionTime', 'completionTime is required for Complete jobs'))
  if (changed('startTime', 'completionTime') && started && ended && Date.parse(ended) < Date.parse(started)) refusedEnd('completionTime cannot be set before startTime')
  if ((turned('Failed') || changed('failedIndexes')) && failed && !holds(status, 'FailureTarget'))
    refuse('cannot set Failed=True condition without the FailureTarget=true condition')
  if (turned('Complete', 'SuccessCriteriaMet') && complete && !holds(status, 'SuccessCriteriaMet'))
    refuse('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  if ((overChanged || changed('active')) && active > 0 && over) errors.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'))
  // A suspended job of no completions is over before it began.
  const neverStarts = spec.suspend === true && spec.completions === 0
  if ((overChanged || changed('startTime')) && !neverStarts && !started && over) errors.push(requiredValue('status.startTime', 'startTime is required for finished job'))
  if ((overChanged || changed('uncountedTerminatedPods')) && over && uncounted && (uncounted.failed?.length ?? 0) + (uncounted.succeeded?.length ?? 0) > 0)
    errors.push(invalidValue('status.uncountedTerminatedPods', goForm(uncountedPodsForm, uncounted), 'uncountedTerminatedPods needs to be empty for finished job'))
  return errors
}

function validateIndexes({ spec, status }: JobLike, { status: before }: JobLike): FieldError[] {
  const errors: FieldError[] = [], { completions, backoffLimitPerIndex } = spec, { completedIndexes = '', failedIndexes } = status
  const completedChanged = completedIndexes !== (before.completedIndexes ?? ''), failedChanged = failedIndexes !== before.failedIndexes
  const readable = (field: string, text: string) => {
    const read = countIndexes(text, completions ?? 0)
    if (typeof read === 'string') errors.push(invalidValue(`status.${field}`, text, `error parsing ${field}: ${read}`))
  }
  if (completedChanged && completions !== undefined) readable('completedIndexes', completedIndexes)
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined) readable('failedIndexes', failedIndexes)
  if (completedChanged && completedIndexes && spec.completionMode !== 'Indexed')
    errors.push(invalidValue('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'))
  if (failedChanged && backoffLimitPerIndex === undefined && failedIndexes !== undefined)
    errors.push(invalidValue('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'))
  if ((failedChanged || completedChanged) && completions !== undefined && failedIndexes !== undefined) {
    const both = firstCommonIndex(completedIndexes, failedIndexes, completions)
    if (both !== undefined) errors.push(invalidValue('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${both}`))
  }
  return errors
}

function validatePods(status: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [], { terminating, ready, active = 0 } = status, over = isOver(status)
  if ((over !== isOver(before) || terminating !== before.terminating) && (terminating ?? 0) > 0 && over)
    errors.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'))
  if ((ready !== before.ready || active !== (before.active ?? 0)) && (ready ?? 0) > active)
    errors.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'))
  return errors
}

function validateSuccess({ spec, status }: JobLike): FieldError[] {
  const met = holds(status, 'SuccessCriteriaMet'), errors: string[] = []
  if (met && holds(status, 'Failed')) errors.push('cannot set SuccessCriteriaMet=True and Failed=true conditions')
  if (met && holds(status, 'FailureTarget')) errors.push('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  if (spec.successPolicy && !met && holds(status, 'Complete')) errors.push('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')
  return errors.map((why) => invalidAsWhole(conditionsAt, why))
}

/** What may not be taken back. */
function validateCourse({ spec, status }: JobLike, { status: before }: JobLike): FieldError[] {
  const errors: FieldError[] = (['Failed', 'Complete', 'FailureTarget'] as const).filter((word) => holds(before, word) && !holds(status, word))
    .map((word) => invalidAsWhole(conditionsAt, `cannot disable the terminal ${word}=True condition`))
  const met = holds(status, 'SuccessCriteriaMet'), wasMet = holds(before, 'SuccessCriteriaMet')
  const fell = (field: 'failed' | 'succeeded') => {
    if ((status[field] ?? 0) < (before[field] ?? 0)) errors.push(invalidValue(`status.${field}`, status[field] ?? 0, `cannot decrease the ${field} counter`))
  }
  fell('failed')
  // An indexed job with a pod for each completion can be made smaller.
  if (spec.completionMode !== 'Indexed' || spec.completions !== spec.parallelism) fell('succeeded')
  if (status.completionTime && before.completionTime && status.completionTime !== before.completionTime)
    errors.push(invalidValue('status.completionTime', status.completionTime, 'completionTime cannot be mutated'))
  const resumed = holds(before, 'Suspended') && !holds(status, 'Suspended')
  if (before.startTime && status.startTime !== before.startTime && spec.suspend !== true && !resumed)
    errors.push(invalidValue('status.startTime', status.startTime ?? null, 'field is immutable for unsuspended job once set'))
  if (wasMet && !met) errors.push(invalidAsWhole(conditionsAt, 'cannot disable the SuccessCriteriaMet=True condition'))
  if (holds(before, 'Complete') && !wasMet && met) errors.push(invalidAsWhole(conditionsAt, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'))
  return errors
}
