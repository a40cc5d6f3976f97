// What calls may cost, and how large their results may be: the counterpart of prices.ts before anything has run.
import { add, endless, exactly, multiply, scale, unknownSize, type Amount } from './amounts.ts'
import { inner, type Type } from './check-type.ts'
import { checkCost, letter, listCost, objectCost, patternLetter, sortables } from './prices.ts'
import type { Value } from './values.ts'

export interface SizedNode { readonly type: Type; /** Of an element, by its declared type. */ readonly itemSize: Amount | undefined; readonly size?: Amount; readonly literal?: Value }
export interface CallEstimate { readonly cost: Amount; readonly size?: Amount }

type Estimate = (target: SizedNode | undefined, args: readonly SizedNode[], overload: string) => CallEstimate | undefined
const sizeOf = (node: SizedNode): Amount => node.size ?? unknownSize
const one: CallEstimate = { cost: exactly(1) }
const all = (names: string, estimate: Estimate): [string, Estimate][] => names.split(' ').map((name) => [name, estimate])
/** The longest pattern behind a named format. */
const longestFormatPattern = 128

const search = (text: Amount, pattern: Amount): Amount => multiply(scale(add(text, exactly(1)), letter), scale(pattern, patternLetter))
const parsing: Estimate = (_, [text]) => ({ cost: scale(sizeOf(text!), letter) })
const addresses: Amount = { least: 4, most: 16 }

const byName: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ['check', () => ({ cost: exactly(checkCost) })],
  ...all('serviceAccount path group resource subresource namespace name allowed reason error errored', () => one),
  ...all('fieldSelector labelSelector', (_, [selector]) => ({ cost: selectorEstimate(sizeOf(selector!)) })),
  ...all('isSorted sum max min indexOf lastIndexOf', (target) => target && { cost: listTraversal(target) }),
  ...all('url jsonpatch.escapeKey', (_, args) => (args.length === 1 ? { cost: scale(sizeOf(args[0]!), letter), size: sizeOf(args[0]!) } : undefined)),
  ...all('lowerAscii upperAscii substring trim', (target) => target && { cost: scale(sizeOf(target), letter), size: sizeOf(target) }),
  ['replace', (target, args) => (target && args.length >= 2 ? { cost: scale(sizeOf(target), 2 * letter), size: replacedSize(sizeOf(target), sizeOf(args[0]!), sizeOf(args[1]!)) } : undefined)],
  ['split', (target, [, limit]) => target && { cost: scale(sizeOf(target), 2 * letter), size: { least: 0, most: typeof limit?.literal === 'bigint' ? asUnsigned(limit.literal) : sizeOf(target).most } }],
  ['join', (target, [separator]) => {
    if (!target) return undefined
    const items = sizeOf(target), count = { least: Math.max(items.least - 1, 0), most: Math.max(items.most - 1, 0) }
    const texts = inner(target.type).length > 0 ? multiply(items, itemSize(target)) : exactly(0)
    const size = separator ? add(texts, multiply(sizeOf(separator), count)) : texts
    return { cost: scale(size, letter), size }
  }],
  ...all('find findAll', (target, args) => (target && args.length >= 1 ? { cost: search(sizeOf(target), sizeOf(args[0]!)), size: { least: 0, most: sizeOf(target).most } } : undefined)),
  ...all('cidr isIP isCIDR quantity isQuantity semver isSemver', parsing),
  ['ip', (target, args) => (args.length > 0 ? parsing(target, args, '') : one)],
  ['ip.isCanonical', (_, [text]) => ({ cost: scale(sizeOf(text!), 2 * letter) })],
  ...all('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast', () => one),
  ['containsIP', (target, [other], overload) => target && { cost: comparing(other!, overload === 'cidr_contains_ip_string', exactly(0)) }],
  ['containsCIDR', (target, [other], overload) => target && { cost: comparing(other!, overload === 'cidr_contains_cidr_string', add(scale(addresses, letter), exactly(1))) }],
  ['validate', (target, [text]) => target && { cost: scale(scale(sizeOf(text!), letter), longestFormatPattern * patternLetter) }],
  ...all('format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch', () => one),
  ...all('getScheme getHostname getHost getPort getEscapedPath getQuery', () => one),
  ['_==_', (_, [left, right]) => opaqueEquality(left!, right!)],
])

const itemSize = ({ itemSize: size }: SizedNode): Amount => size ?? unknownSize
function listTraversal(target: SizedNode): Amount {
  const [item] = inner(target.type)
  if (!item) return scale(sizeOf(target), letter)
  return multiply(sizeOf(target), item.kind === 'string' || item.kind === 'bytes' ? add(exactly(1), scale(itemSize(target), letter)) : exactly(1))
}
const asUnsigned = (n: bigint): number => (n < 0n ? endless : Number(n))
const comparing = (other: SizedNode, isText: boolean, more: Amount): Amount => {
  const cost = add(scale(add(addresses, addresses), letter), more)
  return isText ? add(cost, scale(sizeOf(other), letter)) : cost
}
function selectorEstimate(length: Amount): Amount {
  return add(add(exactly(listCost), scale(length, letter)), scale(scale(length, 0.5), listCost + objectCost))
}
function replacedSize(text: Amount, from: Amount, to: Amount): Amount {
  let mostCount = 0, mostKept = 0, leastCount = 0, leastKept = 0
  if (from.least === 0) { mostCount = Math.min(text.most + 1, endless); mostKept = text.most } else if (to.most <= from.least) mostKept = text.most
  else mostCount = Math.ceil(text.most / from.least)
  if (from.most === 0) { leastCount = Math.min(text.least + 1, endless); leastKept = text.least } else if (from.most <= to.least) leastKept = text.least
  else leastCount = Math.ceil(text.least / from.most)
  return add(multiply({ least: leastCount, most: mostCount }, to), { least: leastKept, most: mostKept })
}
const plainlyEqual: ReadonlySet<string> = new Set(['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.authorization.Authorizer', 'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck', 'kubernetes.authorization.ResourceCheck', 'kubernetes.authorization.Decision'])
function opaqueEquality({ type }: SizedNode, right: SizedNode): CallEstimate | undefined {
  if (type.kind !== 'opaque' || right.type.kind !== 'opaque' || type.name !== right.type.name) return undefined
  if (plainlyEqual.has(type.name)) return one
  if (type.name === 'kubernetes.NamedFormat') return { cost: scale({ least: 1, most: 64 }, letter) }
  if (type.name === 'kubernetes.URL') return { cost: scale({ least: 1, most: right.size?.most ?? 1 }, letter) }
  return undefined
}

const smaller: Estimate = (_, [left, right]) => {
  const most = Math.min(sizeOf(left!).most, sizeOf(right!).most)
  return { cost: scale({ least: most > 0 ? 1 : 0, most }, letter) }
}
const joined: Estimate = (_, [left, right]) => { const size = add(sizeOf(left!), sizeOf(right!)); return { cost: scale(size, letter), size } }
const byOverload: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ['string_format', (target, [args]) => target && { cost: scale(sizeOf(target), letter), size: add(sizeOf(target), sizeOf(args!)) }],
  ['string_to_bytes', (_, [text]) => ({ cost: scale(sizeOf(text!), letter), size: { least: sizeOf(text!).least, most: Math.min(sizeOf(text!).most * 4, endless) } })],
  ['bytes_to_string', (_, [text]) => ({ cost: scale(sizeOf(text!), letter), size: { least: Math.floor(sizeOf(text!).least / 4), most: sizeOf(text!).most } })],
  ['strings_quote', (_, [text]) => ({ cost: scale(sizeOf(text!), letter), size: { least: sizeOf(text!).least + 2, most: Math.min(sizeOf(text!).most * 2 + 2, endless) } })],
  ...all('starts_with_string ends_with_string', (_, [part]) => ({ cost: scale(sizeOf(part!), letter) })),
  ['in_list', (_, [, list]) => ({ cost: scale(sizeOf(list!), 1) })],
  ['matches_string', (target, [pattern]) => target && { cost: search(sizeOf(target), sizeOf(pattern!)) }],
  ['contains_string', (target, [part]) => target && { cost: multiply(scale(sizeOf(target), letter), scale(sizeOf(part!), letter)) }],
  ['add_list', (_, [left, right]) => ({ cost: exactly(1), size: add(sizeOf(left!), sizeOf(right!)) })],
  ...all('add_string add_bytes', joined),
  ...all('equals not_equals less_string less_equals_string greater_string greater_equals_string less_bytes less_equals_bytes greater_bytes greater_equals_bytes', smaller),
])

const making = (size: Amount, perElement = 1): CallEstimate => ({ cost: add(scale(size, perElement), exactly(1 + listCost)), size })
const whole = (node: SizedNode | undefined, otherwise: number): number => (typeof node?.literal === 'bigint' && node.literal >= 0n ? Number(node.literal) : otherwise)
const comparingAll = (node: SizedNode, perElement = 2): CallEstimate => making(multiply(sizeOf(node), sizeOf(node)), perElement)
const sorting = (type: string): number => 2 + (type === 'string' || type === 'bytes' ? letter : 0)
const listsByOverload: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ['list_slice', (target, [start, end]) => { const length = whole(end, sizeOf(target!).most) - whole(start, 0); return making(exactly(length < 0 ? endless : length)) }],
  ['lists_range', (_, [count]) => making(exactly(whole(count, endless)))],
  ['list_reverse', (target) => making(sizeOf(target!))],
  ...all('list_flatten list_flatten_int', (target, args) => making(sizeOf(target!), args.length === 1 ? whole(args[0], endless) : 1)),
  ['list_distinct', (target) => comparingAll(target!)],
  ...all('list_sets_contains_list list_sets_intersects_list', (_, [a, b]) => ({ cost: add(multiply(sizeOf(a!), sizeOf(b!)), exactly(1)) })),
  ['list_sets_equivalent_list', (_, [a, b]) => ({ cost: add(scale(multiply(sizeOf(a!), sizeOf(b!)), 2), exactly(1)) })],
  ...sortables.flatMap((type): [string, Estimate][] => [[`list_${type}_sort`, (target) => comparingAll(target!, sorting(type))], [`list_${type}_sortByAssociatedKeys`, (_, [keys]) => comparingAll(keys!, sorting(type))]]),
])

/** The cost of a call without its arguments. */
export function estimateCall(name: string, overload: string, target: SizedNode | undefined, args: readonly SizedNode[]): CallEstimate {
  return listsByOverload.get(overload)?.(target, args, overload) ?? byName.get(name)?.(target, args, overload) ?? byOverload.get(overload)?.(target, args, overload) ?? one
}
