// Resources inside of custom resources have a type and metadata that must be right.
import { decode, invalidValue, isDNS1035Label, nameIsPathSegment, objectMeta, requiredValue, validateObjectMeta, type FieldError, type ObjectMeta } from '#machinery'
import { additionalOf, isEmbedded, isObject, propertyOf, type Json, type JsonObject, type Structural } from './structural.ts'

/** What is wrong with the type and metadata of every embedded resource; the root is no embedded one. */
export function validateEmbedded(schema: Structural | undefined, value: Json, path = '', root = true): FieldError[] {
  if (!schema) return []
  if (Array.isArray(value)) return value.flatMap((item, i) => validateEmbedded(schema.items, item, `${path}[${i}]`, false))
  if (!isObject(value)) return []
  const more = additionalOf(schema)
  return [...(!root && isEmbedded(schema) ? resourceErrors(value, path) : []), ...Object.keys(value).flatMap((name) => {
    const property = propertyOf(schema, name)
    if (property) return validateEmbedded(property, value[name], path === '' ? name : `${path}.${name}`, false)
    return more && more !== true ? validateEmbedded(more, value[name], `${path}[${name}]`, false) : []
  })]
}

function resourceErrors(resource: JsonObject, path: string): FieldError[] {
  const { apiVersion, kind, metadata } = resource
  return [
    ...['apiVersion', 'kind'].filter((field) => !Object.hasOwn(resource, field)).map((field) => requiredValue(`${path}.${field}`)),
    ...(apiVersion === undefined ? [] : textErrors(apiVersion, `${path}.apiVersion`, (text) => (text.split('/').length > 2 ? [`unexpected GroupVersion string: ${text}`] : []))),
    ...(kind === undefined ? [] : textErrors(kind, `${path}.kind`, (text) => { const bad = isDNS1035Label(text.toLowerCase()); return bad.length ? [`may have mixed case, but should otherwise match: ${bad.join(',')}`] : [] })),
    ...(metadata === undefined ? [] : metadataErrors(metadata, `${path}.metadata`)),
  ]
}
function textErrors(value: Json, path: string, wrong: (text: string) => string[]): FieldError[] {
  if (typeof value !== 'string') return [invalidValue(path, value, 'must be a string')]
  return value === '' ? [invalidValue(path, value, 'must not be empty')] : wrong(value).map((why) => invalidValue(path, value, why))
}
function metadataErrors(value: Json, path: string): FieldError[] {
  try {
    const metadata = decode(objectMeta, value) as ObjectMeta
    return validateObjectMeta({ ...metadata, name: metadata.name || 'fakename' }, { namespaced: Boolean(metadata.namespace), name: nameIsPathSegment, anyFinalizer: true }, path)
  } catch (error) {
    return [invalidValue(path, value, (error as Error).message)]
  }
}
