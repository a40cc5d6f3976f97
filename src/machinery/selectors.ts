// Label selectors: their two forms (the query string and the LabelSelector value), and matching.
import { quote } from './go-quote.ts'
import type { LabelSelector } from './meta.ts'
import { isLabelValue, isQualifiedName } from './names.ts'

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'
export interface SelectorRequirement { readonly key: string; readonly operator: SelectorOperator; readonly values: readonly string[] }
export type Labels = Readonly<Record<string, string>> | null | undefined

/** A selector that cannot be read. The message is the reference's. */
export class SelectorError extends Error { override readonly name = 'SelectorError' }

/** A list of requirements, all of which must hold; immutable. */
export class Selector {
  /** Sorted by key. */
  readonly requirements: readonly SelectorRequirement[]
  readonly #never: boolean
  constructor(requirements: readonly SelectorRequirement[], never = false) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    this.#never = never
  }
  /** Matches everything. */
  get empty(): boolean { return !this.#never && this.requirements.length === 0 }
  matches(labels: Labels): boolean {
    if (this.#never) return false
    for (const requirement of this.requirements) if (!holds(requirement, labels)) return false
    return true
  }
}
export const everything = new Selector([])
export const nothing = new Selector([], true)

function holds({ key, operator, values }: SelectorRequirement, labels: Labels): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=': case '==': return value === values[0]
    case '!=': return value !== values[0]
    case 'in': return value !== undefined && values.includes(value)
    case 'notin': return value === undefined || !values.includes(value)
    case 'exists': return value !== undefined
    case '!': return value === undefined
    case 'gt': return value !== undefined && isInteger(value) && BigInt(value) > BigInt(values[0]!)
    case 'lt': return value !== undefined && isInteger(value) && BigInt(value) < BigInt(values[0]!)
  }
}
const isInteger = (text: string): boolean => /^-?\d{1,19}$/.test(text)

/** The labels themselves as a selector: each must be there with that value. */
export const selectorOfSet = (labels: Labels): Selector => new Selector(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })))

const operators: Readonly<Record<string, SelectorOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' }
const remembered = new WeakMap<object, Selector>()
/** A LabelSelector as a selector: absent selects nothing, {} everything. Throws SelectorError. */
export function selectorFrom(given: LabelSelector | null | undefined): Selector {
  if (!given) return nothing
  const known = Object.isFrozen(given) ? remembered.get(given) : undefined
  if (known) return known
  const requirements = [...selectorOfSet(given.matchLabels).requirements]
  for (const { key, operator, values = [] } of given.matchExpressions ?? []) {
    if (!Object.hasOwn(operators, operator)) throw new SelectorError(`${quote(operator)} is not a valid label selector operator`)
    requirements.push(requirement(key, operators[operator]!, values))
  }
  const selector = requirements.length ? new Selector(requirements) : everything
  if (Object.isFrozen(given)) remembered.set(given, selector)
  return selector
}

/** The query-string form; parseLabelSelector reads it back. */
export const printSelector = (selector: Selector): string => selector.requirements.map(({ key, operator, values }) => {
  if (operator === 'exists') return key
  if (operator === '!') return '!' + key
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${[...values].sort().join(',')})`
  return key + (operator === 'gt' ? '>' : operator === 'lt' ? '<' : operator) + values[0]
}).join(',')

/** A requirement, checked. Throws SelectorError. */
function requirement(key: string, operator: SelectorOperator, values: readonly string[]): SelectorRequirement {
  const errors: string[] = []
  const refuse = (field: string, shown: unknown, why: string) => errors.push(`${field}: Invalid value: ${typeof shown === 'string' ? quote(shown) : JSON.stringify(shown)}: ${why}`)
  const badKey = isQualifiedName(key)
  if (badKey.length) refuse('key', key, badKey.join('; '))
  if (operator === 'in' || operator === 'notin') {
    if (!values.length) refuse('values', values, "for 'in', 'notin' operators, values set can't be empty")
  } else if (operator === 'exists' || operator === '!') {
    if (values.length) refuse('values', values, 'values set must be empty for exists and does not exist')
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) refuse('values', values, "for 'Gt', 'Lt' operators, exactly one value is required")
    values.forEach((value, i) => { if (!isInteger(value)) refuse(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer") })
  } else if (values.length !== 1) refuse('values', values, 'exact-match compatibility requires one single value')
  values.forEach((value, i) => {
    const bad = isLabelValue(value)
    if (bad.length) refuse(`values[${i}][${key}]`, value, bad.join('; '))
  })
  if (errors.length) throw new SelectorError(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`)
  return { key, operator, values }
}

interface Token { readonly kind: 'word' | 'end' | 'error' | string; readonly text: string }
const keywords = new Set(['in', 'notin', '=', '==', '!=', '!', '(', ')', ',', '>', '<'])
/** Words, and the longest runs of special characters that mean something. */
function tokens(text: string): Token[] {
  const out: Token[] = []
  for (let at = 0; at < text.length;) {
    const space = /^[ \t\r\n]+/.exec(text.slice(at))?.[0].length
    if (space) { at += space; continue }
    const word = /^[^=!(),<> \t\r\n]+/.exec(text.slice(at))?.[0]
    if (word) { out.push({ kind: keywords.has(word) ? word : 'word', text: word }); at += word.length; continue }
    const long = text.slice(at, at + 2), symbol = keywords.has(long) ? long : text[at]!
    out.push({ kind: symbol, text: symbol })
    at += symbol.length
  }
  return out
}

/** Reads `app=web,tier in (a,b),!old,n>3`. Throws SelectorError. */
export function parseLabelSelector(text: string): Selector {
  const list = tokens(text)
  let at = 0
  const end: Token = { kind: 'end', text: '' }
  const fail = (why: string): never => { throw new SelectorError(why) }
  /** Where a value may stand, in and notin are ordinary words. */
  const peek = (): Token => { const t = list[at] ?? end; return t.kind === 'in' || t.kind === 'notin' ? { kind: 'word', text: t.text } : t }
  const next = (): Token => { const t = peek(); at++; return t }

  const one = (): SelectorRequirement => {
    let token = next()
    const absent = token.kind === '!'
    if (absent) token = next()
    if (token.kind !== 'word') fail(`found '${token.text}', expected: identifier`)
    const key = token.text
    const bad = isQualifiedName(key)
    if (bad.length) fail(`<nil>: Invalid value: ${quote(key)}: ${bad.join('; ')}`)
    if (absent) return requirement(key, '!', [])
    if (peek().kind === 'end' || peek().kind === ',') return requirement(key, 'exists', [])
    const operator = list[at++]!
    switch (operator.kind) {
      case 'in': case 'notin': return requirement(key, operator.kind, several())
      case '=': case '==': case '!=': return requirement(key, operator.kind, single())
      case '>': return requirement(key, 'gt', single())
      case '<': return requirement(key, 'lt', single())
      default: return fail(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`)
    }
  }
  const single = (): string[] => {
    if (peek().kind === 'end' || peek().kind === ',') return ['']
    const token = next()
    return token.kind === 'word' ? [token.text] : fail(`found '${token.text}', expected: identifier`)
  }
  const several = (): string[] => {
    const open = next()
    if (open.kind !== '(') fail(`found '${open.text}' expected: '('`)
    if (peek().kind === ')') { at++; return [''] }
    if (peek().kind !== 'word' && peek().kind !== ',') fail(`found '${peek().text}', expected: ',', ')' or identifier`)
    const values = new Set<string>()
    for (;;) {
      const token = next()
      if (token.kind === 'word') {
        values.add(token.text)
        if (peek().kind === ',') continue
        if (peek().kind !== ')') fail(`found '${peek().text}', expected: ',' or ')'`)
      } else if (token.kind === ',') {
        if (!values.size) values.add('')
        if (peek().kind === ',') { at++; values.add('') }
        if (peek().kind !== ')') continue
        values.add('')
      } else fail(`found '${token.text}', expected: ',', or identifier`)
      at++
      return [...values].sort()
    }
  }

  const requirements: SelectorRequirement[] = []
  while (peek().kind !== 'end') {
    if (peek().kind !== 'word' && peek().kind !== '!') fail(`found '${peek().text}', expected: !, identifier, or 'end of string'`)
    try {
      requirements.push(one())
    } catch (error) {
      fail(`unable to parse requirement: ${(error as Error).message}`)
    }
    const after = next()
    if (after.kind === 'end') break
    if (after.kind !== ',') fail(`found '${after.text}', expected: ',' or 'end of string'`)
    if (peek().kind !== 'word' && peek().kind !== '!') fail(`found '${peek().text}', expected: identifier after ','`)
  }
  return requirements.length ? new Selector(requirements) : everything
}
