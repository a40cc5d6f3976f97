// What calls cost when they run: the tables of cel-go and of Kubernetes' libraries. What they may cost at most is in estimate.ts; both belong together.
import { sizeOf } from './library/standard.ts'
import { encodeUtf8 } from './literals.ts'
import { spend } from './meter.ts'
import { isMap, isOpaque, ListValue, ObjectValue, OptionalValue, type Value } from './values.ts'

/** Types that lists can be sorted by, as overloads name them. */
export const sortables = ['int', 'uint', 'double', 'bool', 'google.protobuf.Duration', 'google.protobuf.Timestamp', 'string', 'bytes']

/** What a call costs, before it is made. */
export type Price = (args: readonly Value[]) => number

/** Costs of reading a name or a field, and of making lists, maps and objects. */
export const selectCost = 1, listCost = 10, mapCost = 30, objectCost = 40
/** Per letter that is gone over. */
export const letter = 0.1
/** Per letter of a regular expression. */
export const patternLetter = 0.25
/** Two checks of an authorizer in one expression. */
export const checkCost = 350_000

/** The size of a value as costs count it: 1 for what has none. */
export function actualSize(value: Value): number {
  const size = sizeOf(value)
  if (size !== undefined) return size
  if (value instanceof ObjectValue) return Object.keys(value.raw).length
  if (value instanceof OptionalValue) return value.value === undefined ? 1 : actualSize(value.value)
  return isOpaque(value) ? value.size ?? 1 : 1
}
const letters = (size: number, times = 1): number => Math.ceil(size * (times * letter))

/** Going over all that a value holds. */
function traversal(value: Value): number {
  spend(1)
  if (typeof value === 'string') return Math.floor(utf8Length(value) * letter)
  if (value instanceof Uint8Array) return Math.floor(value.length * letter)
  let cost = 0
  if (value instanceof ListValue) { for (const item of value) cost += traversal(item); return cost }
  if (typeof value === 'object' && value !== null && isMap(value)) { for (const key of value.keys()) cost += traversal(key) + traversal(value.get(key)!); return cost }
  return 1
}
const utf8Length = (text: string): number => { for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return encodeUtf8(text).length; return text.length }

const ofFirst: Price = ([text]) => letters(actualSize(text!)), twiceFirst: Price = ([text]) => letters(actualSize(text!), 2)
const one: Price = () => 1
const pattern = (text: Value, size: number): number => Math.ceil((1 + actualSize(text)) * letter) * Math.ceil(size * patternLetter)
const search: Price = ([text, regex]) => pattern(text!, actualSize(regex!))
const all = (names: string, price: Price): [string, Price][] => names.split(' ').map((name) => [name, price])

/** By the name of the function, whatever its arguments: Kubernetes' libraries. */
const byName: ReadonlyMap<string, Price> = new Map<string, Price>([
  ['check', () => checkCost],
  ...all('serviceAccount path group resource subresource namespace name allowed reason error errored', one),
  ...all('fieldSelector labelSelector', (args) => selectorCost(actualSize(args[1]!))),
  ...all('isSorted sum max min indexOf lastIndexOf', ([list]) => traversal(list!)),
  ...all('url lowerAscii upperAscii substring trim jsonpatch.escapeKey cidr isIP isCIDR ip quantity isQuantity semver isSemver', ofFirst),
  ...all('replace split ip.isCanonical', twiceFirst),
  ['join', ([list, separator]) => letters(joinedSize(list!, separator), 2)],
  ...all('find findAll', search),
  ...all('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast', one),
  ['containsIP', ([cidr, other]) => letters(2 * actualSize(cidr!)) + (typeof other === 'string' ? letters(actualSize(other)) : 0)],
  ['containsCIDR', ([cidr, other]) => letters(2 * actualSize(cidr!)) + letters(actualSize(cidr!)) + 1 + (typeof other === 'string' ? letters(actualSize(other)) : 0)],
  ['validate', ([format, text]) => pattern(text!, isOpaque(format!) ? format.patternSize ?? 0 : 0)],
  ...all('format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch', one),
  ...all('getScheme getHostname getHost getPort getEscapedPath getQuery', one),
])
export function selectorCost(length: number): number {
  return listCost + Math.ceil(length * letter) + Math.ceil(Math.ceil(length * 0.5) * (listCost + objectCost))
}

const smaller: Price = ([a, b]) => (isOpaque(a!) ? 1 : Math.ceil(Math.min(actualSize(a!), actualSize(b!)) * letter))
const together: Price = ([a, b]) => letters(actualSize(a!) + actualSize(b!))
/** By overload: the standard functions. */
const byOverload: ReadonlyMap<string, Price> = new Map<string, Price>([
  ...all('starts_with_string ends_with_string string_to_bytes bytes_to_string strings_quote string_format', ofFirst),
  ['in_list', ([, list]) => actualSize(list!)],
  ...all('equals not_equals less_string less_equals_string greater_string greater_equals_string less_bytes less_equals_bytes greater_bytes greater_equals_bytes', smaller),
  ...all('add_string add_bytes', together),
  ['matches_string', search],
  ['contains_string', ([text, part]) => letters(actualSize(text!)) * letters(actualSize(part!))],
])

/** Arguments may be of other types still: then nothing is made. */
const whole = (value: Value | undefined): number => (typeof value === 'bigint' ? Number(value) : 0)
/** The letters of a list of texts with something between them. */
function joinedSize(list: Value, separator: Value | undefined): number {
  if (!(list instanceof ListValue)) return 1
  let size = separator === undefined ? 0 : Math.max(list.size - 1, 0) * actualSize(separator)
  for (const item of list) size += actualSize(item)
  return size
}
/** Lists that a call makes: the call, the list, and each element. */
const making = (size: number, perElement = 1): number => Math.floor(size * perElement) + 1 + listCost
/** Every element is compared with every other; strings cost more. */
const comparingAll = (list: Value): number => {
  const size = actualSize(list), first = list instanceof ListValue && list.size > 0 ? list.at(0) : undefined
  return making(size * size, 2 + (typeof first === 'string' || first instanceof Uint8Array ? letter : 0))
}
const listsByOverload: ReadonlyMap<string, Price> = new Map<string, Price>([
  ['list_slice', ([, start, end]) => making(Math.max(whole(end) - whole(start), 0))],
  ['lists_range', ([count]) => making(Math.max(whole(count), 0))],
  ['list_reverse', ([list]) => making(actualSize(list!))],
  ...all('list_flatten list_flatten_int', ([list, depth]) => making(actualSize(list!), typeof depth === 'bigint' ? Number(depth) : 1)),
  ['list_distinct', ([list]) => comparingAll(list!)],
  ...all('list_sets_contains_list list_sets_intersects_list', ([a, b]) => 1 + actualSize(a!) * actualSize(b!)),
  ['list_sets_equivalent_list', ([a, b]) => 1 + 2 * actualSize(a!) * actualSize(b!)],
  ...sortables.flatMap((type): [string, Price][] => [[`list_${type}_sort`, ([list]) => comparingAll(list!)], [`list_${type}_sortByAssociatedKeys`, ([, keys]) => comparingAll(keys!)]]),
])

/** What a call costs; undefined: always one. `overload` is empty when it is only known at run time which one is meant. */
export function priceOf(name: string, overload: string): Price | undefined {
  if (overload === 'cidr_ip') return undefined
  const price = listsByOverload.get(overload) ?? byName.get(name) ?? byOverload.get(overload)
  return price === one ? undefined : price
}
