// Owners that metadata names twice: the second of the same is dropped, and the client told so.
import { same, type LooseObject } from '#machinery'
import type { Call } from './core.ts'

/** `after`: whether admission has had its hands on the object. Changes the object. */
export function dropDuplicateOwners({ warnings }: Pick<Call, 'warnings'>, { metadata }: LooseObject, after: 'before admission' | 'after admission'): void {
  const owners = metadata.ownerReferences
  if (!owners || owners.length < 2) return
  const kept: NonNullable<typeof owners> = [], twice: string[] = []
  for (const owner of owners) {
    if (kept.some((other) => other.uid === owner.uid && same(other, owner))) twice.push(owner.uid)
    else kept.push(owner)
  }
  if (twice.length === 0) return
  metadata.ownerReferences = kept
  warnings.push(`.metadata.ownerReferences contains duplicate entries${after === 'after admission' ? ' after mutating admission happens' : ''}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: [${twice.join(' ')}]`)
}
