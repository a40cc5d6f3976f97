// The parts of times and durations: getFullYear, getHours and the like.
import { CronDate } from 'croner'
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { quote } from '#machinery'
import { civil } from '../time-values.ts'
import type { Duration, Timestamp } from '../values.ts'

/** Seconds that a zone is ahead of UTC at a time: +02:00, UTC, Europe/Zurich. */
function offsetOf(zone: string, time: Timestamp): number {
  if (zone === '' || zone === 'UTC' || zone === 'Local') return 0
  if (!zone.includes(':')) return namedOffset(zone, Number(time.nanos / second))
  const [hours = '', minutes = ''] = zone.split(/:(.*)/s)
  const shift = wholeNumber(hours) * 60 + (zone.startsWith('-') ? -1 : 1) * wholeNumber(minutes)
  return shift * 60
}
function wholeNumber(text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text)) return Number(text)
  throw new CelError(`strconv.Atoi: parsing ${quote(text)}: invalid syntax`)
}
function namedOffset(zone: string, seconds: number): number {
  if (!/^[A-Za-z0-9_+\-/]+$/.test(zone)) throw new CelError(`unknown time zone ${zone}`)
  try {
    const there = new CronDate(new Date(seconds * 1000), zone)
    return Math.round((Date.UTC(there.year, there.month, there.day, there.hour, there.minute, there.second) / 1000) - seconds)
  } catch { throw new CelError(`unknown time zone ${zone}`) }
}
const milli = 1_000_000n, second = 1_000n * milli
type Part = (time: ReturnType<typeof civil>) => number
const part = (name: string, id: string, read: Part): Library => ({
  [`timestamp.${name}(): int = timestamp_to_${id}`]: (time: Timestamp) => BigInt(read(civil(time))),
  [`timestamp.${name}(string): int = timestamp_to_${id}_with_tz`]: (time: Timestamp, zone: string) => BigInt(read(civil(time, offsetOf(zone, time)))),
})
const length = (name: string, id: string, nanos: bigint, within?: bigint): Library => ({ [`duration.${name}(): int = duration_to_${id}`]: (duration: Duration) => (within ? duration.nanos % within : duration.nanos) / nanos })
export const times: Library = {
  ...part('getFullYear', 'year', ({ year }) => year),
  ...part('getMonth', 'month', ({ month }) => month - 1),
  ...part('getDayOfYear', 'day_of_year', ({ dayOfYear }) => dayOfYear),
  ...part('getDayOfMonth', 'day_of_month', ({ day }) => day - 1),
  ...part('getDate', 'day_of_month_1_based', ({ day }) => day),
  ...part('getDayOfWeek', 'day_of_week', ({ weekday }) => weekday),
  ...part('getHours', 'hours', ({ hour }) => hour),
  ...length('getHours', 'hours', 3600n * second),
  ...part('getMinutes', 'minutes', ({ minute }) => minute),
  ...length('getMinutes', 'minutes', 60n * second),
  ...part('getSeconds', 'seconds', (time) => time.second),
  ...length('getSeconds', 'seconds', second),
  ...part('getMilliseconds', 'milliseconds', ({ nano }) => Math.floor(nano / 1_000_000)),
  ...length('getMilliseconds', 'milliseconds', milli, second),
}
