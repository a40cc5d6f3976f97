import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressIn, contains, formatIpv4, formatRange, isIpv4, overlap, parseIpv4, parseRange, partOf } from './ipv4.ts'

test('an address is four numbers up to 255, as everybody writes it', () => {
  for (const text of ['0.0.0.0', '10.96.0.10', '255.255.255.255']) assert.equal(formatIpv4(parseIpv4(text)), text)
  for (const text of ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', '::1', 'None', '1.2.3.']) assert.equal(isIpv4(text), false, text)
})

test('a range is written with its host part cut off', () => {
  assert.equal(formatRange(parseRange('10.244.7.9/16')), '10.244.0.0/16')
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'x/8']) assert.throws(() => parseRange(text), /not an IPv4/)
})

test('ranges overlap, contain each other and are cut into parts', () => {
  const [wide, part, other] = ['10.244.0.0/16', '10.244.3.0/24', '10.245.0.0/16'].map(parseRange) as [ReturnType<typeof parseRange>, ReturnType<typeof parseRange>, ReturnType<typeof parseRange>]
  assert.ok(overlap(wide, part) && overlap(part, wide) && !overlap(wide, other))
  assert.ok(contains(wide, part) && !contains(part, wide) && contains(wide, wide))
  assert.deepEqual(partOf(wide, 24, 3), part)
  assert.equal(partOf(wide, 24, 256), undefined)
  assert.equal(addressIn(part, 1), '10.244.3.1')
})
