import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalBase64 } from './base64.ts'

test('base64 comes out as it would from Go', () => {
  for (const [given, wanted] of [['', ''], ['eA==', 'eA=='], ['eHg=', 'eHg='], ['eHh4', 'eHh4'], ['eH\nh4\r\n', 'eHh4'], ['eB==', 'eA=='], ['eHk=', 'eHk=']])
    assert.equal(canonicalBase64(given!), wanted, given)
})

test('what is not base64 is refused at its place', () => {
  const cases: [given: string, at: number][] = [['!', 0], ['eHh4*', 4], ['eA', 0], ['eHh4e', 4], ['eA=', 3], ['eA=x', 2], ['eA==x', 4], ['=', 0], ['eHh', 0]]
  for (const [given, at] of cases) assert.throws(() => canonicalBase64(given), { message: `illegal base64 data at input byte ${at}` }, given)
})

test('what Node encodes is canonical', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => { const text = Buffer.from(bytes).toString('base64'); assert.equal(canonicalBase64(text), text) }))
})
