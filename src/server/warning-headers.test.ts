import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warningHeaders } from './warning-headers.ts'

test('warnings are quoted, said once, and left out where no header can carry them', () => {
  assert.deepEqual(warningHeaders(['a "b" \\c', 'again', 'again', '', 'two\nlines', 'ü']), ['299 - "a \\"b\\" \\\\c"', '299 - "again"', '299 - "ü"'])
})

test('too many characters: every warning is cut, and what then still is too much is not said', () => {
  const texts = (count: number, length: number) => Array.from({ length: count }, (_, i) => String(i).padEnd(length, '.'))
  assert.deepEqual(warningHeaders(texts(4, 1024)).map((text) => text.length), [1032, 1032, 1032, 1032])
  assert.deepEqual(warningHeaders([...texts(4, 1024), 'x']).map((text) => text.length), [264, 264, 264, 264, 9])
  assert.equal(warningHeaders(texts(100, 300)).length, 16)
})
