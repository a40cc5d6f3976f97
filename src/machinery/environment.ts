// What the pure rooms may ask of the world. Everything that is not a function of its arguments comes in through these.

/** Milliseconds since the epoch and timers, real or virtual. */
export interface Clock {
  now(): number
  /** Runs `run` once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
}

/** A source of chance: numbers in [0, 1). Seeded in tests and simulations. */
export type Random = () => number

/** Structured log lines. Values must never hold secrets. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log whose lines carry the component's name. */
  named(component: string): Log
}
export type LogFields = Readonly<Record<string, unknown>>

/** A log that says nothing. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, named: () => silent }

/** A promise of a pause on a clock. */
export const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => { clock.after(ms, resolve) })

const hexDigits = [...'0123456789abcdef'].map((c) => c.charCodeAt(0)), hyphen = 45
/** Characters of the UUID being made, and where each of its 32 digits goes. */
const letters: number[] = new Array<number>(36).fill(hyphen), places = letters.map((_, i) => i).filter((i) => ![8, 13, 18, 23].includes(i))
/** Eight digits from the digit `at` on. */
function writeHex(word: number, at: number): void {
  for (let i = 0; i < 8; i++) letters[places[at + i]!] = hexDigits[(word >>> (28 - 4 * i)) & 15]!
}
/**
 * A random (version 4, RFC 9562) UUID from a source of chance, of which it takes four numbers. Every request and every object gets one: it is
 * made as one flat text, because pieces put together would live as long as it does.
 */
export function uuid(random: Random): string {
  const word = () => (random() * 2 ** 32) >>> 0
  writeHex((word() & 0xffff0fff) | 0x4000, 8)
  writeHex((word() & 0x3fffffff) | 0x80000000, 16)
  writeHex(word(), 0)
  writeHex(word(), 24)
  return String.fromCharCode.apply(null, letters)
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'
/** Five random letters as generateName appends them: no vowels, none that look alike. */
export function nameSuffix(random: Random, length = 5): string {
  let s = ''
  while (s.length < length) s += suffixLetters[Math.floor(random() * suffixLetters.length)]
  return s
}

/** mulberry32: a seeded source of chance, the same on every machine. */
export function seeded(seed: number): Random {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
