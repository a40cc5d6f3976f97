// What is wrong with jobs, and with changes of them.
import {
  invalidValue, isDNS1123Label, isQualifiedName, notSupported, requiredValue, same, tooLong, tooMany, validateLabelSelector, type AnyObject, type FieldError,
} from '#machinery'
import { atLeastZero, failing, immutableField, oneOf, sortedMap, validateDomainPrefixedPath } from '../checks.ts'
import { inReference } from '../core/pod/validate-pod.ts'
import { readSelector, validatePodTemplate } from '../core/pod/validate-template.ts'
import { goForm } from '../go-diff.ts'
import { podSpecForm } from '../go-forms.ts'
import { jobLabels } from './job-rules.ts'
import type { JobSpec, JobStatus, PodFailurePolicyRule } from './job.ts'

type JobLike = AnyObject & { spec: JobSpec; status: JobStatus }
const mostIndexes = 100_000, managerLimit = 63, mostRules = 20, mostExitCodes = 255, mostPatterns = 20

export function validateJob(job: JobLike, old?: JobLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateStatus(job.status)
  const errors = [...validateGenerated(job), ...validateSelected(job.spec, 'spec'), ...validateHostnames(job)]
  // An update is looked at as a whole twice, as in the reference.
  return old ? [...errors, ...validateSelected(job.spec, 'spec'), ...validateChange(job.spec, old.spec, old.status)] : errors
}

function validateGenerated({ metadata, spec }: JobLike): FieldError[] {
  if (spec.manualSelector || !spec.selector) return []
  const errors: FieldError[] = [], { labels } = spec.template.metadata
  const expected = { [jobLabels.uid[1]]: metadata.uid, [jobLabels.name[1]]: metadata.name, [jobLabels.uid[0]]: metadata.uid, [jobLabels.name[0]]: metadata.name }
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`
    if (labels?.[key] === undefined) errors.push(requiredValue(at, `must be '${value}'`))
    else if (labels[key] !== value) errors.push(invalidValue(at, sortedMap(labels), `must be '${value}'`))
  }
  const selector = readSelector(spec.selector)
  if (selector && !selector.matches({ [jobLabels.uid[0]]: metadata.uid, [jobLabels.uid[1]]: metadata.uid })) errors.push(invalidValue('spec.selector', spec.selector,
    '`selector` not auto-generated'))
  return errors
}
/** The last pod of an indexed job is named after the job. */
function validateHostnames({ metadata, spec }: JobLike): FieldError[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions) return []
  const last = `${metadata.name}-${spec.completions - 1}`
  return isDNS1123Label(last).length ? [invalidValue('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${last}`)] : []
}

function validateSelected(spec: JobSpec, at: string): FieldError[] {
  const errors = validateJobSpec(spec, at), { labels } = spec.template.metadata
  errors.push(...(spec.selector ? validateLabelSelector(spec.selector, `${at}.selector`) : [requiredValue(`${at}.selector`)]))
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
    else errors.push(invalidValue(`${at}.successPolicy`, { Rules: (spec.successPolicy.rules ?? []).map((r) =>
      ({ SucceededIndexes: r.succeededIndexes ?? null, SucceededCount: r.succeededCount ?? null })) }, 'requires indexed completion mode'))
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
  } else {
    if (backoffLimitPerIndex !== undefined) errors.push(invalidValue(`${at}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'))
    if (maxFailedIndexes !== undefined) errors.push(invalidValue(`${at}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'))
  }
  return errors
}

function validateFailurePolicy(spec: JobSpec, at: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const names = new Set([...(spec.template.spec.containers ?? []), ...(spec.template.spec.initContainers ?? [])].map((c) => c.name))
  if (rules.length > mostRules) return [tooMany(`${at}.rules`, rules.length, mostRules)]
  return rules.flatMap((rule, i) => validateFailureRule(rule, spec, names, `${at}.rules[${i}]`))
}
function validateFailureRule({ action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, spec: JobSpec, names: ReadonlySet<string>, at: string): FieldError[] {
  const errors: FieldError[] = []
  const withoutValue = (why: string): FieldError => ({ type: 'FieldValueInvalid', field: at, message: `Invalid value: ${why}` })
  if (!action) errors.push(requiredValue(`${at}.action`, 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'))
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) errors.push(invalidValue(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'))
  else errors.push(...oneOf(action, ['Count', 'FailIndex', 'FailJob', 'Ignore'], `${at}.action`))
  if (onExitCodes) {
    const here = `${at}.onExitCodes`, values = onExitCodes.values ?? []
    errors.push(...(onExitCodes.operator ? oneOf(onExitCodes.operator, ['In', 'NotIn'], `${here}.operator`) : [requiredValue(`${here}.operator`, 'valid values: ["In" "NotIn"]')]))
    if (onExitCodes.containerName !== undefined && !names.has(onExitCodes.containerName))
      errors.push(invalidValue(`${here}.containerName`, onExitCodes.containerName, 'must be one of the container or initContainer names in the pod template'))
    if (!values.length) errors.push(invalidValue(`${here}.values`, values, 'at least one value is required'))
    else if (values.length > mostExitCodes) errors.push(tooMany(`${here}.values`, values.length, mostExitCodes))
    for (const [i, value] of values.entries()) {
      if (onExitCodes.operator === 'In' && value === 0) errors.push(invalidValue(`${here}.values[${i}]`, value, 'must not be 0 for the In operator'))
      if (values.indexOf(value) < i) errors.push({ type: 'FieldValueDuplicate', field: `${here}.values[${i}]`, message: `Duplicate value: ${value}` })
    }
    if (values.some((value, i) => i > 0 && values[i - 1]! > value)) errors.push(invalidValue(`${here}.values`, values, 'must be ordered'))
  }
  if (onPodConditions.length > mostPatterns) errors.push(tooMany(`${at}.onPodConditions`, onPodConditions.length, mostPatterns))
  for (const [i, { type, status = '' }] of onPodConditions.entries()) {
    const here = `${at}.onPodConditions[${i}]`
    errors.push(...(type ? failing(isQualifiedName, type, `${here}.type`) : [requiredValue(`${here}.type`)]))
    errors.push(...(status ? oneOf(status, ['False', 'True', 'Unknown'], `${here}.status`) : [requiredValue(`${here}.status`, 'valid values: ["False" "True" "Unknown"]')]))
  }
  if (onExitCodes && onPodConditions.length) errors.push(withoutValue('specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!onExitCodes && !onPodConditions.length) errors.push(withoutValue('specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

function validateSuccessPolicy({ successPolicy, completions = 0 }: JobSpec, at: string): FieldError[] {
  const rules = successPolicy?.rules ?? []
  if (!rules.length) return [requiredValue(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified')]
  if (rules.length > mostRules) return [tooMany(`${at}.rules`, rules.length, mostRules)]
  return rules.flatMap(({ succeededIndexes, succeededCount }, i) => {
    const errors: FieldError[] = [], here = `${at}.rules[${i}]`
    let total = completions
    if (succeededIndexes === undefined && succeededCount === undefined) errors.push(requiredValue(here, 'at least one of succeededCount or succeededIndexes must be specified'))
    if (succeededIndexes !== undefined) {
      const read = countIndexes(succeededIndexes, completions)
      if (typeof read === 'string') errors.push(invalidValue(`${here}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${read}`))
      else total = read
    }
    if (succeededCount !== undefined) {
      errors.push(...atLeastZero(succeededCount, `${here}.succeededCount`))
      if (succeededCount > completions) errors.push(invalidValue(`${here}.succeededCount`, succeededCount,
        `must be less than or equal to ${completions} (the number of specified completions)`))
      else if (succeededIndexes !== undefined && succeededCount > total) errors.push(invalidValue(`${here}.succeededCount`, succeededCount,
        `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`))
    }
    return errors
  })
}
/** How many indexes "1,3-5" names, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  let total = 0, last = -1
  for (const part of text.split(',')) {
    const ends = part.split('-')
    if (ends.length > 2) return `the fragment "${part}" violates the requirement that an index interval can have at most two parts separated by '-'`
    const numbers: number[] = []
    for (const end of ends) {
      if (!/^\d+$/.test(end)) return `cannot convert string to integer for index: ${JSON.stringify(end)}`
      if (Number(end) >= completions) return `too large index: ${JSON.stringify(end)}`
      numbers.push(Number(end))
    }
    const [from, to = from!] = numbers as [number, number?]
    if (from <= last) return `non-increasing order, previous: ${last}, current: ${from}`
    if (ends.length === 2 && to <= from) return `non-increasing order, previous: ${from}, current: ${to}`
    total += to - from + 1
    last = to
  }
  return total
}

function validateChange(spec: JobSpec, old: JobSpec, status: JobStatus): FieldError[] {
  const fixed = (field: 'completionMode' | 'podFailurePolicy' | 'backoffLimitPerIndex' | 'managedBy' | 'successPolicy') => immutableField(spec[field], old[field], `spec.${field}`)
  const elastic = spec.completionMode === 'Indexed' && spec.completions !== undefined && old.completions !== undefined
  const completions = elastic && spec.completions !== old.completions
    ? (spec.completions !== spec.parallelism || old.completions !== old.parallelism
      ? [invalidValue('spec.completions', spec.completions, 'can only be modified in tandem with parallelism')] : [])
    : immutableField(spec.completions, old.completions, 'spec.completions')
  return [
    ...completions, ...immutableField(spec.selector, old.selector, 'spec.selector'), ...validateTemplateChange(spec, old, status),
    ...fixed('completionMode'), ...fixed('podFailurePolicy'), ...fixed('backoffLimitPerIndex'), ...fixed('managedBy'), ...fixed('successPolicy'),
  ]
}
/** While a job waits, suspended and not started, where its pods go and what they ask for may change. */
function validateTemplateChange({ template: { metadata, spec } }: JobSpec, old: JobSpec, status: JobStatus): FieldError[] {
  const before = old.template
  const waiting = old.suspend === true && status.startTime === undefined && !status.active
  let now = spec, meta = metadata
  if (waiting) {
    const { nodeSelector, tolerations, schedulingGates, affinity } = before.spec
    now = replaced(spec, { nodeSelector, tolerations, schedulingGates })
    if (same({ ...spec.affinity, nodeAffinity: undefined }, { ...affinity, nodeAffinity: undefined })) {
      if (affinity) now.affinity = affinity
      else delete now.affinity
    }
    now.containers = now.containers.map((c, i) => (before.spec.containers[i] ? { ...c, resources: before.spec.containers[i].resources } : c))
    meta = replaced(metadata, { annotations: before.metadata.annotations, labels: before.metadata.labels })
  }
  return [
    ...(same(meta, before.metadata) ? [] : [invalidValue('spec.template.metadata', metadata, 'field is immutable')]),
    ...(same(now, before.spec) ? [] : [invalidValue('spec.template.spec', goForm(podSpecForm, inReference(spec)), 'field is immutable')]),
  ]
}
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

function validateStatus(status: JobStatus): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const) errors.push(...atLeastZero(status[field], `status.${field}`))
  return errors
}
