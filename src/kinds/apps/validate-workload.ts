// What workloads have in common: selectors that must not be empty, and numbers that may be percentages.
import { invalidValue, isPercent, requiredValue, validateLabelSelector, type FieldError, type LabelSelector } from '#machinery'
import { atLeastZero, failing } from '../checks.ts'
import { readSelector } from '../core/pod/validate-template.ts'

/** A selector that is there, reads well and selects by something; `owner` is how messages call the kind. */
export function validateSelector(selector: LabelSelector | null | undefined, owner: string, unreadable: string, at: string): FieldError[] {
  if (!selector) return [requiredValue(at)]
  const errors = validateLabelSelector(selector, at)
  if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length) errors.push(invalidValue(at, selector, `empty selector is invalid for ${owner}`))
  if (!readSelector(selector)) errors.push(invalidValue(at, selector, unreadable))
  return errors
}

type Amount = number | string
export const validateAmount = (amount: Amount | undefined, at: string): FieldError[] => {
  if (amount === undefined) return []
  return typeof amount === 'number' ? atLeastZero(amount, at) : failing(isPercent, amount, at)
}
/** The number before a percent sign, or the number itself, as a number or written. */
export const amountOf = (amount: Amount | undefined): number =>
  (amount === undefined ? 0 : typeof amount === 'number' ? amount : /^(?:\d+%|[+-]?\d+)$/.test(amount) ? parseInt(amount, 10) : 0)
export const atMostAll = (amount: Amount | undefined, at: string): FieldError[] =>
  (typeof amount === 'string' && isPercent(amount).length === 0 && amountOf(amount) > 100 ? [invalidValue(at, amount, 'must not be greater than 100%')] : [])
