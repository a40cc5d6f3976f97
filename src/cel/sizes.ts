// How large values of a declared type may be, and how small their JSON is at least: what fits into one request bounds the rest.
import type { CelType } from './cel-type.ts'

/** The largest request: nothing in it is larger. */
export const largestRequest = 3 * 1024 * 1024
/** Times and durations as JSON, with their quotes. */
const longestTime = 32

/** Letters, bytes, items or entries that a value may have; 0 for those that are not counted. */
export function declaredSize(type: CelType): number {
  switch (type.type) {
    case 'string': case 'bytes': return type.mostLength ?? (type.oneOf ? Math.max(0, ...type.oneOf.map((text) => text.length)) : largestRequest - 2)
    case 'timestamp': case 'duration': return type.mostLength ?? longestTime
    // Of what rules may name, only int-or-string has no type.
    case 'dyn': return type.mostLength ?? largestRequest - 2
    case 'list': return type.mostItems ?? Math.floor((largestRequest - 2) / (leastSize(type.items) + 1))
    // A key is at least "", then a colon and a comma.
    case 'map': return type.mostEntries ?? Math.floor((largestRequest - 2) / (leastSize(type.values) + 6))
    default: return 0
  }
}

/** The bytes that a value takes at least as JSON. */
export function leastSize(type: CelType): number {
  switch (type.type) {
    case 'bool': return 4
    case 'int': case 'uint': case 'double': return 1
    case 'dyn': return 1
    case 'string': case 'bytes': case 'list': case 'map': return 2
    case 'duration': return 3
    case 'timestamp': return type.mostLength === undefined ? 21 : Math.min(type.mostLength, 21)
    case 'object': return Object.entries(type.fields).reduce((sum, [name, field]) => sum + (field.required ? name.length + leastSize(field.of) + 4 : 0), 2)
    default: return 0
  }
}
