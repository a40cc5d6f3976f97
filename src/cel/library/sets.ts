// sets.contains, sets.equivalent, sets.intersects: lists seen as sets.
import { includes } from '../compare.ts'
import type { Library } from '../functions.ts'
import type { ListValue } from '../values.ts'

const contains = (list: ListValue, sub: ListValue): boolean => [...sub].every((item) => includes(list, item))

export const sets: Library = {
  'sets.contains(list(T), list(T)): bool = list_sets_contains_list': contains,
  'sets.equivalent(list(T), list(T)): bool = list_sets_equivalent_list': (a: ListValue, b: ListValue) => contains(a, b) && contains(b, a),
  'sets.intersects(list(T), list(T)): bool = list_sets_intersects_list': (a: ListValue, b: ListValue) => [...a].some((item) => includes(b, item)),
}
