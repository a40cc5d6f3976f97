import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TextMemo } from './text-memo.ts'

test('a text is remembered as it is', () => {
  const memo = new TextMemo<number>(4)
  memo.set('abc', 1)
  assert.deepEqual(['abc', 'abd', 'ab', ''].map((text) => memo.get(text)), [1, undefined, undefined, undefined])
})

for (const [what, first, second, blanks, found] of [
  ['another of the same length in its place', 'a xx b xx c', 'a yy b yy c', ['xx', 'yy'], true],
  ['one of another length', 'a xx b', 'a yyy b', ['xx', 'yyy'], false],
  ['at other places', 'a xx b xx', 'a yy b xx', ['xx', 'yy'], false],
  ['once more than before', 'a xx b zz', 'a yy b yy', ['xx', 'yy'], false],
  ['at the beginning and the end', 'xx b xx', 'yy b yy', ['xx', 'yy'], true],
  ['not in the first', 'a zz b', 'a yy b', ['xx', 'yy'], false],
  ['in neither', 'a b', 'a b', ['xx', 'yy'], true],
  ['one after the other', 'xxxx', 'yyyy', ['xx', 'yy'], true],
  ['another text around it', 'a xx b', 'c yy b', ['xx', 'yy'], false],
] as const) test(`a part that may differ: ${what}`, () => {
  const memo = new TextMemo<true>(4)
  memo.set(first, true, blanks[0])
  assert.equal(memo.get(second, blanks[1]), found ? true : undefined)
})
test('with and without such a part are two things', () => {
  const memo = new TextMemo<string>(4)
  memo.set('a xx', 'blank', 'xx')
  assert.equal(memo.get('a xx'), undefined)
  memo.set('a xx', 'whole')
  assert.deepEqual([memo.get('a xx'), memo.get('a yy', 'yy')], ['whole', 'blank'])
})

test('so many and no more are remembered', () => {
  const memo = new TextMemo<number>(3)
  for (let i = 0; i < 4; i++) memo.set('x'.repeat(i), i)
  assert.deepEqual([0, 1, 2, 3].map((i) => memo.get('x'.repeat(i))), [undefined, undefined, undefined, 3])
})
test('of one length the sixteen last are remembered', () => {
  const memo = new TextMemo<number>(100), text = (i: number) => String(i + 10)
  for (let i = 0; i < 17; i++) memo.set(text(i), i)
  assert.deepEqual([memo.get(text(0)), memo.get(text(1)), memo.get(text(16))], [undefined, 1, 16])
})

test('a text is found if, and only if, it becomes the remembered one with the part replaced', () => {
  const piece = fc.stringMatching(/^[ab"]{0,4}$/), blank = fc.stringMatching(/^[ab]{2}$/)
  fc.assert(fc.property(piece, piece, piece, blank, blank, (a, b, c, one, two) => {
    const memo = new TextMemo<true>(4), first = [a, b, c].join(`"${one}"`), second = [a, b, c].join(`"${two}"`)
    memo.set(first, true, `"${one}"`)
    assert.equal(memo.get(second, `"${two}"`) ?? false, first.replaceAll(`"${one}"`, '\n') === second.replaceAll(`"${two}"`, '\n'))
  }))
})
