// What a list is narrowed to, as authorizers see it: the conditions of field and label selectors in the review APIs' form.
import { parseFieldSelector, parseLabelSelector, selectorFrom, type FieldRequirement, type SelectorOperator, type SelectorRequirement } from '#machinery'
import type { ResourceAttributes, SelectorCondition } from './authz.ts'

/** A selector as it could be read. */
export interface ReadSelector {
  readonly conditions: readonly SelectorCondition[]
  /** Some of it could not be read: what is asked for may be narrower than the conditions say. */
  readonly unread: boolean
}
/** A selector as the reviews carry it: a text, or conditions. */
export interface GivenSelector { readonly rawSelector?: string; readonly requirements?: readonly { readonly key: string; readonly operator: string; readonly values?: string[] }[] }

/** Conditions of a selector's text; undefined when it cannot be read, or says nothing: then nothing is known to be narrowed. */
export const fieldConditions = (text: string): readonly SelectorCondition[] | undefined => some(readText(text, fieldsOf))
export const labelConditions = (text: string): readonly SelectorCondition[] | undefined => some(readText(text, labelsOf))

/** A review's field selector. Fields know one value only, so conditions with more, or with none, are not read. */
export function readFields({ rawSelector, requirements = [] }: GivenSelector): ReadSelector {
  if (rawSelector) return readText(rawSelector, fieldsOf)
  const conditions = requirements.flatMap(({ key, operator, values = [] }) => ((operator === 'In' || operator === 'NotIn') && values.length === 1 ? [{ key, operator, values }] : []))
  return { conditions, unread: conditions.length < requirements.length }
}

/** A review's label selector. */
export function readLabels({ rawSelector, requirements = [] }: GivenSelector): ReadSelector {
  if (rawSelector) return readText(rawSelector, labelsOf)
  const conditions = requirements.flatMap((given) => {
    try { return selectorFrom({ matchExpressions: [given] }).requirements.flatMap(labelCondition) } catch { return [] } // an operator of a newer client, or a key that is none
  })
  return { conditions, unread: conditions.length < requirements.length }
}

const operators: Readonly<Partial<Record<SelectorOperator, string>>> = { '=': 'In', '==': 'In', in: 'In', '!=': 'NotIn', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' }
const fieldCondition = ({ field, operator, value }: FieldRequirement): SelectorCondition => ({ key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] })
function labelCondition({ key, operator, values }: SelectorRequirement): SelectorCondition[] {
  const known = operators[operator]
  return known ? [{ key, operator: known, values }] : []
}
const fieldsOf = (text: string) => parseFieldSelector(text).requirements.map(fieldCondition)
const labelsOf = (text: string) => parseLabelSelector(text).requirements.flatMap(labelCondition)

function readText(text: string, read: (text: string) => readonly SelectorCondition[]): ReadSelector {
  try { return { conditions: read(text), unread: false } } catch { return { conditions: [], unread: true } } // whoever serves the request says what is wrong with it
}
const some = ({ conditions }: ReadSelector) => (conditions.length > 0 ? conditions : undefined)

/** Whether only objects whose field has this value are meant. */
export const requiresField = ({ fieldSelector }: ResourceAttributes, field: string, value: string): boolean =>
  fieldSelector?.some(({ key, operator, values }) => key === field && operator === 'In' && values.length === 1 && values[0] === value) ?? false
