// Cron schedules: five fields (minute, hour, day of month, month, day of week), names, steps, and @daily and its like.
import { DurationError, parseDuration, quote } from '#machinery'
import { zoneProblem } from './time-zone.ts'

export class ScheduleError extends Error { override readonly name = 'ScheduleError' }

/** Which minutes a schedule names. Days match when both fields do; when both are restricted, either is enough. */
export interface Schedule {
  readonly minutes: ReadonlySet<number>; readonly hours: ReadonlySet<number>; readonly daysOfMonth: ReadonlySet<number>; readonly months: ReadonlySet<number>; readonly daysOfWeek: ReadonlySet<number>
  readonly anyDayOfMonth: boolean; readonly anyDayOfWeek: boolean
  /** "@every 5m": a period instead of a calendar. */
  readonly everyMs?: number
}
interface Bounds { readonly min: number; readonly max: number; readonly names?: readonly string[] }
const bounds: readonly Bounds[] = [
  { min: 0, max: 59 }, { min: 0, max: 23 }, { min: 1, max: 31 },
  { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]
const words: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@hourly': '0 * * * *',
}

/** Reads a schedule; a leading TZ= must name a time zone, and is skipped. Throws ScheduleError in the reference's words. */
export function parseSchedule(text: string): Schedule {
  if (text === '') throw new ScheduleError('empty spec string')
  const [, zone, fields] = /^(?:CRON_)?TZ=([^ ]*)(.*)$/s.exec(text) ?? [], problem = zone === undefined ? undefined : zoneProblem(zone)
  if (problem !== undefined) throw new ScheduleError(`provided bad location ${zone}: ${problem}`)
  const spec = fields === undefined ? text : fields.trim()
  if (spec.startsWith('@every ')) return { ...parseFields('* * * * *'), everyMs: every(spec) }
  if (spec.startsWith('@')) {
    if (!Object.hasOwn(words, spec)) throw new ScheduleError(`unrecognized descriptor: ${spec}`)
    return parseFields(words[spec]!)
  }
  return parseFields(spec)
}
function every(spec: string): number {
  const length = spec.slice('@every '.length)
  try { return parseDuration(length) } catch (error) {
    if (!(error instanceof DurationError)) throw error
    throw new ScheduleError(`failed to parse duration ${spec}: ${error.message}`)
  }
}

function parseFields(spec: string): Schedule {
  const fields = spec.split(/\s+/).filter(Boolean)
  if (fields.length !== bounds.length) throw new ScheduleError(`expected exactly ${bounds.length} fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields.map((field, i) => parseField(field, bounds[i]!))
  return {
    minutes: minutes!.values, hours: hours!.values, daysOfMonth: daysOfMonth!.values, months: months!.values, daysOfWeek: daysOfWeek!.values,
    anyDayOfMonth: daysOfMonth!.any, anyDayOfWeek: daysOfWeek!.any,
  }
}

function parseField(field: string, within: Bounds): { values: Set<number>; any: boolean } {
  const values = new Set<number>()
  let any = false
  for (const part of field.split(',').filter(Boolean)) {
    const { start, end, step, star } = parseRange(part, within)
    for (let n = start; n <= end; n += step) values.add(n)
    any ||= star
  }
  return { values, any }
}

function parseRange(part: string, { min, max, names }: Bounds): { start: number; end: number; step: number; star: boolean } {
  const fail = (why: string): never => { throw new ScheduleError(`${why}: ${part}`) }
  const [range, stepText, ...more] = part.split('/')
  const ends = range!.split('-')
  let star = ends[0] === '*' || ends[0] === '?', start = min, end = max
  if (!star) {
    start = numberOrName(ends[0]!, names)
    if (ends.length > 2) fail('too many hyphens')
    end = ends.length === 2 ? numberOrName(ends[1]!, names) : start
  }
  let step = 1
  if (more.length) fail('too many slashes')
  if (stepText !== undefined) {
    step = number(stepText)
    if (ends.length === 1) end = max
    if (step > 1) star = false
  }
  if (start < min) fail(`beginning of range (${start}) below minimum (${min})`)
  if (end > max) fail(`end of range (${end}) above maximum (${max})`)
  if (start > end) fail(`beginning of range (${start}) beyond end of range (${end})`)
  if (step === 0) fail('step of range should be a positive number')
  return { start, end, step, star }
}
function numberOrName(text: string, names: readonly string[] | undefined): number {
  const at = names?.indexOf(text.toLowerCase()) ?? -1
  return at < 0 ? number(text) : at + (names!.length === 12 ? 1 : 0)
}
function number(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`)
  const n = Number(text)
  if (!Number.isSafeInteger(n)) throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: value out of range`)
  if (n < 0) throw new ScheduleError(`negative number (${n}) not allowed: ${text}`)
  return n
}
