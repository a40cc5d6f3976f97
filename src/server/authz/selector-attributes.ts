// What a list is narrowed to, as authorizers see it: the conditions of field and label selectors in the review APIs' form.
import { parseFieldSelector, parseLabelSelector, type SelectorOperator } from '#machinery'
import type { ResourceAttributes, SelectorCondition } from './authz.ts'

/** Conditions of a selector's text; undefined when it cannot be read, or says nothing: then nothing is known to be narrowed. */
export const fieldConditions = (text: string): readonly SelectorCondition[] | undefined => conditions(() =>
  parseFieldSelector(text).requirements.map(({ field, operator, value }) => ({ key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] })))

export const labelConditions = (text: string): readonly SelectorCondition[] | undefined => conditions(() =>
  parseLabelSelector(text).requirements.flatMap(({ key, operator, values }) => { const known = operators[operator]; return known ? [{ key, operator: known, values }] : [] }))

const operators: Readonly<Partial<Record<SelectorOperator, string>>> = { '=': 'In', '==': 'In', in: 'In', '!=': 'NotIn', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' }

function conditions(read: () => readonly SelectorCondition[]): readonly SelectorCondition[] | undefined {
  try {
    const found = read()
    return found.length > 0 ? found : undefined
  } catch { return undefined } // whoever serves the request says what is wrong with it
}

/** Whether only objects whose field has this value are meant. */
export const requiresField = ({ fieldSelector }: ResourceAttributes, field: string, value: string): boolean =>
  fieldSelector?.some(({ key, operator, values }) => key === field && operator === 'In' && values.length === 1 && values[0] === value) ?? false
