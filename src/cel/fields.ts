// a.b, a[b], has(a.b), a.?b: reading what values hold.
import { CelError } from './compile.ts'
import { isMap, ListValue, none, ObjectValue, OptionalValue, typeNameOf, Uint, type Value } from './values.ts'

/** What a value holds at a key, or undefined. Throws for a key that no such value could have. */
function find(value: Value, key: Value): Value | undefined {
  if (value instanceof ObjectValue) return typeof key === 'string' ? value.get(key) : undefined
  if (value instanceof ListValue) {
    const index = indexOf(key)
    return index >= 0 && index < value.size ? value.at(index) : undefined
  }
  return typeof value === 'object' && value !== null && isMap(value) ? value.get(key) : undefined
}
function indexOf(key: Value): number {
  if (typeof key === 'bigint') return Number(key)
  if (key instanceof Uint) return Number(key.value)
  if (typeof key === 'number') { if (Number.isInteger(key)) return key; throw new CelError(`unsupported index value ${key} in list`) }
  throw new CelError(`unsupported index type '${typeNameOf(key)}' in list`)
}

/** Throws when there is nothing. What is asked of an optional is optional. */
export function get(value: Value, key: Value): Value {
  if (value instanceof OptionalValue) return getOptional(value, key)
  const found = find(value, key)
  if (found !== undefined) return found
  throw new CelError(value instanceof ListValue ? `index out of bounds: ${keyText(key)}` : `no such key: ${keyText(key)}`)
}
export function getOptional(value: Value, key: Value): OptionalValue {
  const within = value instanceof OptionalValue ? value.value : value
  const found = within === undefined ? undefined : find(within, key)
  return found === undefined ? none : new OptionalValue(found)
}
/** Whether there is something. Fields of optionals are there when both are. */
export function has(value: Value, key: string): boolean {
  const within = value instanceof OptionalValue ? value.value : value
  return within !== undefined && find(within, key) !== undefined
}
const keyText = (key: Value): string => (key instanceof Uint ? String(key.value) : String(key))
