// 'text %s'.format([...]): the clauses of ext.Strings.
import { CelError } from './compile.ts'
import { encodeUtf8 } from './literals.ts'
import { formatDouble, toText } from './library/standard.ts'
import { Duration, isMap, ListValue, Timestamp, TypeValue, typeNameOf, Uint, type Value } from './values.ts'

const fail = (message: string): never => { throw new CelError(message) }
/** The most digits that a clause may ask for. */
const mostDigits = 100

export function formatString(format: string, args: ListValue): string {
  let text = '', next = 0
  for (let i = 0; i < format.length; i++) {
    const c = format[i]!
    if (c !== '%') { text += c; continue }
    if (i + 1 >= format.length) fail('unexpected end of string')
    if (format[i + 1] === '%') { text += '%'; i++; continue }
    const clause = /^(?:\.(\d*))?(.)/su.exec(format.slice(i + 1))
    if (!clause) fail('could not parse formatting clause: unexpected end of string')
    const digits = clause![1] === undefined ? 6 : Number(clause![1])
    if (digits > mostDigits) fail(`could not parse formatting clause: error while parsing precision: precision too large`)
    if (next >= args.size) fail(`index ${next} out of range`)
    text += clauseText(clause![2]!, digits, args.at(next++))
    i += clause![0].length
  }
  return text
}

function clauseText(clause: string, digits: number, value: Value): string {
  const wrong = (what: string): never => fail(`error during formatting: ${what}, was given ${typeNameOf(value)}`)
  switch (clause) {
    case 's': return anyText(value)
    case 'd':
      if (typeof value === 'bigint' || value instanceof Uint) return String(integer(value))
      if (typeof value === 'number') return wrong('decimal clause can only be used on integers')
      return special(value) ?? wrong('decimal clause can only be used on integers')
    case 'f': return typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint ? fixed(number(value), digits) : special(value) ?? wrong('fixed-point clause can only be used on doubles')
    case 'e': return typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint ? scientific(number(value), digits) : special(value) ?? wrong('scientific clause can only be used on doubles')
    case 'b': return typeof value === 'boolean' ? (value ? '1' : '0') : typeof value === 'bigint' || value instanceof Uint ? integer(value).toString(2) : wrong('only integers and bools can be formatted as binary')
    case 'o': return typeof value === 'bigint' || value instanceof Uint ? integer(value).toString(8) : wrong('octal clause can only be used on integers')
    case 'x': case 'X': {
      const hex = typeof value === 'bigint' || value instanceof Uint ? integer(value).toString(16) : typeof value === 'string' ? bytesHex(encodeUtf8(value)) : value instanceof Uint8Array ? bytesHex([...value])
        : wrong('only integers, byte buffers, and strings can be formatted as hex')
      return clause === 'X' ? hex.toUpperCase() : hex
    }
    default: return fail(`could not parse formatting clause: unrecognized formatting clause "${clause}"`)
  }
}
const integer = (value: bigint | Uint): bigint => (typeof value === 'bigint' ? value : value.value)
const number = (value: bigint | Uint | number): number => (typeof value === 'number' ? value : Number(integer(value)))
const bytesHex = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
const specials: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity'])
const special = (value: Value): string | undefined => (typeof value === 'string' && specials.has(value) ? value : undefined)
const notFinite = (value: number): string | undefined => (Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? undefined : value > 0 ? 'Infinity' : '-Infinity')
const fixed = (value: number, digits: number): string => notFinite(value) ?? value.toFixed(digits)
function scientific(value: number, digits: number): string {
  return notFinite(value) ?? value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Any value as text; strings inside lists and maps are quoted. */
function anyText(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return notFinite(value) ?? formatDouble(value)
  if (typeof value !== 'object' || value instanceof Uint || value instanceof Uint8Array || value instanceof Timestamp || value instanceof Duration) return toText(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof ListValue) return `[${[...value].map(anyText).join(', ')}]`
  if (isMap(value)) return `{${[...value.keys()].map((key) => [anyText(key), anyText(value.get(key)!)] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, held]) => `${key}: ${held}`).join(', ')}}`
  return fail(`error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`)
}
