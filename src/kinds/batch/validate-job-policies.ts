// When pods of a job fail it, and when enough of them have succeeded.
import { duplicateValue, invalidAsWhole, invalidValue, isQualifiedName, requiredValue, tooLong, tooMany, type FieldError } from '#machinery'
import { atLeastZero, failing, oneOf } from '../checks.ts'
import { countIndexes } from './indexes.ts'
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from './job.ts'

const mostRules = 20, mostExitCodes = 255, mostPatterns = 20, longestIndexes = 64 * 1024
const tooManyRules = (rules: readonly object[], at: string): FieldError[] => (rules.length > mostRules ? [tooMany(`${at}.rules`, rules.length, mostRules)] : [])

export function validateFailurePolicy(spec: JobSpec, at: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const names = new Set([...(spec.template.spec.containers ?? []), ...(spec.template.spec.initContainers ?? [])].map((c) => c.name))
  return [...tooManyRules(rules, at), ...rules.flatMap((rule, i) => validateFailureRule(rule, spec, names, `${at}.rules[${i}]`))]
}
function validateFailureRule({ action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, spec: JobSpec, names: ReadonlySet<string>, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (!action) errors.push(requiredValue(`${at}.action`, 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'))
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) errors.push(invalidValue(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'))
  else errors.push(...oneOf(action, ['Count', 'FailIndex', 'FailJob', 'Ignore'], `${at}.action`))
  if (onExitCodes) {
    const here = `${at}.onExitCodes`, values = onExitCodes.values ?? []
    errors.push(...(onExitCodes.operator ? oneOf(onExitCodes.operator, ['In', 'NotIn'], `${here}.operator`) : [requiredValue(`${here}.operator`, 'valid values: ["In" "NotIn"]')]))
    if (onExitCodes.containerName !== undefined && !names.has(onExitCodes.containerName))
      errors.push(invalidValue(`${here}.containerName`, onExitCodes.containerName, 'must be one of the container or initContainer names in the pod template'))
    if (!values.length) errors.push(invalidValue(`${here}.values`, onExitCodes.values, 'at least one value is required'))
    else if (values.length > mostExitCodes) errors.push(tooMany(`${here}.values`, values.length, mostExitCodes))
    for (const [i, value] of values.entries()) {
      if (onExitCodes.operator === 'In' && value === 0) errors.push(invalidValue(`${here}.values[${i}]`, value, 'must not be 0 for the In operator'))
      if (values.indexOf(value) < i) errors.push(duplicateValue(`${here}.values[${i}]`, value))
    }
    if (values.some((value, i) => i > 0 && values[i - 1]! > value)) errors.push(invalidValue(`${here}.values`, values, 'must be ordered'))
  }
  if (onPodConditions.length > mostPatterns) errors.push(tooMany(`${at}.onPodConditions`, onPodConditions.length, mostPatterns))
  for (const [i, { type, status = '' }] of onPodConditions.entries()) {
    const here = `${at}.onPodConditions[${i}]`
    errors.push(...failing(isQualifiedName, type, `${here}.type`))
    errors.push(...(status ? oneOf(status, ['False', 'True', 'Unknown'], `${here}.status`) : [requiredValue(`${here}.status`, 'valid values: ["False" "True" "Unknown"]')]))
  }
  if (onExitCodes && onPodConditions.length) errors.push(invalidAsWhole(at, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!onExitCodes && !onPodConditions.length) errors.push(invalidAsWhole(at, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

export function validateSuccessPolicy({ successPolicy, completions = 0 }: JobSpec, at: string): FieldError[] {
  const rules = successPolicy?.rules ?? []
  return [
    ...(rules.length ? [] : [requiredValue(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified')]),
    ...tooManyRules(rules, at), ...rules.flatMap((rule, i) => validateSuccessRule(rule, completions, `${at}.rules[${i}]`)),
  ]
}
function validateSuccessRule({ succeededIndexes: indexes, succeededCount: count }: SuccessPolicyRule, completions: number, at: string): FieldError[] {
  const errors: FieldError[] = []
  let total = 0
  if (indexes === undefined && count === undefined) errors.push(requiredValue(at, 'at least one of succeededCount or succeededIndexes must be specified'))
  if (indexes !== undefined) {
    if (indexes.length > longestIndexes) errors.push(tooLong(`${at}.succeededIndexes`, longestIndexes))
    const read = countIndexes(indexes, completions)
    if (typeof read === 'string') errors.push(invalidValue(`${at}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${read}`))
    else total = read
  }
  if (count === undefined) return errors
  const atMost = (limit: number, whose: string) => {
    if (count > limit) errors.push(invalidValue(`${at}.succeededCount`, count, `must be less than or equal to ${limit} (${whose})`))
  }
  errors.push(...atLeastZero(count, `${at}.succeededCount`))
  atMost(completions, 'the number of specified completions')
  if (indexes !== undefined) atMost(total, 'the number of indexes in the specified succeededIndexes field')
  return errors
}
