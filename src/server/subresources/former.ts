// Parts of objects that former versions had in a form of their own.
import { parseLabelSelector, s, wholeObject, type ServedVersion } from '#machinery'
import { rollback } from './rollback.ts'
import { scaleAs } from './scale.ts'
import type { Subresource } from './subresource.ts'

/** The subresources of a kind as a former version of it has them. */
export function ofFormerVersion(version: ServedVersion<any>, today: ReadonlyMap<string, Subresource>): ReadonlyMap<string, Subresource> { // allowed: a version of any kind
  const own = [...(version.former?.rollback ? [rollback(version)] : []), ...(version.former?.scale ? [formerScale(version)] : [])].map((part) => [part.name, part] as const)
  return new Map([...(version.former?.onlyParts ? [] : today), ...own].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A Scale that has what it selects as labels, where labels are enough to say it, and as text. */
function formerScale({ group, version }: ServedVersion<any>): Subresource { // allowed: as above
  const names = `io.k8s.api.${group}.${version}`
  return scaleAs({
    group, version, schema: wholeObject(`${names}.Scale`, {
      spec: s.value(s.object(`${names}.ScaleSpec`, { replicas: s.int() })),
      status: s.value(s.object(`${names}.ScaleStatus`, { replicas: s.required(s.int()), selector: s.map(s.string()), targetSelector: s.string() })),
    }),
    status: (replicas, text) => ({ replicas, ...labelsOf(text), ...(text && { targetSelector: text }) }),
  })
}
function labelsOf(text = ''): { readonly selector?: Readonly<Record<string, string>> } {
  const { requirements } = parseLabelSelector(text)
  if (requirements.length === 0 || requirements.some(({ operator }) => operator !== '=' && operator !== '==')) return {}
  return { selector: Object.fromEntries(requirements.map(({ key, values }) => [key, values[0]!])) }
}
