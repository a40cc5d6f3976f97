// Amounts of CPU, memory and the like.
import { formatQuantity, parseQuantity, type Quantity, type QuantityFormat } from '#machinery'
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { leastInt, mostInt } from '../literals.ts'
import type { OpaqueValue } from '../values.ts'

const billion = 1_000_000_000n
class QuantityValue implements OpaqueValue {
  readonly celType = 'kubernetes.Quantity'
  readonly quantity: Quantity
  /** The power of ten that its whole number counts; undefined where the reference no longer holds it as one. */
  readonly scale: number | undefined
  constructor(quantity: Quantity, scale: number | undefined) { this.quantity = quantity; this.scale = scale }
  equals(other: OpaqueValue): boolean { return other instanceof QuantityValue && other.quantity.nano === this.quantity.nano }
  json(): string { return formatQuantity(this.quantity) }
}
const fail = (message: string): never => { throw new CelError(message) }
function parse(text: string): QuantityValue {
  try { return new QuantityValue(parseQuantity(text), scaleOfText(text)) } catch (error) { return fail(error instanceof Error ? error.message : String(error)) }
}
function isQuantity(text: string): boolean { try { parseQuantity(text); return true } catch { return false } }
/** Only what is written without fractions is an integer: 1000m and 1.0 are none. */
const whole = ({ quantity: { nano }, scale }: QuantityValue): bigint | undefined => (scale !== undefined && scale >= 0 && isInt(nano / billion) ? nano / billion : undefined)
const isInt = (value: bigint): boolean => value <= mostInt && value >= leastInt
const powers = new Map(Object.entries({ n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }))
/** Digits that fit an int64 in any case. */
const digits = 18
/** How the reference holds what it reads: a number of 64 bits and a power of ten, where that is enough. */
function scaleOfText(text: string): number | undefined {
  if (text === '0') return 0
  const [, whole = '', fraction = '', suffix = ''] = /^[+-]?0*(\d*)(?:\.(\d*))?(.*)$/.exec(text) ?? [], binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].indexOf(suffix)
  const count = whole.length || 1
  if (binary > 0) return fraction === '' && 15 - count - Math.trunc(binary * 10 * 3 / 10) - 1 >= 0 ? 0 : undefined
  const power = powers.get(suffix) ?? Number(suffix.slice(1)), scale = power - fraction.length
  return digits - count - fraction.length >= 0 && scale >= -9 && scale <= digits && isInt(BigInt(whole + fraction || '0') * 10n ** BigInt(Math.max(scale, 0))) ? scale : undefined
}
const order = (a: QuantityValue, b: QuantityValue): bigint => (a.quantity.nano < b.quantity.nano ? -1n : a.quantity.nano > b.quantity.nano ? 1n : 0n)
/** The sum counts in the smaller of both powers, as long as 64 bits are enough. */
function plus(a: QuantityValue, nano: bigint, b: { readonly scale: number | undefined; readonly format: QuantityFormat }): QuantityValue {
  const sum = { nano: a.quantity.nano + nano, format: a.quantity.nano === 0n ? b.format : a.quantity.format }
  if (a.scale === undefined || b.scale === undefined) return new QuantityValue(sum, undefined)
  const scale = nano === 0n ? a.scale : a.quantity.nano === 0n ? b.scale : Math.min(a.scale, b.scale), unit = scale >= -9 ? 10n ** BigInt(scale + 9) : 1n
  return new QuantityValue(sum, [sum.nano, a.quantity.nano, nano].every((part) => isInt(part / unit)) ? scale : undefined)
}
const number = { scale: 0, format: 'DecimalExponent' } as const
const like = ({ scale, quantity: { format } }: QuantityValue) => ({ scale, format })

export const quantities: Library = {
  'quantity(string): kubernetes.Quantity = string_to_quantity': parse,
  'isQuantity(string): bool = is_quantity_string': isQuantity,
  'kubernetes.Quantity.sign(): int = quantity_sign': ({ quantity: { nano } }: QuantityValue) => (nano > 0n ? 1n : nano < 0n ? -1n : 0n),
  'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool = quantity_is_greater_than': (a: QuantityValue, b: QuantityValue) => order(a, b) > 0n,
  'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool = quantity_is_less_than': (a: QuantityValue, b: QuantityValue) => order(a, b) < 0n,
  'kubernetes.Quantity.compareTo(kubernetes.Quantity): int = quantity_compare_to': order,
  'kubernetes.Quantity.asApproximateFloat(): double = quantity_get_float': ({ quantity: { nano } }: QuantityValue) => Number(nano) / 1e9,
  'kubernetes.Quantity.asInteger(): int = quantity_get_int': (a: QuantityValue) => whole(a) ?? fail('cannot convert value to integer'),
  'kubernetes.Quantity.isInteger(): bool = quantity_is_integer': (a: QuantityValue) => whole(a) !== undefined,
  'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity = quantity_add': (a: QuantityValue, b: QuantityValue) => plus(a, b.quantity.nano, like(b)),
  'kubernetes.Quantity.add(int): kubernetes.Quantity = quantity_add_int': (a: QuantityValue, b: bigint) => plus(a, b * billion, number),
  'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity = quantity_sub': (a: QuantityValue, b: QuantityValue) => plus(a, -b.quantity.nano, like(b)),
  'kubernetes.Quantity.sub(int): kubernetes.Quantity = quantity_sub_int': (a: QuantityValue, b: bigint) => plus(a, -b * billion, number),
}

/** A quantity for a variable that holds one. Throws CelError. */
export const quantityValue = (text: string): OpaqueValue => parse(text)
