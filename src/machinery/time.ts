// Points in time as the API writes them: RFC 3339 in UTC, whole seconds (Time) or microseconds (MicroTime).
// Errors are worded as Go's time.Parse words them, because clients see them.
import { timeQuote } from './go-quote.ts'

export class TimeError extends Error { override readonly name = 'TimeError' }

const secondsLayout = '2006-01-02T15:04:05Z07:00'
const microLayout = '2006-01-02T15:04:05.000000Z07:00'
const daysIn = (year: number, month: number): number =>
  month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31

let lastSecond = NaN, lastText = ''
/** Milliseconds to `2026-01-02T03:04:05Z`; fractions are cut off. Every write asks several times in a second: the last text is kept. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
    lastSecond = second
  }
  return lastText
}

/** Milliseconds (fractions are microseconds) to `2026-01-02T03:04:05.000000Z`. */
export function formatMicroTime(ms: number): string {
  const whole = Math.floor(ms)
  const micros = Math.floor((ms - whole) * 1000 + 1e-6)
  return `${new Date(whole).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`
}

interface Parsed { readonly ms: number; readonly micros: number }

/** RFC 3339 to milliseconds since the epoch. Throws TimeError. */
export const parseTime = (text: string): number => parse(text, secondsLayout).ms
/** RFC 3339 with six digits of fraction to milliseconds; microseconds are the fraction. Throws TimeError. */
export const parseMicroTime = (text: string): number => { const { ms, micros } = parse(text, microLayout); return ms + (micros % 1000) / 1000 }

const canonical = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/
/** The text in UTC with whole seconds. Throws TimeError. */
export const canonicalTime = (text: string): string => (canonical.test(text) ? text : formatTime(parseTime(text)))
/** The text in UTC with microseconds. Throws TimeError. */
export function canonicalMicroTime(text: string): string {
  const { ms, micros } = parse(text, microLayout)
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`
}

function parse(text: string, layout: string): Parsed {
  let at = 0
  const bad = (from: number, element: string): never => {
    throw new TimeError(`parsing time ${timeQuote(text)} as ${timeQuote(layout)}: cannot parse ${timeQuote(text.slice(from))} as ${timeQuote(element)}`)
  }
  const wrong = (why: string): never => { throw new TimeError(`parsing time ${timeQuote(text)}: ${why}`) }
  const digits = (count: number, element: string, start = at): number => {
    let n = 0
    for (let i = 0; i < count; i++) {
      const d = text.charCodeAt(at + i) - 48
      if (!(d >= 0 && d <= 9)) bad(start, element)
      n = n * 10 + d
    }
    at += count
    return n
  }
  const literal = (c: string) => { if (text[at] !== c) bad(at, c); at++ }

  const year = digits(4, '2006')
  literal('-')
  const month = digits(2, '01')
  if (month < 1 || month > 12) wrong('month out of range')
  literal('-')
  const day = digits(2, '02')
  literal('T')
  const hour = digits(2, '15')
  if (hour > 23) wrong('hour out of range')
  literal(':')
  const minute = digits(2, '04')
  if (minute > 59) wrong('minute out of range')
  literal(':')
  const second = digits(2, '05')
  if (second > 59) wrong('second out of range')
  let micros = 0
  const fraction = /^[.,](\d+)/.exec(text.slice(at))
  if (layout === microLayout) {
    if (!/^[.,]\d{6}/.test(text.slice(at))) bad(at, '.000000')
    micros = Number(text.slice(at + 1, at + 7))
    at += 7
  } else if (fraction) {
    micros = Number(fraction[1]!.slice(0, 6).padEnd(6, '0'))
    at += fraction[0].length
  }
  let offset = 0
  if (text[at] === 'Z') at++
  else {
    const start = at, sign = text[at]
    if (text.length - at < 6 || text[at + 3] !== ':' || (sign !== '+' && sign !== '-')) bad(start, 'Z07:00')
    at++
    const hours = digits(2, 'Z07:00', start)
    at++
    const minutes = digits(2, 'Z07:00', start)
    if (hours > 24) wrong('time zone offset hour out of range')
    if (minutes > 59) wrong('time zone offset minute out of range')
    offset = (hours * 60 + minutes) * (sign === '-' ? -1 : 1)
  }
  if (at < text.length) wrong(`extra text: ${timeQuote(text.slice(at))}`)
  if (day < 1 || day > daysIn(year, month)) wrong('day out of range')
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second))
  date.setUTCFullYear(year, month - 1, day)
  return { ms: date.getTime() - offset * 60_000 + Math.floor(micros / 1000), micros }
}
