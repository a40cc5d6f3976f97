// What is wrong with jobs, and with changes of them.
import { invalidValue, isDNS1123Label, notSupported, requiredValue, same, tooLong, validateLabelSelector, type AnyObject, type FieldError } from '#machinery'
import { atLeastZero, hasOddValue, immutableField, sortedMap, validateDomainPrefixedPath } from '../checks.ts'
import type { Container } from '../core/pod/container.ts'
import { inReference } from '../core/pod/validate-pod.ts'
import { readSelector, validatePodTemplate } from '../core/pod/validate-template.ts'
import { goForm } from '../go-diff.ts'
import { failurePolicyForm, podSpecForm, successPolicyForm } from '../go-forms.ts'
import { jobLabels } from './job-rules.ts'
import type { JobSpec, JobStatus } from './job.ts'
import { validateFailurePolicy, validateSuccessPolicy } from './validate-job-policies.ts'
import { holds, validateJobStatus } from './validate-job-status.ts'

type JobLike = AnyObject & { spec: JobSpec; status: JobStatus }
const mostIndexes = 100_000, managerLimit = 63
/** With so many completions, what is kept of each index must be little: this many pods at once, this many failures. */
const manyCompletions = 100_000, limitForMany = 10_000

export function validateJob(job: JobLike, old?: JobLike, subresource?: string): FieldError[] {
  if (old && subresource === 'status') return validateJobStatus(job, old)
  return [...validateGenerated(job, old), ...validateSelected(job.spec, 'spec', hasOddValue(old?.spec.selector)), ...validateHostnames(job)]
}
/** A change is looked at as a whole once more. */
export const validateJobChange = ({ spec }: JobLike, old: JobLike): FieldError[] =>
  [...validateSelected(spec, 'spec', hasOddValue(old.spec.selector)), ...validateChange(spec, old.spec, old.status)]

/** Jobs made before the labels had a domain go on without those that have. */
function validateGenerated({ metadata, spec }: JobLike, old: JobLike | undefined): FieldError[] {
  if (spec.manualSelector || !spec.selector) return []
  const errors: FieldError[] = [], { labels } = spec.template.metadata, had = old?.spec.template.metadata.labels ?? {}
  const prefixed = !old || (had[jobLabels.name[0]] !== undefined && had[jobLabels.uid[0]] !== undefined)
  const expected = { [jobLabels.uid[1]]: metadata.uid, [jobLabels.name[1]]: metadata.name,
    ...(prefixed && { [jobLabels.uid[0]]: metadata.uid, [jobLabels.name[0]]: metadata.name }) }
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`
    if (labels?.[key] === undefined) errors.push(requiredValue(at, `must be '${value}'`))
    else if (labels[key] !== value) errors.push(invalidValue(at, sortedMap(labels), `must be '${value}'`))
  }
  const selector = readSelector(spec.selector)
  if (selector && !selector.matches(expected)) errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'))
  return errors
}
/** The last pod of an indexed job is named after the job. */
function validateHostnames({ metadata, spec }: JobLike): FieldError[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions) return []
  const last = `${metadata.name}-${spec.completions - 1}`
  return isDNS1123Label(last).length ? [invalidValue('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${last}`)] : []
}

function validateSelected(spec: JobSpec, at: string, anyValue: boolean): FieldError[] {
  const errors = validateJobSpec(spec, at), { labels } = spec.template.metadata
  errors.push(...(spec.selector ? validateLabelSelector(spec.selector, `${at}.selector`, { anyValue }) : [requiredValue(`${at}.selector`)]))
  const selector = readSelector(spec.selector)
  if (selector && !selector.matches(labels)) errors.push(invalidValue(`${at}.template.metadata.labels`, sortedMap(labels), '`selector` does not match template `labels`'))
  return errors
}

/** Everything but the selector, which cron jobs' templates do not have. */
export function validateJobSpec(spec: JobSpec, at: string): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex',
    'maxFailedIndexes'] as const) errors.push(...atLeastZero(spec[field], `${at}.${field}`))
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) errors.push(requiredValue(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  if (spec.managedBy !== undefined) {
    errors.push(...validateDomainPrefixedPath(spec.managedBy, `${at}.managedBy`))
    if (spec.managedBy.length > managerLimit) errors.push(tooLong(`${at}.managedBy`, managerLimit))
  }
  errors.push(...validateIndexes(spec, at))
  if (spec.podFailurePolicy) errors.push(...validateFailurePolicy(spec, `${at}.podFailurePolicy`))
  if (spec.successPolicy) {
    if (spec.completionMode === 'Indexed') errors.push(...validateSuccessPolicy(spec, `${at}.successPolicy`))
    else errors.push(invalidValue(`${at}.successPolicy`, goForm(successPolicyForm, spec.successPolicy), 'requires indexed completion mode'))
  }
  const { podReplacementPolicy: replacement } = spec
  if (replacement !== undefined) {
    const words = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
    if (!words.includes(replacement)) errors.push(notSupported(`${at}.podReplacementPolicy`, replacement, words))
  }
  errors.push(...validatePodTemplate(spec.template, `${at}.template`))
  const { restartPolicy = '' } = spec.template.spec, here = `${at}.template.spec.restartPolicy`
  if (restartPolicy === '' || restartPolicy === 'Always') errors.push(requiredValue(here, 'valid values: "OnFailure", "Never"'))
  else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') errors.push(notSupported(here, restartPolicy, ['OnFailure', 'Never']))
  else if (spec.podFailurePolicy && restartPolicy !== 'Never') errors.push(invalidValue(here, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified'))
  return errors
}

function validateIndexes(spec: JobSpec, at: string): FieldError[] {
  const errors: FieldError[] = []
  const { completionMode: mode, completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') errors.push(notSupported(`${at}.completionMode`, mode, ['NonIndexed', 'Indexed']))
  if (mode === 'Indexed') {
    if (completions === undefined) errors.push(requiredValue(`${at}.completions`, 'when completion mode is Indexed'))
    if ((parallelism ?? 0) > mostIndexes) errors.push(invalidValue(`${at}.parallelism`, parallelism,
      `must be less than or equal to ${mostIndexes} when completion mode is Indexed`))
    if (completions !== undefined && (maxFailedIndexes ?? 0) > completions) errors.push(invalidValue(`${at}.maxFailedIndexes`, maxFailedIndexes,
      'must be less than or equal to completions'))
    if ((maxFailedIndexes ?? 0) > mostIndexes) errors.push(invalidValue(`${at}.maxFailedIndexes`, maxFailedIndexes, `must be less than or equal to ${mostIndexes}`))
    if ((completions ?? 0) > manyCompletions && backoffLimitPerIndex !== undefined) errors.push(...validateMany(spec, at))
  } else if (mode === undefined || mode === 'NonIndexed') {
    if (backoffLimitPerIndex !== undefined) errors.push(invalidValue(`${at}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'))
    if (maxFailedIndexes !== undefined) errors.push(invalidValue(`${at}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'))
  }
  return errors
}

function validateMany({ maxFailedIndexes, parallelism }: JobSpec, at: string): FieldError[] {
  const few = (field: string, value: number | undefined) => ((value ?? 0) > limitForMany
    ? [invalidValue(`${at}.${field}`, value, `must be less than or equal to ${limitForMany} when completions are above ${manyCompletions} and used with backoff limit per index`)] : [])
  return [
    ...(maxFailedIndexes === undefined ? [requiredValue(`${at}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`)] : []),
    ...few('parallelism', parallelism), ...few('maxFailedIndexes', maxFailedIndexes),
  ]
}

function validateChange(spec: JobSpec, old: JobSpec, status: JobStatus): FieldError[] {
  const fixed = (field: 'completionMode' | 'backoffLimitPerIndex' | 'managedBy') => immutableField(spec[field], old[field], `spec.${field}`)
  const { podFailurePolicy: failure, successPolicy: success } = spec
  return [
    ...validateCompletions(spec, old), ...immutableField(spec.selector, old.selector, 'spec.selector'), ...validateTemplateChange(spec, old, status), ...fixed('completionMode'),
    ...(same(failure, old.podFailurePolicy) ? [] : [invalidValue('spec.podFailurePolicy', failure && goForm(failurePolicyForm, failure), 'field is immutable')]),
    ...fixed('backoffLimitPerIndex'), ...fixed('managedBy'),
    ...(same(success, old.successPolicy) ? [] : [invalidValue('spec.successPolicy', success && goForm(successPolicyForm, success), 'field is immutable')]),
  ]
}
/** Indexed jobs grow and shrink, with as many pods at once as completions; that they have completions is said elsewhere. */
function validateCompletions({ completionMode, completions, parallelism }: JobSpec, old: JobSpec): FieldError[] {
  if (completionMode !== 'Indexed') return immutableField(completions, old.completions, 'spec.completions')
  return completions === undefined || completions === old.completions || completions === parallelism ? []
    : [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
}

/** While a job is suspended, where its pods go may change, and, once none is left, what they ask for. */
function validateTemplateChange({ template: { metadata, spec } }: JobSpec, old: JobSpec, status: JobStatus): FieldError[] {
  const before = old.template, suspended = old.suspend === true
  const idle = suspended && holds(status, 'Suspended') && !status.active
  let now = spec, meta = metadata
  if (idle) now = { ...now, containers: withResourcesOf(before.spec.containers, now.containers),
    ...(now.initContainers && { initContainers: withResourcesOf(before.spec.initContainers, now.initContainers) }) }
  if (idle || (suspended && status.startTime === undefined)) {
    const { nodeSelector, tolerations, schedulingGates, affinity } = before.spec
    const onlyNodes = same({ ...spec.affinity, nodeAffinity: undefined }, { ...affinity, nodeAffinity: undefined })
    now = replaced(now, { nodeSelector, tolerations, schedulingGates, ...(onlyNodes && { affinity }) })
    meta = replaced(metadata, { annotations: before.metadata.annotations, labels: before.metadata.labels })
  }
  return [
    ...(same(meta, before.metadata) ? [] : [invalidValue('spec.template.metadata', metadata, 'field is immutable')]),
    ...(same(now, before.spec) ? [] : [invalidValue('spec.template.spec', goForm(podSpecForm, inReference(spec)), 'field is immutable')]),
  ]
}
/** A template may come without containers: they are null then. */
const withResourcesOf = <Some extends readonly Container[] | null>(before: readonly Container[] | undefined, now: Some): Some | Container[] =>
  now?.map((c, i) => (before?.[i] ? { ...c, resources: before[i].resources } : c)) ?? now
/** A copy with other values for some fields; undefined takes a field away. */
function replaced<T extends object>(object: T, fields: { [K in keyof T]?: T[K] | undefined }): T {
  const out = { ...object }
  for (const key in fields) {
    const value = fields[key as keyof T]
    if (value === undefined) delete out[key as keyof T]
    else out[key as keyof T] = value
  }
  return out
}
