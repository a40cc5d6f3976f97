// Values that may be absent: optional.of, orValue and the like.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { sizeOf } from './standard.ts'
import { Duration, none, ObjectValue, OptionalValue, Timestamp, Uint, type Value } from '../values.ts'

/** Zero, empty, null, false: what ofNonZeroValue leaves out. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === 0n) return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n
  if (value instanceof ObjectValue) return Object.keys(value.raw).length === 0
  if (value instanceof OptionalValue) return value.value === undefined
  return sizeOf(value) === 0
}
const unused = (): never => { throw new CelError('no such overload') }

export const optionals: Library = {
  'optional.of(V): optional(V) = optional_of': (value: Value) => new OptionalValue(value),
  'optional.ofNonZeroValue(V): optional(V) = optional_ofNonZeroValue': (value: Value) => (isZero(value) ? none : new OptionalValue(value)),
  'optional.none(): optional(V) = optional_none': () => none,
  'optional(V).hasValue(): bool = optional_hasValue': (optional: OptionalValue) => optional.value !== undefined,
  'optional(V).value(): V = optional_value': (optional: OptionalValue) => { if (optional.value !== undefined) return optional.value; throw new CelError('optional.none() dereference') },
  // These two look at the other value only when they need it: the planner does that.
  'optional(V).or(optional(V)): optional(V) = optional_or_optional': unused,
  'optional(V).orValue(V): V = optional_orValue_value': unused,
  '_?._(dyn, string): optional(V) = select_optional_field': unused,
  '_[?_](list(V), int): optional(V) = list_optindex_optional_int': unused,
  '_[?_](optional(list(V)), int): optional(V) = optional_list_optindex_optional_int': unused,
  '_[?_](map(K, V), K): optional(V) = map_optindex_optional_value': unused,
  '_[?_](optional(map(K, V)), K): optional(V) = optional_map_optindex_optional_value': unused,
  '_[_](optional(list(V)), int): optional(V) = optional_list_index_int': unused,
  '_[_](optional(map(K, V)), K): optional(V) = optional_map_index_value': unused,
}
