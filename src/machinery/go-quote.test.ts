import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, notSupported } from './errors.ts'
import { quote, timeQuote, unquote } from './go-quote.ts'

for (const [text, shown, inTimes] of [
  ['plain', '"plain"', '"plain"'], ['a"b\\c', '"a\\"b\\\\c"', '"a\\"b\\\\c"'], ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"', '"\\x07\\x08\\x0c\\x0a\\x0d\\x09\\x0b"'],
  ['\0\x1b\x7f', '"\\x00\\x1b\\x7f"', '"\\x00\\x1b\x7f"'], ['é日', '"é日"', '"\\xc3\\xa9\\xe6\\x97\\xa5"'], ['\u200b\u00a0\u2028', '"\\u200b\\u00a0\\u2028"', '"\\xe2\\x80\\x8b\\xc2\\xa0\\xe2\\x80\\xa8"'],
  ['😀', '"😀"', '"\\xf0\\x9f\\x98\\x80"'],
] as const) test(`texts are quoted as Go quotes them: ${shown}`, () => { assert.equal(quote(text), shown); assert.equal(timeQuote(text), inTimes); assert.equal(unquote(quote(text)), text) })
assert.equal(unquote(quote('\\x07\\\\a\\u{e0001}')), '\\x07\\\\a\\u{e0001}')

test('what is wrong is shown in Go\'s quotes; lists and objects are JSON', () => {
  assert.equal(invalidValue('a', 'x\x7f', 'w').message, 'Invalid value: "x\\x7f": w')
  assert.equal(invalidValue('a', ['<\x01'], 'w').message, 'Invalid value: ["\\u003c\\u0001"]: w')
  assert.equal(notSupported('a', '\u200b', ['b']).message, 'Unsupported value: "\\u200b": supported values: "b"')
})
