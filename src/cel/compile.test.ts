import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CelError, compile, type CelEnvironment, type CelType } from './index.ts'

const self: CelType = {
  type: 'object', name: 'Self', fields: {
    min: { of: { type: 'int' } }, max: { of: { type: 'int' } }, name: { of: { type: 'string' } }, tags: { of: { type: 'list', items: { type: 'string' } } },
    counts: { of: { type: 'map', keys: { type: 'string' }, values: { type: 'int' } } }, 'a-b': { of: { type: 'bool' } }, namespace: { of: { type: 'string' } },
  },
}
const environment: CelEnvironment = { variables: { self, x: { type: 'dyn' }, old: { type: 'optional', of: { type: 'int' } } } }
const given = { self: { min: 1, name: 'bob', tags: ['a', 'bb'], counts: { a: 1, b: 2 }, 'a-b': true, namespace: 'n' }, x: { y: [1, 2.5, 'z'] } , old: 5 }
const run = (source: string): unknown => {
  const compiled = compile(source, environment)
  if (!compiled.ok) return compiled.text
  try { return compiled.program.evaluate(given, { perCall: 1e6, left: 1e7 }).json() } catch (error) { if (error instanceof CelError) return `error: ${error.message}`; throw error }
}

test('expressions give what the reference gives', () => {
  for (const [source, expected] of [
    ['1 + 2 * 3', 7], ['(1 + 2) * 3', 9], ['7 / 2', 3], ['-7 % 3', -1], ['--1', 1], ['1 == 1.0', "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, double)'\n | 1 == 1.0\n | ..^"],
    ['dyn(1) == 1.0', true], ['1 < 1.5', true], ['1u < 2', true], ['"a" < "b"', true], ['self.min <= 3', true], ['has(self.max)', false], ['self.max', 'error: no such key: max'],
    ['!has(self.max) || self.min <= self.max', true], ['self.tags.all(t, t.size() < 3)', true], ['self.tags.exists(t, t == "bb")', true], ['self.tags.exists_one(t, t == "bb")', true],
    ['self.tags.map(t, t + "!")', ['a!', 'bb!']], ['self.tags.filter(t, t != "a")', ['bb']], ['self.counts.all(k, self.counts[k] > 0)', true], ['self.a__dash__b', true], ['self.__namespace__', 'n'],
    ['x.y[2]', 'z'], ['x.y[5]', 'error: index out of bounds: 5'], ['x.nope', 'error: no such key: nope'], ['1 / 0', 'error: division by zero'], ['9223372036854775807 + 1', 'error: integer overflow'],
    ['old.hasValue() ? old.value() : 7', 5], ['x.?y[?5].orValue(3)', 3], ['[?optional.of(1), ?optional.none(), 2]', [1, 2]], ['{"a": 1}.transformMap(k, v, v + 1)', { a: 2 }],
    ['"hello".charAt(1) + "%d %s".format([1, dyn([2, 3])])', 'e1 [2, 3]'], ["quantity('1Gi').isGreaterThan(quantity('1G'))", true], ["'abc'.matches('^a.c$')", true], ["'a,b'.split(',')", ['a', 'b']],
    ['[3, 1, 2].sum()', 6], ['[1, 2].isSorted()', true], ['sets.contains([1, 2], [2])', true], ["b'\\xff' == b'\\377'", true], ["'\\u00e9' == 'é'", true], ["r'\\n'.size()", 2],
    ['nope', "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^"], ['self.nope', "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^"],
    ['timestamp("2020-01-01T00:00:00Z") + duration("1h")', '2020-01-01T01:00:00Z'], ['type(1) == int', true], ['dyn(1) + "a"', 'error: no such overload'],
  ] as const) assert.deepEqual(run(source), expected, source)
})
test('values of the wrong kind are told in the words of the function that got them', () => {
  for (const [source, expected] of [
    ['int(dyn([1]))', 'error: no such overload: int(list)'], ['string(dyn({"a": 1}))', 'error: no such overload: string(map)'], ['double(dyn(null))', 'error: no such overload: double(null_type)'],
    ['bool(dyn(1))', 'error: no such overload: bool(int)'], ['duration(dyn(true))', 'error: no such overload: duration(bool)'], ['timestamp(dyn(1.5))', 'error: no such overload: timestamp(double)'],
    ['bytes(dyn(1))', 'error: no such overload: bytes(int)'], ['uint(dyn(duration("1s")))', 'error: no such overload: uint(google.protobuf.Duration)'], ['int(dyn("x"))', "error: type conversion error from 'string' to 'int'"],
    ['dyn(1).contains("a")', 'error: no such overload'], ['"a".startsWith(dyn(1))', 'error: no such overload'], ['dyn([]).endsWith("a")', 'error: no such overload'],
    ['dyn(1).matches("a")', 'error: no such overload: matches'], ['"a".matches(dyn(1))', 'error: no such overload'], ['dyn(1).charAt(0)', 'error: no such overload: charAt(int, int)'],
  ] as const) assert.deepEqual(run(source), expected, source)
})
test('what an optional is replaced by is evaluated only where it is needed', () => {
  for (const [source, expected] of [
    ['optional.of(1).orValue(1 / 0)', 1], ['optional.of(1).or(optional.of(1 / 0)).value()', 1], ['optional.none().orValue(1 / 0)', 'error: division by zero'], ['optional.of(null).orValue(dyn(2))', null],
    ['optional.none().or(optional.of(2)).value()', 2],
  ] as const) assert.deepEqual(run(source), expected, source)
})
test('a quantity is an integer when it is written as one', () => {
  for (const [text, expected] of [
    ['0', 0], ['50k', 50000], ['1e3', 1000], ['1Mi', 1048576], ['10Ti', 10995116277760], ['1E', 10n ** 18n], ['0007', 7], ['-3', -3],
    ['1.0', false], ['1000m', false], ['1.5k', true], ['0.5Gi', false], ['1Pi', false], ['10E', false], ['1234567890123456789', false], ['100Ti', false],
  ] as const) {
    assert.equal(run(`quantity('${text}').isInteger()`), typeof expected === 'boolean' ? expected : true, text)
    if (typeof expected !== 'boolean') assert.equal(run(`string(quantity('${text}').asInteger())`), String(expected), text)
  }
  for (const [source, expected] of [["quantity('1k').add(quantity('500m')).isInteger()", false], ["quantity('1k').add(quantity('0m')).isInteger()", true], ["quantity('0').add(quantity('1.0')).isInteger()", false], ["quantity('1Pi').sub(quantity('1Pi')).isInteger()", false]] as const) assert.equal(run(source), expected, source)
})
test('a pattern that is written out and cannot be one makes no program', () => {
  for (const source of ["'a'.find('(')", "'a'.findAll('(', 1)"]) {
    const compiled = compile(source, environment)
    assert.equal(compiled.ok || compiled.why, 'program instantiation failed: error parsing regexp: missing closing ): `(`', source)
  }
  assert.equal(run("['(', 'a'].exists(p, 'a'.find(p) == 'a')"), true)
  assert.match(String(run("semver('1..2')")), /strconv\.ParseUint: parsing "": invalid syntax/)
})
test('a value may have a name where the environment says so', () => {
  const source = 'cel.bind(n, self.min + 1, n * n)', bound = compile(source, { ...environment, binds: true })
  assert.ok(bound.ok)
  assert.equal(bound.program.evaluate(given, { perCall: 1e6, left: 1e7 }).json(), 4)
  assert.ok(!compile(source, environment).ok)
  const wrong = compile('cel.bind(self.min, 1, 2)', { ...environment, binds: true })
  assert.equal(wrong.ok || wrong.issues[0]!.message, 'cel.bind() variable names must be simple identifiers')
})
