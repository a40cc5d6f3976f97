// Parts of objects that former versions had in a form of their own.
import type { ServedVersion } from '#machinery'
import { rollback } from './rollback.ts'
import type { Subresource } from './subresource.ts'

/** The subresources of a kind as a former version of it has them. */
export function ofFormerVersion(version: ServedVersion<any>, today: ReadonlyMap<string, Subresource>): ReadonlyMap<string, Subresource> { // allowed: a version of any kind
  if (!version.former?.rollback) return today
  return new Map([...today, ['rollback', rollback(version)] as const].sort(([a], [b]) => (a < b ? -1 : 1)))
}
