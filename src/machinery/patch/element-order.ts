// The order of lists after a strategic merge.
import { same } from '../same.ts'

type Json = unknown
type KeyOf = (item: Json) => Json
const place = (list: readonly Json[], item: Json, key: KeyOf): number => { const wanted = key(item); return list.findIndex((other) => same(key(other), wanted)) }

export const isIn = (list: readonly Json[], item: Json, key: KeyOf): boolean => place(list, item, key) >= 0

/** The items sorted by their place in `order`; items that are not there keep their order, before the others. */
export function inOrderOf(items: readonly Json[], order: readonly Json[], key: KeyOf): Json[] {
  const places = new Map(items.map((item) => [item, place(order, item, key)]))
  return items.toSorted((a, b) => places.get(a)! - places.get(b)!)
}

/** Two lists into one: an item of `others` goes first only where both are known to `server` in that order. */
export function mergeOrder(others: readonly Json[], named: readonly Json[], server: readonly Json[], key: KeyOf): Json[] {
  const out: Json[] = []
  let i = 0, j = 0
  while (i < others.length && j < named.length) {
    const left = place(server, others[i], key), right = place(server, named[j], key)
    if (left >= 0 && right >= 0 && left < right) out.push(others[i++])
    else out.push(named[j++])
  }
  return [...out, ...others.slice(i), ...named.slice(j)]
}
