// Objects that an expression made of open types must say where they stand: what lies in the field spec of an Object is an Object.spec.
import { isMap, ListValue, ObjectValue, type Value } from './values.ts'

/** What is out of place, in the reference's words. The value is what an evaluation gave. */
export const namesOutOfPlace = (value: unknown): string[] => {
  const given = value as Value
  if (given instanceof ListValue) return [...given].flatMap((item) => (item instanceof ObjectValue && item.name === 'JSONPatch' ? rooted(item.get('value')) : rooted(item)))
  return rooted(given)
}
const rooted = (value: Value | undefined): string[] => (value instanceof ObjectValue ? within(value, value.name) : [])

function within(value: Value, place: string): string[] {
  if (value instanceof ObjectValue) {
    if (!value.made) return []
    const wanted = JSON.stringify(place)
    const here = value.name === place ? [] : [`unexpected type name ${JSON.stringify(value.name)}, expected ${wanted}, which matches field name path from root Object type`]
    return [...here, ...Object.entries(value.raw).flatMap(([name, field]) => within(field as Value, `${place}.${name}`))]
  }
  if (value instanceof ListValue) return value.read ? [] : [...value].flatMap((item) => within(item, place))
  if (typeof value === 'object' && value !== null && isMap(value)) return 'raw' in value ? [] : [...value.keys()].flatMap((key) => within(value.get(key)!, place))
  return []
}
