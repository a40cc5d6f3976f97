import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonError, parseJson, parseJsonStrict } from './json.ts'

test('text that is not JSON is refused in the words of Go', () => {
  const cases: [text: string, message: string][] = [
    ['', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{"a":1} x', "invalid character 'x' after top-level value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['nul!', "invalid character '!' in literal null (expecting 'l')"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u00x0"', "invalid character 'x' in \\u hexadecimal character escape"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\u0001', "invalid character '\\x01' looking for beginning of value"],
  ]
  for (const [text, message] of cases) assert.throws(() => parseJson(text), (error) => error instanceof JsonError && error.message === message, text)
})

test('keys given twice are named by their path, the last value counts', () => {
  const cases: [text: string, duplicates: string[]][] = [
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"m":{"name":"x","name":"y"}}', ['m.name']],
    ['{"l":[{"a":1},{"a":1,"a":2}]}', ['l[1].a']],
    ['{"a":"\\":","b":" \\\\"}', []],
    ['{"\\u0061":1,"a":2}', ['a']],
    ['{"a" : 1, "a"\n: 2, "a": 3}', ['a', 'a']],
  ]
  for (const [text, duplicates] of cases) {
    const { value, keys } = parseJsonStrict(text)
    assert.deepEqual([value, keys.filter(({ repeated }) => repeated).map(({ path }) => path)], [JSON.parse(text), duplicates], text)
  }
})

test('whatever JSON.parse reads is read, with no duplicates found in what JSON.stringify wrote', () => {
  fc.assert(fc.property(fc.json(), (text) => {
    const { value, keys } = parseJsonStrict(text)
    assert.deepEqual([JSON.stringify(value), keys], [JSON.stringify(JSON.parse(text)), []])
  }))
})

test('any text is either read or refused with a JsonError', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0a1-+.etrfn \n') }), (text) => {
    try { parseJson(text) } catch (error) { assert.ok(error instanceof JsonError) }
  }))
})

test('nesting without end is refused, not a broken stack', () => {
  const deep = '['.repeat(100_000)
  assert.throws(() => parseJson(deep), JsonError)
  assert.throws(() => parseJsonStrict(`${deep}{"a":1,"a":1}${']'.repeat(100_000)}`), JsonError)
})

test('numbers that are not written as whole ones are told by their path', () => {
  for (const [text, told] of [
    ['{"a":1,"b":"1.0","c":true,"d":[-2]}', {}], ['{"a":1.0,"b":{"c":[{"d":1e2},-0.50,1E+1]},"e":"x"}', { a: '1.0', 'b.c[0].d': '1e2', 'b.c[1]': '-0.50', 'b.c[2]': '1E+1' }], ['2.0', { '': '2.0' }],
  ] as const) { const { fractions, keys } = parseJsonStrict(text); assert.deepEqual([Object.fromEntries(fractions), keys], [told, []]) }
})
