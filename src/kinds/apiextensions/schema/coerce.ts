// Metadata inside of custom resources, the resource's own and that of resources embedded in it: always of the form that all objects have.
import { decode, DecodeError, objectMeta, setOwn, unquote } from '#machinery'
import { additionalOf, isEmbedded, isObject, propertyOf, type Json, type JsonObject, type Structural } from './structural.ts'

export interface Coercion {
  /** Drop what is malformed (reading from the store) instead of throwing. */
  readonly drop: boolean
  /** Collects the paths of unknown fields. */
  readonly unknown: string[]
}

/** The metadata of a resource in normal form. Throws DecodeError. */
export function readMetadata(given: Json, { drop, unknown }: Coercion, path: string): JsonObject | undefined {
  if (given === undefined) return undefined
  const strict: string[] = []
  const read = (value: Json): JsonObject => decode(objectMeta, value, { strict }) as JsonObject
  let metadata: JsonObject = {}
  try {
    metadata = read(given)
  } catch (error) {
    if (!drop) throw error
    for (const name of isObject(given) ? Object.keys(given) : []) {
      try { Object.assign(metadata, read({ [name]: (given as JsonObject)[name] })) } catch { /* malformed: left out */ }
    }
  }
  for (const text of strict) unknown.push(`${path}.${unquote(text.slice('unknown field '.length))}`)
  return metadata
}

/** Brings embedded resources into form, in place: type and metadata. Throws DecodeError; the root's own are left to the caller. */
export function coerceEmbedded(value: Json, schema: Structural | undefined, coercion: Coercion, path = '', root = true): void {
  if (!schema) return
  if (Array.isArray(value)) {
    value.forEach((item, i) => { coerceEmbedded(item, schema.items, coercion, `${path}[${i}]`, false) })
    return
  }
  if (!isObject(value)) return
  const embedded = !root && isEmbedded(schema)
  for (const name of Object.keys(value)) {
    const at = path ? `${path}.${name}` : name
    if (embedded) coerceMeta(value, name, coercion, at)
    const property = propertyOf(schema, name)
    const more = additionalOf(schema)
    if (property) coerceEmbedded(value[name], property, coercion, at, false)
    else if (more !== true) coerceEmbedded(value[name], more, coercion, `${path}[${name}]`, false)
  }
}

function coerceMeta(value: JsonObject, name: string, coercion: Coercion, at: string): void {
  if (name === 'metadata') {
    try {
      setOwn(value, name, readMetadata(value[name], coercion, at))
    } catch (error) {
      throw new DecodeError(`${at}: Invalid value: ${JSON.stringify(value[name])}: ${(error as Error).message}`, { cause: error })
    }
  } else if ((name === 'apiVersion' || name === 'kind') && typeof value[name] !== 'string') {
    if (!coercion.drop) throw new DecodeError(`${at}: Invalid value: ${JSON.stringify(value[name])}: must be a string`)
    delete value[name]
  }
}
