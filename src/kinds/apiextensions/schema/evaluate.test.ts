import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluateRules } from './evaluate.ts'
import type { Structural, Validation } from './structural.ts'

const text = { type: 'string', maxLength: 50 }, number = { type: 'integer' }
const at = (rules: Validation[], more: Partial<Structural> = {}): Structural => ({ type: 'object', properties: { spec: { type: 'object', properties: { a: text, n: number }, 'x-kubernetes-validations': rules, ...more } } })
const run = (schema: Structural, now: unknown, old?: unknown, ratchet = false) => {
  const { errors, warnings } = evaluateRules(schema, now, old, { ratchet })
  return [...errors.map((e) => `${e.type} ${e.field}: ${e.message}`), ...warnings.map((w) => `warning ${w}`)]
}
const spec = (value: object) => ({ spec: value })

for (const [promise, rule, value, expected] of [
  ['a rule that holds', { rule: 'self.n > 1' }, { n: 2 }, []],
  ['a rule without a message', { rule: 'self.n > 1' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: failed rule: self.n > 1']],
  ['a message', { rule: 'self.n > 1', message: ' too small ' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: too small']],
  ['a message that is worked out', { rule: 'self.n > 1', message: 'no', messageExpression: '"got " + string(self.n)' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: got 1']],
  ['a message that cannot be worked out', { rule: 'self.n > 1', message: 'no', messageExpression: 'self.a' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: no']],
  ['a message of nothing', { rule: 'self.n > 1', message: 'no', messageExpression: '"  "' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: no']],
  ['a message of two lines', { rule: 'self.n > 1', messageExpression: '"a\\nb"' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: failed rule: self.n > 1']],
  ['a field below', { rule: 'self.n > 1', message: 'no', fieldPath: '.n' }, { n: 1 }, ['FieldValueInvalid spec.n: Invalid value: no']],
  ['a reason: forbidden', { rule: 'self.n > 1', message: 'no', reason: 'FieldValueForbidden' }, { n: 1 }, ['FieldValueForbidden spec: Forbidden: no']],
  ['a reason: required', { rule: 'self.n > 1', message: 'no', reason: 'FieldValueRequired' }, { n: 1 }, ['FieldValueRequired spec: Required value: no']],
  ['a reason: duplicate', { rule: 'self.n > 1', message: 'no', reason: 'FieldValueDuplicate' }, { n: 1 }, ['FieldValueDuplicate spec: Duplicate value']],
  ['a rule that fails on the way', { rule: 'self.a == "x"', message: 'no' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: "object": no such key: a evaluating rule: no']],
  ['a rule about a change, at a creation', { rule: 'self.n > oldSelf.n' }, { n: 1 }, []],
  ['a rule about a change that wants creations too', { rule: 'oldSelf.hasValue()', optionalOldSelf: true, message: 'only later' }, { n: 1 }, ['FieldValueInvalid spec: Invalid value: only later']],
] as [string, Validation, object, string[]][]) test(promise, () => { assert.deepEqual(run(at([rule]), spec(value)), expected) })

test('scalars are shown, and a rule that does not compile is told', () => {
  const schema: Structural = { type: 'object', properties: { a: { ...text, 'x-kubernetes-validations': [{ rule: 'self == "y"' }, { rule: 'zz' }] } } }
  assert.deepEqual(run(schema, { a: 'x' }), ['FieldValueInvalid a: Invalid value: "x": failed rule: self == "y"',
    'FieldValueInvalid a: Invalid value: "string": rule compile error: compilation failed: ERROR: <input>:1:1: undeclared reference to \'zz\' (in container \'\')\n | zz\n | ^'])
})
test('rules about a change see the old value; those of items find it by their keys', () => {
  assert.deepEqual(run(at([{ rule: 'self.n >= oldSelf.n', message: 'shrunk' }]), spec({ n: 1 }), spec({ n: 2 })), ['FieldValueInvalid spec: Invalid value: shrunk'])
  const list: Structural = { type: 'object', properties: { l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', properties: { k: text, v: number }, 'x-kubernetes-validations': [{ rule: 'self.v >= oldSelf.v', message: 'shrunk' }] } } } }
  assert.deepEqual(run(list, { l: [{ k: 'b', v: 1 }, { k: 'a', v: 1 }] }, { l: [{ k: 'a', v: 2 }] }), ['FieldValueInvalid l[1]: Invalid value: shrunk'])
})
test('what an update leaves as it was is only warned about, unless the rule is about the change', () => {
  const broken = at([{ rule: 'self.n > 5', message: 'small' }], {})
  assert.deepEqual(run(broken, spec({ n: 1, a: 'new' }), spec({ n: 1 }), true), ['FieldValueInvalid spec: Invalid value: small'])
  assert.deepEqual(run(broken, { spec: { n: 1 }, other: 1 }, spec({ n: 1 }), true), ['warning spec: Invalid value: small'])
  assert.deepEqual(run(at([{ rule: 'self.n > oldSelf.n', message: 'same' }]), spec({ n: 1 }), spec({ n: 1 }), true), ['FieldValueInvalid spec: Invalid value: same'])
})
test('a list by keys in another order is as it was; an object with unknown fields never is', () => {
  const list: Structural = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', properties: { k: text } }, 'x-kubernetes-validations': [{ rule: 'self.size() < 2', message: 'many' }] }
  const a = { k: 'a' }, b = { k: 'b' }
  assert.deepEqual(run({ type: 'object', properties: { l: list } }, { l: [a, b] }, { l: [b, a] }, true), ['warning l: Invalid value: many'])
  const open: Structural = { ...at([{ rule: 'false', message: 'no' }]).properties!['spec']!, 'x-kubernetes-preserve-unknown-fields': true }
  assert.deepEqual(run({ type: 'object', properties: { spec: open } }, spec({ zz: 1 }), spec({ zz: 1 }), true), ['FieldValueInvalid spec: Invalid value: no'])
})
test('a resource has a type and a name, whatever its schema says', () => {
  const schema: Structural = { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.metadata.name == "a" && self.kind == "K" && self.apiVersion == "v"', message: 'no' }] }
  assert.deepEqual(run(schema, { apiVersion: 'v', kind: 'K', metadata: { name: 'a', labels: {} } }), [])
  assert.deepEqual(run(schema, { apiVersion: 'v', kind: 'K', metadata: { name: 'b' } }), ['FieldValueInvalid <nil>: Invalid value: no'])
})
test('the budget of a request is spent by all rules together', () => {
  const list: Structural = { type: 'object', properties: { l: { type: 'array', items: number, 'x-kubernetes-validations': Array.from({ length: 30 }, () => ({ rule: 'self.all(x, self.exists(y, y == x))' })) } } }
  const found = run(list, { l: Array.from({ length: 500 }, (_, i) => i) })
  assert.equal(found.length, 1)
  assert.match(found[0]!, /running out of cost budget, no further validation rules will be run$/)
})
test('one evaluation may not cost more than its limit', () => {
  const list: Structural = { type: 'object', properties: { l: { type: 'array', items: number, 'x-kubernetes-validations': [{ rule: 'self.all(x, self.all(y, y + x >= 0))' }, { rule: 'false' }] } } }
  assert.match(run(list, { l: Array.from({ length: 1000 }, (_, i) => i) }).join('\n'), /^FieldValueInvalid l: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self\.all\(x, self\.all\(y, y \+ x >= 0\)\)$/)
})
