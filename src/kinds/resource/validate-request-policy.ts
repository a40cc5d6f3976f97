// What is wrong with the amounts in which a shared capacity may be asked for: a few of them, or a range with steps.
import { compareQuantities, forbiddenValue, invalidValue, quantityValue, requiredValue, addQuantities, formatQuantity, type FieldError } from '#machinery'
import { validateSet } from './limited.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from './resourceslice.ts'

export function validateRequestPolicy({ default: usual, validValues, validRange }: CapacityRequestPolicy, capacity: string, at: string): FieldError[] {
  if (validValues?.length && validRange) return [forbiddenValue(at, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')]
  const sort = validValues?.length ? 'validValues' : validRange ? 'validRange' : undefined
  if (!sort) return []
  if (usual === undefined) return [requiredValue(`${at}.default`, `required when ${sort} is defined`)]
  return validRange ? validateRange(usual, capacity, validRange, `${at}.validRange`) : validateValues(usual, capacity, validValues!, `${at}.validValues`)
}

const mostValues = 10
function validateValues(usual: string, capacity: string, values: readonly string[], at: string): FieldError[] {
  return [
    ...values.flatMap((value, i) => (i > 0 && compareQuantities(values[i - 1]!, value) > 0 ? [invalidValue(`${at}[${i}]`, value, 'values must be sorted in ascending order')] : [])),
    ...validateSet(values, mostValues, at, (value, here) => (compareQuantities(value, capacity) > 0 ? [invalidValue(here, value, `option is larger than capacity value: ${capacity}`)] : []),
      (value) => String(quantityValue(value))),
    ...(values.length <= mostValues && values.some((value) => compareQuantities(value, usual) === 0) ? [] : [invalidValue(at, usual, 'default value is not valid according to the requestPolicy')]),
  ]
}

function validateRange(usual: string, capacity: string, { min, max, step }: CapacityRequestPolicyRange, at: string): FieldError[] {
  if ((min as string | undefined) === undefined) return [requiredValue(`${at}.min`, 'required when validRange is defined')]
  const above = (value: string, limit: string) => compareQuantities(value, limit) > 0
  const errors: FieldError[] = [
    ...(above(min, capacity) ? [invalidValue(`${at}.min`, min, `min is larger than capacity value: ${capacity}`)] : []),
    ...(above(min, usual) ? [invalidValue(`${at}.min`, usual, `default is less than min: ${min}`)] : []),
  ]
  if (max !== undefined) errors.push(
    ...(above(min, max) ? [invalidValue(`${at}.max`, min, `min is larger than max: ${max}`)] : []),
    ...(above(max, capacity) ? [invalidValue(`${at}.max`, max, `max is larger than capacity value: ${capacity}`)] : []),
    ...(above(usual, max) ? [invalidValue(`${at}.max`, usual, `default is more than max: ${max}`)] : []),
  )
  if (step === undefined) return errors
  const steps = BigInt(quantityValue(step)), next = formatQuantity(addQuantities(min, step))
  if (steps <= 0n) return [...errors, invalidValue(`${at}.step`, step, 'must be greater than zero')]
  if (above(next, capacity)) errors.push(invalidValue(`${at}.step`, step, `one step ${next} is larger than capacity value: ${capacity}`))
  for (const value of [usual, ...(max === undefined ? [] : [max])]) if ((BigInt(quantityValue(value)) - BigInt(quantityValue(min))) % steps !== 0n)
    errors.push(invalidValue(`${at}.step`, value, `value is not a multiple of a given step (${step}) from (${min})`))
  return errors
}
