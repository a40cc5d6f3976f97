// Defaults must be what their own schema allows: no unknown fields, valid metadata, valid values, rules kept.
import { copy, DecodeError, invalidValue, same, setOwn, type FieldError } from '#machinery'
import type { JSONSchemaProps } from './customresourcedefinition.ts'
import { coerceEmbedded, readMetadata } from './schema/coerce.ts'
import { validateEmbedded } from './schema/embedded.ts'
import { evaluateRules } from './schema/evaluate.ts'
import { pruneDefault } from './schema/prune.ts'
import { isEmbedded, isObject, metaFields, type Json, type JsonObject, type Structural } from './schema/structural.ts'
import { validateValue } from './schema/validate-value.ts'
import { entriesOf, schemaOf } from './validate-schema.ts'

/** Makes a resource around a value that stands in its metadata. */
type Around = (value: Json) => JsonObject
const type = { apiVersion: 'validation/v1', kind: 'Validation' }
const whole: Around = (value) => ({ ...(isObject(value) ? value : {}), ...type })
const child = (around: Around, name: string): Around => (value) => { const object: JsonObject = {}; setOwn(object, name, value); return around(object) }
const item = (around: Around): Around => (value) => around([value])

/** What is wrong with the defaults of a schema of a whole resource. */
export const validateDefaults = (schema: JSONSchemaProps, at: string): FieldError[] => validate({ ...schema, 'x-kubernetes-embedded-resource': true }, at, whole, false, true)

function validate(schema: JSONSchemaProps, at: string, around: Around, insideMeta: boolean, top = false): FieldError[] {
  const embedded = isEmbedded(schema as Structural), errors: FieldError[] = []
  if (embedded) { insideMeta = false; around = whole }
  if (schema['default'] !== undefined) errors.push(...(insideMeta ? metaErrors(schema, `${at}.default`, around) : ownErrors(schema, `${at}.default`, embedded && !top)))
  if (schemaOf(schema['items'])) errors.push(...validate(schema['items'], `${at}.items`, item(around), insideMeta))
  for (const [name, property] of entriesOf(schema['properties']))
    errors.push(...validate(property, `${at}.properties[${name}]`, child(around, name), insideMeta || (embedded && metaFields.includes(name))))
  return errors
}

function ownErrors(schema: JSONSchemaProps, at: string, resource: boolean): FieldError[] {
  const shape = schema as Structural, value = schema['default'] as Json
  const pruned = copy(value)
  pruneDefault(pruned, shape)
  const errors = same(pruned, value) ? [] : [invalidValue(at, value, 'must not have unknown fields')]
  try {
    coerceEmbedded(copy(value), shape, { drop: false, unknown: [] }, at, !resource)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return [...errors, { type: 'FieldValueInvalid', field: error.message.slice(0, error.message.indexOf(': ')), message: error.message.slice(error.message.indexOf(': ') + 2) }]
  }
  for (const check of [() => validateEmbedded(shape, value, at, !resource), () => validateValue(shape, value, at), () => evaluateRules(shape, value, value, { path: at, top: resource }).errors]) {
    const found = check()
    if (found.length > 0) return [...errors, ...found]
  }
  return errors
}

/** A default inside of metadata is looked at in a resource made around it. */
function metaErrors(schema: JSONSchemaProps, at: string, around: Around): FieldError[] {
  const value = schema['default'] as Json, resource = around(value)
  try {
    resource['metadata'] = readMetadata(resource['metadata'] ?? {}, { drop: false, unknown: [] }, 'metadata')
  } catch (error) {
    return [invalidValue(at, value, `must result in valid metadata: metadata: Invalid value: ${JSON.stringify(around(value)['metadata'])}: ${(error as Error).message}`)]
  }
  return validateValue(schema as Structural, value, at)
}
