// Times in certificates (RFC 5280, 4.1.2.5): UTCTime has two digits of the year (1950 to 2049), GeneralizedTime four.
import { tags } from './der.ts'

const form = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:Z|([+-])(\d\d)(\d\d))$/, minute = 60_000

/** Milliseconds since 1970. Throws an Error in Go's words; `at` stands before them. */
export function moment(tag: number, content: Uint8Array, at = ''): number {
  const isShort = tag === tags.utcTime, text = String.fromCharCode(...content)
  const refuse = (why: string) => new Error(`${at}x509: ${why}`), wrong = refuse(`malformed ${isShort ? 'UTCTime' : 'GeneralizedTime'}`)
  if (!isShort && tag !== tags.generalizedTime) throw refuse('unsupported time format')
  const match = form.exec(isShort ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text)
  if (!match || (!isShort && match[6] === undefined)) throw wrong
  const [year, month, day, hour, min, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number]
  const local = new Date(Date.UTC(year, month - 1, day, hour, min, second))
  local.setUTCFullYear(year, month - 1, day) // Date.UTC takes years below 100 for those of the last century
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day || local.getUTCHours() !== hour || local.getUTCMinutes() !== min || local.getUTCSeconds() !== second) throw wrong
  const hours = Number(match[8] ?? 0), minutes = Number(match[9] ?? 0), offset = (hours * 60 + minutes) * minute
  // A difference of nothing is written as Z.
  if (match[7] !== undefined && (offset === 0 || hours > 24 || minutes > 59)) throw wrong
  return local.getTime() - (match[7] === '-' ? -offset : offset)
}
