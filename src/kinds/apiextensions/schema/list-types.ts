// Lists that are sets hold each value once; lists that are maps hold each key once.
import { duplicateValue, invalidValue, type FieldError } from '#machinery'
import { additionalOf, isObject, propertyOf, type Json, type Structural } from './structural.ts'

/** Every value and key that is there twice. */
export function validateLists(schema: Structural | undefined, value: Json, path = ''): FieldError[] {
  if (!schema) return []
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type']
    const own = type === 'set' ? setErrors(value, path) : type === 'map' ? mapErrors(schema['x-kubernetes-list-map-keys'] ?? [], value, path) : []
    return schema.items ? [...own, ...value.flatMap((item, i) => validateLists(schema.items, item, `${path}[${i}]`))] : own
  }
  if (!isObject(value)) return []
  const more = additionalOf(schema)
  return Object.keys(value).flatMap((name) => {
    const property = propertyOf(schema, name)
    if (property) return validateLists(property, value[name], path === '' ? name : `${path}.${name}`)
    return more && more !== true ? validateLists(more, value[name], `${path}[${name}]`) : []
  })
}

/** Places of what was there once before: a third time is not told. */
function repeated(keys: readonly string[]): number[] {
  const times = new Map<string, number>()
  return keys.flatMap((key, i) => {
    const before = times.get(key) ?? 0
    times.set(key, before + 1)
    return before === 1 ? [i] : []
  })
}
const setErrors = (list: readonly Json[], path: string): FieldError[] => repeated(list.map(canonical)).map((i) => duplicateValue(`${path}[${i}]`, list[i]))

function mapErrors(keys: readonly string[], list: readonly Json[], path: string): FieldError[] {
  const odd = list.findIndex((item) => item !== null && !isObject(item))
  if (odd >= 0) return [invalidValue(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')]
  const keysOf = (item: Json) => Object.fromEntries([...keys].sort().filter((key) => isObject(item) && Object.hasOwn(item, key)).map((key) => [key, (item as Record<string, Json>)[key]]))
  return repeated(list.map((item) => canonical(keysOf(item)))).map((i) => duplicateValue(`${path}[${i}]`, keysOf(list[i])))
}
/** JSON with sorted keys: the same values give the same text. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) => (isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner))
}
