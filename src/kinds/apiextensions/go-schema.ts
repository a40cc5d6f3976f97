// A JSON schema as the reference's own program holds it: some messages show one so.
import type { JSONSchemaProps } from './customresourcedefinition.ts'

type Shown = Record<string, unknown>
/** Fields in their order: the reference's name, the API's, and what stands there when it is absent. */
const fields: readonly (readonly [go: string, json: string, zero: unknown])[] = [
  ['ID', 'id', ''], ['Schema', '$schema', ''], ['Ref', '$ref', null], ['Description', 'description', ''], ['Type', 'type', ''], ['Nullable', 'nullable', false], ['Format', 'format', ''],
  ['Title', 'title', ''], ['Default', 'default', null], ['Maximum', 'maximum', null], ['ExclusiveMaximum', 'exclusiveMaximum', false], ['Minimum', 'minimum', null],
  ['ExclusiveMinimum', 'exclusiveMinimum', false], ['MaxLength', 'maxLength', null], ['MinLength', 'minLength', null], ['Pattern', 'pattern', ''], ['MaxItems', 'maxItems', null],
  ['MinItems', 'minItems', null], ['UniqueItems', 'uniqueItems', false], ['MultipleOf', 'multipleOf', null], ['Enum', 'enum', null], ['MaxProperties', 'maxProperties', null],
  ['MinProperties', 'minProperties', null], ['Required', 'required', null], ['Items', 'items', null], ['AllOf', 'allOf', null], ['OneOf', 'oneOf', null], ['AnyOf', 'anyOf', null],
  ['Not', 'not', null], ['Properties', 'properties', null], ['AdditionalProperties', 'additionalProperties', null], ['PatternProperties', 'patternProperties', null],
  ['Dependencies', 'dependencies', null], ['AdditionalItems', 'additionalItems', null], ['Definitions', 'definitions', null], ['ExternalDocs', 'externalDocs', null], ['Example', 'example', null],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', null], ['XEmbeddedResource', 'x-kubernetes-embedded-resource', false], ['XIntOrString', 'x-kubernetes-int-or-string', false],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', null], ['XListType', 'x-kubernetes-list-type', null], ['XMapType', 'x-kubernetes-map-type', null], ['XValidations', 'x-kubernetes-validations', null],
]

export const goSchema = (schema: JSONSchemaProps): Shown => Object.fromEntries(fields.map(([go, json, zero]) => [go, schema[json] === undefined ? zero : inner(json, schema[json])]))

/** A rule as the reference holds it. */
export const goRule = (rule: { readonly [field: string]: any }): Shown => ({ // allowed: a rule's fields are read by name
  Rule: rule['rule'], Message: rule['message'] ?? '', MessageExpression: rule['messageExpression'] ?? '', Reason: rule['reason'] ?? null, FieldPath: rule['fieldPath'] ?? '', OptionalOldSelf: rule['optionalOldSelf'] ?? null,
})
/** What `items` holds: one schema or several. */
export const goItems = (items: unknown): Shown => (Array.isArray(items) ? { Schema: null, JSONSchemas: items.map((one) => goSchema(one as JSONSchemaProps)) } : { Schema: goSchema(items as JSONSchemaProps), JSONSchemas: null })

function inner(json: string, value: any): unknown { // allowed: a schema's fields are read by name
  switch (json) {
    case 'items': return goItems(value)
    case 'allOf': case 'oneOf': case 'anyOf': return (value as JSONSchemaProps[]).map(goSchema)
    case 'not': return goSchema(value as JSONSchemaProps)
    case 'properties': case 'patternProperties': case 'definitions': return sorted(value as Record<string, JSONSchemaProps>, goSchema)
    case 'additionalProperties': case 'additionalItems': return typeof value === 'boolean' ? { Allows: value, Schema: null } : { Allows: true, Schema: goSchema(value as JSONSchemaProps) }
    case 'dependencies': return sorted(value as Record<string, unknown>, (one) => (Array.isArray(one) ? { Schema: null, Property: one } : { Schema: goSchema(one as JSONSchemaProps), Property: null }))
    case 'externalDocs': return { Description: value.description ?? '', URL: value.url ?? '' }
    case 'x-kubernetes-validations': return (value as object[]).map(goRule)
    default: return value
  }
}
const sorted = <T>(map: Record<string, T>, show: (one: T) => unknown): Shown => Object.fromEntries(Object.keys(map).sort().map((key) => [key, show(map[key]!)]))
