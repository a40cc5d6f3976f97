import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration, shortAge } from './duration.ts'
import { canonicalMicroTime, canonicalTime, formatMicroTime, formatTime, parseMicroTime, parseTime } from './time.ts'

test('times come out in UTC with whole seconds', () => {
  for (const [given, wanted] of [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'], ['2026-01-02T03:04:05.999Z', '2026-01-02T03:04:05Z'], ['2026-01-02T03:04:05+02:30', '2026-01-02T00:34:05Z'],
    ['2024-02-29T23:59:59-01:00', '2024-03-01T00:59:59Z'], ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ]) assert.equal(canonicalTime(given!), wanted, given)
})

test('micro times need their six digits', () => {
  assert.equal(canonicalMicroTime('2026-01-02T03:04:05.123456+01:00'), '2026-01-02T02:04:05.123456Z')
  assert.throws(() => canonicalMicroTime('2026-01-02T03:04:05Z'), { message: 'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"' })
})

test('what is no time is refused in the words of Go', () => {
  const as = ' as "2006-01-02T15:04:05Z07:00": cannot parse '
  for (const [given, message] of [
    ['noon', `"noon"${as}"noon" as "2006"`], ['', `""${as}"" as "2006"`], ['2026', `"2026"${as}"" as "-"`], ['2026-1-02T03:04:05Z', `"2026-1-02T03:04:05Z"${as}"1-02T03:04:05Z" as "01"`],
    ['2026-01-02 03:04:05Z', `"2026-01-02 03:04:05Z"${as}" 03:04:05Z" as "T"`], ['2026-01-02T03:04:05', `"2026-01-02T03:04:05"${as}"" as "Z07:00"`],
    ['2026-13-02T03:04:05Z', '"2026-13-02T03:04:05Z": month out of range'], ['2026-02-29T03:04:05Z', '"2026-02-29T03:04:05Z": day out of range'], ['2026-01-02T25:04:05Z', '"2026-01-02T25:04:05Z": hour out of range'],
    ['2026-01-02T03:04:05Zx', '"2026-01-02T03:04:05Zx": extra text: "x"'],
  ]) assert.throws(() => canonicalTime(given!), { message: `parsing time ${message}` }, given)
})

test('formatting and parsing are inverse', () => {
  fc.assert(fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), fc.nat(999_999), (seconds, micros) => {
    assert.equal(parseTime(formatTime(seconds * 1000)), seconds * 1000)
    const text = formatTime(seconds * 1000).replace('Z', `.${String(micros).padStart(6, '0')}Z`)
    assert.equal(canonicalMicroTime(text), text)
    assert.ok(Math.abs(parseMicroTime(text) - (seconds * 1000 + micros / 1000)) < 0.05)
  }))
  assert.equal(formatMicroTime(1000.25), '1970-01-01T00:00:01.000250Z')
})

test('durations are written as Go writes them', () => {
  for (const [text, ms] of [['0s', 0], ['1ns', 1e-6], ['1.5µs', 0.0015], ['100ms', 100], ['1.5s', 1500], ['1m0s', 60_000], ['1h30m0s', 5_400_000], ['-2m3.5s', -123_500], ['720h0m0s', 2_592_000_000]] as const) {
    assert.equal(formatDuration(ms), text)
    assert.equal(parseDuration(text), ms)
  }
  for (const [given, message] of [['', 'invalid duration ""'], ['1', 'missing unit in duration "1"'], ['1x', 'unknown unit "x" in duration "1x"'], ['h', 'invalid duration "h"']])
    assert.throws(() => parseDuration(given!), { message: `time: ${message}` }, given)
})

test('ages are as short as kubectl shows them', () => {
  for (const [seconds, text] of [[-5, '<invalid>'], [-1, '0s'], [0, '0s'], [119, '119s'], [120, '2m'], [150, '2m30s'], [600, '10m'], [10_799, '179m'], [10_800, '3h'], [12_000, '3h20m'], [28_800, '8h'], [172_799, '47h'], [172_800, '2d'],
    [180_000, '2d2h'], [691_200, '8d'], [63_072_000, '2y'], [66_000_000, '2y33d'], [300_000_000, '9y']] as const) assert.equal(shortAge(seconds * 1000), text, String(seconds))
})
