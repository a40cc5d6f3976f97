// Structural schemas: every value's type stands where the value does, outside of allOf, anyOf, oneOf and not.
import { forbiddenValue, invalidValue, requiredValue, same, type FieldError } from '#machinery'
import { RE2JS } from 're2js'
import type { JSONSchemaProps } from './customresourcedefinition.ts'
import { entriesOf, schemaOf } from './validate-schema.ts'

type Level = 'root' | 'item' | 'field'
const emptyAt: Record<Level, string> = { root: 'must not be empty at the root', item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields' }

/** What keeps a schema from being structural, sorted by the text. */
export function validateStructural(schema: JSONSchemaProps, at: string): FieldError[] {
  const text = ({ field, message }: FieldError) => `${field}: ${message}`
  return [...validateInvariants(schema, 'root', at), ...validateComplete(schema, at)].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
}

function validateInvariants(schema: JSONSchemaProps, level: Level, at: string): FieldError[] {
  const { type = '', items, properties, additionalProperties } = schema, errors: FieldError[] = []
  const embedded = schema['x-kubernetes-embedded-resource'], anything = schema['x-kubernetes-preserve-unknown-fields'], either = schema['x-kubernetes-int-or-string']
  if (type === 'array' && items === undefined) errors.push(requiredValue(`${at}.items`, 'must be specified'))
  if (schemaOf(items)) errors.push(...validateInvariants(items, 'item', `${at}.items`))
  for (const [name, property] of entriesOf(properties)) errors.push(...validateInvariants(property, 'field', `${at}.properties[${name}]`))
  if (additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbiddenValue(`${at}.additionalProperties`, 'must not be used at the root'))
    if (schemaOf(additionalProperties)) errors.push(...validateInvariants(additionalProperties, 'field', `${at}.additionalProperties`))
  }
  if (either && anything) errors.push(invalidValue(`${at}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true'))
  if (either && embedded) errors.push(invalidValue(`${at}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true'))
  errors.push(...validateLogic(schema, at, same(schema['anyOf'], intOrString), same(schema['allOf']?.[0]?.anyOf, intOrString)))
  const object = 'must be object if x-kubernetes-embedded-resource is true'
  if (embedded && type !== 'object') errors.push(type ? invalidValue(`${at}.type`, type, object) : requiredValue(`${at}.type`, object))
  else if (!type && !either && !anything) errors.push(requiredValue(`${at}.type`, emptyAt[level]))
  if (embedded && additionalProperties !== undefined) errors.push(forbiddenValue(`${at}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'))
  if (level === 'root' && type && type !== 'object') errors.push(invalidValue(`${at}.type`, type, 'must be object at the root'))
  if (level === 'root' || embedded) errors.push(...validateMeta(properties ?? {}, at, level === 'root'))
  if (embedded && !anything && !Object.keys(properties ?? {}).length) errors.push(requiredValue(`${at}.properties`,
    'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'))
  return errors
}

/** apiVersion, kind and metadata are given; of the metadata of custom resources only names may be restricted. */
function validateMeta(properties: Record<string, JSONSchemaProps>, at: string, isRoot: boolean): FieldError[] {
  const errors: FieldError[] = [], here = `${at}.properties[metadata]`, { metadata } = properties
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name]?.['type'] ?? ''
    if (properties[name] && type !== 'string') errors.push(invalidValue(`${at}.properties[${name}].type`, type, 'must be string'))
  }
  if (!metadata) return errors
  if (metadata['type'] !== 'object') errors.push(invalidValue(`${here}.type`, metadata['type'] ?? '', 'must be object'))
  if (!isRoot) return errors
  const { properties: named = {}, type: _t, default: _o, ...rest } = metadata as Record<string, any> // allowed: a schema's fields are read by name
  if (Object.keys(rest).length || Object.keys(named).some((name) => name !== 'name' && name !== 'generateName'))
    errors.push(forbiddenValue(here, 'must not specify anything other than name and generateName, but metadata is implicitly specified'))
  return errors
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]
/** Inside of logic a schema may only narrow; types are allowed in the one pattern that says "integer or string". */
function validateLogic(schema: JSONSchemaProps, at: string, skipAny: boolean, skipFirst: boolean): FieldError[] {
  const errors: FieldError[] = [], { allOf = [], oneOf = [], anyOf = [] } = schema as { allOf?: JSONSchemaProps[]; oneOf?: JSONSchemaProps[]; anyOf?: JSONSchemaProps[] }
  if (!skipAny) anyOf.forEach((s, i) => errors.push(...validateNested(s, `${at}.anyOf[${i}]`)))
  allOf.forEach((s, i) => errors.push(...validateNested(s, `${at}.allOf[${i}]`, skipFirst && i === 0)))
  oneOf.forEach((s, i) => errors.push(...validateNested(s, `${at}.oneOf[${i}]`)))
  if (schema['not']) errors.push(...validateNested(schema['not'], `${at}.not`))
  const pattern = schema['pattern'] as string | undefined, wrong = pattern ? whyNoPattern(pattern) : undefined
  if (wrong) errors.push(invalidValue(`${at}.pattern`, pattern, `must be a valid regular expression, but isn't: ${wrong}`))
  return errors
}
function whyNoPattern(pattern: string): string | undefined {
  try { RE2JS.compile(pattern); return undefined } catch (error) { return (error as Error).message }
}

/** Fields that only stand where the value does, and how messages ask for their absence. */
const ownFields = { type: 'empty', additionalProperties: 'undefined', default: 'undefined', title: 'empty', description: 'empty', nullable: 'false', externalDocs: 'undefined',
  'x-kubernetes-preserve-unknown-fields': 'false', 'x-kubernetes-embedded-resource': 'false', 'x-kubernetes-int-or-string': 'false', 'x-kubernetes-list-map-keys': 'empty',
  'x-kubernetes-list-type': 'undefined', 'x-kubernetes-map-type': 'undefined', 'x-kubernetes-validations': 'empty' } as const
function validateNested(schema: JSONSchemaProps, at: string, typed = false): FieldError[] {
  const errors = validateLogic(schema, at, typed, false)
  if (schemaOf(schema['items'])) errors.push(...validateNested(schema['items'], `${at}.items`))
  for (const [name, property] of entriesOf(schema['properties'])) errors.push(...validateNested(property, `${at}.properties[${name}]`))
  for (const [field, absence] of Object.entries(ownFields)) {
    const value = schema[field] as unknown
    if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)) errors.push(forbiddenValue(`${at}.${field}`, `must be ${absence} to be structural`))
  }
  if (schema['properties']?.metadata) errors.push(forbiddenValue(`${at}.properties[metadata]`, 'must not be specified in a nested context'))
  return errors
}

/** Whatever logic speaks of must be specified outside of it. */
function validateComplete(schema: JSONSchemaProps, at: string): FieldError[] {
  const errors = nested(schema).flatMap(([field, inner]) => missing(inner, schema, `${at}.${field}`, at))
  if (schemaOf(schema['items'])) errors.push(...validateComplete(schema['items'], `${at}.items`))
  for (const [name, property] of entriesOf(schema['properties'])) errors.push(...validateComplete(property, `${at}.properties[${name}]`))
  if (schemaOf(schema['additionalProperties'])) errors.push(...validateComplete(schema['additionalProperties'], `${at}.additionalProperties`))
  return errors
}
const nested = (schema: JSONSchemaProps): [string, JSONSchemaProps][] =>
  [...(schema['not'] ? [['not', schema['not']] as [string, JSONSchemaProps]] : []),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((field) => ((schema[field] ?? []) as JSONSchemaProps[]).map((s, i): [string, JSONSchemaProps] => [`${field}[${i}]`, s]))]
function missing(inner: JSONSchemaProps, outer: JSONSchemaProps, innerAt: string, outerAt: string): FieldError[] {
  const errors = nested(inner).flatMap(([field, deeper]) => missing(deeper, outer, `${innerAt}.${field}`, outerAt))
  if (inner['items']) {
    if (schemaOf(outer['items'])) errors.push(...missing(inner['items'], outer['items'], `${innerAt}.items`, `${outerAt}.items`))
    else errors.push(requiredValue(`${outerAt}.items`, `because it is defined in ${innerAt}.items`))
  }
  for (const [name, property] of entriesOf(inner['properties'])) {
    const own = outer['properties']?.[name], ownAt = `${outerAt}.properties[${name}]`
    if (own) errors.push(...missing(property, own, `${innerAt}.properties[${name}]`, ownAt))
    else errors.push(requiredValue(ownAt, `because it is defined in ${innerAt}.properties[${name}]`))
  }
  return errors
}
