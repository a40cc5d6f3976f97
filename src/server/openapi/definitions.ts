// Schemas as OpenAPI definitions, in the two dialects: version 3 wraps references that carry more than themselves, version 2 knows no
// unions and shows no defaults.
import { deleteOptions, listMeta, objectMeta, s, type Schema } from '#machinery'
import type { Served } from '../served.ts'

export type Dialect = 'v2' | 'v3'
export type Definitions = Record<string, object>
type Json = Record<string, unknown>

const meta = 'io.k8s.apimachinery.pkg.'
const intOrString = `${meta}util.intstr.IntOrString`
const quantity = `${meta}api.resource.Quantity`
const time = `${meta}apis.meta.v1.Time`
const microTime = `${meta}apis.meta.v1.MicroTime`
const patch = `${meta}apis.meta.v1.Patch`

export const reference = (dialect: Dialect, name: string): string => (dialect === 'v2' ? `#/definitions/${name}` : `#/components/schemas/${name}`)

/** Types without fields of their own. */
function special(dialect: Dialect): Definitions {
  const union = (...types: object[]) => ({ oneOf: types })
  return {
    [intOrString]: { format: 'int-or-string', ...(dialect === 'v3' ? union({ type: 'integer' }, { type: 'string' }) : { type: 'string' }), description: 'A number, or a text such as a percentage or the name of a port.' },
    [quantity]: { ...(dialect === 'v3' ? union({ type: 'string' }, { type: 'number' }) : { type: 'string' }), description: 'An amount of a resource: a number with an optional suffix, such as 500m, 1.5 or 2Gi.' },
    [time]: { type: 'string', format: 'date-time', description: 'A moment, RFC 3339, in whole seconds.' },
    [microTime]: { type: 'string', format: 'date-time', description: 'A moment, RFC 3339, in microseconds.' },
    [patch]: { type: 'object', description: 'A change to an object, in one of the patch formats.' },
  }
}

const status = s.object(`${meta}apis.meta.v1.Status`, {
  apiVersion: s.string(), kind: s.string(), metadata: s.value(listMeta), status: s.string(), message: s.string(), reason: s.string(), code: s.int(),
  details: s.object(`${meta}apis.meta.v1.StatusDetails`, {
    name: s.string(), group: s.string(), kind: s.string(), uid: s.string(), retryAfterSeconds: s.int(),
    causes: s.list(s.object(`${meta}apis.meta.v1.StatusCause`, { reason: s.string(), message: s.string(), field: s.string() }), { listType: 'atomic' }),
  }),
})
const watchEvent = s.object(`${meta}apis.meta.v1.WatchEvent`, { type: s.required(s.string()), object: s.required(s.any(`${meta}runtime.RawExtension`)) })

export interface TypeName { readonly group: string; readonly version: string; readonly kind: string }
/** A type that a document shows beside its kinds: what a subresource takes. */
export interface ExtraType extends TypeName { readonly schema: Schema<any> } // allowed: schemas of any type

/** Every definition that the resources and types reach. */
export function definitionsOf(dialect: Dialect, served: readonly Served[], extra: readonly ExtraType[]): Definitions {
  const out: Definitions = {}
  const names = special(dialect)
  const use = (name: string) => {
    if (names[name]) out[name] ??= names[name]
    return { $ref: reference(dialect, name) }
  }
  const add = (schema: Schema<unknown>, types: readonly TypeName[] = []): void => {
    const { name } = schema
    if (!name || out[name]) return
    out[name] = {} // before its fields: schemas may refer to themselves
    out[name] = object(schema, types)
  }
  const described = (schema: Schema<unknown>): Json => {
    if (schema.type === 'quantity') return use(quantity)
    if (schema.type === 'intOrString') return use(intOrString)
    if (schema.format === 'date-time') return use(time)
    if (schema.format === 'micro-time') return use(microTime)
    if (schema.name) {
      if (schema.fields) add(schema)
      else out[schema.name] ??= { type: 'object' }
      return { $ref: reference(dialect, schema.name) }
    }
    if (schema.type === 'map') return { type: 'object', additionalProperties: described(schema.items!) }
    if (schema.type === 'array') return { type: 'array', items: described(schema.items!) }
    if (schema.type === 'any') return { type: 'object' }
    if (schema.type === 'object') return object(schema, []) as Json
    return { type: schema.type, ...(schema.format && { format: schema.format }) }
  }
  const property = (schema: Schema<unknown>): Json => {
    const fact = described(schema)
    const more: Json = {}
    const shown = schema.default ?? schema.shownDefault ?? (schema.required && !schema.dropEmpty ? emptyOf(schema) : undefined)
    if (shown !== undefined && dialect === 'v3') more.default = shown
    if (schema.description) more.description = schema.description
    if (schema.listType) more['x-kubernetes-list-type'] = schema.listType
    if (schema.listKeys) more['x-kubernetes-list-map-keys'] = schema.listKeys
    if (schema.patchStrategy) more['x-kubernetes-patch-strategy'] = schema.patchStrategy
    if (schema.patchMergeKey) more['x-kubernetes-patch-merge-key'] = schema.patchMergeKey
    if (schema.mapType && (!schema.name || schema.mapType === 'granular')) more['x-kubernetes-map-type'] = schema.mapType
    if (Object.keys(more).length === 0) return fact
    return '$ref' in fact && dialect === 'v3' ? { allOf: [fact], ...more } : { ...fact, ...more }
  }
  const object = (schema: Schema<unknown>, types: readonly TypeName[]): object => {
    const properties: Json = {}, required: string[] = []
    for (const [name, field] of Object.entries(schema.fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
      properties[name] = property(field)
      if (field.required) required.push(name)
    }
    return {
      ...(schema.description && { description: schema.description }), type: 'object', properties, ...(required.length > 0 && { required }),
      ...(schema.mapType === 'atomic' && { 'x-kubernetes-map-type': 'atomic' }), ...(schema.unions !== undefined && { 'x-kubernetes-unions': schema.unions }),
      ...(types.length > 0 && { 'x-kubernetes-group-version-kind': types }),
    }
  }

  /** Custom resources describe themselves; all that they refer to is metadata. */
  const addCustom = (name: string, description: object): void => { out[name] = description; add(objectMeta) }

  for (const each of served) {
    const type = { group: each.group, version: each.version, kind: each.kindName }
    if (each.custom) addCustom(each.definition, { ...each.custom.describe(dialect, (name) => reference(dialect, name)), 'x-kubernetes-group-version-kind': [type] })
    else add(each.schema, [type])
    if (each.verbs.includes('list')) add(listSchema(each), [{ ...type, kind: `${each.kindName}List` }])
  }
  for (const { schema, ...type } of extra) add(schema, [type])
  const versions = [...new Set(served.map((x) => `${x.group}/${x.version}`))].map((gv) => ({ group: gv.slice(0, gv.indexOf('/')), version: gv.slice(gv.indexOf('/') + 1) }))
  add(deleteOptions, versions.map((v) => ({ ...v, kind: 'DeleteOptions' })))
  add(status, [{ group: '', version: 'v1', kind: 'Status' }])
  add(watchEvent, versions.map((v) => ({ ...v, kind: 'WatchEvent' })))
  use(patch)
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const listSchema = ({ definition, schema, custom }: Served): Schema<unknown> =>
  s.object(`${definition}List`, { apiVersion: s.string(), items: s.required(s.list(custom ? { type: 'object', name: definition, fields: {}, required: false, present: false } : schema)), kind: s.string(), metadata: s.value(listMeta) })

const empties: Readonly<Record<string, unknown>> = { string: '', integer: 0, number: 0, boolean: false }
function emptyOf({ type, format }: Schema<unknown>): unknown {
  if (format === 'date-time' || format === 'micro-time' || format === 'byte') return undefined
  return empties[type]
}
