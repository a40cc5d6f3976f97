// Functions of strings: ext.Strings of cel-go, version 2. Positions count code points.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { formatString } from '../format-string.ts'
import { spendLetters } from '../meter.ts'
import { ListValue, type Value } from '../values.ts'

const outOfRange = (index: bigint): never => { throw new CelError(`index out of range: ${index}`) }
/** The code points, but cheaply for what has one unit each. */
const points = (text: string): ArrayLike<string> & { slice(from: number, to?: number): string | string[] } => (/[\ud800-\udfff]/.test(text) ? [...text] : text)
const join = (part: string | string[]): string => (typeof part === 'string' ? part : part.join(''))

function charAt(text: string, index: bigint): string {
  const all = points(text)
  if (index < 0n || index > BigInt(all.length)) outOfRange(index)
  return all[Number(index)] ?? ''
}
function indexOf(text: string, wanted: string, offset = 0n): bigint {
  if (wanted === '') return offset
  const all = points(text), sought = points(wanted)
  if (offset < 0n || offset >= BigInt(all.length)) { if (offset === 0n) return -1n; outOfRange(offset) }
  for (let i = Number(offset); i <= all.length - sought.length; i++) if (standsAt(all, sought, i)) return BigInt(i)
  return -1n
}
function lastIndexOf(text: string, wanted: string, offset?: bigint): bigint {
  const all = points(text), sought = points(wanted)
  if (wanted === '') return offset ?? BigInt(all.length)
  const from = offset ?? BigInt(all.length - 1)
  if (from < 0n || from >= BigInt(all.length)) { if (offset === undefined) return -1n; outOfRange(from) }
  for (let i = Math.min(Number(from), all.length - sought.length); i >= 0; i--) if (standsAt(all, sought, i)) return BigInt(i)
  return -1n
}
function standsAt(all: ArrayLike<string>, sought: ArrayLike<string>, at: number): boolean {
  for (let k = 0; k < sought.length; k++) if (all[at + k] !== sought[k]) return false
  return true
}
function substring(text: string, start: bigint, end?: bigint): string {
  const all = points(text), length = BigInt(all.length)
  if (end !== undefined && start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  if (start < 0n || start > length) outOfRange(start)
  if (end !== undefined && (end < 0n || end > length)) outOfRange(end)
  return join(all.slice(Number(start), end === undefined ? undefined : Number(end)))
}
/** At most `limit` parts; negative: all. */
function split(text: string, separator: string, limit = -1n): ListValue {
  if (limit === 0n) return new ListValue([])
  const parts = separator === '' ? [...text] : text.split(separator)
  if (limit < 0n || BigInt(parts.length) <= limit) return new ListValue(parts)
  const whole = Number(limit) - 1
  return new ListValue([...parts.slice(0, whole), parts.slice(whole).join(separator)])
}
/** Replacing short by long makes texts that no price foresees. */
function replace(text: string, from: string, to: string, limit = -1n): string {
  const most = text.length + (text.length / Math.max(from.length, 1) + 1) * to.length
  spendLetters(most)
  return replaced(text, from, to, limit)
}
function replaced(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return from === '' ? `${to}${[...text].map((c) => c + to).join('')}` : text.split(from).join(to)
  if (from === '') { const all = [...text], count = Math.min(Number(limit), all.length + 1); return all.map((c, i) => (i < count ? to + c : c)).join('') + (count > all.length ? to : '') }
  const parts = text.split(from), count = Math.min(Number(limit), parts.length - 1)
  return parts.reduce((before, part, i) => (i === 0 ? part : before + (i <= count ? to : from) + part), '')
}
function joined(list: ListValue, separator = ''): string {
  const texts = [...list]
  for (const text of texts) if (typeof text !== 'string') throw new CelError('no such overload')
  return texts.join(separator)
}
const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase())
/** What Unicode calls white space. */
const space = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const ends = new RegExp(`^${space}+|${space}+$`, 'g')
const escapes: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' }
const quote = (text: string): string => `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (c) => escapes[c]!)}"`

export const strings: Library = {
  'string.charAt(int): string = string_char_at_int': charAt,
  'string.indexOf(string): int = string_index_of_string': (text: string, wanted: string) => indexOf(text, wanted),
  'string.indexOf(string, int): int = string_index_of_string_int': indexOf,
  'string.lastIndexOf(string): int = string_last_index_of_string': (text: string, wanted: string) => lastIndexOf(text, wanted),
  'string.lastIndexOf(string, int): int = string_last_index_of_string_int': lastIndexOf,
  'string.lowerAscii(): string = string_lower_ascii': lower,
  'string.replace(string, string): string = string_replace_string_string': (text: string, from: string, to: string) => replace(text, from, to),
  'string.replace(string, string, int): string = string_replace_string_string_int': replace,
  'string.split(string): list(string) = string_split_string': (text: string, separator: string) => split(text, separator),
  'string.split(string, int): list(string) = string_split_string_int': split,
  'string.substring(int): string = string_substring_int': (text: string, start: bigint) => substring(text, start),
  'string.substring(int, int): string = string_substring_int_int': substring,
  'string.trim(): string = string_trim': (text: string) => text.replace(ends, ''),
  'string.upperAscii(): string = string_upper_ascii': upper,
  'list(string).join(): string = list_join': (list: ListValue) => joined(list),
  'list(string).join(string): string = list_join_string': joined,
  'string.format(list(dyn)): string = string_format': (format: string, args: ListValue): Value => formatString(format, args),
  'strings.quote(string): string = strings_quote': quote,
}
