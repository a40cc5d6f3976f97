// Sets of fields, in the very form in which managedFields carries them: a tree whose keys are steps (`f:` a field, `k:` an item by its
// keys, `v:` an item by its value, `i:` by its place). A node without keys, or with `.`, is in the set itself. Nodes are immutable and shared.
import { isNumber, parseWritten } from '../large-numbers.ts'

export interface FieldSet { readonly [step: string]: FieldSet }

const leaf: FieldSet = Object.freeze({})
export const noFields: FieldSet = leaf
export const isNoFields = (set: FieldSet): boolean => { for (const _ in set) return false; return true }
/** A node below the root is a member when it says so or has nothing below it. */
const isMember = (node: FieldSet): boolean => '.' in node || isNoFields(node)

/** A node of its parts; undefined when there is nothing in it. Steps must come in order. */
export function fieldNode(member: boolean, steps: readonly string[], nodes: readonly FieldSet[]): FieldSet | undefined {
  if (!steps.length) return member ? leaf : undefined
  const out: Record<string, FieldSet> = {}
  if (member) out['.'] = leaf
  for (let i = 0; i < steps.length; i++) out[steps[i]!] = nodes[i]!
  return out
}

/** The JSON of nodes that many objects have in common: it is written once. */
const sharedTexts = new WeakMap<FieldSet, string>()
/** Says that a node is part of the sets of many objects. */
export function shareNode(node: FieldSet): void { if (!sharedTexts.has(node)) sharedTexts.set(node, JSON.stringify(node)) }
/** As far down as nodes are looked for that are shared: `spec` and `metadata.labels` are. */
const sharedDepth = 2
/** JSON.stringify of a set, quicker where its parts are shared. */
export function fieldsJson(set: FieldSet, depth = 0): string {
  const known = sharedTexts.get(set)
  if (known !== undefined) return known
  if (depth === sharedDepth) return JSON.stringify(set)
  let text = ''
  for (const step in set) text += `${text === '' ? '' : ','}${JSON.stringify(step)}:${fieldsJson(set[step]!, depth + 1)}`
  return `{${text}}`
}

/** What is in either. */
export function unionOf(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isNoFields(b)) return a
  return isNoFields(a) ? b : unionNode(a, b, false)
}
/** What is in `a` and not in `b`. */
export const differenceOf = (a: FieldSet, b: FieldSet): FieldSet => (isNoFields(a) || isNoFields(b) ? a : differenceNode(a, b, false) ?? noFields)
/** What is in both. */
export const intersectionOf = (a: FieldSet, b: FieldSet): FieldSet => (isNoFields(a) || isNoFields(b) ? noFields : intersectionNode(a, b, false) ?? noFields)

function unionNode(a: FieldSet, b: FieldSet, member: boolean): FieldSet {
  if (a === b) return a
  const steps = Object.keys(a).filter((step) => step !== '.')
  let news = false
  for (const step in b) if (step !== '.' && !(step in a)) { steps.push(step); news = true }
  if (news) sortSteps(steps)
  let changed = news || (member && steps.length > 0 && !('.' in a))
  const nodes = steps.map((step) => {
    const mine = a[step], other = b[step]
    const node = mine === undefined ? other! : other === undefined ? mine : unionNode(mine, other, isMember(mine) || isMember(other))
    if (node !== mine) changed = true
    return node
  })
  return changed ? fieldNode(member, steps, nodes) ?? leaf : a
}
function differenceNode(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  const steps: string[] = [], nodes: FieldSet[] = []
  for (const step in a) {
    if (step === '.') continue
    const mine = a[step]!, other = b[step]
    const node = other === undefined ? mine : differenceNode(mine, other, isMember(mine) && !isMember(other))
    if (node) { steps.push(step); nodes.push(node) }
  }
  return fieldNode(member, steps, nodes)
}
function intersectionNode(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  const steps: string[] = [], nodes: FieldSet[] = []
  for (const step in a) {
    const other = b[step]
    if (step === '.' || other === undefined) continue
    const mine = a[step]!
    const node = intersectionNode(mine, other, isMember(mine) && isMember(other))
    if (node) { steps.push(step); nodes.push(node) }
  }
  return fieldNode(member, steps, nodes)
}

/** The set without a path and all below it; `path` are field names. */
export function withoutPath(set: FieldSet, path: readonly string[]): FieldSet {
  const drop = (node: FieldSet, depth: number): FieldSet | undefined => {
    const step = 'f:' + path[depth]
    const below = node[step]
    if (below === undefined) return node
    const rest = depth === path.length - 1 ? undefined : drop(below, depth + 1)
    if (rest === below) return node
    const steps: string[] = [], nodes: FieldSet[] = []
    for (const other in node) {
      const kept = other === '.' ? undefined : other === step ? rest : node[other]
      if (kept) { steps.push(other); nodes.push(kept) }
    }
    return fieldNode(depth > 0 && isMember(node), steps, nodes)
  }
  return drop(set, 0) ?? noFields
}

const kinds = 'fkvi'
/** Sorts steps, in place, as the reference does: fields, keys, values, places; numbers by size. */
export function sortSteps(steps: string[]): string[] {
  return steps.sort(compareSteps)
}
/** The most usual key: one field that is a text of which every character is written as itself. */
const oneTextKey = /^k:\{"(\w+)":"([^"\\]*)"\}$/
/** The order of steps: below zero where `a` comes first. */
export function compareSteps(a: string, b: string): number {
  if (a[0] !== b[0]) return kinds.indexOf(a[0]!) - kinds.indexOf(b[0]!)
  if (a[0] === 'f' || a === b) return a < b ? -1 : a > b ? 1 : 0
  const left = oneTextKey.exec(a), right = left && oneTextKey.exec(b)
  if (left && right && left[1] === right[1]) return left[2]! < right[2]! ? -1 : 1
  const x = parseWritten(a.slice(2)), y = parseWritten(b.slice(2))
  if (typeof x === 'object' && typeof y === 'object' && x !== null && y !== null) {
    const these = Object.entries(x), those = Object.entries(y)
    for (let i = 0; i < these.length && i < those.length; i++) {
      const order = compareValues(these[i]![0], those[i]![0]) || compareValues(these[i]![1], those[i]![1])
      if (order) return order
    }
    return these.length - those.length
  }
  return compareValues(x, y)
}
function compareValues(a: unknown, b: unknown): number {
  if ((typeof a === 'string' && typeof b === 'string') || (isNumber(a) && isNumber(b))) return a < b ? -1 : a > b ? 1 : 0
  const x = String(a), y = String(b)
  return x < y ? -1 : x > y ? 1 : 0
}

/** Whether a JSON value has the form of a set of fields. */
export function isFieldSet(value: unknown): value is FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([step, below]) => (step === '.' || /^[fkvi]:/.test(step)) && isFieldSet(below))
}
