// A structural schema as the types of expressions: what `self` is, and how large it may be.
import type { CelField, CelType } from '#cel'
import { isEmbedded, type Structural } from './structural.ts'

/** The largest request there is, in bytes: bounds what has no bound of its own. */
const requestBytes = 3 * 1024 * 1024
const text = { least: 2, date: 10 }
const bytesPerCharacter = 4

export interface Sized { readonly type: CelType; /** The fewest bytes a value takes in JSON. */ readonly least: number }
/** How often a value of this size can be there in one request. */
export const mostTimes = ({ least }: Sized): number => Math.floor(requestBytes / (least + 1))

const known = new WeakMap<Structural, Sized | null>(), knownRoots = new WeakMap<Structural, Sized | null>()
/** The type of a value by its schema; `root`: of a whole resource, which always has a type and a name. undefined: nothing is known of it, so expressions cannot name it. */
export function celTypeOf(schema: Structural, root: boolean): Sized | undefined {
  const cache = root ? knownRoots : known
  let type = cache.get(schema)
  if (type === undefined) { type = make(schema, root) ?? null; cache.set(schema, type) }
  return type ?? undefined
}

function make(schema: Structural, root: boolean): Sized | undefined {
  if (schema['x-kubernetes-int-or-string']) return { type: { type: 'dyn' }, least: 1 }
  switch (schema.type) {
    case 'array': return listType(schema)
    case 'object': return objectType(root ? asResource(schema) : schema)
    case 'string': return textType(schema)
    case 'boolean': return { type: { type: 'bool' }, least: 4 }
    case 'number': return { type: { type: 'double' }, least: 1 }
    case 'integer': return { type: { type: 'int' }, least: 1 }
    default: return undefined
  }
}

/** A resource has a type and a name, whatever its schema says. */
function asResource(schema: Structural): Structural {
  const name: Structural = { type: 'string' }, metadata = schema.properties?.['metadata']
  const { name: _n, generateName: _g, ...named } = metadata?.properties ?? {}
  void _n; void _g
  return { ...schema, properties: { ...schema.properties, kind: name, apiVersion: name, metadata: { type: 'object', properties: { ...named, name, generateName: name } } } }
}

function listType(schema: Structural): Sized | undefined {
  const items = schema.items && celTypeOf(schema.items, isEmbedded(schema.items))
  if (!items) return undefined
  const listType = schema['x-kubernetes-list-type'] as 'set' | 'map' | 'atomic' | undefined, listKeys = schema['x-kubernetes-list-map-keys']
  const mostItems = schema.maxItems === undefined ? Math.floor((requestBytes - 2) / (items.least + 1)) : Math.max(schema.maxItems, 0)
  return { type: { type: 'list', items: items.type, mostItems, ...(listType && { listType }), ...(listKeys && { listKeys }) }, least: 2 }
}

function objectType(schema: Structural): Sized | undefined {
  const more = schema.additionalProperties
  if (typeof more === 'object') {
    const values = celTypeOf(more, isEmbedded(more))
    if (!values) return undefined
    const mostEntries = schema.maxProperties === undefined ? Math.floor((requestBytes - 2) / (values.least + 6)) : Math.max(schema.maxProperties, 0)
    return { type: { type: 'map', keys: { type: 'string' }, values: values.type, mostEntries }, least: 2 }
  }
  const fields: Record<string, CelField> = {}
  let least = 2
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const field = celTypeOf(property, isEmbedded(property))
    if (!field) continue
    const required = schema.required?.includes(name) ?? false
    fields[name] = { of: field.type, ...(required && { required }) }
    if (required && property.default === undefined) least += name.length + field.least + 4
  }
  return { type: { type: 'object', name: 'object', fields }, least }
}

function textType({ format, maxLength, enum: values }: Structural): Sized {
  if (format === 'byte') return { type: { type: 'bytes', mostLength: maxLength === undefined ? requestBytes - 2 : Math.max(maxLength, 0) }, least: text.least }
  if (format === 'duration') return { type: { type: 'duration' }, least: 4 }
  if (format === 'date') return { type: { type: 'timestamp' }, least: text.date }
  if (format === 'date-time') return { type: { type: 'timestamp' }, least: 21 }
  const longest = values?.length ? Math.max(...values.map((value) => (typeof value === 'string' ? value.length : 0))) : requestBytes - 2
  return { type: { type: 'string', mostLength: maxLength === undefined ? longest : Math.max(maxLength, 0) * bytesPerCharacter }, least: text.least }
}
