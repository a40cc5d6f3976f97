// Lengths of time as Go writes them ("1h30m0s", "1.5s") and as kubectl's tables shorten them ("5d3h").
import { timeQuote } from './go-quote.ts'

export class DurationError extends Error { override readonly name = 'DurationError' }

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, 'μs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** "1h30m" to milliseconds. Throws DurationError in the words of Go's time.ParseDuration. */
export function parseDuration(text: string): number {
  const quoted = timeQuote(text)
  const signed = /^[+-]/.test(text), rest = signed ? text.slice(1) : text
  if (rest === '0') return 0
  if (rest === '') throw new DurationError(`time: invalid duration ${quoted}`)
  let ms = 0
  for (let at = 0; at < rest.length;) {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest.slice(at))
    if (!number) throw new DurationError(`time: invalid duration ${quoted}`)
    at += number[0].length
    const unit = /^[^\d.]+/.exec(rest.slice(at))?.[0]
    if (unit === undefined) throw new DurationError(`time: missing unit in duration ${quoted}`)
    if (!Object.hasOwn(unitMs, unit)) throw new DurationError(`time: unknown unit ${timeQuote(unit)} in duration ${quoted}`)
    at += unit.length
    ms += Number(number[0]) * unitMs[unit]!
  }
  if (ms > 9_223_372_036_854.775) throw new DurationError(`time: invalid duration ${quoted}`)
  return text[0] === '-' ? -ms : ms
}

/** Milliseconds to Go's form: "0s", "1.5s", "1m0s", "1h30m0s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (ms < 0) return '-' + formatDuration(-ms)
  if (ms < 1e-3) return `${Math.round(ms * 1e6)}ns`
  if (ms < 1) return `${trim(ms * 1e3)}µs`
  if (ms < 1000) return `${trim(ms)}ms`
  const minutes = Math.floor(ms / 60_000), seconds = `${trim((ms - minutes * 60_000) / 1000)}s`
  if (minutes === 0) return seconds
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}
const trim = (n: number): string => String(Number(n.toFixed(9)))

/** Milliseconds as kubectl's tables show ages: two units while the number is small, then one. */
export function shortAge(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24)
  const pair = (large: number, unit: string, small: number, smaller: string) => `${large}${unit}${small ? small + smaller : ''}`
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return pair(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  if (days < 2920) return pair(Math.floor(days / 365), 'y', days % 365, 'd')
  return `${Math.floor(days / 365)}y`
}
