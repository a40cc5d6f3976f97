import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIn, formatRfc1123, lastDue, parseSchedule, ScheduleError } from './schedule.ts'

const at = (text: string) => Date.parse(`${text}Z`), shown = (ms: number | undefined) => (ms === undefined ? '-' : new Date(ms).toISOString().slice(0, 16))
const cases: [schedule: string, zone: string | undefined, after: string, next: string][] = [
  ['*/5 * * * *', undefined, '2030-01-01T00:00:00', '2030-01-01T00:05'],
  ['0 9 * * 1-5', undefined, '2030-01-04T10:00:00', '2030-01-07T09:00'],
  ['@hourly', undefined, '2030-01-01T00:30:00', '2030-01-01T01:00'],
  ['0 0 13 * fri', undefined, '2030-01-01T00:00:00', '2030-01-04T00:00'],
  ['0 0 31 2 *', undefined, '2030-01-01T00:00:00', '-'],
  ['0 12 * * *', 'Europe/Berlin', '2030-01-01T00:00:00', '2030-01-01T11:00'],
  ['TZ=America/New_York 0 12 * * *', undefined, '2030-01-01T00:00:00', '2030-01-01T17:00'],
  ['@every 90s', undefined, '2030-01-01T00:00:00', '2030-01-01T00:01'],
]
for (const [text, zone, after, next] of cases)
  test(`"${text}"${zone ? ` in ${zone}` : ''} after ${after} is due at ${next}`, () => { assert.equal(shown(parseSchedule(text, zone).next(at(after))), next) })

for (const [text, zone] of [['nonsense', undefined], ['* * * *', undefined], ['61 * * * *', undefined], ['* * * * *', 'Mars/Olympus']] as const)
  test(`"${text}"${zone ? ` in ${zone}` : ''} cannot be read`, () => { assert.throws(() => parseSchedule(text, zone), ScheduleError) })

const due: [schedule: string, from: string, now: string, expected: string][] = [
  ['*/5 * * * *', '2030-01-01T00:00:00', '2030-01-01T00:04:59', '-'],
  ['*/5 * * * *', '2030-01-01T00:00:00', '2030-01-01T00:05:00', '2030-01-01T00:05'],
  ['*/5 * * * *', '2030-01-01T00:00:00', '2030-01-01T01:01:00', '2030-01-01T01:00'],
  ['* * * * *', '2030-01-01T00:00:00', '2030-01-03T00:00:30', '2030-01-03T00:00 too many'],
  ['0 9 * * 1-5', '2030-01-01T10:00:00', '2030-01-06T10:00:00', '2030-01-04T09:00'],
]
for (const [text, from, now, expected] of due)
  test(`"${text}" between ${from} and ${now} was last due at ${expected}`, () => {
    const found = lastDue(parseSchedule(text), at(from), at(now))
    assert.equal(shown(found.at) + (found.tooMany ? ' too many' : ''), expected)
  })

test('times are shown as the zone has them', () => {
  const at = Date.UTC(2030, 0, 1)
  assert.deepEqual([formatIn(at), formatIn(at, 'UTC'), formatIn(at, 'America/New_York'), formatIn(at, 'Asia/Kolkata')], ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z', '2029-12-31T19:00:00-05:00', '2030-01-01T05:30:00+05:30'])
  assert.equal(formatRfc1123(at), 'Tue, 01 Jan 2030 00:00:00 +0000')
})
