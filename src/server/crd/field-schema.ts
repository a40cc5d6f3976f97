// A structural schema as the schema that field ownership works with: what server-side apply may merge, and what is one field.
import { isEmbedded, keepsUnknown, type Structural } from '#kinds'
import { objectMeta, s, type Fields, type Schema } from '#machinery'

type AnySchema = Schema<any> // allowed: what a custom resource holds is known at run time only
/** Anything: looked into where it is an object, one field where it is a list. */
const open: AnySchema = s.any()
const scalars: Readonly<Record<string, AnySchema>> = { string: s.string({ keepEmpty: true }), integer: s.int64({ keepEmpty: true }), number: s.number({ keepEmpty: true }), boolean: s.bool({ keepEmpty: true }) }
const anyScalar = s.intOrString({ keepEmpty: true })
const typeMeta: Fields = { apiVersion: s.string(), kind: s.string(), metadata: s.value(objectMeta) }

/** The whole object of a version; `definition` is its name in OpenAPI documents. */
export function fieldSchema(schema: Structural, definition: string): AnySchema {
  return { ...objectSchema(schema, typeMeta), name: definition }
}

function valueSchema(schema: Structural): AnySchema {
  if (schema['x-kubernetes-int-or-string']) return anyScalar
  if (schema.type === 'object') return objectSchema(schema, isEmbedded(schema) ? { ...typeMeta, metadata: objectMeta } : {})
  if (schema.type === 'array') return listSchema(schema)
  if (schema.type === 'string' && schema.format && schema.format !== 'byte') return anyScalar // as such texts are in the reference
  return scalars[schema.type ?? ''] ?? open
}

function objectSchema(schema: Structural, own: Fields): AnySchema {
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? { mapType: 'atomic' as const } : {}
  const { properties = {}, additionalProperties } = schema
  const named = Object.keys(properties).length > 0 || Object.keys(own).length > 0
  if (!named && additionalProperties) return { ...s.map(additionalProperties === true ? open : valueSchema(additionalProperties)), ...atomic }
  if (!named && (keepsUnknown(schema) || additionalProperties === undefined)) return { ...s.map(open), ...atomic }
  const fields: Record<string, AnySchema> = {}
  for (const name in properties) if (!Object.hasOwn(own, name)) fields[name] = valueSchema(properties[name]!)
  return { ...s.object('', { ...own, ...fields }), ...atomic, ...(keepsUnknown(schema) && { rest: open }) }
}

function listSchema(schema: Structural): AnySchema {
  const items = schema.items ? valueSchema(schema.items) : open
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'set') return s.list(items, { listType, keepEmpty: true })
  if (listType !== 'map') return s.list(items, { listType: 'atomic', keepEmpty: true })
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return s.list(withKeyDefaults(items, schema.items, keys), { listType, listKeys: keys, keepEmpty: true })
}
/** A key that an item leaves out has its default. */
function withKeyDefaults(items: AnySchema, schema: Structural | undefined, keys: readonly string[]): AnySchema {
  const defaults = keys.filter((key) => schema?.properties?.[key]?.default !== undefined)
  if (defaults.length === 0 || !items.fields) return items
  return { ...items, fields: { ...items.fields, ...Object.fromEntries(defaults.map((key) => [key, { ...items.fields![key]!, shownDefault: schema!.properties![key]!.default }])) } }
}
