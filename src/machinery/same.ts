/** Whether two JSON values are equal, whatever the order of their keys; absent and undefined are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => same(x, b[i]))
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>, right = b as Record<string, unknown>
  for (const k in left) if (left[k] !== undefined && !(Object.hasOwn(right, k) && same(left[k], right[k]))) return false
  for (const k in right) if (right[k] !== undefined && left[k] === undefined) return false
  return true
}

/** Freezes a JSON value all the way down (development and tests: whoever changes a shared object is found out). */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

/** A mutable copy of a JSON value. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copy) as T
  const out: Record<string, unknown> = {}
  for (const key in value) setOwn(out, key, copy((value as Record<string, unknown>)[key]))
  return out as T
}

/** Sets a property that user data names; `__proto__` becomes a property like any other. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}
