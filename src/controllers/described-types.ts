// Types of the API that are not built in (custom resources, those of servers behind this one), as the server describes them.
import type { CelType } from '#cel'
import type { Client } from '#client'
import { celTypeOf, declaredType, structural } from '#kinds'
import { is, objectMeta } from '#machinery'

/** `type` is undefined where nothing is known of it. */
export interface DescribedType { readonly group: string; readonly version: string; readonly resource: string; readonly kind: string; readonly type: CelType | undefined }

type Json = Record<string, any> // allowed: schemas as they come
type Schemas = Readonly<Record<string, Json>>

/** What the server describes in one version of a group: nothing when it does not serve it. */
export async function describedTypes(client: Pick<Client, 'raw'>, group: string, version: string): Promise<DescribedType[]> {
  const ask = async (path: string): Promise<Json> => {
    try { return await client.raw('GET', path) as Json } catch (error) { if (is(error, 'NotFound')) return {}; throw error }
  }
  const [list, document] = await Promise.all([ask(`/apis/${group}/${version}`), ask(`/openapi/v3/apis/${group}/${version}`)])
  const schemas = (document['components']?.schemas ?? {}) as Schemas, resources = (list['resources'] ?? []) as { name: string; kind: string }[]
  return resources.filter(({ name }) => !name.includes('/')).map(({ name, kind }) => {
    const isOfKind = (type: Json) => type['group'] === group && type['version'] === version && type['kind'] === kind
    const schema = Object.values(schemas).find((each) => (each['x-kubernetes-group-version-kind'] as Json[] | undefined)?.some(isOfKind))
    return { group, version, resource: name, kind, type: schema && typeOf(schema, kind, schemas) }
  })
}

function typeOf({ properties, ...schema }: Json, name: string, schemas: Schemas): CelType | undefined {
  const { metadata: _, ...own } = (properties ?? {}) as Json
  const type = celTypeOf(structural(inlined({ ...schema, properties: own }, schemas, [])), true)?.type
  if (type?.type !== 'object') return undefined
  return { ...type, name, fields: { ...type.fields, metadata: { of: declaredType(objectMeta), required: true } } }
}

/** The schema with what it refers to in its place; of a type inside itself nothing is known. */
function inlined(schema: Json, schemas: Schemas, around: readonly string[]): Json {
  const reference = (schema['$ref'] ?? schema['allOf']?.[0]?.$ref) as string | undefined
  if (reference !== undefined) {
    const name = reference.slice(reference.lastIndexOf('/') + 1), meant = schemas[name]
    return meant && !around.includes(name) ? inlined(meant, schemas, [...around, name]) : {}
  }
  const inside = (inner: Json) => inlined(inner, schemas, around)
  const { properties, items, additionalProperties, ...rest } = schema
  return {
    ...rest,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties as Schemas).map(([name, field]) => [name, inside(field)])) }),
    ...(items && { items: inside(items as Json) }),
    ...(additionalProperties !== undefined && { additionalProperties: typeof additionalProperties === 'object' ? inside(additionalProperties as Json) : additionalProperties }),
  }
}
