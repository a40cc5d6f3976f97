// What stands for type parameters, and whether one type may stand where another is wanted.
import * as t from './check-type.ts'
import { inner, sameType, type Type } from './check-type.ts'

/** Types by the name of the parameter that they stand for. */
export type Mapping = Map<string, Type>

/** Whether values of `given` may stand where `wanted` is; what parameters must then stand for is noted in a copy of the mapping. */
export function assign(mapping: Mapping, wanted: readonly Type[], given: readonly Type[]): Mapping | undefined {
  const copy = new Map(mapping)
  return assignableLists(copy, wanted, given) ? copy : undefined
}
const assignableLists = (m: Mapping, a: readonly Type[], b: readonly Type[]): boolean => a.length === b.length && a.every((type, i) => assignable(m, type, b[i]!))

function assignable(m: Mapping, a: Type, b: Type): boolean {
  if (b.kind === 'param') {
    const { valid, known } = substitutable(m, a, b)
    if (valid) return true
    if (known) return false
  }
  if (a.kind === 'param') return substitutable(m, b, a).valid
  if (isDynOrError(a) || isDynOrError(b)) return true
  if (a.kind === 'null') return nullable(b)
  if (b.kind === 'null') return nullable(a)
  if (a.kind === 'type') return b.kind === 'type'
  if (a.kind === 'opaque' || a.kind === 'list' || a.kind === 'map') return a.kind === b.kind && t.typeName(a) === t.typeName(b) && assignableLists(m, inner(a), inner(b))
  return a.kind === b.kind && t.typeName(a) === t.typeName(b)
}
export const isDynOrError = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'error'
const nullable = ({ kind }: Type): boolean => kind === 'null' || kind === 'opaque' || kind === 'object' || kind === 'any' || kind === 'duration' || kind === 'timestamp'

function substitutable(m: Mapping, type: Type, parameter: Type & { kind: 'param' }): { valid: boolean; known: boolean } {
  if (sameType(type, parameter)) return { valid: true, known: true }
  const known = m.get(parameter.name)
  if (known) {
    if (type.kind === known.kind && sameType(type, known)) return { valid: true, known: true }
    if (!assignable(m, type, known)) return { valid: false, known: true }
    const general = mostGeneral(type, known)
    if (!refersTo(m, parameter, general)) m.set(parameter.name, general)
    return { valid: true, known: true }
  }
  if (refersTo(m, parameter, type)) return { valid: false, known: false }
  m.set(parameter.name, type)
  return { valid: true, known: false }
}
/** Whether a type says something about the parameter that it would stand for. */
function refersTo(m: Mapping, parameter: Type, within: Type): boolean {
  if (sameType(parameter, within)) return true
  if (within.kind === 'param') { const known = m.get(within.name); return known !== undefined && refersTo(m, parameter, known) }
  return inner(within).some((type) => refersTo(m, parameter, type))
}

export const mostGeneral = (a: Type, b: Type): Type => (equalOrLessSpecific(a, b) ? a : b)
function equalOrLessSpecific(a: Type, b: Type): boolean {
  if (a.kind === 'dyn' || a.kind === 'param') return true
  if (b.kind === 'dyn' || b.kind === 'param') return false
  if (a.kind !== b.kind || t.typeName(a) !== t.typeName(b)) return false
  if (a.kind === 'type') return true
  const these = inner(a), those = inner(b)
  return these.length === those.length && these.every((type, i) => equalOrLessSpecific(type, those[i]!))
}

/** A type with its parameters replaced by what they stand for; `free` says what becomes of those that stand for nothing. */
export function substitute(m: Mapping, type: Type, free: 'keep' | 'dyn'): Type {
  if (type.kind === 'param') {
    const known = m.get(type.name)
    return known ? substitute(m, known, free) : free === 'dyn' ? t.dyn : type
  }
  if (!('of' in type) || type.of.length === 0) return type
  const of = type.of.map((part) => substitute(m, part, free))
  return of.every((part, i) => part === type.of[i]) ? type : { ...type, of } as Type
}
