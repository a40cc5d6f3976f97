import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CborError, decodeCbor, encodeCbor, RawCbor, s } from './index.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

for (const [what, value, wanted] of [
  ['a small number', 10, '0a'], ['a byte', 200, '18c8'], ['a large number', 1_000_000, '1a000f4240'], ['a number of eight bytes', 2 ** 40, '1b0000010000000000'], ['a negative number', -10, '29'],
  ['a half', 1.5, 'f93e00'], ['the smallest half', 5.960464477539063e-8, 'f90001'], ['a single', 100000.5, 'fa47c35040'], ['a double', 1.1, 'fb3ff199999999999a'], ['minus zero', -0, 'f98000'],
  ['true', true, 'f5'], ['nothing', null, 'f6'], ['a text', 'abc', '43616263'], ['a list', [1, [2]], '82018102'],
  ['a map in the order of its keys', { bb: 1, a: 2, c: 3 }, 'a3416102416303426262 01'], ['an absent member', { a: undefined }, 'a0'], ['what is CBOR already', [new RawCbor(Uint8Array.of(0xf5))], '81f5'],
] as const) {
  test(`${what} is written as ${wanted}`, () => { assert.equal(hex(encodeCbor(value)), `d9d9f7${wanted.replace(' ', '')}`) })
}

test('bytes of a schema stand under their tag, and come back as base64', () => {
  const secret = s.object('Secret', { data: s.map(s.bytes()), stringData: s.map(s.string()) })
  const value = { data: { a: 'AAEC' }, stringData: { b: 'AAEC' } }
  assert.equal(hex(encodeCbor(value, secret)), `d9d9f7a2${'4464617461'}a14161${'d643000102'}${'4a737472696e6744617461'}a14162${'4441414543'}`)
  assert.deepEqual(decodeCbor(encodeCbor(value, secret)), value)
})

for (const [what, given, wanted] of [
  ['texts of both kinds', '82 6161 4162', ['a', 'b']], ['a text in pieces', '7f 6161 6162 ff', 'ab'], ['a list without a length', '9f 01 02 ff', [1, 2]], ['a map without a length', 'bf 6161 01 ff', { a: 1 }],
  ['undefined', 'f7', null], ['a time under its tag', 'c0 60', ''], ['a key like any other', 'a1 695f5f70726f746f5f5f 01', JSON.parse('{"__proto__":1}')],
] as const) test(`${what} can be read`, () => { assert.deepEqual(decodeCbor(bytes(given)), wanted) })

for (const [what, given, why] of [
  ['nothing', '', 'unexpected EOF'], ['half of something', '82 01', 'unexpected EOF'], ['more than one value', '01 02', 'extraneous data'], ['keys that are no texts', 'a1 01 02', 'no text'], ['keys twice', 'a2 6161 01 4161 02', 'duplicate map key "a"'],
  ['numbers that are none', 'f97e00', 'NaN'], ['unknown tags', 'd864 01', 'tag 100'], ['texts that are no UTF-8', '62c328', 'UTF-8'], ['more depth than sense', `${'81'.repeat(100)}01`, 'max nested level'], ['a length that is not there', '9a ffffffff', 'unexpected EOF'],
] as const) test(`${what}: refused`, () => { assert.throws(() => decodeCbor(bytes(given)), (error) => error instanceof CborError && error.message.includes(why)) })

test('every JSON value comes back as it went', () => {
  fc.assert(fc.property(fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown), (value) => { assert.deepEqual(decodeCbor(encodeCbor(value)), value) }), { seed: 7, numRuns: 300 })
})
