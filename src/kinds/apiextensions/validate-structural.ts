// Structural schemas: every value's type stands where the value does, outside of allOf, anyOf, oneOf and not.
import { forbiddenValue, invalidValue, requiredValue, same, type FieldError } from '#machinery'
import type { JSONSchemaProps } from './customresourcedefinition.ts'
import { entriesOf, schemaOf } from './validate-schema.ts'

type Level = 'root' | 'item' | 'field'
const emptyAt: Record<Level, string> = { root: 'must not be empty at the root', item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields' }

export const validateStructural = (schema: JSONSchemaProps, at: string): FieldError[] => [...validateInvariants(schema, 'root', at), ...validateComplete(schema, at)]

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
  errors.push(...validateLogic(schema, at, !!either))
  const object = 'must be object if x-kubernetes-embedded-resource is true'
  if (embedded && type !== 'object') errors.push(type ? invalidValue(`${at}.type`, type, object) : requiredValue(`${at}.type`, object))
  else if (!type && !either && !anything) errors.push(requiredValue(`${at}.type`, emptyAt[level]))
  if (embedded && additionalProperties !== undefined) errors.push(forbiddenValue(`${at}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'))
  if (level === 'root' && type && type !== 'object') errors.push(invalidValue(`${at}.type`, type, 'must be object at the root'))
  if (level === 'root' || embedded) errors.push(...validateMeta(properties ?? {}, at))
  if (embedded && !anything && !Object.keys(properties ?? {}).length) errors.push(requiredValue(`${at}.properties`,
    'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'))
  return errors
}

/** apiVersion, kind and metadata are given; of metadata only names may be restricted. */
function validateMeta(properties: Record<string, JSONSchemaProps>, at: string): FieldError[] {
  const errors: FieldError[] = [], here = `${at}.properties[metadata]`, { metadata } = properties
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name]?.['type'] ?? ''
    if (properties[name] && type !== 'string') errors.push(invalidValue(`${at}.properties[${name}].type`, type, 'must be string'))
  }
  if (!metadata) return errors
  if (metadata['type'] !== 'object') errors.push(invalidValue(`${here}.type`, metadata['type'] ?? '', 'must be object'))
  const { properties: named = {}, type: _t, description: _d, default: _o, title: _i, ...rest } = metadata as Record<string, any> // allowed: a schema's fields are read by name
  if (Object.keys(rest).length || Object.keys(named).some((name) => name !== 'name' && name !== 'generateName'))
    errors.push(forbiddenValue(here, 'must not specify anything other than name and generateName, but metadata is implicitly specified'))
  return errors
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]
const isIntOrString = (list: unknown): boolean => same(list, intOrString)
/** Inside of logic a schema may only narrow; types are allowed in the one pattern that says "integer or string". */
function validateLogic(schema: JSONSchemaProps, at: string, either: boolean): FieldError[] {
  const errors: FieldError[] = [], { allOf = [], oneOf = [] } = schema as { allOf?: JSONSchemaProps[]; oneOf?: JSONSchemaProps[] }
  if (!(either && isIntOrString(schema['anyOf']))) ((schema['anyOf'] ?? []) as JSONSchemaProps[]).forEach((s, i) => errors.push(...validateNested(s, `${at}.anyOf[${i}]`)))
  allOf.forEach((s, i) => errors.push(...validateNested(s, `${at}.allOf[${i}]`, either && i === 0 && isIntOrString(s['anyOf']))))
  oneOf.forEach((s, i) => errors.push(...validateNested(s, `${at}.oneOf[${i}]`)))
  if (schema['not']) errors.push(...validateNested(schema['not'], `${at}.not`))
  return errors
}
/** Fields that only stand where the value does, and how messages ask for their absence. */
const ownFields = { type: 'empty', additionalProperties: 'undefined', default: 'undefined', title: 'empty', description: 'empty', nullable: 'false',
  'x-kubernetes-preserve-unknown-fields': 'false',
  'x-kubernetes-embedded-resource': 'false', 'x-kubernetes-int-or-string': 'false', 'x-kubernetes-list-map-keys': 'empty', 'x-kubernetes-list-type': 'undefined',
    'x-kubernetes-map-type': 'undefined' } as const
function validateNested(schema: JSONSchemaProps, at: string, typed = false): FieldError[] {
  const errors = validateLogic(schema, at, typed)
  if (schemaOf(schema['items'])) errors.push(...validateNested(schema['items'], `${at}.items`))
  for (const [name, property] of entriesOf(schema['properties'])) errors.push(...validateNested(property, `${at}.properties[${name}]`))
  for (const [field, absence] of Object.entries(ownFields)) if (schema[field] !== undefined) errors.push(forbiddenValue(`${at}.${field}`, `must be ${absence} to be structural`))
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
  [...['allOf', 'anyOf', 'oneOf'].flatMap((field) => ((schema[field] ?? []) as JSONSchemaProps[]).map((s, i): [string, JSONSchemaProps] => [`${field}[${i}]`, s])),
    ...(schema['not'] ? [['not', schema['not']] as [string, JSONSchemaProps]] : [])]
function missing(inner: JSONSchemaProps, outer: JSONSchemaProps, innerAt: string, outerAt: string): FieldError[] {
  const errors = nested(inner).flatMap(([field, deeper]) => missing(deeper, outer, `${innerAt}.${field}`, outerAt))
  if (inner['items']) {
    if (schemaOf(outer['items'])) errors.push(...missing(inner['items'], outer['items'], `${innerAt}.items`, `${outerAt}.items`))
    else errors.push(requiredValue(`${outerAt}.items`, `because it is defined in ${innerAt}.items`))
  }
  for (const [name, property] of entriesOf(inner['properties'])) {
    const own = outer['properties']?.[name] ?? schemaOf(outer['additionalProperties']), ownAt = outer['properties']?.[name] ? `${outerAt}.properties[${name}]`
      : `${outerAt}.additionalProperties`
    if (own) errors.push(...missing(property, own, `${innerAt}.properties[${name}]`, ownAt))
    else if (outer['additionalProperties'] !== true) errors.push(requiredValue(`${outerAt}.properties[${name}]`, `because it is defined in ${innerAt}.properties[${name}]`))
  }
  return errors
}

/** Defaults may only have fields that their schema knows. */
export function validateDefaults(schema: JSONSchemaProps, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (schema['default'] !== undefined && hasUnknown(schema['default'], schema)) errors.push(invalidValue(`${at}.default`, schema['default'], 'must not have unknown fields'))
  if (schemaOf(schema['items'])) errors.push(...validateDefaults(schema['items'], `${at}.items`))
  for (const [name, property] of entriesOf(schema['properties'])) errors.push(...validateDefaults(property, `${at}.properties[${name}]`))
  if (schemaOf(schema['additionalProperties'])) errors.push(...validateDefaults(schema['additionalProperties'], `${at}.additionalProperties`))
  return errors
}
function hasUnknown(value: unknown, schema: JSONSchemaProps): boolean {
  if (Array.isArray(value)) return schemaOf(schema['items']) !== undefined && value.some((item) => hasUnknown(item, schema['items']))
  if (typeof value !== 'object' || value === null) return false
  const embedded = schema['x-kubernetes-embedded-resource']
  return Object.entries(value).some(([name, inner]) => {
    if (embedded && ['apiVersion', 'kind', 'metadata'].includes(name)) return false
    const property = schema['properties']?.[name] ?? schemaOf(schema['additionalProperties'])
    return property ? hasUnknown(inner, property) : schema['additionalProperties'] !== true && !schema['x-kubernetes-preserve-unknown-fields']
  })
}
