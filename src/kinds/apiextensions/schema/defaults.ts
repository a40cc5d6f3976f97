// What a custom resource gains on its way in and out: the defaults of its schema. A null that the schema does not allow counts as absent.
import { copy, setOwn } from '#machinery'
import { additionalOf, isObject, isWrongNull, propertyOf, type Json, type Structural } from './structural.ts'

/** Removes, in place, nulls that may not be and have no default to stand in for them. */
export function dropNulls(value: Json, schema: Structural | undefined): void {
  if (!schema) return
  if (Array.isArray(value)) { for (const item of value) dropNulls(item, schema.items); return }
  if (!isObject(value)) return
  for (const name of Object.keys(value)) {
    const inner = fieldOf(schema, name)
    if (isWrongNull(value[name], inner)) { if (inner!.default === undefined) delete value[name] } else dropNulls(value[name], inner)
  }
}

/** Fills in, in place, what the schema has defaults for. */
export function fillDefaults(value: Json, schema: Structural | undefined): void {
  if (!schema) return
  if (Array.isArray(value)) {
    value.forEach((item, i) => { if (isWrongNull(item, schema.items)) value[i] = copy(schema.items!.default ?? null) })
    for (const item of value) fillDefaults(item, schema.items)
    return
  }
  if (!isObject(value)) return
  for (const name in schema.properties) {
    const property = schema.properties[name]!
    if (property.default !== undefined && (!Object.hasOwn(value, name) || isWrongNull(value[name], property))) setOwn(value, name, copy(property.default))
  }
  for (const name of Object.keys(value)) {
    const inner = fieldOf(schema, name)
    if (!inner) continue
    if (isWrongNull(value[name], inner) && !propertyOf(schema, name)) setOwn(value, name, copy(inner.default ?? null))
    fillDefaults(value[name], inner)
  }
}

function fieldOf(schema: Structural, name: string): Structural | undefined {
  const property = propertyOf(schema, name)
  if (property) return property
  const more = additionalOf(schema)
  return more === true ? undefined : more
}
