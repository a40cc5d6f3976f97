// Whole numbers that a JavaScript number cannot hold exactly: an int64 beyond 2^53 is a bigint. Ordinary objects have none and pay nothing.

/** JSON.stringify writes a bigint as the number it is, wherever it stands. */
interface WritesItself { toJSON?: (this: bigint) => unknown }
const json = JSON as typeof JSON & { rawJSON(text: string): unknown }
Object.defineProperty(BigInt.prototype as WritesItself, 'toJSON', { configurable: true, writable: true, value(this: bigint) { return json.rawJSON(this.toString()) } })

const mostInt64 = (1n << 63n) - 1n, leastInt64 = -(1n << 63n)
/** Whether an int64 can hold it. */
export const isInt64 = (value: bigint): boolean => value >= leastInt64 && value <= mostInt64

/** A whole number as a value has it: a number as long as that is exact. */
export const wholeNumber = (value: bigint): number | bigint =>
  (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value)

/** Whether a JSON value is a number. */
export const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'
/** Whether a number may stand for a whole one that it does not hold exactly. */
export const isLarge = (value: unknown): boolean => typeof value === 'number' && (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)

/** So many seconds in milliseconds, as the reference counts them: in 64 bits of nanoseconds, beyond which they begin again from below. */
export function secondsToMs(seconds: number | bigint): number {
  const ms = Number(seconds) * 1000
  return Math.abs(ms) < 9e12 ? ms : Number(BigInt.asIntN(64, BigInt(seconds) * 1_000_000_000n)) / 1e6
}

/** A whole number that has so many digits, or fewer, is read exactly; longer ones fit nowhere. */
const longest = 40
const parseWithSource = JSON.parse as (text: string, read: (key: string, value: unknown, context: { readonly source?: string }) => unknown) => unknown

/** The value of a JSON text in which every large whole number is a bigint, also what no int64 can hold. Slow: for texts that have any. Throws SyntaxError. */
export const parseLarge = (text: string): unknown => parseWithSource(text, (_, value, { source }) =>
  (isLarge(value) && source !== undefined && source.length <= longest && /^-?\d+$/.test(source) ? BigInt(source) : value))

const manyDigits = /[:,[\s]-?\d{16}/
/** The value of a JSON text that this program wrote, exactly. */
export const parseWritten = (text: string): unknown => (manyDigits.test(text) ? withinInt64(parseLarge(text)) : JSON.parse(text))

/** The value with every whole number that no int64 can hold as the nearest number, as values of no declared type have it; the same value where there is none. */
export function withinInt64<T>(value: T): T {
  if (typeof value === 'bigint') return (isInt64(value) ? value : Number(value)) as T
  if (typeof value !== 'object' || value === null) return value
  let out: unknown = value
  for (const [key, inner] of Object.entries(value)) {
    const held: unknown = withinInt64(inner)
    if (held === inner) continue
    if (out === value) out = Array.isArray(value) ? [...value] : { ...value }
    ;(out as Record<string, unknown>)[key] = held
  }
  return out as T
}
