// Field selectors: `metadata.name=a,spec.nodeName!=b`.
import { SelectorError } from './selectors.ts'

export interface FieldRequirement { readonly field: string; readonly operator: '=' | '!='; readonly value: string }
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
  readonly empty: boolean
  /** `get` gives a field's text; a field that is not there is ''. */
  matches(get: (field: string) => string | undefined): boolean
}

export const everyField: FieldSelector = fieldSelector([])
export function fieldSelector(requirements: readonly FieldRequirement[]): FieldSelector {
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (get) => requirements.every(({ field, operator, value }) => ((get(field) ?? '') === value) === (operator === '=')),
  }
}

/** Reads a field selector; `\,` `\=` and `\\` stand for themselves in values. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = []
  for (const term of text.match(/(?:\\[^]|[^,\\]|\\$)+/g) ?? []) {
    const parts = /^([^]*?)(!=|==|=)([^]*)$/.exec(term)
    if (!parts) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
    if (!parts[1] && !parts[3]) continue // "=" alone says nothing
    requirements.push({ field: parts[1]!, operator: parts[2] === '!=' ? '!=' : '=', value: unescape(parts[3]!) })
  }
  return requirements.length ? fieldSelector(requirements) : everyField
}
function unescape(value: string): string {
  return value.replace(/\\([^]?)|=/g, (found, escaped: string | undefined) => {
    if (found === '=') throw new SelectorError('invalid field selector: unescaped character in value: 61')
    if (!escaped || !'\\,='.includes(escaped)) throw new SelectorError(`invalid field selector: invalid escape sequence: ${found}`)
    return escaped
  })
}

/** The text that parseFieldSelector reads back. */
export const printFieldSelector = (selector: FieldSelector): string =>
  selector.requirements.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(',')
