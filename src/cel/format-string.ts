// 'text %s'.format([...]): the clauses of cel-go's strings library, version 2, and what is wrong with a format before it runs.
import { CelError } from './compile.ts'
import { typeName, type Type } from './check-type.ts'
import type { Expr } from './expression.ts'
import { quote } from '#machinery'
import type { Finding } from './issues.ts'
import { encodeUtf8 } from './literals.ts'
import { spend } from './meter.ts'
import { toText } from './library/standard.ts'
import { Duration, isMap, ListValue, Timestamp, TypeValue, typeNameOf, Uint, type Value } from './values.ts'

const fail = (message: string): never => { throw new CelError(message) }
/** Digits behind the point that a clause may ask for. */
const mostDigits = 1_000

interface Clause { readonly letter: string; readonly digits: number | undefined; readonly length: number }
/** Walks over a format. `write` gets what a clause is for and which argument it takes. Throws CelError for what is no format. */
function walk(format: string, count: number, needsArgument: boolean, write: (clause: Clause, index: number) => string): string {
  let text = '', index = 0
  for (let at = 0; at < format.length;) {
    if (format[at] !== '%') { text += format[at++]; continue }
    if (format[at + 1] === '%') { text += '%'; at += 2; continue }
    const missing = index >= count
    if (missing && needsArgument) fail(`index ${index} out of range`)
    if (at + 1 >= format.length) fail('unexpected end of string')
    if (missing) fail(`index ${index} out of range`)
    const clause = readClause(format, at + 1)
    text += write(clause, index++)
    at += 1 + clause.length
  }
  return text
}
function readClause(format: string, at: number): Clause {
  let digits: number | undefined, length = 0
  if (format[at] === '.') {
    const written = /^\d*/.exec(format.slice(at + 1))![0], wrong = (why: string) => fail(`could not parse formatting clause: error while parsing precision: ${why}`)
    length = 1 + written.length
    if (at + length >= format.length) wrong('could not find end of precision specifier')
    if (written === '') wrong('error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax')
    digits = Number(written)
    if (digits > mostDigits) wrong(`precision ${written} is too large`)
  }
  const letter = format[at + length]!
  if (!Object.hasOwn(clauses, letter)) fail(`could not parse formatting clause: unrecognized formatting clause "${letter}"`)
  return { letter, digits, length: length + 1 }
}

export function formatString(format: string, args: ListValue): string {
  return walk(format, args.size, true, ({ letter, digits }, index) => {
    const value = args.at(index), clause = clauses[letter]!
    return clause.write(value, digits) ?? fail(`error during formatting: ${clause.wrong}, was given ${typeNameOf(value)}`)
  })
}

/** What is wrong with a format whose arguments are written out; `at` is where the call stands. */
export function checkFormat(format: string, args: readonly Expr[], typeOf: (arg: Expr) => Type, at: number): Finding | undefined {
  let used = 0
  class Unfit extends Error { readonly arg: Expr; constructor(arg: Expr, message: string) { super(message); this.arg = arg } }
  try {
    walk(format, args.length, false, ({ letter }, index) => {
      const clause = clauses[letter]!, unfit = clause.kinds.size === 0 ? unprintable(args[index]!, typeOf) : takes(clause.kinds, typeOf(args[index]!)) ? undefined : args[index]
      if (unfit) throw new Unfit(unfit, `error during formatting: ${clause.wrong}, was given ${typeName(typeOf(unfit))}`)
      used++
      return ''
    })
  } catch (error) {
    if (error instanceof Unfit) return { at: error.arg.at, message: error.message }
    if (error instanceof CelError) return { at, message: error.message }
    throw error
  }
  return args.length > used ? { at, message: `too many arguments supplied to string.format (expected ${used}, got ${args.length})` } : undefined
}
const takes = (kinds: ReadonlySet<string>, { kind }: Type): boolean => kind === 'dyn' || kinds.has(kind)
const printable: ReadonlySet<string> = new Set(['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'])
/** The first part of an argument that has no text. */
function unprintable(arg: Expr, typeOf: (arg: Expr) => Type): Expr | undefined {
  if (!takes(printable, typeOf(arg))) return arg
  const parts = arg.kind === 'list' ? arg.items : arg.kind === 'map' ? arg.entries.flatMap(({ key, value }) => [key, value]) : []
  for (const part of parts) { const unfit = unprintable(part, typeOf); if (unfit) return unfit }
  return undefined
}

/** What a letter writes, of which kinds of values (none named: of all that have a text), and what is said of others. */
interface Writer { readonly kinds: ReadonlySet<string>; readonly wrong: string; readonly write: (value: Value, digits: number | undefined) => string | undefined }
const integer = (value: Value): bigint | undefined => (typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined)
const specials: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity }
const double = (value: Value): number | undefined => (typeof value === 'number' ? value : typeof value === 'string' && Object.hasOwn(specials, value) ? specials[value] : undefined)
function hexadecimal(value: Value): string | undefined {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return integer(value)?.toString(16)
  return [...(typeof value === 'string' ? encodeUtf8(value) : value)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
const hex: Writer = { kinds: new Set(['int', 'uint', 'string', 'bytes']), wrong: 'only integers, byte buffers, and strings can be formatted as hex', write: hexadecimal }
const clauses: Readonly<Record<string, Writer>> = {
  s: { kinds: new Set(), wrong: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', write: plain },
  d: { kinds: new Set(['int', 'uint']), wrong: 'decimal clause can only be used on integers', write: (value) => integer(value)?.toString() },
  f: { kinds: new Set(['double', 'string']), wrong: 'fixed-point clause can only be used on doubles', write: (value, digits = 6) => { const number = double(value); return number === undefined ? undefined : infinite(number) ?? grouped(number, digits) } },
  e: { kinds: new Set(['double', 'string']), wrong: 'scientific clause can only be used on doubles', write: (value, digits = 6) => { const number = double(value); return number === undefined ? undefined : infinite(number) ?? scientific(number).padStart(digits) } },
  b: { kinds: new Set(['int', 'uint', 'bool']), wrong: 'only integers and bools can be formatted as binary', write: (value) => (typeof value === 'boolean' ? (value ? '1' : '0') : integer(value)?.toString(2)) },
  x: hex,
  X: { ...hex, write: (value) => hexadecimal(value)?.toUpperCase() },
  o: { kinds: new Set(['int', 'uint']), wrong: 'octal clause can only be used on integers', write: (value) => integer(value)?.toString(8) },
}
const infinite = (value: number): string | undefined => (Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? undefined : value > 0 ? '∞' : '-∞')
/** A number with so many digits behind the point, rounded from its exact value; halves go to the even digit. */
function fixed(value: number, digits: number): string {
  const scaled = roundedAt(Math.abs(value), digits), text = scaled.toString().padStart(digits + 1, '0'), sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return `${sign}${digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`}`
}
/** The whole number nearest to value * 10^power. */
function roundedAt(value: number, power: number): bigint {
  // A double is a whole number times a power of two.
  let exponent = 0, mantissa = value
  while (!Number.isInteger(mantissa)) { mantissa *= 2; exponent++ }
  const numerator = BigInt(mantissa) * (power > 0 ? 10n ** BigInt(power) : 1n), denominator = (1n << BigInt(exponent)) * (power < 0 ? 10n ** BigInt(-power) : 1n)
  const whole = numerator / denominator, twice = (numerator % denominator) * 2n
  return twice > denominator || (twice === denominator && whole % 2n === 1n) ? whole + 1n : whole
}
/** Thousands are separated, as in American English. */
const grouped = (value: number, digits: number): string => fixed(value, digits).replace(/^(-?)(\d+)/, (_, sign: string, whole: string) => sign + whole.replace(/\B(?=(?:\d{3})+$)/g, ','))
const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹'
/** 2.718280 × 10⁰⁰, always with six digits. */
function scientific(value: number): string {
  let exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]), digits = roundedAt(Math.abs(value), 6 - exponent).toString()
  if (digits.length > 7) { exponent++; digits = digits.slice(0, 7) }
  const text = digits.padEnd(7, '0'), power = [...String(Math.abs(exponent)).padStart(2, '0')].map((digit) => raised[Number(digit)]!).join('')
  return `${value < 0 ? '-' : ''}${text[0]}.${text.slice(1)}\u202f×\u202f10${exponent < 0 ? '⁻' : ''}${power}`
}

/** The text of a value on its own. */
function plain(value: Value): string | undefined {
  if (value === null) return 'null'
  if (value instanceof TypeValue) return value.name
  if (value instanceof ListValue || (typeof value === 'object' && isMap(value))) return nested(value)
  const hasText = typeof value !== 'object' || value instanceof Uint || value instanceof Uint8Array || value instanceof Timestamp || value instanceof Duration
  return hasText ? toText(value) : undefined
}
/** Inside lists and maps, values look as they would in an expression. */
function nested(value: Value): string {
  spend(1)
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return Number.isFinite(value) ? fixed(value, 6) : quote(Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf')
  if (value instanceof Uint8Array) return `b${quote(toText(value))}`
  if (value instanceof Timestamp) return `timestamp(${quote(toText(value))})`
  if (value instanceof Duration) return `duration(${quote(toText(value))})`
  if (value instanceof ListValue) return `[${[...value].map(nested).join(', ')}]`
  if (typeof value === 'object' && value !== null && isMap(value)) {
    const entries = [...value.keys()].map((key) => [nested(key), nested(value.get(key)!)] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([key, held]) => `${key}:${held}`).join(', ')}}`
  }
  return plain(value) ?? fail(`error during formatting: no formatting function for ${typeNameOf(value)}`)
}
