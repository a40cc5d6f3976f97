// What a custom resource loses on its way in: fields that its schema does not name.
import { isEmbedded, isObject, keepsUnknown, metaFields, propertyOf, type Json, type JsonObject, type Structural } from './structural.ts'

/** Removes, in place, what the schema does not know, as the root of a resource; returns the paths of what went, sorted. */
export function prune(object: JsonObject, schema: Structural): string[] {
  const unknown: string[] = []
  pruneValue(object, { ...schema, 'x-kubernetes-embedded-resource': true }, '', unknown)
  return unknown.sort()
}

function pruneValue(value: Json, schema: Structural | undefined, path: string, unknown: string[]): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => { pruneItem(item, schema, `${path}[${i}]`, unknown) })
    return
  }
  if (!isObject(value)) return
  const keeps = schema !== undefined && keepsUnknown(schema)
  for (const name of Object.keys(value)) {
    if (schema && isEmbedded(schema) && metaFields.includes(name)) continue
    const at = path ? `${path}.${name}` : name
    const property = schema && propertyOf(schema, name)
    if (property) { pruneValue(value[name], property, at, unknown); continue }
    const more = schema?.additionalProperties
    // `true` says that the fields may be there, and nothing of what they hold; `false` is for validation to refuse.
    if (more !== undefined) { if (!keeps || typeof more === 'object') pruneValue(value[name], typeof more === 'object' ? more : undefined, at, unknown) }
    else if (!keeps) {
      if (!metaFields.includes(name) || path !== '') unknown.push(at)
      delete value[name]
    }
  }
}
/** Items of a list of anything are anything. */
function pruneItem(item: Json, schema: Structural | undefined, path: string, unknown: string[]): void {
  const items = schema?.items
  if (schema && keepsUnknown(schema)) {
    if (items) pruneValue(item, { ...items, 'x-kubernetes-preserve-unknown-fields': true }, path, unknown)
  } else pruneValue(item, items, path, unknown)
}

/** Removes, in place, what the schema of a default does not know. */
export function pruneDefault(value: Json, schema: Structural): void { pruneValue(value, schema, '', []) }
