// What is wrong with a value by its schema, as kube-openapi finds and words it. Unchanged parts of an object that is updated may stay wrong.
import { invalidValue, isNumber, notSupported, quote, requiredValue, same, tooLong, tooMany, typeInvalid, type FieldError } from '#machinery'
import { RE2JS } from 're2js'
import { formatOf } from './formats.ts'
import { numberFormatOf } from './number-formats.ts'
import { additionalOf, isObject, propertyOf, type Json, type JsonObject, type Structural } from './structural.ts'

/** An old value and the new one in its place. */
export interface Correlation { readonly old: Json }

/** Everything wrong with a value. `field`: where it stands for the messages' field ('' at the root); paths in texts begin at the value. */
export function validateValue(schema: Structural, value: Json, field: string, correlation?: Correlation): FieldError[] {
  return judge(schema, value, '', correlation).found.map(({ path, make }) => make(at(field, path)))
}
const nowhere = '<nil>'
function at(field: string, path: string): string {
  const rest = path.replace(/^\./, '')
  return rest === '' ? field || nowhere : field === '' ? rest : `${field}.${rest}`
}

interface Problem { readonly path: string; readonly text: string; readonly make: (field: string) => FieldError }
/** `steps` counts what was looked at: of alternatives that all fail, the one that got furthest is told. */
class Verdict {
  readonly found: Problem[] = []
  steps = 0
  get ok(): boolean { return this.found.length === 0 }
  add(problem: Problem | undefined): void { if (problem && !this.found.some((p) => p.text === problem.text)) this.found.push(problem) }
  merge(other: Verdict): void { for (const problem of other.found) this.add(problem); this.steps += other.steps }
}

const typed = (path: string, type: string, shown: string): Problem => {
  const text = `${path} in body must be of type ${type}: ${quote(shown)}`
  return { path, text, make: (field) => typeInvalid(field, shown, text) }
}
const wrong = (path: string, value: unknown, why: string): Problem => {
  const text = `${path} in body ${why}`
  return { path, text, make: (field) => invalidValue(field, value, text) }
}
/** About alternatives, and numbers that their format cannot hold: nothing in the reference says where they stand. */
const composite = (text: string): Problem => ({ path: '', text, make: (field) => invalidValue(field, '', text) })

function judge(schema: Structural, value: Json, path: string, correlation: Correlation | undefined): Verdict {
  const verdict = validate(schema, value, path, correlation)
  return !verdict.ok && correlation && isUnchanged(schema, correlation.old, value) ? new Verdict() : verdict
}

function validate(schema: Structural, value: Json, path: string, correlation: Correlation | undefined): Verdict {
  const verdict = new Verdict()
  if (value === null) {
    if (typesOf(schema).length > 0 && !schema.nullable) verdict.add(typed(path, typesOf(schema).join(','), 'null'))
    verdict.add(enumProblem(schema, value, path))
    return verdict
  }
  const format = textFormatOf(schema)
  if (typesOf(schema).length > 0 || format) { verdict.add(typeProblem(schema, value, path)); verdict.steps++ }
  verdict.merge(alternatives(schema, value, path))
  verdict.steps++
  if (typeof value === 'string') {
    verdict.add(stringProblem(schema, value, path))
    verdict.steps++
    if (format) { if (!format(value)) verdict.add(typed(path, schema.format!, value)); verdict.steps++ }
  } else if (isNumber(value)) {
    for (const problem of numberProblems(schema, value, path)) verdict.add(problem)
    verdict.steps += 2
  } else if (Array.isArray(value)) {
    verdict.merge(listVerdict(schema, value, path, correlation))
    verdict.steps++
  }
  verdict.add(enumProblem(schema, value, path))
  verdict.steps++
  if (isObject(value)) { verdict.merge(objectVerdict(schema, value, path, correlation)); verdict.steps++ }
  verdict.steps++
  return verdict
}

function typesOf(schema: Structural): readonly string[] {
  return schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : []
}
/** A format of texts; those of another type mean nothing. */
const textFormatOf = ({ type, format }: Structural) => (type === undefined || type === 'string' ? formatOf(format) : undefined)
const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isSafeInteger(value)
/** A value's JSON type, and the format that Go's type has. */
function typeOfValue(value: Json): readonly [type: string, format: string] {
  if (Array.isArray(value)) return ['array', '']
  if (typeof value === 'object') return ['object', '']
  if (isNumber(value)) return isWhole(value) ? ['integer', 'int64'] : ['number', 'float64']
  return [typeof value, '']
}
function typeProblem(schema: Structural, value: Json, path: string): Problem | undefined {
  const types = typesOf(schema), [type, goFormat] = typeOfValue(value)
  const fits = types.includes(type) || (type === 'integer' && types.includes('number'))
  const textual = type === 'string' || type === 'array'
  if (textFormatOf(schema) ?? numberFormatOf(schema)) {
    if (!textual && !fits && goFormat !== schema.format) return typed(path, schema.format!, goFormat)
    // The reference leaves texts with a format, and lists where one is wanted, to the format alone.
    if (textual && !types.includes('number') && !types.includes('integer')) return undefined
  }
  return fits ? undefined : typed(path, types.join(','), type)
}

function enumProblem(schema: Structural, value: Json, path: string): Problem | undefined {
  const allowed = schema.enum
  if (!allowed?.length || (value !== null && allowed.some((one) => same(one, value)))) return undefined
  const values = allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  return { path, text: `${path} in body should be one of [${values.join(' ')}]`, make: (field) => notSupported(field, value, values) }
}

const patterns = new WeakMap<Structural, RE2JS | string>()
/** A pattern, compiled once; text: why it cannot be. */
function patternOf(schema: Structural): RE2JS | string {
  let known = patterns.get(schema)
  if (known === undefined) {
    try { known = RE2JS.compile(schema.pattern!) } catch (error) { known = (error as Error).message }
    patterns.set(schema, known)
  }
  return known
}
function stringProblem(schema: Structural, value: string, path: string): Problem | undefined {
  const { minLength, maxLength, pattern } = schema
  const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length
  if (maxLength !== undefined && length > maxLength) return { path, text: `${path} in body should be at most ${maxLength} chars long`, make: (field) => tooLong(field, maxLength) }
  if (minLength !== undefined && length < minLength) return wrong(path, value, `should be at least ${minLength} chars long`)
  if (!pattern) return undefined
  const compiled = patternOf(schema)
  if (typeof compiled === 'string') return wrong(path, value, `should match '${pattern}, but pattern is invalid: ${compiled}'`)
  return compiled.matcher(value).find() ? undefined : wrong(path, value, `should match '${pattern}'`)
}

/** Whether a value is so many times a factor that is not below 0. */
function isMultiple(value: number | bigint, factor: number): boolean {
  if (typeof value === 'bigint' && Number.isInteger(factor)) return factor === 0 || value % BigInt(factor) === 0n
  return isWhole(factor < 1 ? 1 / factor * Number(value) : Number(value) / factor)
}
function numberProblems(schema: Structural, value: number | bigint, path: string): Problem[] {
  const { type, format, multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema, holds = numberFormatOf(schema), problems: Problem[] = []
  const mustHold = (number: number | bigint, what: string): boolean => {
    if (holds?.(number) ?? true) return true
    problems.push(composite(`${what} value must be of type ${type} with format ${format} in ${path}`))
    return false
  }
  // Whole numbers are compared with whole bounds, as the reference's integers are. A large bound is a bigint when its definition has been read from the store.
  const bound = (n: number | bigint, what: string): number => (mustHold(Number(n), what) && isWhole(value) ? Math.trunc(Number(n)) : Number(n))
  mustHold(value, 'Checked')
  if (multipleOf !== undefined) {
    const factor = bound(multipleOf, 'MultipleOf')
    if (factor < 0) problems.push({ path, text: `factor MultipleOf declared for ${path} must be positive: ${factor}`, make: (field) => invalidValue(field, factor, `factor MultipleOf declared for ${path} must be positive: ${factor}`) })
    else if (!isMultiple(value, factor)) problems.push(wrong(path, value, `should be a multiple of ${factor}`))
  }
  if (minimum !== undefined) {
    const least = bound(minimum, 'Minimum boundary')
    if (exclusiveMinimum ? value <= least : value < least) problems.push(wrong(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${least}`))
  }
  if (maximum !== undefined) {
    const most = bound(maximum, 'Maximum boundary')
    if (exclusiveMaximum ? value >= most : value > most) problems.push(wrong(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${most}`))
  }
  return problems
}

function listVerdict(schema: Structural, list: readonly Json[], path: string, correlation: Correlation | undefined): Verdict {
  const { items, minItems, maxItems, uniqueItems } = schema, verdict = new Verdict()
  if (items) {
    const old = correlation && oldItems(schema, correlation.old)
    list.forEach((item, i) => { verdict.merge(judge(items, item, `${path}[${i}]`, old?.(item))) })
  }
  if (minItems !== undefined && list.length < minItems) verdict.add(wrong(path, list.length, `should have at least ${minItems} items`))
  if (maxItems !== undefined && list.length > maxItems) verdict.add({ path, text: `${path} in body should have at most ${maxItems} items`, make: (field) => tooMany(field, list.length, maxItems) })
  if (uniqueItems && list.some((item, i) => list.slice(0, i).some((other) => same(item, other)))) verdict.add(wrong(path, '', "shouldn't contain duplicates"))
  verdict.steps++
  return verdict
}
/** How items of a list by keys are found in the old one; items of other lists have no past. */
export function oldItems(schema: Structural, old: Json): ((item: Json) => Correlation | undefined) | undefined {
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !Array.isArray(old)) return undefined
  const keyOf = (item: Json): string | undefined => (isObject(item) ? JSON.stringify(keys.map((key) => item[key] ?? null)) : undefined)
  const known = new Map<string, Json>()
  for (const item of old) { const key = keyOf(item); if (key !== undefined && !known.has(key)) known.set(key, item) }
  return (item) => { const key = keyOf(item); return key !== undefined && known.has(key) ? { old: known.get(key) } : undefined }
}

/** Whether a value is as it was, as its schema sees it: lists by keys in any order; an object with a field that the schema does not name never is. */
export function isUnchanged(schema: Structural, old: Json, now: Json): boolean {
  if (Array.isArray(now)) {
    const past = oldItems(schema, old), { items } = schema
    if (!past || !items) return same(old, now)
    return Array.isArray(old) && old.length === now.length && now.every((item) => { const was = past(item); return was !== undefined && isUnchanged(items, was.old, item) })
  }
  if (!isObject(now) || !isObject(old)) return same(old, now)
  const names = Object.keys(now), more = additionalOf(schema), rest = more === true ? undefined : more
  return names.length === Object.keys(old).length && names.every((name) => {
    const inner = propertyOf(schema, name) ?? rest
    return inner !== undefined && Object.hasOwn(old, name) && isUnchanged(inner, old[name], now[name])
  })
}

function objectVerdict(schema: Structural, object: JsonObject, path: string, correlation: Correlation | undefined): Verdict {
  const { minProperties, maxProperties, required = [], properties = {} } = schema, verdict = new Verdict()
  const names = Object.keys(object)
  if (minProperties !== undefined && names.length < minProperties) { verdict.add(wrong(path, names.length, `should have at least ${minProperties} properties`)); return verdict }
  if (maxProperties !== undefined && names.length > maxProperties) {
    verdict.add({ path, text: `${path} in body should have at most ${maxProperties} properties`, make: (field) => tooMany(field, names.length, maxProperties) })
    return verdict
  }
  const past = (name: string): Correlation | undefined =>
    (correlation && isObject(correlation.old) && Object.hasOwn(correlation.old, name) && !(path === '' && (name === 'apiVersion' || name === 'kind')) ? { old: correlation.old[name] } : undefined)
  const more = additionalOf(schema)
  for (const name of names) {
    if (propertyOf(schema, name)) continue
    if (schema.additionalProperties === false) verdict.add({ path, text: `${path}.${name} in body is a forbidden property`, make: (field) => invalidValue(field, name, `${path}.${name} in body is a forbidden property`) })
    else if (more && more !== true) verdict.merge(judge(more, object[name], `${path}.${name}`, past(name)))
  }
  for (const name in properties) if (Object.hasOwn(object, name)) verdict.merge(judge(properties[name]!, object[name], path === '' ? name : `${path}.${name}`, past(name)))
  for (const name of required) if (!Object.hasOwn(object, name)) verdict.add({ path: `${path}.${name}`, text: `${path}.${name} in body is required`, make: (field) => requiredValue(field) })
  return verdict
}

/** anyOf, oneOf, allOf, not: the value by each of them, where the value stands. In them nothing has a past. */
function alternatives({ anyOf, oneOf, allOf, not }: Structural, value: Json, path: string): Verdict {
  const verdict = new Verdict(), name = quote(path)
  const tried = (schemas: readonly Structural[]): Verdict[] => schemas.map((schema) => validate(schema, value, path, undefined))
  if (anyOf?.length) {
    const all = tried(anyOf), first = all.find((one) => one.ok)
    if (first) verdict.merge(first)
    else { verdict.add(composite(`${name} must validate at least one schema (anyOf)`)); verdict.merge(furthest(all)) }
  }
  if (oneOf?.length) {
    const all = tried(oneOf), first = all.find((one) => one.ok), fitting = all.filter((one) => one.ok).length
    if (first && fitting === 1) verdict.merge(first)
    else {
      verdict.add(composite(`${name} must validate one and only one schema (oneOf). ${fitting === 0 ? 'Found none valid' : `Found ${fitting} valid alternatives`}`))
      if (fitting === 0) verdict.merge(furthest(all))
    }
  }
  if (allOf?.length) {
    const all = tried(allOf)
    for (const one of all) verdict.merge(one)
    if (all.some((one) => !one.ok)) verdict.add(composite(`${name} must validate all the schemas (allOf)${all.some((one) => one.ok) ? '' : '. None validated'}`))
  }
  if (not && validate(not, value, path, undefined).ok) verdict.add(composite(`${name} must not validate the schema (not)`))
  verdict.steps++
  return verdict
}
const furthest = (all: readonly Verdict[]): Verdict => all.reduce((best, one) => (one.steps > best.steps ? one : best))
