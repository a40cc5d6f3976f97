// The types that the checker works with. CelType says what values may be; these say the same without bounds, and have type parameters.
import type { CelObjectType, CelType } from './cel-type.ts'

export type Type =
  | { readonly kind: 'dyn' | 'error' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' | 'null' | 'any' }
  | { readonly kind: 'list'; readonly of: readonly [Type] }
  | { readonly kind: 'map'; readonly of: readonly [Type, Type] }
  | { readonly kind: 'type'; readonly of: readonly Type[] }
  | { readonly kind: 'object'; readonly name: string; readonly declared: CelObjectType }
  | { readonly kind: 'opaque'; readonly name: string; readonly of: readonly Type[] }
  | { readonly kind: 'param'; readonly name: string }

const simple = <K extends Exclude<Type['kind'], 'list' | 'map' | 'type' | 'object' | 'opaque' | 'param'>>(kind: K): Type => ({ kind }) as Type
export const dyn = simple('dyn'), error = simple('error'), bool = simple('bool'), int = simple('int'), uint = simple('uint'), double = simple('double')
export const string = simple('string'), bytes = simple('bytes'), timestamp = simple('timestamp'), duration = simple('duration'), nothing = simple('null'), any = simple('any')
export const list = (item: Type): Type => ({ kind: 'list', of: [item] })
export const map = (key: Type, value: Type): Type => ({ kind: 'map', of: [key, value] })
export const typeOf = (of: Type): Type => ({ kind: 'type', of: [of] })
export const opaque = (name: string, ...of: Type[]): Type => ({ kind: 'opaque', name, of })
export const param = (name: string): Type => ({ kind: 'param', name })
export const optionalName = 'optional_type'
export const optional = (of: Type): Type => opaque(optionalName, of)

/** What stands inside a type: items, keys and values, parameters. */
export const inner = (type: Type): readonly Type[] => ('of' in type ? type.of : [])

/** What an optional holds, or the type itself. */
export const unwrapOptional = (type: Type): { readonly type: Type; readonly wasOptional: boolean } =>
  type.kind === 'opaque' && type.name === optionalName ? { type: type.of[0] ?? dyn, wasOptional: true } : { type, wasOptional: false }

const converted = new WeakMap<CelType, Type>()
/** The checker's type of a declared one. */
export function fromDeclared(declared: CelType): Type {
  const known = converted.get(declared)
  if (known) return known
  const made = convert(declared)
  converted.set(declared, made)
  return made
}
function convert(declared: CelType): Type {
  switch (declared.type) {
    case 'list': return list(fromDeclared(declared.items))
    case 'map': return map(fromDeclared(declared.keys), fromDeclared(declared.values))
    case 'object': return { kind: 'object', name: declared.name, declared }
    case 'optional': return optional(fromDeclared(declared.of))
    case 'opaque': return opaque(declared.name)
    case 'type': return { kind: 'type', of: [] }
    default: return { kind: declared.type }
  }
}

/** A declared type without bounds: what a program's result is. */
export function toDeclared(type: Type): CelType {
  switch (type.kind) {
    case 'list': return { type: 'list', items: toDeclared(type.of[0]) }
    case 'map': return { type: 'map', keys: toDeclared(type.of[0]), values: toDeclared(type.of[1]) }
    case 'object': return type.declared
    case 'opaque': return type.name === optionalName ? { type: 'optional', of: toDeclared(type.of[0] ?? dyn) } : { type: 'opaque', name: type.name }
    case 'param': case 'error': return { type: 'dyn' }
    default: return { type: type.kind }
  }
}

/** The same type, exactly. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || nameOf(a) !== nameOf(b)) return false
  const these = inner(a), those = inner(b)
  return these.length === those.length && these.every((type, i) => sameType(type, those[i]!))
}
const nameOf = (type: Type): string => ('name' in type ? type.name : '')

const runtimeNames: Readonly<Record<string, string>> = { null: 'null_type', timestamp: 'google.protobuf.Timestamp', duration: 'google.protobuf.Duration', any: 'google.protobuf.Any', error: '*error*' }
/** The name of a type without what is inside: int, list, google.protobuf.Timestamp, Object.spec. */
export const typeName = (type: Type): string => ('name' in type ? type.name : runtimeNames[type.kind] ?? type.kind)

const withInner = (name: string, type: Type, write: (type: Type) => string): string => {
  const of = inner(type)
  return of.length === 0 ? name : `${name}(${of.map(write).join(', ')})`
}
/** As results are named: list(string), null_type, google.protobuf.Timestamp. */
export const typeText = (type: Type): string => withInner(typeName(type), type, typeText)

const checkNames: Readonly<Record<string, string>> = { any: 'any', duration: 'duration', error: '!error!', null: 'null', timestamp: 'timestamp' }
/** As the checker's messages write types: timestamp, null, list(string). */
export const typeInMessage = (type: Type): string => withInner(checkNames[type.kind] ?? typeName(type), type, typeInMessage)
