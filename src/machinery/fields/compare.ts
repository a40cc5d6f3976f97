// Which fields two values of a schema differ in. Structs and keyed lists are looked into; atomic values, scalars and what is empty on
// both sides are compared as one field.
import type { Fields, Schema } from '../schema.ts'
import { isWritten, zeroOf } from '../decode.ts'
import { same } from '../same.ts'
import { TextMemo } from '../text-memo.ts'
import { compareSteps, fieldNode, noFields, shareNode, type FieldSet } from './set.ts'

type Json = unknown
type JsonObject = Record<string, Json>
export interface Difference {
  /** Added or modified. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

/** Compares two objects of a kind; identity and bookkeeping of metadata are left out. */
export function compareFields(schema: Schema<any>, before: object, after: object): Difference {
  const pair = fieldsOf(schema, before as JsonObject, after as JsonObject, skippedAtTop).pair(before, after)
  return { changed: pair?.[0] ?? noFields, removed: pair?.[1] ?? noFields }
}

/** The same of a new object and its kind's zero value. New objects are often alike but for their metadata: what the rest consists of is remembered by its text. */
export function newFields(schema: Schema<any>, object: object): Difference {
  const zero = zeroOf(schema) as JsonObject
  const pair = fieldsOf(schema, zero, object as JsonObject, skippedAtTop, compareNew).pair(zero, object)
  return { changed: pair?.[0] ?? noFields, removed: pair?.[1] ?? noFields }
}
/** What the metadata of a new object set of it; undefined for nothing. */
export function newMetadataFields(schema: Schema<any>, metadata: object): FieldSet | undefined {
  const inner = schema.fields?.['metadata']
  if (!inner) return undefined
  const zero = zeroOf(inner) as JsonObject
  return fieldsOf(inner, zero, metadata as JsonObject, skippedInMeta).pair(zero, metadata)?.[0]
}
/** So many parts of each schema, of so many characters each. */
const mostRemembered = 64, longestRemembered = 8192
const remembered = new WeakMap<Schema<any>, TextMemo<NonNullable<Pair>>>()
/** `before` is the schema's zero value, always the same. */
function compareNew(schema: Schema<any>, before: Json, after: Json): Pair {
  const text = schema.type === 'object' && isObject(after) ? JSON.stringify(after) : undefined
  if (text === undefined || text.length > longestRemembered) return compareValue(schema, before, after)
  let known = remembered.get(schema)
  if (!known) remembered.set(schema, known = new TextMemo(mostRemembered))
  const there = known.get(text)
  if (there) return there
  const found = compareValue(schema, before, after)
  if (!found) return found
  if (found[0]) shareNode(found[0])
  known.set(text, found)
  return found
}

/** What managed fields never name: identity and bookkeeping. */
export type Skip = ReadonlyMap<string, true | Skip>
const skippedInMeta: Skip = new Map(['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map((name) => [name, true]))
export const skippedAtTop: Skip = new Map<string, true | Skip>([['apiVersion', true], ['kind', true], ['metadata', skippedInMeta]])

/** Changed and removed parts of one node; undefined when the sides are alike. */
type Pair = readonly [changed: FieldSet | undefined, removed: FieldSet | undefined] | undefined
const leafNode: FieldSet = fieldNode(true, [], [])!
const changedLeaf: Pair = [leafNode, undefined]
const removedLeaf: Pair = [undefined, leafNode]

const untyped: Schema<any> = { type: 'any', required: false, present: false }
const stepNames = new WeakMap<Fields, Map<string, string>>()
function stepsOf(fields: Fields): Map<string, string> {
  const known = stepNames.get(fields)
  if (known) return known
  const steps = new Map(Object.keys(fields).map((name) => [name, 'f:' + name]))
  stepNames.set(fields, steps)
  return steps
}

function compareValue(schema: Schema<any>, before: Json, after: Json): Pair {
  if (before === after) return undefined
  switch (schema.type) {
    case 'object': return schema.mapType === 'atomic' ? leaf(before, after) : compareMapLike(schema, before, after)
    case 'map': return schema.mapType === 'atomic' ? leaf(before, after) : compareMapLike(schema, before, after)
    case 'array': return schema.listType === 'map' || schema.listType === 'set' ? compareList(schema, before, after) : leaf(before, after)
    // Named: raw JSON inside a built-in kind, one field. Unnamed: what a custom resource's schema leaves open, looked into.
    case 'any': return schema.name === undefined && isObject(before ?? after) ? compareMapLike(schema, before, after) : leaf(before, after)
    default: return leaf(before, after)
  }
}
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

function leaf(before: Json, after: Json): Pair {
  if (before === undefined) return changedLeaf
  if (after === undefined) return removedLeaf
  return same(before, after) ? undefined : changedLeaf
}

/** Structs by their fields, maps and what is open by their entries. */
function compareMapLike(schema: Schema<any>, before: Json, after: Json): Pair {
  const b = isObject(before) ? before : undefined, a = isObject(after) ? after : undefined
  if (isEmpty(b) && isEmpty(a)) return leaf(before, after)
  const found = schema.type === 'object' ? fieldsOf(schema, b, a) : entriesOf(schema.type === 'map' ? schema.items! : untyped, b, a)
  return found.pair(before, after)
}
const isEmpty = (object: JsonObject | undefined): boolean => { for (const _ in object) return false; return true }

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** So many parts, or fewer, are put in order one by one, which is fastest for them. */
const few = 32

/** Parts of one side of a node. */
class Side {
  readonly #steps: string[] = []
  readonly #nodes: FieldSet[] = []
  readonly #compare: (a: string, b: string) => number
  #sorted = true
  /** `fields`: all steps are fields, which are sorted by their text. */
  constructor(fields: boolean) { this.#compare = fields ? byText : compareSteps }
  add(step: string, node: FieldSet): void {
    const steps = this.#steps
    if (this.#sorted && steps.length > 0 && this.#compare(steps[steps.length - 1]!, step) > 0) this.#sorted = false
    steps.push(step)
    this.#nodes.push(node)
  }
  node(member: boolean): FieldSet | undefined {
    const steps = this.#steps, nodes = this.#nodes, compare = this.#compare
    if (this.#sorted) return fieldNode(member, steps, nodes)
    if (steps.length > few) {
      const order = steps.map((_, i) => i).sort((a, b) => compare(steps[a]!, steps[b]!))
      return fieldNode(member, order.map((i) => steps[i]!), order.map((i) => nodes[i]!))
    }
    for (let i = 1; i < steps.length; i++) {
      const step = steps[i]!, node = nodes[i]!
      let at = i
      for (; at > 0 && compare(steps[at - 1]!, step) > 0; at--) { steps[at] = steps[at - 1]!; nodes[at] = nodes[at - 1]! }
      steps[at] = step
      nodes[at] = node
    }
    return fieldNode(member, steps, nodes)
  }
}

class Collector {
  #changed: Side | undefined
  #removed: Side | undefined
  readonly #fields: boolean
  /** `fields`: whether all its steps are fields. */
  constructor(fields: boolean) { this.#fields = fields }
  add(step: string, pair: Pair): void {
    if (!pair) return
    if (pair[0]) (this.#changed ??= new Side(this.#fields)).add(step, pair[0])
    if (pair[1]) (this.#removed ??= new Side(this.#fields)).add(step, pair[1])
  }
  /** A node that is on one side only (the other is undefined) is a member itself. */
  pair(before: Json, after: Json): Pair {
    if (before === undefined) return [this.#changed?.node(true) ?? leafNode, undefined]
    if (after === undefined) return [undefined, this.#removed?.node(true) ?? leafNode]
    const changed = this.#changed?.node(false), removed = this.#removed?.node(false)
    return changed || removed ? [changed, removed] : undefined
  }
}

const noNames: Fields = {}
function fieldsOf({ fields = noNames, rest }: Schema<any>, before: JsonObject | undefined, after: JsonObject | undefined, skip?: Skip, compare = compareValue): Collector {
  const found = new Collector(true), steps = stepsOf(fields)
  const look = (name: string, b: Json, a: Json): void => {
    const skipped = skip?.get(name)
    if (b === a || skipped === true) return
    const step = steps.get(name)
    if (step === undefined) {
      if (rest) found.add('f:' + name, compare(rest, b, a))
      return
    }
    const schema = fields[name]!
    found.add(step, skipped && isObject(b) && isObject(a) ? fieldsOf(schema, b, a, skipped).pair(b, a) : compare(schema, b, a))
  }
  for (const name in after) look(name, before && Object.hasOwn(before, name) ? before[name] : undefined, after[name])
  for (const name in before) if (!after || !Object.hasOwn(after, name)) look(name, before[name], undefined)
  return found
}
function entriesOf(items: Schema<any>, before: JsonObject | undefined, after: JsonObject | undefined): Collector {
  const found = new Collector(true)
  for (const key in after) found.add('f:' + key, compareValue(items, before && Object.hasOwn(before, key) ? before[key] : undefined, after[key]))
  for (const key in before) if (!after || !Object.hasOwn(after, key)) found.add('f:' + key, compareValue(items, before[key], undefined))
  return found
}

function compareList(schema: Schema<any>, before: Json, after: Json): Pair {
  const b = Array.isArray(before) ? before : [], a = Array.isArray(after) ? after : []
  if (!b.length && !a.length) return leaf(before, after)
  if (b.length === a.length && same(b, a)) return undefined // as a rule a change leaves most lists alone
  const found = new Collector(false), items = schema.items!
  const old = byStep(schema, b), now = byStep(schema, a)
  const compare = (step: string, left: Together | undefined, right: Together | undefined): void => {
    // Items that share a key are one field together.
    if (left?.more || right?.more) found.add(step, leaf(left && [left.first, ...left.more ?? []], right && [right.first, ...right.more ?? []]))
    else found.add(step, compareValue(items, left?.first, right?.first))
  }
  for (const [step, right] of now) compare(step, old.get(step), right)
  for (const [step, left] of old) if (!now.has(step)) compare(step, left, undefined)
  return found.pair(before, after)
}
/** Items with one step: as a rule there is one. */
interface Together { readonly first: Json; more: Json[] | undefined }
const none: ReadonlyMap<string, Together> = new Map()
function byStep(schema: Schema<any>, list: readonly Json[]): ReadonlyMap<string, Together> {
  if (list.length === 0) return none
  const out = new Map<string, Together>()
  for (const item of list) {
    const step = stepOf(schema, item)
    const known = out.get(step)
    if (known) (known.more ??= []).push(item)
    else out.set(step, { first: item, more: undefined })
  }
  return out
}
/** What stands for a key that an item leaves out: its default, or the empty value that the reference always writes. */
export const keyDefault = (field: Schema<any> | undefined): unknown => field && (field.default ?? field.shownDefault ?? (field.required && isWritten(field) ? zeroOf(field) : undefined))

/** The step to an item of a set or keyed list: `v:` and its value in sets, `k:` and its keys in keyed lists (a key that is absent has the schema's default). */
export function stepOf(schema: Schema<any>, item: Json): string {
  if (schema.listType === 'set') return 'v:' + JSON.stringify(item)
  const keys = schema.listKeys ?? [], fields = schema.items?.fields, object = isObject(item) ? item : {}
  if (keys.length === 1 && object[keys[0]!] !== undefined) return `k:{"${keys[0]}":${JSON.stringify(object[keys[0]!])}}`
  const parts = [...keys].sort().map((key) => [key, object[key] ?? keyDefault(fields?.[key])] as const).filter(([, value]) => value !== undefined)
  return `k:{${parts.map(([key, value]) => `"${key}":${JSON.stringify(value)}`).join(',')}}`
}
