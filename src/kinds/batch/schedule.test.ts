import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSchedule, ScheduleError } from './schedule.ts'

const list = (set: ReadonlySet<number>) => [...set].sort((a, b) => a - b)

test('fields are lists, ranges, steps and names', () => {
  const s = parseSchedule('*/20 1-3,5 ? jan-MAR,12 mon-fri/2')
  assert.deepEqual([s.minutes, s.hours, s.months, s.daysOfWeek].map(list), [[0, 20, 40], [1, 2, 3, 5], [1, 2, 3, 12], [1, 3, 5]])
  assert.deepEqual([s.anyDayOfMonth, s.anyDayOfWeek], [true, false])
})
test('a start with a step runs to the end', () => assert.deepEqual(list(parseSchedule('50/4 * * * *').minutes), [50, 54, 58]))
test('words stand for schedules, and a period for itself', () => {
  assert.deepEqual(list(parseSchedule('@daily').hours), [0])
  assert.equal(parseSchedule('@every 90s').everyMs, 90_000)
})
test('a time zone in front is skipped', () => assert.deepEqual(list(parseSchedule('TZ=UTC 5 * * * *').minutes), [5]))
for (const [text, why] of [
  ['', 'empty spec string'], ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'], ['60 * * * *', 'end of range (60) above maximum (59): 60'], ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'], ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'], ['@sometimes', 'unrecognized descriptor: @sometimes'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'], ['1-2-3 * * * *', 'too many hyphens: 1-2-3'], ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
] as const) test(`${JSON.stringify(text)} is no schedule: ${why}`, () => assert.throws(() => parseSchedule(text), (e) => e instanceof ScheduleError && e.message === why))
