// A custom resource's schema as OpenAPI documents show it: the definition's own words, with type and metadata as every object has them.
import { standardMetadata, typeMeta } from '#machinery'
import { isEmbedded, keepsUnknown, type Structural } from '#kinds'

export type Dialect = 'v2' | 'v3'
type Shown = Record<string, unknown>
const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const typed = { apiVersion: { type: 'string', description: typeMeta.apiVersion.description }, kind: { type: 'string', description: typeMeta.kind.description } }

/** The definition of a whole object. `reference` makes the path of another definition. */
export function openApiSchema(schema: Structural, dialect: Dialect, reference: (name: string) => string): Shown {
  // A client of version 2 would take whatever is not named for wrong.
  if (dialect === 'v2' && keepsUnknown(schema)) return { type: 'object' }
  return withMeta(shown(schema, dialect, reference), dialect, reference)
}

function withMeta(object: Shown, dialect: Dialect, reference: (name: string) => string): Shown {
  const ref = { $ref: reference(objectMeta) }
  return { ...object, properties: { ...object['properties'] as Shown | undefined, ...typed, metadata: { ...(dialect === 'v3' ? { allOf: [ref] } : ref), description: standardMetadata } } }
}

/** What version 2 has no words for. */
const beyondV2 = ['allOf', 'anyOf', 'oneOf', 'not', 'nullable']
function shown(schema: Structural, dialect: Dialect, reference: (name: string) => string): Shown {
  const inner = (one: Structural) => shown(one, dialect, reference)
  const out: Shown = { ...schema }
  if (schema.properties) out['properties'] = Object.fromEntries(Object.entries(schema.properties).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, property]) => [name, inner(property)]))
  if (schema.items) out['items'] = inner(schema.items)
  if (typeof schema.additionalProperties === 'object') out['additionalProperties'] = inner(schema.additionalProperties)
  if (dialect === 'v3') {
    if (schema['x-kubernetes-int-or-string'] && !schema.anyOf) out['anyOf'] = [{ type: 'integer' }, { type: 'string' }]
    return isEmbedded(schema) ? withMeta(out, dialect, reference) : out
  }
  for (const field of beyondV2) delete out[field]
  if (keepsUnknown(schema) || schema.nullable) { delete out['items']; delete out['properties'] }
  if (schema.nullable || schema['x-kubernetes-int-or-string']) delete out['type']
  return isEmbedded(schema) && !keepsUnknown(schema) ? withMeta(out, dialect, reference) : out
}
