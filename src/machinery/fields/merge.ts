// Merging an applied configuration into an object, and taking out of it what nobody applies any more.
import { setOwn } from '../same.ts'
import type { Schema } from '../schema.ts'
import { stepOf } from './compare.ts'
import { fieldNode, isNoFields, noFields, type FieldSet } from './set.ts'

type Json = unknown
type JsonObject = Record<string, Json>
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isKeyed = (schema: Schema<any>): boolean => schema.type === 'array' && (schema.listType === 'map' || schema.listType === 'set')
export const isAtomic = (schema: Schema<any>): boolean => schema.mapType === 'atomic' || (schema.type === 'any' && schema.name !== undefined)
export const innerOf = (schema: Schema<any>, name: string): Schema<any> | undefined =>
  schema.type === 'object' ? (schema.fields && Object.hasOwn(schema.fields, name) ? schema.fields[name] : schema.rest) : schema.type === 'any' ? schema : schema.items

/** The object with everything the configuration says; maps and keyed lists unite, all else is replaced. Neither is changed. */
export function mergeApplied(schema: Schema<any>, live: Json, config: Json): Json {
  if (config === undefined) return live
  if (isKeyed(schema)) return mergeLists(schema, Array.isArray(live) ? live : [], Array.isArray(config) ? config : [], config)
  if ((isObject(live) || isObject(config)) && !isAtomic(schema) && (schema.type === 'object' || schema.type === 'map' || schema.type === 'any')) {
    if (!isObject(live)) return config
    if (!isObject(config)) return config === null && Object.keys(live).length ? live : config
    const out: JsonObject = { ...live }
    for (const name of Object.keys(config)) {
      const inner = innerOf(schema, name)
      setOwn(out, name, inner && Object.hasOwn(live, name) ? mergeApplied(inner, live[name], config[name]) : config[name])
    }
    return out
  }
  return config
}

/** Items of both, in the configuration's order; what only the live list has stays before the next item that both have. */
function mergeLists(schema: Schema<any>, live: readonly Json[], config: readonly Json[], given: Json): Json {
  if (!live.length) return given
  const left = live.map((item) => stepOf(schema, item)), right = config.map((item) => stepOf(schema, item))
  const inLive = new Map(left.map((step, i) => [step, i])), inConfig = new Set(right)
  const shared = right.filter((step) => inLive.has(step))
  const out: Json[] = []
  let l = 0, r = 0, s = 0
  while (l < left.length || r < right.length) {
    if (l < left.length && !inConfig.has(left[l]!)) { out.push(live[l++]); continue }
    if (l < left.length && (r >= right.length || (left[l] !== right[r] && shared[s] !== left[l]))) { l++; continue }
    if (r >= right.length) continue
    const step = right[r]!, at = inLive.get(step)
    out.push(at === undefined ? config[r] : mergeApplied(schema.items!, live[at], config[r]))
    if (shared[s] === step) s++
    if (left[l] === step) l++
    r++
  }
  return out
}

/** The set with every struct's field on the way a member, so that what loses all its parts goes itself. */
export function withNamedFields(schema: Schema<any> | undefined, set: FieldSet, member = false): FieldSet {
  const steps: string[] = [], nodes: FieldSet[] = []
  for (const step in set) {
    if (step === '.') continue
    const isField = step.startsWith('f:')
    const inner = schema === undefined ? undefined : isField ? innerOf(schema, step.slice(2)) : schema.items
    const named = isField && schema?.type === 'object' && inner !== undefined && inner !== schema.rest
    const node = set[step]!
    steps.push(step)
    nodes.push(withNamedFields(inner, node, named || '.' in node || isNoFields(node)))
  }
  return fieldNode(member, steps, nodes) ?? {}
}

/** The set by a schema that may have changed: what is one value now is owned as one. */
export function wholeWhereAtomic(schema: Schema<any>, set: FieldSet): FieldSet {
  let changed = false
  const out: Record<string, FieldSet> = {}
  for (const step in set) {
    const node = set[step]!, inner = step === '.' || isNoFields(node) ? undefined : step.startsWith('f:') ? innerOf(schema, step.slice(2)) : schema.items
    out[step] = !inner ? node : isAtomic(inner) || (inner.type === 'array' && !isKeyed(inner)) ? noFields : wholeWhereAtomic(inner, node)
    if (out[step] !== node) changed = true
  }
  return changed ? out : set
}

/** The value without the members of a set; containers that lose everything go too. */
export function withoutFields(schema: Schema<any>, value: Json, gone: FieldSet): Json {
  if (isNoFields(gone)) return value
  if (isKeyed(schema) && Array.isArray(value)) {
    const kept: Json[] = []
    for (const item of value) {
      const node = gone[stepOf(schema, item)]
      if (node === undefined) kept.push(item)
      else if (!isMember(node)) kept.push(withoutFields(schema.items!, item, node))
    }
    return kept.length ? kept : undefined
  }
  if (!isObject(value) || isAtomic(schema)) return value
  const out: JsonObject = {}
  let empty = true, changed = false
  for (const name of Object.keys(value)) {
    const node = gone['f:' + name]
    const inner = innerOf(schema, name)
    const kept = node === undefined || !inner ? value[name] : isMember(node) ? undefined : withoutFields(inner, value[name], node)
    if (kept !== value[name]) changed = true
    if (kept === undefined) continue
    setOwn(out, name, kept)
    empty = false
  }
  return !changed ? value : empty ? undefined : out
}
const isMember = (node: FieldSet): boolean => '.' in node || isNoFields(node)
