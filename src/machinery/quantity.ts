// Amounts of CPU, memory and the like: exact to a billionth, written in a canonical form that keeps the family of suffix the user chose.

/** How an amount likes to be written: 1500m, 2Gi or 3e6. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'
export interface Quantity { readonly nano: bigint; readonly format: QuantityFormat }
export type QuantityLike = string | number | Quantity

export class QuantityError extends Error { override readonly name = 'QuantityError' }

const billion = 1_000_000_000n
/** Larger amounts are held at this one, as the reference does (2^63 - 1). */
const most = ((1n << 63n) - 1n) * billion
/** Digits before or after the point that are read one by one. */
const longest = 60
const decimals: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const decimalNames = new Map(Object.entries(decimals).map(([name, power]) => [power, name]))
const binaryNames = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

const form = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)$/s
const allowed = /^[+-]?[0-9.]+[eEinumkKMGTP]*[-+]?[0-9]*$/

/** Reads an amount. Fractions of a billionth are rounded away from zero. Throws QuantityError in the reference's words. */
export function parseQuantity(given: string | number): Quantity {
  const text = typeof given === 'number' ? String(given) : given.trim()
  const parts = form.exec(text)
  if (!parts || !allowed.test(text)) throw wrongFormat()
  const [, sign, whole = '', , suffix = ''] = parts
  let fraction = parts[3] ?? ''
  if (suffix.startsWith('.')) throw wrongFormat()
  if (whole === '' && fraction === '') throw new QuantityError('unable to parse numeric part of quantity')
  const scale = scaleOf(suffix)
  if (!scale) throw new QuantityError("unable to parse quantity's suffix")
  if (whole.length > longest && /[1-9]/.test(whole.slice(0, -longest))) return { nano: sign === '-' ? -most : most, format: scale.format }
  // Digits that can only decide the rounding become one.
  if (fraction.length > longest) fraction = fraction.slice(0, longest) + (/[1-9]/.test(fraction.slice(longest)) ? '1' : '')
  const digits = BigInt(whole + fraction || '0')
  let nano: bigint
  if (digits === 0n) nano = 0n
  else if (scale.format === 'BinarySI') nano = divideUp(digits * scale.factor * billion, 10n ** BigInt(fraction.length))
  else {
    const power = scale.power + 9 - fraction.length
    if (power > 60) nano = most
    else if (power < -1000) nano = 1n
    else nano = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power))
  }
  if (nano > most) nano = most
  return { nano: sign === '-' ? -nano : nano, format: scale.format }
}
const wrongFormat = () => new QuantityError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b

type Scale = { format: 'BinarySI'; factor: bigint } | { format: 'DecimalSI' | 'DecimalExponent'; power: number }
function scaleOf(suffix: string): Scale | undefined {
  if (Object.hasOwn(decimals, suffix)) return { format: 'DecimalSI', power: decimals[suffix]! }
  const binary = suffix === '' ? -1 : binaryNames.indexOf(suffix)
  if (binary > 0) return { format: 'BinarySI', factor: 1n << BigInt(10 * binary) }
  const exponent = /^[eE]([+-]?[0-9]+)$/.exec(suffix)
  return exponent ? { format: 'DecimalExponent', power: Number(exponent[1]) } : undefined
}

/** The canonical text: no fraction, the largest suffix of its family that needs none. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0'
  if (format === 'BinarySI' && nano % billion === 0n && !(nano > -1024n * billion && nano < 1024n * billion)) {
    let n = nano / billion, step = 0
    while (n % 1024n === 0n && step < binaryNames.length - 1) { n /= 1024n; step++ }
    return `${n}${binaryNames[step]}`
  }
  let n = nano, power = -9
  while (n % 1000n === 0n && power < 18) { n /= 1000n; power += 3 }
  return `${n}${format === 'DecimalExponent' ? (power ? `e${power}` : '') : decimalNames.get(power)}`
}

// The same few texts come again and again (100m, 128Mi): what was read once is remembered, up to a bound.
interface Known { readonly text: string; readonly quantity: Quantity; readonly value: number; readonly milli: number }
const known = new Map<string | number, Known>()
const knownLimit = 4096, knownLength = 32
function look(given: string | number): Known {
  const found = known.get(given)
  if (found) return found
  const quantity = parseQuantity(given)
  const entry = { text: formatQuantity(quantity), quantity, value: roundUp(quantity.nano, billion), milli: roundUp(quantity.nano, 1_000_000n) }
  if (typeof given === 'string' && given.length > knownLength) return entry
  if (known.size >= knownLimit) known.clear()
  known.set(given, entry)
  return entry
}
const roundUp = (nano: bigint, unit: bigint): number => Number(nano >= 0n ? divideUp(nano, unit) : -divideUp(-nano, unit))

/** The canonical text of a text: '0.5' is '500m', '1000m' is '1'. Throws QuantityError. */
export const canonicalQuantity = (given: string | number): string => look(given).text
/** In whole units, fractions rounded away from zero: bytes, counts. */
export const quantityValue = (given: QuantityLike): number => (typeof given === 'object' ? roundUp(given.nano, billion) : look(given).value)
/** In thousandths, fractions rounded away from zero: CPU. */
export const quantityMilli = (given: QuantityLike): number => (typeof given === 'object' ? roundUp(given.nano, 1_000_000n) : look(given).milli)

const exact = (given: QuantityLike): Quantity => (typeof given === 'object' ? given : look(given).quantity)
const zero: Quantity = { nano: 0n, format: 'DecimalSI' }
/** The sum; it is written in the family of the first that is not zero. */
export function addQuantities(a: QuantityLike | undefined, b: QuantityLike | undefined): Quantity {
  const x = a === undefined ? zero : exact(a), y = b === undefined ? zero : exact(b)
  return { nano: x.nano + y.nano, format: x.nano === 0n ? y.format : x.format }
}
/** The difference; it is written in the family of the first that is not zero. */
export function subtractQuantities(a: QuantityLike | undefined, b: QuantityLike): Quantity {
  const y = exact(b)
  return addQuantities(a, { nano: -y.nano, format: y.format })
}
/** Below, at or above zero as a is less than, equal to or more than b. */
export function compareQuantities(a: QuantityLike, b: QuantityLike): number {
  const x = exact(a).nano, y = exact(b).nano
  return x < y ? -1 : x > y ? 1 : 0
}
/** A whole number (thousandths when `milli`) as a quantity. */
export const quantityOf = (n: number, format: QuantityFormat = 'DecimalSI', milli = false): Quantity =>
  ({ nano: BigInt(n) * (milli ? 1_000_000n : billion), format })
