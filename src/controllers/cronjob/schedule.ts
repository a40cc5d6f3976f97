// When a cron schedule comes due. Pure: all times are given.
import { Cron, CronDate } from 'croner'
import { formatTime, parseDuration } from '#machinery'

/** A schedule that nobody can read, in words for an event. */
export class ScheduleError extends Error { override readonly name = 'ScheduleError' }

export interface Schedule {
  /** The first time after `after` (milliseconds); undefined when it never comes due. */
  next(after: number): number | undefined
}

/** Five fields, @hourly and the like, or "@every 5m"; in UTC unless a time zone is given (also as "TZ=..." before the fields). Throws ScheduleError. */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const [, zone, fields = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(text.trim()) ?? []
  const every = /^@every\s+(\S+)$/.exec(fields)?.[1]
  try {
    if (every !== undefined) {
      const step = Math.max(1000, Math.floor(parseDuration(every) / 1000) * 1000)
      return { next: (after) => Math.floor(after / 1000) * 1000 + step }
    }
    const cron = new Cron(fields, { timezone: timeZone ?? zone ?? 'UTC', mode: fields.startsWith('@') ? 'auto' : '5-part', paused: true })
    cron.nextRun(new Date(0)) // a time zone that does not exist is found out only here
    return { next: (after) => cron.nextRun(new Date(after))?.getTime() }
  } catch (error) {
    throw new ScheduleError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** A time as in "Tue, 01 Jan 2030 00:00:00 +0000". */
export const formatRfc1123 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000')
/** A time as the clocks of a time zone show it, with its distance from UTC; without a zone in UTC. */
export function formatIn(ms: number, timeZone?: string): string {
  const { year, month, day, hour, minute, second } = new CronDate(new Date(ms), timeZone ?? 'UTC')
  const local = Date.UTC(year, month, day, hour, minute, second), offset = Math.round((local - ms) / 60_000), two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return offset === 0 ? formatTime(ms) : formatTime(local).replace('Z', `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`)
}

/** More missed times than this are a sign that something is wrong. */
const manyMissed = 100

export interface Due { readonly at: number | undefined; readonly tooMany: boolean }

/** The last time that came due after `from` and not after `now`, and whether suspiciously many did. */
export function lastDue(schedule: Schedule, from: number, now: number): Due {
  const first = schedule.next(from)
  if (first === undefined || first > now) return { at: undefined, tooMany: false }
  const second = schedule.next(first)
  if (second === undefined || second > now) return { at: first, tooMany: false }
  const step = second - first, missed = Math.floor((now - first) / step) + 1
  // Regular schedules need not be walked through from the beginning; irregular ones are walked from a little before.
  let at = first, guess = schedule.next(Math.max(first, now - 2 * step - 1))
  for (let rounds = 0; guess !== undefined && guess <= now && rounds < manyMissed * 10; rounds++) { at = guess; guess = schedule.next(guess) }
  if (at === first) for (let t = schedule.next(first), rounds = 0; t !== undefined && t <= now && rounds < 100_000; rounds++) { at = t; t = schedule.next(t) }
  return { at, tooMany: missed > manyMissed }
}
