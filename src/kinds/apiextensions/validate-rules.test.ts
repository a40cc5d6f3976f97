import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '../as-written.ts'
import { customResourceDefinition as crd } from './customresourcedefinition.ts'

const version = (spec: object, root: object = {}) => ({ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec }, ...root } } })
const body = (spec: object, root?: object) => ({ metadata: { name: 'bads.x.example' }, spec: { group: 'x.example', names: { plural: 'bads', kind: 'Bad' }, scope: 'Namespaced', versions: [version(spec, root)] } })
const at = 'spec.validation.openAPIV3Schema.properties[spec]'
const ruled = (rules: object[], more: object = {}) => ({ type: 'object', properties: { a: { type: 'string', maxLength: 10 }, n: { type: 'integer' } }, 'x-kubernetes-validations': rules, ...more })
const shown = (rule: object) => JSON.stringify({ Rule: '', Message: '', MessageExpression: '', Reason: null, FieldPath: '', OptionalOldSelf: null, ...rule })
const tooMuch = (factor: string) => `exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
const items = (rule: string, list: object = {}, item: object = {}) => ({ type: 'object', properties: { l: { type: 'array', ...list, items: { type: 'string', ...item, 'x-kubernetes-validations': [{ rule }] } } } })

for (const [promise, spec, ...expected] of [
  ['a rule', ruled([{ rule: 'self.n > 1', message: 'm', reason: 'FieldValueForbidden', fieldPath: '.n', messageExpression: '"a is " + self.a' }])],
  ['a rule of another type than bool', ruled([{ rule: 'self.a' }]), `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown({ Rule: 'self.a' })}: cel expression must evaluate to a bool`],
  ['a message of another type than text', ruled([{ rule: 'true', messageExpression: '5' }]), `${at}.x-kubernetes-validations[0].messageExpression: Invalid value: ${shown({ Rule: 'true', MessageExpression: '5' })}: messageExpression must evaluate to a string`],
  ['a field that is not there', ruled([{ rule: 'self.zz == 1' }]), `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown({ Rule: 'self.zz == 1' })}: compilation failed: ERROR: <input>:1:5: undefined field 'zz'\n | self.zz == 1\n | ....^`],
  ['an integer or a string', { type: 'object', properties: { p: { 'x-kubernetes-int-or-string': true } }, 'x-kubernetes-validations': [{ rule: 'type(self.p) == string ? self.p == "99%" : self.p == 42' }] }],
  ['a rule about a change', ruled([{ rule: 'self.n >= oldSelf.n' }])],
  ['a rule about a change that may be a creation', ruled([{ rule: '!oldSelf.hasValue() || self.n >= oldSelf.value().n', optionalOldSelf: true }])],
  ['a choice that means nothing', ruled([{ rule: 'self.n > 1', optionalOldSelf: true }]), `${at}.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
  ['items that cannot be found again', items('self == oldSelf', { maxItems: 3 }, { maxLength: 3 }), `${at}.properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}.properties[l]`],
  ['items that are found by their keys', { type: 'object', properties: { l: { type: 'array', maxItems: 3, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', required: ['k'], properties: { k: { type: 'string', maxLength: 3 } }, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } } } }],
  ['a rule where nothing is known', { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-validations': [{ rule: 'true' }] },
    `${at}.x-kubernetes-validations: Internal error: rule declared on schema that does not support validation rules type: '' x-kubernetes-preserve-unknown-fields: 'true'`],
  ['where the schema is wrong, rules are not looked at', ruled([{ rule: 'self.zz' }], { properties: { l: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' } } }),
    `${at}.properties[l].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"`],
] as [string, object, ...string[]][]) test(promise, () => { assert.deepEqual(problems(crd, body(spec)), expected) })

test('rules that may cost too much are refused: alone, and all together', () => {
  const costly = 'self.all(x, self.all(y, x == y))'
  const list = (more: object) => ({ type: 'object', properties: { l: { type: 'array', items: { type: 'string', maxLength: 10 }, ...more, 'x-kubernetes-validations': [{ rule: costly }] } } })
  const found = problems(crd, body(list({})))
  assert.equal(found[0], `${at}.properties[l].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost ${tooMuch('more than 100x')}`)
  assert.equal(found[1], `${at}.properties[l].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`)
  assert.equal(found[2], `spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema ${tooMuch('more than 100x')}`)
  assert.deepEqual(problems(crd, body(list({ maxItems: 10 }))), [])
})

test('a rule counts as often as what it stands at may be there', () => {
  const rule = 'self.matches("a*b")', size = { maxLength: 1000 }
  assert.deepEqual(problems(crd, body(items(rule, { maxItems: 10 }, size))), [])
  assert.match(problems(crd, body(items(rule, { maxItems: 100_000 }, size)))[0]!, /\.rule: Forbidden: estimated rule cost exceeds budget by factor of \d/)
  assert.match(problems(crd, body(items(rule, {}, size)))[0]!, /\.rule: Forbidden: estimated rule cost exceeds budget by factor of /)
})

test('defaults keep the rules of their schema', () => {
  const found = problems(crd, body({ type: 'object', properties: { a: { type: 'string', maxLength: 10, default: 'x', 'x-kubernetes-validations': [{ rule: 'self != "x"', message: 'not that' }] } } }))
  assert.deepEqual(found, [`${at}.properties[a].default: Invalid value: "x": not that`])
})
