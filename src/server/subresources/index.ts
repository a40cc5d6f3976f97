// Which subresources a kind has.
import type { Kind } from '#machinery'
import { status } from './status.ts'
import type { Subresource } from './subresource.ts'

/** In order of their names, as discovery lists them. */
export function subresourcesOf(kind: Kind): Subresource[] {
  const all: Subresource[] = []
  if (kind.subresources.status) all.push(status(kind))
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}
