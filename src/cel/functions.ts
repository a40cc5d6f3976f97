// Functions and their overloads. A library is a record from signatures to what they do:
//   'string.charAt(int): string = string_char_at_int': (text, index) => ...
import * as t from './check-type.ts'
import type { Type } from './check-type.ts'
import type { Value } from './values.ts'

/** What an overload does. Its parameters are of the types that its signature says. */
export type Run = (...args: never[]) => Value
export type Library = Readonly<Record<string, Run>>

const robust = new WeakSet<Run>()
/** Marks what takes values of any type and complains itself: it is called without a look at its arguments, and is the same for all overloads of its function. */
export function takesAnything<R extends Run>(run: R): R { robust.add(run); return run }
export const doesTakeAnything = (run: Run): boolean => robust.has(run)

export interface Overload {
  readonly id: string
  readonly name: string
  readonly member: boolean
  /** A member's first parameter is what it is called on. */
  readonly params: readonly Type[]
  readonly result: Type
  readonly typeParams: readonly string[]
  readonly run: Run
}
export interface FunctionDeclaration { readonly name: string; readonly overloads: readonly Overload[] }

/** Puts libraries together. Overloads of one function may come from several. */
export function declareFunctions(...libraries: readonly Library[]): ReadonlyMap<string, FunctionDeclaration> {
  const functions = new Map<string, { name: string; overloads: Overload[] }>()
  for (const library of libraries) {
    for (const [signature, run] of Object.entries(library)) {
      const overload = readSignature(signature, run), known = functions.get(overload.name)
      if (known) known.overloads.push(overload)
      else functions.set(overload.name, { name: overload.name, overloads: [overload] })
    }
  }
  return functions
}

/** First parts of names of functions that are called on nothing. */
const namespaces: ReadonlySet<string> = new Set(['cel', 'strings', 'optional', 'sets', 'ip', 'format', 'jsonpatch', 'lists'])

/** Reads `target.name(types): type = id`. Operators are written as the reference names them: `_+_(int, int): int = add_int64`. */
function readSignature(signature: string, run: Run): Overload {
  const parts = /^(?<head>.+)\): (?<result>.+) = (?<id>\S+)$/.exec(signature)?.groups
  if (!parts) throw new Error(`not a signature: ${signature}`)
  const head = parts['head']!
  let open = head.length - 1
  for (let depth = 0; depth > 0 || head[open] !== '('; open--) depth += head[open] === ')' ? 1 : head[open] === '(' ? -1 : 0
  const full = head.slice(0, open), dot = /^[_!@-]/.test(full) ? -1 : full.lastIndexOf('.'), target = full.slice(0, Math.max(dot, 0))
  const member = target !== '' && !namespaces.has(target), typeParams = new Set<string>()
  const types = [...(member ? [target] : []), ...splitTypes(head.slice(open + 1))].map((text) => readType(text, typeParams)), result = readType(parts['result']!, typeParams)
  return { id: parts['id']!, name: member ? full.slice(dot + 1) : full, member, params: types, result, typeParams: [...typeParams], run }
}
function splitTypes(text: string): string[] {
  const all: string[] = []
  let depth = 0, from = 0
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (i === text.length || (text[i] === ',' && depth === 0)) { const part = text.slice(from, i).trim(); if (part) all.push(part); from = i + 1 }
  }
  return all
}
const simple: Readonly<Record<string, Type>> = {
  dyn: t.dyn, bool: t.bool, int: t.int, uint: t.uint, double: t.double, string: t.string, bytes: t.bytes, timestamp: t.timestamp, duration: t.duration, null_type: t.nothing,
}
function readType(text: string, typeParams: Set<string>): Type {
  const [, name = '', inside] = /^([^(]+)(?:\((.*)\))?$/.exec(text) ?? []
  const of = splitTypes(inside ?? '').map((part) => readType(part, typeParams))
  if (name === 'list') return t.list(of[0]!)
  if (name === 'map') return t.map(of[0]!, of[1]!)
  if (name === 'type') return t.typeOf(of[0]!)
  if (name === 'optional') return t.optional(of[0]!)
  if (/^[A-Z]$/.test(name)) { typeParams.add(name); return t.param(name) }
  return simple[name] ?? t.opaque(name, ...of)
}
