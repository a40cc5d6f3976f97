// Where a decoder stands in a document, and the errors it gives there, worded as Go words them.
import { quote, unquote } from './go-quote.ts'
import type { Key } from './json.ts'
import { isNumber } from './large-numbers.ts'
import type { Schema } from './schema.ts'

/** A value of a wrong type or form. The message is Go's, to be put behind "cannot be handled as a Pod: ". */
export class DecodeError extends Error { override readonly name = 'DecodeError' }

/** The walk of one decoding: a stack of steps, and what it collects. */
export interface Walk {
  readonly path: (string | number)[]
  readonly what: Step[]
  /** Go names of the structs along the path. */
  readonly structs: string[]
  depth: number
  readonly strict: string[]
  readonly sorted: boolean
  readonly converting: boolean
  readonly fractions?: ReadonlyMap<string, string>
  readonly known?: Readonly<Record<string, unknown>>
}
type Step = 'field' | 'index' | 'key'

/** The value is of another JSON type than the Go type that takes it. */
export function mismatch(walk: Walk, value: unknown, type: string, shown = value === null ? 'null' : Array.isArray(value) ? 'array' : jsonTypeOf(value)): never {
  if (walk.converting) throw new DecodeError(unconvertible(value, type))
  let struct = '', path = ''
  for (let i = 0; i < walk.depth; i++) {
    if (walk.what[i] !== 'field') continue
    path += '.' + walk.path[i]
    struct = walk.structs[i]!
  }
  throw new DecodeError(path ? `json: cannot unmarshal ${shown} into Go struct field ${struct}${path} of type ${type}` : `json: cannot unmarshal ${shown} into Go value of type ${type}`)
}
/** The same where the reference's type reads JSON for itself, wherever it stands. */
export function mismatchInside(value: unknown, type: string): never {
  throw new DecodeError(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : isNumber(value) && !Number.isInteger(Number(value)) ? `number ${String(value)}` : jsonTypeOf(value)} into Go value of type ${type}`)
}
/** What Go calls the JSON type of a scalar. */
const jsonTypeOf = (value: unknown): string => (typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value)
const goScalars = ['string', 'int32', 'int64', 'float64', 'bool']
function unconvertible(value: unknown, type: string): string {
  const from = Array.isArray(value) ? 'slice' : typeof value === 'object' ? 'map' : typeof value === 'boolean' ? 'bool'
    : typeof value === 'bigint' ? 'int64' : typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string'
  if (goScalars.includes(type)) return isNumber(value) && type !== 'bool' && (from === 'int64' || type !== 'string') ? `cannot convert ${from} to ${type}` : `unrecognized type: ${type}`
  return type.startsWith('[]') ? `cannot restore slice from ${from}` : type.startsWith('map[') ? `cannot restore map from ${from}` : `cannot restore struct from: ${from}`
}

const strictLimit = 100
/** Collects the field at the walk's place as unknown. */
export function reportUnknown(walk: Walk): void {
  if (walk.strict.length < strictLimit) walk.strict.push(`unknown field ${quote(placeOf(walk))}`)
}
/** Where the walk stands: spec.containers[0].name. */
export function placeOf(walk: Walk): string {
  let path = ''
  for (let i = 0; i < walk.depth; i++) path += walk.what[i] === 'index' ? `[${walk.path[i]}]` : (path && '.') + walk.path[i]
  return path
}
/** Puts repeated keys among the unknown fields, in the order of the text; what lies in an unknown field is not looked at. */
export function reportDuplicates(keys: readonly Key[], strict: string[]): void {
  const unknown = new Set(strict.map((text) => unquote(text.slice('unknown field '.length))))
  const isUnknown = (path: string) => unknown.has(path) || [...unknown].some((u) => path.startsWith(u + '.') || path.startsWith(u + '['))
  const all = new Set<string>()
  for (const { path, repeated } of keys) {
    if (unknown.has(path)) all.add(`unknown field ${quote(path)}`)
    else if (repeated && !isUnknown(path)) all.add(`duplicate field ${quote(path)}`)
  }
  strict.splice(0, strict.length, ...[...all, ...strict.filter((text) => !all.has(text))].slice(0, strictLimit))
}

/** Keys given twice in a value that may have any fields, each once. */
export const duplicateFields = (keys: readonly Key[]): string[] =>
  [...new Set(keys.filter((key) => key.repeated).map(({ path }) => `duplicate field ${quote(path)}`))].slice(0, strictLimit)

/** The Go name of a definition's struct. */
export const goStruct = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
/** A schema's type as Go prints it: v1.PodTemplateSpec, []v1.Container, map[string]string. */
export function goType(schema: Schema<any>): string {
  switch (schema.type) {
    case 'string': return schema.format === 'byte' ? '[]uint8' : schema.format ? 'v1.Time' : 'string'
    case 'integer': return schema.format ?? 'int32'
    case 'number': return 'float64'
    case 'boolean': return 'bool'
    case 'array': return '[]' + goType(schema.items!)
    case 'map': return 'map[string]' + goType(schema.items!)
    case 'object': return (schema.name ?? '').split('.').slice(-2).join('.')
    case 'quantity': return 'resource.Quantity'
    case 'intOrString': return 'intstr.IntOrString'
    default: return 'interface {}'
  }
}
