import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blank, importsOf, lineAt } from './source.ts'

for (const [text, expected] of [
  ["a('x')", "a(' ')"],
  ['a // b\nc', 'a     \nc'],
  ['a /* b\nc */ d', 'a     \n     d'],
  ["'it\\'s' + b", "'     ' + b"],
  ['`a${b + `c${d}`}e` + f', '` ${b + ` ${d}`} ` + f'],
  ['`${ {a: 1} }x`', '`${ {a: 1} } `'],
  ['x = /a[/]b/g; y / z / w', 'x = /     /g; y / z / w'],
  ["return /'/.test(a)", "return / /.test(a)"],
  ["'http://a' // b", "'        '     "],
] as const) {
  test(`what is code in ${JSON.stringify(text)}`, () => {
    // The delimiters of templates stay where they are; only their insides are blanked.
    assert.equal(blank(text).replace(/\s/g, ' '), expected.replace(/\s/g, ' '))
    assert.equal(blank(text).length, text.length)
  })
}

test('imports are found in every form, and nothing that only looks like one', () => {
  const text = `import a from './a.ts'
import type { B } from '#b'
export * from "c"
export type { D, E } from './d.ts'
import { type F } from './f.ts'
const g = await import('./g.ts'), h = Buffer.from('x')
// import i from './i.ts'
const j = "import k from 'k'"
import './l.ts'`
  assert.deepEqual(importsOf({ path: '', text, code: blank(text) }).map(({ from, line, typeOnly, lazy }) => `${line} ${from}${typeOnly ? ' type' : ''}${lazy ? ' lazy' : ''}`),
    ['1 ./a.ts', '2 #b type', '3 c', '4 ./d.ts type', '5 ./f.ts', '6 ./g.ts lazy', '9 ./l.ts'])
})

test('lines are counted from one', () => { assert.deepEqual([0, 1, 2, 3].map((at) => lineAt('a\nb\nc', at)), [1, 1, 2, 2]) })
