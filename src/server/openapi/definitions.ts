// Schemas as OpenAPI definitions, in the two dialects: version 3 wraps references that carry more than themselves, version 2 knows no
// unions and shows no defaults.
import { authTokenRequest, eviction, fieldDescription, fieldWords, scale, typeDescription } from '#kinds'
import { deleteOptions, listMeta, objectMeta, s, typeMeta, type Schema } from '#machinery'
import { isFormer } from '../former-versions.ts'
import type { Served } from '../served.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions, status, versionInfo, watchEvent } from './meta-types.ts'

export type Dialect = 'v2' | 'v3'
export type Definitions = Record<string, object>
type Json = Record<string, unknown>

const meta = 'io.k8s.apimachinery.pkg.'
const intOrString = `${meta}util.intstr.IntOrString`
const quantity = `${meta}api.resource.Quantity`
const definitionsOfDefinitions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'
const time = `${meta}apis.meta.v1.Time`
const microTime = `${meta}apis.meta.v1.MicroTime`

export const reference = (dialect: Dialect, name: string): string => (dialect === 'v2' ? `#/definitions/${name}` : `#/components/schemas/${name}`)

/** Types without fields of their own. */
function special(dialect: Dialect): Definitions {
  const union = (...types: object[]) => ({ oneOf: types })
  return {
    [intOrString]: { format: 'int-or-string', ...(dialect === 'v3' ? union({ type: 'integer' }, { type: 'string' }) : { type: 'string' }), description: 'A number, or a text such as a percentage or the name of a port.' },
    [quantity]: { ...(dialect === 'v3' ? union({ type: 'string' }, { type: 'number' }) : { type: 'string' }), description: 'An amount of a resource: a number with an optional suffix, such as 500m, 1.5 or 2Gi.' },
    [time]: { type: 'string', format: 'date-time', description: 'A moment, RFC 3339, in whole seconds.' },
    [microTime]: { type: 'string', format: 'date-time', description: 'A moment, RFC 3339, in microseconds.' },
    [`${meta}apis.meta.v1.Patch`]: { type: 'object', description: 'A change to an object, in one of the patch formats.' },
    [`${meta}apis.meta.v1.FieldsV1`]: { type: 'object', description: 'A set of fields as a tree: f:NAME is a field, k:KEYS and v:VALUE are items of lists, "." is the thing itself.' },
    [`${meta}runtime.RawExtension`]: { type: 'object', description: 'Any object, as it is.' },
    [`${definitionsOfDefinitions}JSON`]: { description: 'Any JSON value.' },
    [`${definitionsOfDefinitions}JSONSchemaPropsOrArray`]: { description: 'A schema, or a list of schemas.' },
    [`${definitionsOfDefinitions}JSONSchemaPropsOrBool`]: { description: 'A schema, or true or false.' },
    [`${definitionsOfDefinitions}JSONSchemaPropsOrStringArray`]: { description: 'A schema, or a list of names.' },
  }
}

/** Types that stand beside the kinds: what subresources take, and what every version has. */
interface TypeName { readonly group: string; readonly version: string; readonly kind: string }
const subresourceTypes = [scale, eviction, authTokenRequest]

/** Every definition that the resources reach, sorted by name. `versions` are all of the server's own, for the types that each of them has. */
export function definitionsOf(dialect: Dialect, served: readonly Served[], versions: readonly Pick<TypeName, 'group' | 'version'>[]): Definitions {
  const builder = new Builder(dialect)
  for (const each of served) {
    const type = { group: each.group, version: each.version, kind: each.kindName }
    if (each.custom) builder.addMade(each.definition, { ...each.custom.describe(dialect, (name) => reference(dialect, name)), 'x-kubernetes-group-version-kind': [type] })
    else if (each.verbs.length > 0) builder.add(each.schema, [type])
    for (const { schema, type: own } of each.subresources.values()) if (schema && isFormer(own)) builder.add(schema, [own])
    if (each.verbs.includes('list')) builder.add(listSchema(each), [{ ...type, kind: `${each.kindName}List` }])
  }
  const used = new Set(served.flatMap((each) => [...each.subresources.values()].map(({ type }) => type.kind)))
  for (const { apiVersion, kind, schema } of subresourceTypes) {
    const at = apiVersion.indexOf('/')
    if (used.has(kind)) builder.add(schema, [{ group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1), kind }])
  }
  const everywhere = (kind: string) => versions.map((version) => ({ ...version, kind }))
  builder.add(deleteOptions, everywhere('DeleteOptions'))
  builder.add(status, [{ group: '', version: 'v1', kind: 'Status' }])
  if (served.some((each) => !each.custom)) builder.add(apiResourceList, [{ group: '', version: 'v1', kind: 'APIResourceList' }])
  if (served.some((each) => !each.custom && each.verbs.includes('watch'))) builder.add(watchEvent, everywhere('WatchEvent'))
  builder.use(`${meta}apis.meta.v1.Patch`)
  builder.use(`${meta}apis.meta.v1.ObjectMeta`)
  return builder.sorted()
}

/** The definitions of discovery's own documents. */
export function discoveryDefinitions(dialect: Dialect): Definitions {
  const builder = new Builder(dialect)
  for (const [schema, kind] of [[apiGroup, 'APIGroup'], [apiGroupList, 'APIGroupList'], [apiResourceList, 'APIResourceList'], [apiVersions, 'APIVersions']] as const) builder.add(schema, [{ group: '', version: 'v1', kind }])
  builder.add(versionInfo)
  return builder.sorted()
}

class Builder {
  readonly #dialect: Dialect
  readonly #out: Definitions = {}
  readonly #special: Definitions
  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#special = special(dialect)
  }

  sorted(): Definitions { return Object.fromEntries(Object.entries(this.#out).sort(([a], [b]) => (a < b ? -1 : 1))) }
  /** A reference to a definition; types without fields come with it. */
  use(name: string): Json {
    if (this.#special[name]) this.#out[name] ??= this.#special[name]
    else if (name === objectMeta.name) this.add(objectMeta)
    return { $ref: reference(this.#dialect, name) }
  }
  addMade(name: string, definition: object): void { this.#out[name] = definition }
  add(schema: Schema<unknown>, types: readonly TypeName[] = []): void {
    const { name } = schema
    if (!name || this.#out[name]) return
    this.#out[name] = {} // before its fields: schemas may refer to themselves
    this.#out[name] = this.#object(schema, types)
  }

  #described(schema: Schema<unknown>): Json {
    if (schema.type === 'quantity') return this.use(quantity)
    if (schema.type === 'intOrString') return this.use(intOrString)
    if (schema.format === 'date-time') return this.use(time)
    if (schema.format === 'micro-time') return this.use(microTime)
    if (schema.name) {
      if (schema.fields) this.add(schema)
      else if (!this.#special[schema.name]) this.#out[schema.name] ??= { type: 'object' }
      return this.use(schema.name)
    }
    if (schema.type === 'map') return { type: 'object', additionalProperties: this.#described(schema.items!) }
    if (schema.type === 'array') return { type: 'array', items: this.#described(schema.items!) }
    if (schema.type === 'any') return { type: 'object' }
    if (schema.type === 'object') return this.#object(schema, []) as Json
    return { type: schema.type, ...(schema.format && { format: schema.format }) }
  }

  #property(schema: Schema<unknown>, told: string | undefined, words: readonly string[] | undefined): Json {
    const fact = worded(this.#described(schema), words), more: Json = {}, v3 = this.#dialect === 'v3'
    const shown = schema.default ?? schema.shownDefault ?? (schema.required && !schema.dropEmpty ? emptyOf(schema) : undefined)
    if (shown !== undefined && v3) more['default'] = shown
    if (schema.listType) more['x-kubernetes-list-type'] = schema.listType
    if (schema.listKeys) more['x-kubernetes-list-map-keys'] = schema.listKeys
    if (schema.patchStrategy) more['x-kubernetes-patch-strategy'] = schema.patchStrategy
    if (schema.patchMergeKey) more['x-kubernetes-patch-merge-key'] = schema.patchMergeKey
    if (schema.mapType && (!schema.name || schema.mapType === 'granular')) more['x-kubernetes-map-type'] = schema.mapType
    // A named type describes itself; what the field means of it stands beside the reference.
    const said = schema.about ?? (schema.name ? undefined : schema.description) ?? told
    if (said) more['description'] = said
    if (Object.keys(more).length === 0) return fact
    return '$ref' in fact && v3 ? { allOf: [fact], ...more } : { ...fact, ...more }
  }

  #object(schema: Schema<unknown>, types: readonly TypeName[]): object {
    const properties: Json = {}, required: string[] = []
    for (const [name, field] of Object.entries(schema.fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
      properties[name] = this.#property(field, schema.name && fieldDescription(schema.name, name), schema.name ? fieldWords(schema.name, name) : undefined)
      if (field.required) required.push(name)
    }
    const description = schema.description ?? (schema.name && typeDescription(schema.name))
    return {
      ...(description && { description }), type: 'object', ...(Object.keys(properties).length > 0 && { properties }), ...(required.length > 0 && { required }),
      ...(schema.mapType === 'atomic' && { 'x-kubernetes-map-type': 'atomic' }), ...(schema.unions !== undefined && { 'x-kubernetes-unions': schema.unions }),
      ...(types.length > 0 && { 'x-kubernetes-group-version-kind': types }),
    }
  }
}

const listMetadata = 'Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds'
/** Custom resources are only referred to: their schema need not be worked out for that. */
const listSchema = ({ definition, schema, custom, kindName }: Served): Schema<unknown> => {
  const item: Schema<unknown> = custom ? { type: 'object', name: definition, fields: {}, required: false, present: false } : schema
  return s.object(`${definition}List`, { ...typeMeta, items: s.required(s.list(item, { description: 'The objects.' })), metadata: s.about(s.value(listMeta), listMetadata) }, { description: `${kindName}List is a list of ${kindName}` })
}

/** A text, or a list of texts, that is one of some words. */
const worded = (fact: Json, words: readonly string[] | undefined): Json => (!words ? fact : fact['type'] === 'array' ? { ...fact, items: { ...(fact['items'] as Json), enum: words } } : { ...fact, enum: words })

const empties: Readonly<Record<string, unknown>> = { string: '', integer: 0, number: 0, boolean: false }
function emptyOf({ type, format }: Schema<unknown>): unknown {
  if (format === 'date-time' || format === 'micro-time' || format === 'byte') return undefined
  return empties[type]
}
