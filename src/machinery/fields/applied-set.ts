// The fields that an applied configuration names, with the strict check of its types that server-side apply makes.
import { goPrint } from '../go-print.ts'
import { isNumber, parseWritten } from '../large-numbers.ts'
import type { Schema } from '../schema.ts'
import { keyDefault, skippedAtTop, stepOf, type Skip } from './compare.ts'
import { fieldNode, noFields, sortSteps, type FieldSet } from './set.ts'

type Json = unknown
type JsonObject = Record<string, Json>

/** The set of fields of a configuration, and what is wrong with its types in the reference's words (`.data: expected map, got &{x}`). */
export function appliedSet(schema: Schema<any>, config: object): { readonly set: FieldSet; readonly errors: readonly string[] } {
  const errors: string[] = []
  const walk: Walk = { errors, skip: skippedAtTop }
  return { set: ofObject(schema, config as JsonObject, '', walk) ?? noFields, errors }
}

interface Walk { readonly errors: string[]; readonly skip?: Skip | undefined }
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
const leaf = fieldNode(true, [], [])

function ofValue(schema: Schema<any>, value: Json, path: string, walk: Walk): FieldSet | undefined {
  const wrong = (expected: string, shown: string): undefined => { walk.errors.push(`${path}: expected ${expected}, got ${shown}`) }
  if (value === null || value === undefined) return schema.type === 'array' && schema.listType !== 'atomic' && schema.listType !== undefined ? undefined : leaf
  switch (schema.type) {
    case 'object': case 'map':
      if (!isObject(value)) return wrong('map', `&{${goPrint(value)}}`)
      return schema.type === 'object' ? ofObject(schema, value, path, walk) : ofMap(schema, value, path, walk)
    case 'array': return Array.isArray(value) ? ofList(schema, value, path, walk) : wrong('list', `&{${goPrint(value)}}`)
    case 'any': return isObject(value) && schema.name === undefined ? ofMap({ ...schema, items: schema }, value, path, walk) : leaf
    case 'integer': case 'number': return isNumber(value) ? leaf : wrong('numeric (int or float)', goTypeOf(value))
    case 'boolean': return typeof value === 'boolean' ? leaf : wrong('boolean', `&{${goPrint(value)}}`)
    case 'string':
      if (!isText(schema)) return scalar(value, wrong)
      return typeof value === 'string' ? leaf : wrong('string', `&value.valueUnstructured{Value:${goPrint(value)}}`)
    default: return scalar(value, wrong)
  }
}
const scalar = (value: Json, wrong: (expected: string, shown: string) => undefined): FieldSet | undefined => (typeof value === 'object' ? wrong('any scalar', `&{${goPrint(value)}}`) : leaf)
/** A text of a form of its own may be written as any scalar. */
const isText = ({ format }: Schema<any>): boolean => format === undefined || format === 'byte'
const goTypeOf = (value: Json): string => typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'

function ofObject(schema: Schema<any>, value: JsonObject, path: string, walk: Walk): FieldSet | undefined {
  const found = new Map<string, FieldSet>()
  for (const name of Object.keys(value)) {
    const field = schema.fields && Object.hasOwn(schema.fields, name) ? schema.fields[name]! : schema.rest
    if (!field) { walk.errors.push(`${path}.${name}: field not declared in schema`); continue }
    const skip = walk.skip?.get(name)
    const node = ofValue(field, value[name], `${path}.${name}`, { errors: walk.errors, skip: skip === true ? undefined : skip })
    if (node && skip !== true && !(skip && node === leaf)) found.set('f:' + name, field === schema.rest ? member(node) : node)
  }
  if (schema.mapType === 'atomic' || !Object.keys(value).length) return path === '' ? undefined : leaf
  return nodeOf(found, false)
}
function ofMap(schema: Schema<any>, value: JsonObject, path: string, walk: Walk): FieldSet | undefined {
  const found = new Map<string, FieldSet>()
  for (const key of Object.keys(value)) {
    const node = ofValue(schema.items!, value[key], `${path}.${key}`, { errors: walk.errors })
    found.set('f:' + key, member(node))
  }
  return schema.mapType === 'atomic' || !found.size ? leaf : nodeOf(found, false)
}
function ofList(schema: Schema<any>, value: readonly Json[], path: string, walk: Walk): FieldSet | undefined {
  const keyed = schema.listType === 'map' || schema.listType === 'set'
  const found = new Map<string, FieldSet>()
  for (const [i, item] of value.entries()) {
    const unfit = keyed ? whyNoStep(schema, item) : undefined
    if (unfit !== undefined) { walk.errors.push(`${path}: element ${i}: ${unfit}`); break } // the rest is not looked at
    const step = keyed ? stepOf(schema, item) : `i:${i}`
    if (found.has(step)) walk.errors.push(`${path}: duplicate entries for key ${shownStep(step)}`)
    found.set(step, member(ofValue(schema.items!, item, path + shownStep(step), { errors: walk.errors })))
  }
  return keyed ? nodeOf(found, false) : leaf
}
/** Why an item has no step of its own in a list of sets or keys, in the reference's words. */
function whyNoStep({ listType, listKeys = [], items }: Schema<any>, item: Json): string | undefined {
  if (listType === 'set') {
    if (item === null) return "associative list without keys has an element that's an explicit null"
    if (Array.isArray(item)) return 'not supported: associative list with lists as elements'
    return isObject(item) ? "associative list without keys has an element that's a map type" : undefined
  }
  if (item === null) return 'associative list with keys may not have a null element'
  if (!isObject(item)) return 'associative list with keys may not have non-map elements'
  if (listKeys.some((key) => Object.hasOwn(item, key) || keyDefault(items?.fields?.[key]) !== undefined)) return undefined
  return `associative list with keys has an element that omits all key fields [${listKeys.map((key) => JSON.stringify(key)).join(' ')}] (and doesn't have default values for any key fields)`
}
const member = (node: FieldSet | undefined): FieldSet => (node === undefined || node === leaf ? leaf! : { '.': leaf!, ...node })
function nodeOf(found: Map<string, FieldSet>, isMember: boolean): FieldSet | undefined {
  const steps = sortSteps([...found.keys()])
  return fieldNode(isMember, steps, steps.map((step) => found.get(step)!))
}

/** A step as paths show it: `.name`, `[name="c"]`, `[="value"]`, `[0]`. */
export function shownStep(step: string): string {
  const rest = step.slice(2)
  switch (step[0]) {
    case 'f': return '.' + rest
    case 'k': return `[${Object.entries(parseWritten(rest) as object).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
    case 'v': return `[=${rest}]`
    default: return `[${rest}]`
  }
}
/** The members of a set as paths. */
export function shownPaths(set: FieldSet, path = ''): string[] {
  const steps = Object.keys(set).filter((step) => step !== '.')
  return [...(path && (steps.length === 0 || '.' in set) ? [path] : []), ...steps.flatMap((step) => shownPaths(set[step]!, path + shownStep(step)))]
}
