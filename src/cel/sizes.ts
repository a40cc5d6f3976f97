// How large values of a declared type may be.
import type { CelType } from './cel-type.ts'

/** The largest request: nothing in it is larger. */
export const largestRequest = 3 * 1024 * 1024

/** Letters, bytes, items or entries that a value may have; 0 for those that are not counted. */
export function declaredSize(type: CelType): number {
  switch (type.type) {
    case 'string': case 'bytes': return type.mostLength ?? (type.oneOf ? Math.max(0, ...type.oneOf.map((text) => text.length)) : largestRequest - 2)
    case 'list': return type.mostItems ?? largestRequest
    case 'map': return type.mostEntries ?? largestRequest
    default: return 0
  }
}
