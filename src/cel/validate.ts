// What the reference looks at after types fit: literals of durations, times and patterns, lists and maps of one type, format strings.
import { inner, sameType, typeInMessage, type Type } from './check-type.ts'
import type { Checked } from './checker.ts'
import { CelError } from './compile.ts'
import type { Call, Expr } from './expression.ts'
import { checkFormat } from './format-string.ts'
import type { Finding } from './issues.ts'
import { regexOf } from './regex.ts'
import { parseDuration, parseTimestamp } from './time-values.ts'

export function validate(checked: Checked): Finding[] {
  const calls: Call[] = [], literals: { e: Expr; inFormat: boolean }[] = []
  walk(checked.expr, false, (e, inFormat) => {
    if (e.kind === 'call') calls.push(e)
    else if (e.kind === 'list' || e.kind === 'map') literals.push({ e, inFormat })
  })
  const findings: Finding[] = []
  for (const [name, fits] of literalChecks) {
    for (const call of calls) {
      const [arg] = call.args
      if (call.name === name && arg?.kind === 'literal' && typeof arg.value === 'string' && !fits(arg.value)) findings.push({ at: arg.at, message: `invalid ${name} argument` })
    }
  }
  for (const kind of ['list', 'map'] as const) for (const { e, inFormat } of literals) if (e.kind === kind && !inFormat) homogeneous(e, checked, findings)
  for (const call of calls) if (call.name === 'format' && call.target?.kind === 'literal' && typeof call.target.value === 'string' && call.args.length === 1 && call.args[0]!.kind === 'list') {
    const finding = checkFormat(call.target.value, call.args[0]!.items, (arg) => checked.typeOf(arg), call.at)
    if (finding) findings.push(finding)
  }
  return findings
}

/** Why no program can be made of an expression that is right by its types: patterns of these functions are compiled beforehand, where they are written out. */
export function whyNoProgram(checked: Checked): string | undefined {
  let why: string | undefined
  walk(checked.expr, false, (e) => {
    if (why !== undefined || e.kind !== 'call' || (e.name !== 'find' && e.name !== 'findAll') || !e.target) return
    const [pattern] = e.args
    if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return
    try { regexOf(pattern.value) } catch (error) { why = (error as Error).message }
  })
  return why
}

const reads = (read: (text: string) => unknown) => (text: string): boolean => { try { read(text); return true } catch (error) { if (error instanceof CelError) return false; throw error } }
const literalChecks: readonly (readonly [string, (text: string) => boolean])[] = [['duration', reads(parseDuration)], ['timestamp', reads(parseTimestamp)], ['matches', reads(regexOf)]]

/** Visits every part once; `inFormat`: a list or map that is only formatted. */
function walk(root: Expr, inFormat: boolean, visit: (e: Expr, inFormat: boolean) => void): void {
  const seen = new Set<Expr>()
  const go = (e: Expr, formatted: boolean): void => {
    if (seen.has(e)) return
    seen.add(e)
    visit(e, formatted)
    switch (e.kind) {
      case 'select': return go(e.operand, false)
      case 'call': {
        const inside = e.name === 'format'
        if (e.target) go(e.target, inside)
        for (const arg of e.args) go(arg, inside)
        return
      }
      case 'list': for (const item of e.items) go(item, formatted); return
      case 'map': for (const { key, value } of e.entries) { go(key, formatted); go(value, formatted) } return
      case 'struct': for (const { value } of e.fields) go(value, false); return
      case 'comprehension': for (const part of [e.range, e.accuInit, e.condition, e.step, e.result]) go(part, false); return
      default: return
    }
  }
  go(root, inFormat)
}

function homogeneous(e: Extract<Expr, { kind: 'list' | 'map' }>, checked: Checked, findings: Finding[]): void {
  const type = (part: Expr, optional: boolean): Type => { const of = checked.typeOf(part); return optional ? inner(of)[0] ?? of : of }
  const compare = (first: Type, part: Expr, optional: boolean): boolean => {
    const other = type(part, optional)
    if (sameType(first, other)) return true
    findings.push({ at: part.at, message: `expected type '${typeInMessage(first)}' but found '${typeInMessage(other)}'` })
    return false
  }
  if (e.kind === 'list') {
    const [first] = e.items
    if (first) { const wanted = type(first, e.optional.has(0)); e.items.every((item, i) => i === 0 || compare(wanted, item, e.optional.has(i))) }
    return
  }
  const [first, ...others] = e.entries
  if (!first) return
  const key = type(first.key, false), value = type(first.value, first.optional)
  for (const entry of others) { compare(key, entry.key, false); compare(value, entry.value, entry.optional) }
}
