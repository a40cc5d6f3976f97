import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './index.ts'

const operand = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
const end = (column: number) => `${column} mismatched input '<EOF>' expecting ${operand}`

test('text that is no expression is told in the words of the reference', () => {
  for (const [source, ...expected] of [
    ['a ==', end(5)], ['object.', "8 no viable alternative at input '.'"], ['[JSONPatch{op: "add"', "21 mismatched input '<EOF>' expecting {'}', ','}"],
    ['*@a | b', `1 extraneous input '*' expecting ${operand}`, "2 token recognition error at: '@'", "5 token recognition error at: '| '", "7 extraneous input 'b' expecting <EOF>"],
    ['1 + $', "5 token recognition error at: '$'", end(6)], ['in', `1 mismatched input 'in' expecting ${operand}`, end(3)],
    ['{', "2 mismatched input '<EOF>' expecting {'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"],
    ['t{>C}', "3 extraneous input '>' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}", "5 mismatched input '}' expecting ':'"],
    ['x{.', "3 mismatched input '.' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"], ['x{?.', "4 mismatched input '.' expecting {IDENTIFIER, ESC_IDENTIFIER}"],
    ['"\\xFh"', `1 token recognition error at: '"\\xFh'`, `6 token recognition error at: '"'`, end(7)], ['self.true == 1', "6 mismatched input 'true' expecting IDENTIFIER"],
    ['\'3# < 10" \'& tru ^^', "12 token recognition error at: '& '", "14 extraneous input 'tru' expecting <EOF>", "18 token recognition error at: '^'", "19 token recognition error at: '^'"],
    ['(1', "3 missing ')' at '<EOF>'"], ['f(1', "4 missing ')' at '<EOF>'"], ['a[1', "4 missing ']' at '<EOF>'"], ['[1 2]', "4 extraneous input '2' expecting {']', ','}"], ['a b', "3 extraneous input 'b' expecting <EOF>"],
    ['1 ? 2', "6 mismatched input '<EOF>' expecting ':'"], ['T(){}', "4 mismatched input '{' expecting <EOF>"], ['a..b', "3 no viable alternative at input '..'"], ['!', `2 extraneous input '<EOF>' expecting ${operand}`],
    ["'abc", "1 token recognition error at: ''abc'", end(5)], ['1 = 2', "3 token recognition error at: '= '", "5 extraneous input '2' expecting <EOF>"],
  ] as const) {
    const compiled = compile(source, { variables: {} })
    assert.deepEqual(compiled.ok ? [] : compiled.issues.map(({ column, message }) => `${column} ${message.replace('Syntax error: ', '')}`), expected, source)
  }
})

test('names, literals and macros are checked while reading', () => {
  for (const [source, expected] of [
    ['break', 'ERROR: <input>:1:1: reserved identifier: break\n | break\n | ^'], ['[1].map(x + 1, x)', 'ERROR: <input>:1:11: argument is not an identifier\n | [1].map(x + 1, x)\n | ..........^'],
    ['has(1)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(1)\n | ....^'], ['9223372036854775808', 'ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^'],
    ['1e400', 'ERROR: <input>:1:1: invalid double literal\n | 1e400\n | ^'], ["'\\ud800'", "ERROR: <input>:1:1: invalid unicode code point\n | '\\ud800'\n | ^"],
    ['[1].all(x, x, true)', 'ERROR: <input>:1:12: duplicate variable name: x\n | [1].all(x, x, true)\n | ...........^'], ['é + a', "ERROR: <input>:1:1: Syntax error: token recognition error at: 'é'\n | é + a\n | ＾"],
    ['1 +\n\tx', "ERROR: <input>:2:2: undeclared reference to 'x' (in container '')\n |  x\n | .^"], ['1'.repeat(100_001), 'ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100001, limit 100000'],
    [`${'('.repeat(300)}1${')'.repeat(300)}`, 'ERROR: <input>:-1:0: expression recursion limit exceeded: 250'], [`a${'.b'.repeat(300)}`, 'ERROR: <input>:-1:0: max recursion depth exceeded'],
    [`1${' + 1'.repeat(300)}`, 'ERROR: <input>:-1:0: max recursion depth exceeded'],
  ] as const) {
    const compiled = compile(source, { variables: {} })
    if (source.startsWith('é')) assert.ok(!compiled.ok && compiled.text.startsWith(expected), compiled.ok ? '' : compiled.text)
    else assert.equal(compiled.ok ? 'no error' : compiled.text, expected, source.slice(0, 40))
  }
})

test('long chains of && and || are no deep trees', () => {
  const compiled = compile(Array.from({ length: 5_000 }, () => 'true').join(' && '), { variables: {} })
  assert.ok(compiled.ok)
  assert.equal(compiled.program.evaluate({}, { perCall: 1e6, left: 1e7 }).value, true)
})
