import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addQuantities, canonicalQuantity, compareQuantities, formatQuantity, parseQuantity, quantityMilli, quantityOf, quantityValue, subtractQuantities } from './quantity.ts'

test('amounts are written in their canonical form', () => {
  const cases: [given: string | number, wanted: string][] = [
    ['0', '0'], ['-0', '0'], ['0Ki', '0'], ['1', '1'], ['1000m', '1'], ['0.5', '500m'], ['.5', '500m'], ['5.', '5'], ['1500m', '1500m'], ['100m', '100m'], ['+1', '1'], ['-1.5', '-1500m'],
    ['1000', '1k'], ['1000000', '1M'], ['1234', '1234'], ['0.001k', '1'], ['100n', '100n'], ['1000n', '1u'], ['1E', '1E'], ['1000P', '1E'], ['1000E', '9223372036854775807'],
    ['1Ki', '1Ki'], ['1024Ki', '1Mi'], ['1500Mi', '1500Mi'], ['1536Mi', '1536Mi'], ['1.5Gi', '1536Mi'], ['0.5Ki', '512'], ['1023', '1023'], ['1.1Ki', '1126400m'], ['64Mi', '64Mi'], ['-2048', '-2048'], ['-2Ki', '-2Ki'],
    ['1e3', '1e3'], ['1E3', '1e3'], ['12e1', '120'], ['1e-3', '1e-3'], ['5e0', '5'], ['0.00000000001', '1n'], ['1.0000000001', '1000000001n'], [2, '2'], [0.25, '250m'], [' 1 ', '1'],
  ]
  for (const [given, wanted] of cases) assert.equal(canonicalQuantity(given), wanted, String(given))
})

test('what is no amount is refused in the words of the reference', () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  for (const [given, message] of [['', format], ['x', format], ['1 Gi', format], ['1.2.3', format], ['1Q', format], ['1Kj', format], ['.', 'unable to parse numeric part of quantity'], ['1KiB', format], ['1Mki', "unable to parse quantity's suffix"], ['1ee3', "unable to parse quantity's suffix"]])
    assert.throws(() => parseQuantity(given!), { message: message! }, given)
})

test('numbers are rounded away from zero', () => {
  for (const [given, value, milli] of [['100m', 1, 100], ['1.5', 2, 1500], ['-1.5', -2, -1500], ['1Gi', 1073741824, 1073741824000], ['1n', 1, 1], ['2', 2, 2000]] as const) {
    assert.equal(quantityValue(given), value, given)
    assert.equal(quantityMilli(given), milli, given)
  }
})

test('very long numbers are read in time', () => {
  const digits = '1'.repeat(1_000_000)
  assert.equal(canonicalQuantity(digits), '9223372036854775807')
  assert.equal(canonicalQuantity(`0.${digits}Ki`), '113777777778n')
  assert.equal(canonicalQuantity('1e-999999999'), '1e-9')
  assert.equal(canonicalQuantity('1e999999999'), '9223372036854775807')
})

test('sums keep the family of the first amount that is not zero', () => {
  assert.equal(formatQuantity(addQuantities('1Gi', '512Mi')), '1536Mi')
  assert.equal(formatQuantity(addQuantities('0', '1Gi')), '1Gi')
  assert.equal(formatQuantity(addQuantities(undefined, '250m')), '250m')
  assert.equal(formatQuantity(subtractQuantities('1', '250m')), '750m')
  assert.equal(formatQuantity(quantityOf(1500, 'DecimalSI', true)), '1500m')
  assert.ok(compareQuantities('1Gi', '1G') > 0 && compareQuantities('1000m', '1') === 0 && compareQuantities('-1', '1n') < 0)
})

const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'E-2')
const amount = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.option(fc.nat(999)), suffix).map(([n, fraction, s]) => `${n}${fraction === null ? '' : '.' + fraction}${s}`)
test('the canonical form stands for the same amount and is its own canonical form', () => {
  fc.assert(fc.property(amount, (text) => {
    const canonical = canonicalQuantity(text)
    assert.equal(canonicalQuantity(canonical), canonical)
    assert.equal(compareQuantities(text, canonical), 0)
  }))
})
test('addition and subtraction are exact', () => {
  fc.assert(fc.property(amount, amount, (a, b) => {
    assert.equal(compareQuantities(subtractQuantities(addQuantities(a, b), b), a), 0)
    assert.equal(compareQuantities(addQuantities(a, b), addQuantities(b, a)), 0)
  }))
})
