// The selectors that access reviews carry, checked: a text or conditions, never both.
import type { ResourceAttributes } from '#kinds'
import { forbiddenValue, invalidValue, isLabelValue, isQualifiedName, requiredValue, type FieldError } from '#machinery'

interface Requirement { readonly key?: string; readonly operator?: string; readonly values?: readonly string[] }
interface Given { readonly rawSelector?: string; readonly requirements?: readonly Requirement[] }

export function checkSelectors({ fieldSelector, labelSelector }: ResourceAttributes, at: string): FieldError[] {
  return [...check(fieldSelector, `${at}.fieldSelector`, checkField), ...check(labelSelector, `${at}.labelSelector`, checkLabel)]
}

function check(given: Given | undefined, at: string, each: (requirement: Requirement, at: string) => FieldError[]): FieldError[] {
  if (!given) return []
  const { rawSelector, requirements = [] } = given
  return [
    ...(rawSelector && requirements.length > 0 ? [invalidValue(`${at}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')] : []),
    ...(!rawSelector && requirements.length === 0 ? [requiredValue(`${at}.requirements`, `when ${at} is specified, requirements or rawSelector is required`)] : []),
    ...requirements.flatMap((requirement, i) => each(requirement, `${at}.requirements[${i}]`)),
  ]
}

const checkField = (requirement: Requirement, at: string): FieldError[] =>
  [...(requirement.key ? [] : [requiredValue(`${at}.key`, 'must be specified')]), ...checkOperator(requirement, at)]

const checkLabel = (requirement: Requirement, at: string): FieldError[] => {
  const { key = '', values = [] } = requirement
  return [
    ...checkOperator(requirement, at),
    ...isQualifiedName(key).map((why) => invalidValue(`${at}.key`, key, why)),
    ...values.flatMap((value, i) => isLabelValue(value).map((why) => invalidValue(`${at}.values[${i}]`, value, why))),
  ]
}

/** Operators that are not known are let through: a newer client may mean something by them, and is told that they were ignored. */
function checkOperator({ operator, values = [] }: Requirement, at: string): FieldError[] {
  const several = operator === 'In' || operator === 'NotIn', none = operator === 'Exists' || operator === 'DoesNotExist'
  if (several && values.length === 0) return [requiredValue(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  if (none && values.length > 0) return [forbiddenValue(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
  return []
}
