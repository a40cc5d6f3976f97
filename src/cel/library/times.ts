// The parts of times and durations: getFullYear, getHours and the like.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { civil } from '../time-values.ts'
import type { Duration, Timestamp } from '../values.ts'

/** Seconds that a zone is ahead of UTC: +02:00, UTC. Zones with a name need a database that is not here. */
function offsetOf(zone: string): number {
  if (zone === '' || zone === 'UTC') return 0
  const parts = /^([+-]?)(\d+):(\d+)$/.exec(zone)
  if (!parts) throw new CelError(`unknown time zone ${zone}`)
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 3600 + Number(parts[3]) * 60)
}
type Part = (time: ReturnType<typeof civil>) => number
const part = (name: string, id: string, read: Part): Library => ({
  [`timestamp.${name}(): int = timestamp_to_${id}`]: (time: Timestamp) => BigInt(read(civil(time))),
  [`timestamp.${name}(string): int = timestamp_to_${id}_with_tz`]: (time: Timestamp, zone: string) => BigInt(read(civil(time, offsetOf(zone)))),
})
const length = (name: string, id: string, nanos: bigint, within?: bigint): Library => ({ [`duration.${name}(): int = duration_to_${id}`]: (duration: Duration) => (within ? duration.nanos % within : duration.nanos) / nanos })
const milli = 1_000_000n, second = 1_000n * milli

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
