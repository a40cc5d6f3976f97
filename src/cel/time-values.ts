// Points in time and lengths of time: read, written, and taken apart by time zone. All in nanoseconds.
import { CelError } from './compile.ts'
import { Duration, Timestamp } from './values.ts'

const second = 1_000_000_000n
const earliest = -62_135_596_800n * second, latest = 253_402_300_800n * second - 1n
const longest = (1n << 63n) - 1n

/** A point in time between the years 1 and 9999; others are an overflow. */
export function timestampAt(nanos: bigint): Timestamp {
  if (nanos < earliest || nanos > latest) throw new CelError('timestamp overflow')
  return new Timestamp(nanos)
}
export function durationOf(nanos: bigint): Duration {
  if (nanos > longest || nanos < -longest - 1n) throw new CelError('duration overflow')
  return new Duration(nanos)
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[T](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/
const layout = '2006-01-02T15:04:05Z07:00'
/** RFC 3339. Throws CelError. */
export function parseTimestamp(text: string): Timestamp {
  const bad = () => new CelError(`parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(text)} as "2006"`)
  const parts = rfc3339.exec(text)
  if (!parts) throw bad()
  const [year, month, day, hour, minute, sec] = parts.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const range = (what: string) => new CelError(`parsing time ${JSON.stringify(text)}: ${what} out of range`)
  if (month < 1 || month > 12) throw range('month')
  if (day < 1 || day > daysIn(year, month)) throw range('day')
  if (hour > 23) throw range('hour')
  if (minute > 59) throw range('minute')
  if (sec > 59) throw range('second')
  const days = daysFromCivil(year, month, day)
  const offset = parts[8] ? (Number(parts[9]) * 60 + Number(parts[10])) * (parts[8] === '-' ? -1 : 1) : 0
  const nanos = BigInt((parts[7] ?? '').slice(0, 9).padEnd(9, '0'))
  const seconds = BigInt(days) * 86_400n + BigInt(hour * 3600 + minute * 60 + sec - offset * 60)
  const total = seconds * second + nanos
  if (total < earliest || total > latest) throw new CelError('timestamp overflow')
  return new Timestamp(total)
}
const daysIn = (year: number, month: number): number => (month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31)
/** Days since 1970 of a date of the Gregorian calendar. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year, era = Math.floor(y / 400), ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}
const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b))

/** The parts of a point in time, by the clocks of a zone that is `offsetSeconds` ahead of UTC. */
export function civil({ nanos }: Timestamp, offsetSeconds = 0) {
  const shifted = nanos + BigInt(offsetSeconds) * second, seconds = floorDivide(shifted, second)
  const days = Number(floorDivide(seconds, 86_400n)), ofDay = Number(seconds - BigInt(days) * 86_400n)
  const z = days + 719_468, era = Math.floor(z / 146_097), ofEra = z - era * 146_097
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)), m = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * m + 2) / 5) + 1, month = m < 10 ? m + 3 : m - 9, year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return {
    year, month, day, hour: Math.floor(ofDay / 3600), minute: Math.floor(ofDay / 60) % 60, second: ofDay % 60, nano: Number(shifted - seconds * second),
    weekday: ((days + 4) % 7 + 7) % 7, dayOfYear: days - daysFromCivil(year, 1, 1),
  }
}

const two = (n: number): string => String(n).padStart(2, '0')
/** RFC 3339 in UTC, with as many digits of the fraction as it has. */
export function formatTimestamp(time: Timestamp): string {
  const { year, month, day, hour, minute, second: sec, nano } = civil(time)
  const fraction = nano === 0 ? '' : `.${String(nano).padStart(9, '0').replace(/0+$/, '')}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(sec)}${fraction}Z`
}

const units: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, 'µs': 1_000n, 'μs': 1_000n, ms: 1_000_000n, s: second, m: 60n * second, h: 3600n * second }
/** 1h30m, -1.5s. Throws CelError in the words of Go's time.ParseDuration. */
export function parseDuration(text: string): Duration {
  const quoted = JSON.stringify(text), invalid = () => new CelError(`time: invalid duration ${quoted}`)
  const negative = text.startsWith('-'), rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return new Duration(0n)
  if (rest === '') throw invalid()
  let nanos = 0n
  for (let at = 0; at < rest.length;) {
    const number = /^(?:(\d+)(?:\.(\d*))?|\.(\d+))/.exec(rest.slice(at))
    if (!number) throw invalid()
    at += number[0].length
    const unit = /^[^.\d]+/.exec(rest.slice(at))?.[0]
    if (unit === undefined) throw new CelError(`time: missing unit in duration ${quoted}`)
    if (!Object.hasOwn(units, unit)) throw new CelError(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`)
    at += unit.length
    const fraction = (number[2] ?? number[3] ?? '').slice(0, 18), scale = units[unit]!
    nanos += BigInt((number[1] ?? '0').slice(0, 30)) * scale + (fraction ? BigInt(fraction) * scale / 10n ** BigInt(fraction.length) : 0n)
    if (nanos > longest + (negative ? 1n : 0n)) throw invalid()
  }
  return new Duration(negative ? -nanos : nanos)
}
/** Seconds with their fraction: 90s, -1.5s. */
export function formatDuration({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos, fraction = String(size % second).padStart(9, '0').replace(/0+$/, '')
  return `${nanos < 0n ? '-' : ''}${size / second}${fraction && `.${fraction}`}s`
}

/** A date or a time as formats date and date-time have it. Throws CelError. */
export function readDate(text: string): Timestamp {
  const upper = text.toUpperCase()
  return parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(upper) ? `${upper}T00:00:00Z` : upper)
}

const spanUnits: readonly (readonly [RegExp, bigint])[] = [
  [/^(?:ns|nanos?|nanoseconds?)$/, 1n], [/^(?:us|µs|micros?|microseconds?)$/, 1_000n], [/^(?:ms|millis?|milliseconds?)$/, 1_000_000n], [/^(?:s|secs?|seconds?)$/, second],
  [/^(?:m|mins?|minutes?)$/, 60n * second], [/^(?:h|hrs?|hours?)$/, 3600n * second], [/^(?:d|days?)$/, 86_400n * second], [/^(?:w|wks?|weeks?)$/, 604_800n * second],
]
/** A length of time as format duration has it: what Go reads, and numbers with the names of units (2 days). Throws CelError. */
export function readSpan(text: string): Duration {
  try { return parseDuration(text) } catch (error) {
    let nanos = 0n, found = false
    for (const [, count, name] of text.toLowerCase().matchAll(/(\d+)\s*([a-zµ]+)/g)) {
      const unit = spanUnits.find(([pattern]) => pattern.test(name!))
      if (!unit) throw error
      nanos += BigInt(count!) * unit[1]
      found = true
    }
    if (!found) throw error
    return durationOf(nanos)
  }
}
