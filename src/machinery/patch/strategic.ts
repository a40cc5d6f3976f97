// Strategic merge patch: a merge patch whose lists may merge by a key that the schema names, with directives for what that cannot say.
// The order of merged lists follows the reference: new items come before those that only the server has, unless $setElementOrder says more.
import { patchRefused } from '../errors.ts'
import { goPrint } from '../go-print.ts'
import { same, setOwn } from '../same.ts'
import type { Schema } from '../schema.ts'
import { inOrderOf, isIn, mergeOrder } from './element-order.ts'

type Json = unknown
type JsonObject = Record<string, Json>
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const directive = '$patch', retainKeys = '$retainKeys', elementOrder = '$setElementOrder', deleteList = '$deleteFromPrimitiveList'

/** The document after the patch; neither is changed, and what the patch does not touch is shared. Throws ApiError (400, 500). */
export function applyStrategicPatch<T>(schema: Schema<T>, document: Json, patch: Json): Json {
  if (!isObject(patch)) throw patchRefused(400, 'invalid JSON document')
  return mergeObject(schema, isObject(document) ? document : {}, patch)
}

function mergeObject(schema: Schema<any> | undefined, original: JsonObject, patch: JsonObject): JsonObject {
  if (Object.hasOwn(patch, directive)) {
    if (patch[directive] === 'replace') { const { [directive]: _, ...rest } = patch; return rest }
    if (patch[directive] === 'delete') return {}
    throw unknownDirective(patch)
  }
  const out = { ...original }
  const rest = { ...patch }
  if (Object.hasOwn(rest, retainKeys)) retain(out, rest)
  for (const key of Object.keys(patch)) if (key.startsWith(elementOrder)) setOrder(schema, out, rest, key)
  for (const key of Object.keys(rest)) {
    const value = rest[key]
    if (key.startsWith(deleteList)) { deleteItems(out, nameAfter(key, deleteList, 'invalid patch format of primitive list'), value); continue }
    if (value === null) { delete out[key]; continue }
    const present = Object.hasOwn(out, key) ? out[key] : undefined
    const field = fieldOf(schema, key)
    if (isObject(value) && isObject(present)) setOwn(out, key, strategyOf(field) === 'replace' ? value : mergeObject(field, present, value))
    else if (Array.isArray(value) && Array.isArray(present)) setOwn(out, key, strategyOf(field) === 'merge' ? mergeList(field, present, value) : value)
    else {
      const plain = withoutDirectives(value)
      if (plain === undefined) delete out[key]
      else setOwn(out, key, plain)
    }
  }
  return out
}
const unknownDirective = (patch: JsonObject) => patchRefused(500, `unknown patch type: ${goPrint(patch[directive])} in map: ${goPrint(patch)}`)

const fieldOf = (schema: Schema<any> | undefined, key: string): Schema<any> | undefined =>
  schema?.type === 'map' ? schema.items : schema?.fields && Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined
function strategyOf(field: Schema<any> | undefined): 'merge' | 'replace' | undefined {
  const strategies = field?.patchStrategy?.split(',') ?? []
  return strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : undefined
}
function nameAfter(key: string, prefix: string, why: string): string {
  if (!key.startsWith(prefix + '/')) throw patchRefused(400, why)
  return key.slice(prefix.length + 1)
}

/** $retainKeys: everything that the list does not name goes; the patch may set nothing else. */
function retain(out: JsonObject, patch: JsonObject): void {
  const keys = patch[retainKeys]
  delete patch[retainKeys]
  if (!Array.isArray(keys)) throw patchRefused(400, 'invalid patch format of retainKeys')
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(deleteList) || key.startsWith(elementOrder)) continue
    if (!keys.includes(key)) throw patchRefused(400, 'invalid patch format of retainKeys')
  }
  for (const key of Object.keys(out)) if (!keys.includes(key)) delete out[key]
}

/** $deleteFromPrimitiveList/x: items that go from the list x. */
function deleteItems(out: JsonObject, name: string, items: Json): void {
  const present = out[name]
  if (Array.isArray(present) && Array.isArray(items)) setOwn(out, name, present.filter((item) => !items.includes(item)))
}

/** $setElementOrder/x: merges the list x, then puts it in that order; items that only the server has keep their place among them. */
function setOrder(schema: Schema<any> | undefined, out: JsonObject, patch: JsonObject, key: string): void {
  const order = patch[key]
  delete patch[key]
  const name = nameAfter(key, elementOrder, 'invalid patch format of setElementOrder list')
  if (!Array.isArray(order)) throw patchRefused(400, 'invalid patch format of setElementOrder list')
  const field = fieldOf(schema, name), mergeKey = field?.patchMergeKey
  const present = out[name], given = Object.hasOwn(patch, name) ? patch[name] : undefined
  for (const list of [present, given]) if (list !== undefined && list !== null && !Array.isArray(list)) throw patchRefused(500, `expected a []interface {}, but received a ${typeof list}`)
  if (Array.isArray(given)) checkOrder(given, order, mergeKey)
  const server = Array.isArray(present) ? present : []
  let merged: Json[]
  if (Array.isArray(given)) {
    merged = !Array.isArray(present) ? withoutDirectives(given) as Json[] : strategyOf(field) === 'merge' ? mergeList(field, present, given) : given
    delete patch[name]
  } else if (Array.isArray(present)) merged = present
  else return
  setOwn(out, name, arrange(merged, order, server, mergeKey))
}
function checkOrder(given: readonly Json[], order: readonly Json[], mergeKey: string | undefined): void {
  const kept = mergeKey ? given.filter((item) => !(isObject(item) && item[directive] === 'delete')) : given
  let at = 0
  for (const item of order) if (at < kept.length && same(keyOf(kept[at], mergeKey), keyOf(item, mergeKey))) at++
  if (at < kept.length) throw patchRefused(500, `The order in patch list:\n${goPrint(given)}\n doesn't match ${elementOrder} list:\n${goPrint(order)}\n`)
}
function keyOf(item: Json, mergeKey: string | undefined): Json {
  if (!mergeKey) return item
  if (!isObject(item) || !Object.hasOwn(item, mergeKey)) throw patchRefused(500, `map: ${goPrint(item)} does not contain declared merge key: ${mergeKey}`)
  return item[mergeKey]
}
/** Items that the patch names in its order, the server's own between them where they were. */
function arrange(merged: readonly Json[], order: readonly Json[], server: readonly Json[], mergeKey: string | undefined): Json[] {
  const key = (item: Json): Json => keyOf(item, mergeKey)
  const named = inOrderOf(merged.filter((item) => isIn(order, item, key)), order, key)
  const others = inOrderOf(merged.filter((item) => !isIn(order, item, key)), server, key)
  return mergeOrder(others, named, server, key)
}

function mergeList(field: Schema<any> | undefined, original: readonly Json[], patch: readonly Json[]): Json[] {
  if (!original.length && !patch.length) return []
  const all = [...original, ...patch]
  if (all.some(Array.isArray)) throw patchRefused(422, 'lists of lists are not supported')
  const mergeKey = field?.patchMergeKey
  if (!all.some(isObject)) return arrange([...new Set(all)], patch, original, undefined)
  if (!all.every(isObject)) throw patchRefused(500, 'list element types are not identical')
  if (!mergeKey) throw patchRefused(500, `cannot merge lists without merge key for ${field?.items?.name?.split('.').slice(-2).join('.') ?? ''}`)
  const special = specialItems(original, patch as JsonObject[], mergeKey)
  const merged = [...special.original]
  for (const item of special.patch) {
    const key = keyOf(item, mergeKey)
    const at = merged.findIndex((present) => isObject(present) && same(present[mergeKey], key))
    if (at >= 0) merged[at] = mergeObject(field.items, merged[at] as JsonObject, item as JsonObject)
    else merged.push(withoutDirectives(item))
  }
  return arrange(merged, special.patch, special.original, mergeKey)
}
/** Carries out items of a patch that are directives: deletion by key, replacement of the whole list. */
function specialItems(original: readonly Json[], patch: readonly JsonObject[], mergeKey: string): { original: readonly Json[]; patch: Json[] } {
  const rest: Json[] = []
  let kept = original, replace = false
  for (const item of patch) {
    if (!Object.hasOwn(item, directive)) { rest.push(item); continue }
    if (item[directive] === 'delete') { const key = keyOf(item, mergeKey); kept = kept.filter((present) => !(isObject(present) && same(present[mergeKey], key))) }
    else if (item[directive] === 'replace') replace = true
    else if (item[directive] === 'merge') throw patchRefused(500, 'merging lists cannot yet be specified in the patch')
    else throw unknownDirective(item)
  }
  return { original: replace ? [] : kept, patch: rest }
}

/** A value that is added as a whole: without nulls and directives; undefined when it is itself a directive. */
function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (Object.hasOwn(value, directive)) return undefined
  const out: JsonObject = {}
  for (const key of Object.keys(value)) {
    if (value[key] === null || key === retainKeys || key.startsWith(elementOrder) || key.startsWith(deleteList)) continue
    const inner = withoutDirectives(value[key])
    if (inner !== undefined) setOwn(out, key, inner)
  }
  return out
}
