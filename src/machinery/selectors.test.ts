import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseFieldSelector, printFieldSelector } from './field-selectors.ts'
import { everything, nothing, parseLabelSelector, printSelector, selectorFrom, selectorOfSet } from './selectors.ts'

const web = { app: 'web', env: 'prod', ver: '2' }, db = { app: 'db' }, none = undefined

test('a label selector matches', () => {
  const cases: [text: string, matches: (Record<string, string> | undefined)[]][] = [
    ['', [web, db, none]], ['app=web', [web]], ['app==web', [web]], [' app = web ', [web]], ['app!=web', [db, none]], ['app in (web,db)', [web, db]], ['app in (web, db)', [web, db]], ['app notin (web)', [db, none]],
    ['env', [web]], ['!env', [db, none]], ['app=web,env=prod', [web]], ['app=web,env=dev', []], ['app=', []], ['app in ()', []], ['app in (,web)', [web]], ['ver>1', [web]], ['ver>2', []], ['ver<3', [web]], ['app>1', []],
    ['in=x', []], ['notin', []], ['x.example/y=z', []],
  ]
  for (const [text, matches] of cases) assert.deepEqual([web, db, none].filter((labels) => parseLabelSelector(text).matches(labels)), matches, text)
})

test('a label selector that cannot be read is refused in the words of the reference', () => {
  const cases: [text: string, message: string][] = [
    ['app=web,', "found '', expected: identifier after ','"], [',', "found ',', expected: !, identifier, or 'end of string'"], ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"], ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"], ['app=web env', "found 'env', expected: ',' or 'end of string'"],
    ['app===x', "unable to parse requirement: found '=', expected: identifier"], ['!app=web', "found '=', expected: ',' or 'end of string'"], ['app in (web', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['app!in(x)', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"], ['!', "unable to parse requirement: found '', expected: identifier"],
    ['ver>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
    ['a in (b=c)', "unable to parse requirement: found '=', expected: ',' or ')'"], ['a in (,=)', "unable to parse requirement: found '=', expected: ',', or identifier"], ['a in =', "unable to parse requirement: found '=' expected: '('"],
  ]
  for (const [text, message] of cases) assert.throws(() => parseLabelSelector(text), { message }, text)
  assert.throws(() => parseLabelSelector('app=a/b'), { message: /^unable to parse requirement: values\[0\]\[app\]: Invalid value: "a\/b": a valid label must be/ })
  assert.throws(() => parseLabelSelector('A/b/c=1'), { message: /^unable to parse requirement: <nil>: Invalid value: "A\/b\/c": a valid label key must consist/ })
})

test('a LabelSelector selects nothing when absent and everything when empty', () => {
  assert.equal(selectorFrom(undefined), nothing)
  assert.equal(selectorFrom({}), everything)
  assert.equal(nothing.matches({}), false)
  assert.equal(nothing.empty, false)
  const selector = selectorFrom(Object.freeze({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'env', operator: 'Exists' }, { key: 'ver', operator: 'NotIn', values: ['1'] }] }))
  assert.deepEqual([selector.matches(web), selector.matches(db)], [true, false])
  assert.equal(printSelector(selector), 'app=web,env,ver notin (1)')
  assert.throws(() => selectorFrom({ matchExpressions: [{ key: 'a', operator: 'Like' }] }), { message: '"Like" is not a valid label selector operator' })
  assert.ok(selectorOfSet({ app: 'web' }).matches(web))
  assert.equal(selectorOfSet({ toString: 'x' }).matches({}), false)
})

test('what is printed is read back', () => {
  const word = fc.stringMatching(/^[a-z]([a-z0-9]{0,5}[a-z0-9])?$/).filter((w) => w !== 'in' && w !== 'notin')
  const term = fc.oneof(
    fc.tuple(word, fc.constantFrom('=', '==', '!='), word).map((t) => t.join('')), word, word.map((w) => '!' + w),
    fc.tuple(word, fc.constantFrom('in', 'notin'), fc.uniqueArray(word, { minLength: 1 })).map(([k, op, v]) => `${k} ${op} (${v.sort().join(',')})`),
    fc.tuple(word, fc.constantFrom('>', '<'), fc.nat()).map((t) => t.join('')))
  fc.assert(fc.property(fc.array(term), fc.dictionary(word, word), (terms, labels) => {
    const once = parseLabelSelector(terms.join(',')), again = parseLabelSelector(printSelector(once))
    assert.deepEqual(again.requirements, once.requirements)
    assert.equal(again.matches(labels), once.matches(labels))
  }))
})

test('a field selector matches', () => {
  const get = (field: string) => ({ 'metadata.name': 'a', 'spec.nodeName': '' })[field]
  for (const [text, matches] of [['', true], ['metadata.name=a', true], ['metadata.name==a', true], ['metadata.name!=a', false], ['spec.nodeName=', true], ['spec.nodeName!=', false], ['status.phase=', true], ['metadata.name=a,metadata.name=b', false], ['=', true], ['metadata.name=a\\,b', false]] as const)
    assert.equal(parseFieldSelector(text).matches(get), matches, text)
  assert.throws(() => parseFieldSelector('metadata.name'), { message: "invalid selector: 'metadata.name'; can't understand 'metadata.name'" })
  assert.throws(() => parseFieldSelector('a=b\\n'), { message: 'invalid field selector: invalid escape sequence: \\n' })
})

test('printed field selectors are read back', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('metadata.name', 'spec.x'), fc.constantFrom('=' as const, '!=' as const), fc.string())), (terms) => {
    const requirements = terms.map(([field, operator, value]) => ({ field, operator, value }))
    assert.deepEqual(parseFieldSelector(printFieldSelector({ requirements, empty: false, matches: () => true })).requirements, requirements)
  }))
})
