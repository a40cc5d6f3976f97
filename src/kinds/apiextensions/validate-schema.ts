// What a schema of custom resources may say.
import { forbiddenValue, invalidValue, notSupported, requiredValue, type FieldError } from '#machinery'
import { oneOf } from '../checks.ts'
import type { JSONSchemaProps, ValidationRule } from './customresourcedefinition.ts'
import { goItems } from './go-schema.ts'
import { findPath } from './schema/field-path.ts'
import type { Structural } from './schema/structural.ts'
import { validateRules, type Costs } from './validate-rules.ts'

/** How the place of a schema limits it. */
interface Place {
  readonly root?: true | undefined
  readonly noDefaults?: string
  readonly insideMeta?: true
  /** The list whose items cannot be found again in an older version of the object: rules inside cannot name the old value. */
  readonly noOldSelf?: string | undefined
}
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const metaFields = ['metadata', 'kind', 'apiVersion']
/** Fields that are not supported anywhere, in the order messages name them. */
const unsupported = ['additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

export const entriesOf = (map: Record<string, JSONSchemaProps> | undefined): [string, JSONSchemaProps][] => Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
export const schemaOf = (given: JSONSchemaProps | boolean | undefined): JSONSchemaProps | undefined => (typeof given === 'object' && !Array.isArray(given) ? given : undefined)
/** Every schema directly inside another. */
export function innerSchemas(schema: JSONSchemaProps): JSONSchemaProps[] {
  const { items, allOf = [], anyOf = [], oneOf: one = [], not, properties, additionalProperties } = schema
  return [...(Array.isArray(items) ? items : items ? [items] : []), ...allOf, ...anyOf, ...one, ...(not ? [not] : []), ...entriesOf(properties).map(([, s]) => s),
    ...(schemaOf(additionalProperties) ? [additionalProperties] : [])] as JSONSchemaProps[]
}
export const hasSchema = (schema: JSONSchemaProps, test: (schema: JSONSchemaProps) => boolean): boolean => test(schema)
  || innerSchemas(schema).some((inner) => hasSchema(inner, test))
/** Whether a schema uses what structural schemas do not know at all. */
export const isUnsupported = (schema: JSONSchemaProps): boolean =>
  hasSchema(schema, (s) => !!s['id'] || unsupported.some((field) => s[field] !== undefined) || s['type'] === 'null' || Array.isArray(s['items']))

/** What is wrong with schemas and what with rules: rules are only looked at where the schema is right, and told last. */
export interface SchemaProblems { readonly schema: FieldError[]; readonly rules: FieldError[] }

/** `costs` counts what rules may cost; absent: they are not looked at. */
export function validateSchema(schema: JSONSchemaProps, at: string, costs: Costs | undefined, place: Place = {}): SchemaProblems {
  const { type, default: otherwise, uniqueItems, properties, additionalProperties, items } = schema, errors: FieldError[] = [], rules: FieldError[] = []
  const inner = (list: JSONSchemaProps | undefined, field: string, where: Place, among: Costs | undefined) => {
    if (!list) return
    const found = validateSchema(list, `${at}.${field}`, among, { ...where, root: undefined })
    errors.push(...found.schema)
    rules.push(...found.rules)
  }
  if (type && !types.includes(type)) errors.push(notSupported(`${at}.type`, type, types))
  if (otherwise !== undefined && place.noDefaults !== undefined) errors.push(forbiddenValue(`${at}.default`, `must not be set ${place.noDefaults}`))
  if (schema['id']) errors.push(forbiddenValue(`${at}.id`, 'id is not supported'))
  for (const field of unsupported) if (schema[field] !== undefined) errors.push(forbiddenValue(`${at}.${field}`, `${field} is not supported`))
  if (type === 'null') errors.push(forbiddenValue(`${at}.type`, 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(items) && items.length) errors.push(forbiddenValue(`${at}.items`, 'items must be a schema object and not an array'))
  if (place.insideMeta && schema['x-kubernetes-embedded-resource']) errors.push(forbiddenValue(`${at}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  if (uniqueItems) errors.push(forbiddenValue(`${at}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'))
  if (additionalProperties !== undefined) {
    if (Object.keys(properties ?? {}).length && additionalProperties !== true) errors.push(forbiddenValue(`${at}.additionalProperties`,
      'additionalProperties and properties are mutual exclusive'))
    inner(schemaOf(additionalProperties), 'additionalProperties', place.insideMeta ? { ...place, noDefaults: 'inside additionalProperties applying to object metadata' } : place,
      costs?.among(schema['maxProperties'] as number | undefined))
  }
  for (const [name, property] of entriesOf(properties)) {
    const meta = (place.root || schema['x-kubernetes-embedded-resource']) && metaFields.includes(name)
    inner(property, `properties[${name}]`, { ...place, ...(meta && { insideMeta: true as const, ...(place.root && { noDefaults: `in top-level ${name}` }) }) }, costs)
  }
  inner(schema['not'], 'not', place, undefined)
  for (const field of ['allOf', 'oneOf', 'anyOf']) ((schema[field] ?? []) as JSONSchemaProps[]).forEach((s, i) => inner(s, `${field}[${i}]`, place, undefined))
  for (const [name, definition] of entriesOf(schema['definitions'])) inner(definition, `definitions[${name}]`, place, undefined)
  const itemPlace = schema['x-kubernetes-list-type'] === 'map' ? place : { ...place, noOldSelf: place.noOldSelf ?? at }
  const perItem = costs?.among(schema['maxItems'] as number | undefined)
  if (Array.isArray(items)) items.forEach((s: JSONSchemaProps, i) => inner(s, `items[${i}]`, itemPlace, perItem))
  else inner(items, 'items', itemPlace, perItem)
  for (const [name, one] of entriesOf(schema['dependencies'])) if (schemaOf(one)) inner(one, `dependencies[${name}]`, place, undefined)
  errors.push(...validateTopology(schema, at))
  const validations = (schema['x-kubernetes-validations'] ?? []) as ValidationRule[]
  validations.forEach((rule, i) => errors.push(...validateRule(rule, schema, `${at}.x-kubernetes-validations[${i}]`)))
  if (validations.length > 0 && errors.length === 0 && costs) rules.push(...validateRules(schema, `${at}.x-kubernetes-validations`, costs, { root: place.root === true, noOldSelf: place.noOldSelf }))
  return { schema: errors, rules }
}

/** What lists and maps are: sets, maps by key, or one value. */
function validateTopology(schema: JSONSchemaProps, at: string): FieldError[] {
  const { type = '', items } = schema, errors: FieldError[] = []
  const list: string | undefined = schema['x-kubernetes-list-type'], map: string | undefined = schema['x-kubernetes-map-type'],
    keys: string[] = schema['x-kubernetes-list-map-keys'] ?? []
  const listAt = `${at}.x-kubernetes-list-type`, keysAt = `${at}.x-kubernetes-list-map-keys`, item = schemaOf(items)
  const mustBe = (wanted: string, field: string) => errors.push(type ? invalidValue(`${at}.type`, type, `must be ${wanted} if ${field} is specified`)
    : requiredValue(`${at}.type`, `must be ${wanted} if ${field} is specified`))
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) errors.push(invalidValue(`${at}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  if (map !== undefined && type !== 'object') mustBe('object', 'x-kubernetes-map-type')
  if (map !== undefined && map !== 'atomic' && map !== 'granular') errors.push(notSupported(`${at}.x-kubernetes-map-type`, map, ['atomic', 'granular']))
  if (list !== undefined && type !== 'array') mustBe('array', 'x-kubernetes-list-type')
  else if (list === 'set' && item) {
    const atomic = 'must be atomic as item of a list with x-kubernetes-list-type=set', inner = item['x-kubernetes-list-type'] ?? null
    if (item['type'] === 'array' && inner !== null && inner !== 'atomic') errors.push(invalidValue(`${at}.items.x-kubernetes-list-type`, inner, atomic))
    if (item['type'] === 'object' && item['x-kubernetes-map-type'] !== 'atomic') errors.push(invalidValue(`${at}.items.x-kubernetes-map-type`, inner, atomic))
  }
  if (list !== undefined && !['atomic', 'set', 'map'].includes(list)) errors.push(notSupported(listAt, list, ['atomic', 'set', 'map']))
  if (keys.length && list !== 'map') errors.push(list === undefined ? requiredValue(listAt, 'must be map if x-kubernetes-list-map-keys is non-empty')
    : invalidValue(listAt, list, 'must be map if x-kubernetes-list-map-keys is non-empty'))
  if (list === 'map') {
    if (!keys.length) errors.push(requiredValue(keysAt, 'must not be empty if x-kubernetes-list-type is map'))
    if (items === undefined) errors.push(requiredValue(`${at}.items`, 'must have a schema if x-kubernetes-list-type is map'))
    else if (!item) errors.push(invalidValue(`${at}.items`, goItems(items), 'must only have a single schema if x-kubernetes-list-type is map'))
    else if (item['type'] !== 'object') errors.push(invalidValue(`${at}.items.type`, item['type'] ?? '', "must be object if parent array's x-kubernetes-list-type is map"))
    else for (const [i, key] of keys.entries()) {
      const property = item['properties']?.[key]
      if (!property) errors.push(invalidValue(keysAt, keys, 'entries must all be names of item properties'))
      else if (property.type === 'array' || property.type === 'object') errors.push(invalidValue(`${at}.items.properties[${key}].type`, item['type'],
        "must be a scalar type if parent array's x-kubernetes-list-type is map"))
      if (keys.indexOf(key) < i) errors.push(invalidValue(keysAt, keys, 'must not contain duplicate entries'))
    }
  }
  if (!item || (list !== 'set' && list !== 'map')) return errors
  if (item['nullable']) errors.push(forbiddenValue(`${at}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${list}`))
  if (list === 'map') for (const key of keys) {
    const property = item['properties']?.[key], here = `${at}.items.properties[${key}]`, why = 'this property is in x-kubernetes-list-map-keys, so it'
    if (property && property.default === undefined && !(item['required'] ?? []).includes(key)) errors.push(requiredValue(`${here}.default`,
      `${why} must have a default or be a required property`))
    if (property?.nullable) errors.push(forbiddenValue(`${here}.nullable`, `${why} cannot be nullable`))
  }
  return errors
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const breaks = (text: string): boolean => /[\r\n]/.test(text)
function validateRule({ rule, message = '', messageExpression = '', reason, fieldPath = '' }: ValidationRule, schema: JSONSchemaProps, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (!rule.trim()) errors.push(requiredValue(`${at}.rule`, 'rule is not specified'))
  else if (message && !message.trim()) errors.push(invalidValue(`${at}.message`, message, 'must be non-empty if specified'))
  else if (breaks(message.trim())) errors.push(invalidValue(`${at}.message`, message, 'must not contain line breaks'))
  else if (breaks(rule.trim()) && !message.trim()) errors.push(requiredValue(`${at}.message`, 'message must be specified if rule contains line breaks'))
  if (messageExpression && !messageExpression.trim()) errors.push(requiredValue(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
  if (reason !== undefined) errors.push(...oneOf(reason, reasons, `${at}.reason`))
  if (fieldPath && !fieldPath.trim()) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'))
  if (breaks(fieldPath)) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
  if (fieldPath && 'error' in findPath(fieldPath, schema as Structural)) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
  return errors
}
