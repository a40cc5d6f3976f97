// How a JSON value becomes a custom resource: metadata read, unknown fields pruned, nulls and defaults settled.
import { coerceEmbedded, dropNulls, fillDefaults, isObject, prune, readMetadata, type JsonObject, type Structural } from '#kinds'
import { copy, DecodeError, maxJsonDepth, quote, withinInt64, type DecodeOptions, type LooseObject } from '#machinery'

/** What an object must be for its schema to count. */
export interface Described { readonly group: string; readonly kindName: string; readonly schema: Structural }

/** A client's value as an object: a new value. What is of another kind keeps all its fields; validation tells it so. Throws DecodeError. */
export function readObject({ group, kindName, schema }: Described, json: unknown, { strict = [], keys = [] }: DecodeOptions = {}): LooseObject {
  if (!isObject(json)) throw new DecodeError(`json: cannot unmarshal ${json === null ? 'null' : Array.isArray(json) ? 'array' : typeof json} into Go value of type map[string]interface {}`)
  const object = copy(hasLarge(json, 0) ? withinInt64(json) : json)
  const unknown: string[] = []
  for (const field of ['kind', 'apiVersion']) if (field in object && typeof object[field] !== 'string') throw new DecodeError(`.${field} accessor error: ${String(object[field])} is of the type ${typeof object[field]}, expected string`)
  const metadata = readMetadata(object['metadata'], { drop: false, unknown }, 'metadata')
  const apiVersion = (object['apiVersion'] as string | undefined) ?? ''
  const described = apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0)) === group && object['kind'] === kindName
  if (described) {
    unknown.push(...prune(object, schema))
    dropNulls(object, schema)
  }
  coerceEmbedded(object, schema, { drop: false, unknown })
  for (const path of new Set(keys.filter(({ repeated }) => repeated).map((key) => key.path))) strict.push(`duplicate field ${quote(path)}`)
  for (const path of unknown) strict.push(`unknown field ${quote(path)}`)
  if (described) fillDefaults(object, schema)
  return whole(object, metadata)
}

/** A stored value by the schema as it is now, in place: what is malformed goes. */
export function readStored(schema: Structural, value: LooseObject): LooseObject {
  const object = value as JsonObject, drop = { drop: true, unknown: [] }
  prune(object, schema)
  dropNulls(object, schema)
  coerceEmbedded(object, schema, drop)
  fillDefaults(object, schema)
  return object as LooseObject
}

/** An object of another version as the storage version keeps it: fields that it does not know go. A new value. */
export function readWritten(schema: Structural, value: LooseObject): LooseObject {
  const { metadata, ...rest } = value
  const object = copy(rest) as JsonObject
  prune(object, schema)
  dropNulls(object, schema)
  coerceEmbedded(object, schema, { drop: true, unknown: [] })
  return whole(object, metadata as object as JsonObject)
}

/** metadata stands first in what is stored; an object without any has an empty one. */
function whole({ apiVersion, kind, metadata: _, ...rest }: JsonObject, metadata: JsonObject | undefined): LooseObject {
  return { ...(apiVersion !== undefined && { apiVersion }), ...(kind !== undefined && { kind }), metadata: metadata ?? {}, ...rest } as LooseObject
}

/** Whether there are whole numbers beyond 2^53 in a value. Throws DecodeError when it nests too deep. */
function hasLarge(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint'
  if (depth > maxJsonDepth) throw new DecodeError('exceeded max depth')
  let found = false
  for (const inner of Object.values(value)) if (hasLarge(inner, depth + 1)) found = true
  return found
}
