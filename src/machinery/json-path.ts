// JSONPath as Kubernetes writes it in printer columns and selectable fields: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`,
// `.spec.ports[*].port`, `.metadata.labels.a\.b`, `.spec['x','y']`, `..name`, `[1:3]`. What is missing is left out.
import { isNumber } from './large-numbers.ts'

export class JsonPathError extends Error { override readonly name = 'JsonPathError' }

type Step =
  | { readonly is: 'field'; readonly name: string }
  | { readonly is: 'wildcard' } | { readonly is: 'recursive' }
  | { readonly is: 'slice'; readonly from: number | undefined; readonly to: number | undefined; readonly by: number }
  | { readonly is: 'index'; readonly at: number }
  | { readonly is: 'union'; readonly steps: readonly Step[] }
  | { readonly is: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand | undefined }
type Operand = { readonly path: JsonPath } | { readonly value: string | number | boolean }
export type JsonPath = readonly Step[]

/** Reads a path without braces. Throws JsonPathError. */
export function parseJsonPath(text: string): JsonPath {
  const steps: Step[] = []
  let at = text.startsWith('$') || text.startsWith('@') ? 1 : 0
  while (at < text.length) {
    if (text.startsWith('..', at)) { steps.push({ is: 'recursive' }); at += text[at + 2] === '[' ? 2 : 1; continue }
    if (text[at] === '[') {
      const end = closing(text, at)
      steps.push(bracket(text.slice(at + 1, end)))
      at = end + 1
      continue
    }
    if (text[at] === '.') at++
    if (text[at] === '*') { steps.push({ is: 'wildcard' }); at++; continue }
    if (at >= text.length || text[at] === '[') continue
    let name = ''
    while (at < text.length && text[at] !== '.' && text[at] !== '[') {
      if (text[at] === '\\') at++
      else if (' ()|,@$'.includes(text[at]!)) throw new JsonPathError(`unrecognized character in action: ${text[at]}`)
      name += text[at++] ?? ''
    }
    steps.push({ is: 'field', name })
  }
  return steps
}

/** The place of the bracket that closes this one; quotes are looked over. */
function closing(text: string, open: number): number {
  let depth = 0, quote = ''
  for (let i = open; i < text.length; i++) {
    const c = text[i]!
    if (quote) { if (c === '\\') i++; else if (c === quote) quote = '' }
    else if (c === '"' || c === "'") quote = c
    else if (c === '[') depth++
    else if (c === ']' && --depth === 0) return i
  }
  throw new JsonPathError('unterminated array')
}

const quoted = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")$/s
function bracket(inside: string): Step {
  const text = inside.trim()
  if (text === '*') return { is: 'wildcard' }
  if (/^\?\(.*\)$/s.test(text)) return filter(text.slice(2, -1).trim())
  const parts = splitOutside(text, ',')
  if (parts.length > 1) return { is: 'union', steps: parts.map((part) => bracket(part)) }
  const name = quoted.exec(text)
  if (name) return { is: 'field', name: (name[1] ?? name[2] ?? '').replace(/\\(.)/g, '$1') }
  if (/^-?\d+$/.test(text)) return { is: 'index', at: Number(text) }
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text)
  if (slice) return { is: 'slice', from: slice[1] ? Number(slice[1]) : undefined, to: slice[2] ? Number(slice[2]) : undefined, by: slice[3] ? Number(slice[3]) : 1 }
  throw new JsonPathError(`invalid array index ${text}`)
}

/** Parts between separators that stand outside of quotes and brackets. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = []
  let quote = '', depth = 0, start = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote) { if (c === '\\') i++; else if (c === quote) quote = '' }
    else if (c === '"' || c === "'") quote = c
    else if (c === '[' || c === '(') depth++
    else if (c === ']' || c === ')') depth--
    else if (depth === 0 && text.startsWith(separator, i)) { parts.push(text.slice(start, i)); start = i + separator.length }
  }
  return [...parts, text.slice(start)]
}

function filter(text: string): Step {
  for (const operator of ['==', '!=', '<=', '>=', '<', '>']) {
    const parts = splitOutside(text, operator)
    if (parts.length === 2) return { is: 'filter', left: operand(parts[0]!.trim()), operator, right: operand(parts[1]!.trim()) }
  }
  return { is: 'filter', left: operand(text), operator: 'exists', right: undefined }
}
function operand(text: string): Operand {
  const string = quoted.exec(text)
  if (string) return { value: (string[1] ?? string[2] ?? '').replace(/\\(.)/g, '$1') }
  if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) return { value: Number(text) }
  if (text === 'true' || text === 'false') return { value: text === 'true' }
  return { path: parseJsonPath(text) }
}

/** Every value that the path leads to, in order. */
export function findByPath(path: JsonPath, value: unknown): unknown[] {
  let values: unknown[] = [value]
  for (const step of path) values = values.flatMap((each) => follow(step, each))
  return values
}

function follow(step: Step, value: unknown): unknown[] {
  switch (step.is) {
    case 'field': return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'wildcard': return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
    case 'recursive': return everything(value)
    case 'index': return Array.isArray(value) ? value.slice(step.at, step.at === -1 ? undefined : step.at + 1) : []
    case 'slice': return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, i) => i % Math.max(step.by, 1) === 0) : []
    case 'union': return step.steps.flatMap((each) => follow(each, value))
    case 'filter': return Array.isArray(value) ? value.filter((item) => holds(step, item)) : []
  }
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const everything = (value: unknown): unknown[] => [value, ...(Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []).flatMap((inner) => (typeof inner === 'object' && inner !== null ? everything(inner) : []))]

function holds({ left, operator, right }: Extract<Step, { is: 'filter' }>, item: unknown): boolean {
  const a = 'path' in left ? findByPath(left.path, item) : [left.value]
  if (operator === 'exists') return a.length > 0
  const b = right === undefined ? [] : 'path' in right ? findByPath(right.path, item) : [right.value]
  if (a.length === 0 || b.length === 0) return false
  const x = a[0], y = b[0]
  if (operator === '==') return x === y
  if (operator === '!=') return x !== y
  if (!(isNumber(x) && isNumber(y)) && !(typeof x === 'string' && typeof y === 'string')) return false
  const z = y as typeof x
  return operator === '<' ? x < z : operator === '>' ? x > z : operator === '<=' ? x <= z : x >= z
}
