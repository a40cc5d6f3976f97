import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateValue } from './validate-value.ts'
import type { Structural } from './structural.ts'

const shown = (schema: Structural, value: unknown, old?: unknown, field = '') => validateValue(schema, value, field, old === undefined ? undefined : { old }).map((e) => `${e.field}: ${e.message}`)
const of = (a: Structural, more: Partial<Structural> = {}): Structural => ({ type: 'object', properties: { a }, ...more })
const rules: [promise: string, schema: Structural, value: unknown, ...expected: string[]][] = [
  ['a value of its type', of({ type: 'integer' }), { a: 1 }],
  ['whole numbers are numbers', of({ type: 'number' }), { a: 1 }],
  ['numbers with a fraction are not integers', of({ type: 'integer' }), { a: 1.5 }, 'a: Invalid value: "number": a in body must be of type integer: "number"'],
  ['null where it is not allowed', of({ type: 'array', items: { type: 'string' } }), { a: [null] }, 'a[0]: Invalid value: "null": a[0] in body must be of type string: "null"'],
  ['null where it is allowed', of({ type: 'string', nullable: true }), { a: null }],
  ['null is in no list of values', of({ type: 'string', nullable: true, enum: ['x', null] }), { a: null }, 'a: Unsupported value: null: supported values: "x", "null"'],
  ['values that are not texts are shown as JSON', of({ enum: [1, { b: 2 }], 'x-kubernetes-preserve-unknown-fields': true }), { a: 3 }, 'a: Unsupported value: 3: supported values: "1", "{\\"b\\":2}"'],
  ['a number where a text has a format', of({ type: 'string', format: 'date' }), { a: 5 }, 'a: Invalid value: "int64": a in body must be of type date: "int64"'],
  ['a list where a text has a format is let through', of({ type: 'string', format: 'date' }), { a: [] }],
  ['formats that mean nothing', of({ type: 'string', format: 'phone' }), { a: 'x' }],
  ['length counts characters', of({ type: 'string', maxLength: 2 }), { a: '€€' }],
  ['too short', of({ type: 'string', minLength: 2 }), { a: 'x' }, 'a: Invalid value: "x": a in body should be at least 2 chars long'],
  ['of length and pattern the first is told', of({ type: 'string', minLength: 2, pattern: '^b' }), { a: 'x' }, 'a: Invalid value: "x": a in body should be at least 2 chars long'],
  ['a pattern', of({ type: 'string', pattern: '^b' }), { a: 'x' }, "a: Invalid value: \"x\": a in body should match '^b'"],
  ['bounds', of({ type: 'integer', minimum: 3, maximum: 1, exclusiveMaximum: true }), { a: 2 }, 'a: Invalid value: 2: a in body should be greater than or equal to 3', 'a: Invalid value: 2: a in body should be less than 1'],
  ['bounds of fractions are cut for whole numbers', of({ type: 'number', maximum: 2.5 }), { a: 3 }, 'a: Invalid value: 3: a in body should be less than or equal to 2'],
  ['multiples of a fraction', of({ type: 'number', multipleOf: 0.5 }), { a: 0.3 }, 'a: Invalid value: 0.3: a in body should be a multiple of 0.5'],
  ['a number that its format cannot hold', of({ type: 'integer', format: 'int32' }), { a: 2147483648 }, '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a'],
  ['numbers at the ends of their format', of({ type: 'integer', format: 'int32' }), { a: -2147483648 }],
  ['whole numbers have no more than 64 bits', of({ type: 'integer', format: 'int64' }), { a: 9223372036854775807n }],
  ['a fraction in a format', of({ type: 'number', format: 'float' }), { a: 3.5e38 }, '<nil>: Invalid value: "": Checked value must be of type number with format float in a'],
  ['a large fraction of 64 bits', of({ type: 'number', format: 'double' }), { a: 1e300 }],
  ['what is no number where one has a format', of({ type: 'integer', format: 'int64' }), { a: true }, 'a: Invalid value: "": a in body must be of type int64: ""'],
  ['a fraction where a whole number has a format', of({ type: 'integer', format: 'int32' }), { a: 1.5 }, 'a: Invalid value: "float64": a in body must be of type int32: "float64"',
    '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a'],
  ['a text where a number has a format', of({ type: 'integer', format: 'int32' }), { a: '1' }, 'a: Invalid value: "string": a in body must be of type integer: "string"'],
  ['a bound that the format cannot hold refuses every value', of({ type: 'integer', format: 'int32', maximum: 4294967295 }), { a: 1 },
    '<nil>: Invalid value: "": Maximum boundary value must be of type integer with format int32 in a'],
  ['a bound of a fraction', of({ type: 'integer', format: 'int64', minimum: 0.5, multipleOf: 0.5 }), { a: 0n },
    '<nil>: Invalid value: "": MultipleOf value must be of type integer with format int64 in a',
    '<nil>: Invalid value: "": Minimum boundary value must be of type integer with format int64 in a', 'a: Invalid value: 0: a in body should be greater than or equal to 0.5'],
  ['formats of another type mean nothing', of({ type: 'number', format: 'int32' }), { a: 1e10 }],
  ['integers or strings have no format', of({ 'x-kubernetes-int-or-string': true, format: 'int32' }), { a: 2147483648 }],
  ['too many items', of({ type: 'array', maxItems: 1, items: { type: 'string' } }), { a: ['x', 'y'] }, 'a: Too many: 2: must have at most 1 items'],
  ['too few properties: nothing else is looked at', of({ type: 'object', minProperties: 2, properties: { b: { type: 'string' } } }), { a: { b: 1 } }, 'a: Invalid value: 1: a in body should have at least 2 properties'],
  ['too many properties', of({ type: 'object', maxProperties: 1, additionalProperties: { type: 'string' } }), { a: { b: '', c: '' } }, 'a: Too many: 2: must have at most 1 items'],
  ['what additionalProperties false forbids', of({ type: 'object', additionalProperties: false }), { a: { b: 1 } }, 'a: Invalid value: "b": a.b in body is a forbidden property'],
  ['what is required', of({ type: 'object', required: ['x', 'y'] }, { required: ['spec'] }), { a: {} }, 'a.x: Required value', 'a.y: Required value', 'spec: Required value'],
  ['integer or string', of({ 'x-kubernetes-int-or-string': true }), { a: true }, 'a: Invalid value: "boolean": a in body must be of type integer,string: "boolean"'],
  ['any of: the alternative that got furthest is told', of({ type: 'object', anyOf: [{ required: ['z'] }, { properties: { b: { minimum: 3 } } }] }), { a: { b: 2 } },
    '<nil>: Invalid value: "": "a" must validate at least one schema (anyOf)', 'a.b: Invalid value: 2: a.b in body should be greater than or equal to 3'],
  ['one of: two fit', of({ type: 'object', oneOf: [{ required: ['b'] }, { required: ['c'] }] }), { a: { b: 1, c: 1 } }, '<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ['all of', of({ type: 'string', allOf: [{ minLength: 2 }, { pattern: 'y' }] }), { a: 'x' }, 'a: Invalid value: "x": a in body should be at least 2 chars long', "a: Invalid value: \"x\": a in body should match 'y'", '<nil>: Invalid value: "": "a" must validate all the schemas (allOf). None validated'],
  ['one of all', of({ type: 'string', allOf: [{ minLength: 1 }, { pattern: 'y' }] }), { a: 'x' }, "a: Invalid value: \"x\": a in body should match 'y'", '<nil>: Invalid value: "": "a" must validate all the schemas (allOf)'],
  ['not', of({ type: 'string', not: { pattern: 'x' } }), { a: 'x' }, '<nil>: Invalid value: "": "a" must not validate the schema (not)'],
]
for (const [promise, schema, value, ...expected] of rules) test(promise, () => { assert.deepEqual(shown(schema, value), expected) })

test('what an update leaves as it was may stay wrong', () => {
  const schema = of({ type: 'object', properties: { b: { type: 'string', maxLength: 1 }, c: { type: 'string', maxLength: 1 } } })
  assert.deepEqual(shown(schema, { a: { b: 'long', c: 'long' } }, { a: { b: 'long', c: 'x' } }), ['a.c: Too long: may not be more than 1 bytes'])
})
test('a number that its format cannot hold may stay', () => {
  const schema = of({ type: 'integer', format: 'int32' }, { properties: { a: { type: 'integer', format: 'int32' }, b: { type: 'string' } } })
  assert.deepEqual(shown(schema, { a: 2147483648, b: 'new' }, { a: 2147483648, b: 'old' }), [])
  assert.deepEqual(shown({ type: 'integer', format: 'int32' }, 2147483648, undefined, 'status'), ['status: Invalid value: "": Checked value must be of type integer with format int32 in '])
})
test('items of lists by keys have a past, those of other lists have none', () => {
  const list = (more: object): Structural => of({ type: 'array', items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer', maximum: 1 } } }, ...more })
  const old = { a: [{ k: 'x', v: 5 }] }, now = { a: [{ k: 'y', v: 1 }, { k: 'x', v: 5 }] }
  assert.deepEqual(shown(list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }), now, old), [])
  assert.deepEqual(shown(list({}), now, old), ['a[1].v: Invalid value: 5: a[1].v in body should be less than or equal to 1'])
})
test('alternatives are judged whole: what is unchanged does not excuse them', () => {
  const schema = of({ type: 'object', allOf: [{ required: ['z'] }], properties: { b: { type: 'string' } } })
  assert.deepEqual(shown(schema, { a: { b: '2' } }, { a: { b: '1' } }), ['a.z: Required value', '<nil>: Invalid value: "": "a" must validate all the schemas (allOf). None validated'])
  assert.deepEqual(shown(schema, { a: { b: '1' } }, { a: { b: '1' } }), [])
})
test('what is unchanged is unchanged as the schema sees it', () => {
  const byKey = of({ type: 'array', maxItems: 1, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer' } } } })
  const tooMany = ['a: Too many: 2: must have at most 1 items'], required = ['a.z: Required value']
  const x = { k: 'x', v: 1 }, y = { k: 'y', v: 2 }
  assert.deepEqual(shown(byKey, { a: [y, x] }, { a: [x, y] }), [])
  assert.deepEqual(shown(byKey, { a: [y, { k: 'x', v: 3 }] }, { a: [x, y] }), tooMany)
  assert.deepEqual(shown(byKey, { a: [y, { k: 'z', v: 1 }] }, { a: [x, y] }), tooMany)
  assert.deepEqual(shown(of({ type: 'array', maxItems: 1, items: { type: 'string' } }), { a: ['x', 'y'] }, { a: ['y', 'x'] }), tooMany)
  const open = of({ type: 'object', required: ['z'], 'x-kubernetes-preserve-unknown-fields': true, properties: { b: { type: 'string' } } })
  assert.deepEqual(shown(open, { a: { b: '' } }, { a: { b: '' } }), [])
  assert.deepEqual(shown(open, { a: { b: '', c: 1 } }, { a: { b: '', c: 1 } }), required)
  assert.deepEqual(shown(of({ type: 'object', required: ['z'], additionalProperties: { type: 'string' } }), { a: { b: '' } }, { a: { b: '' } }), [])
  assert.deepEqual(shown(of({ type: 'object', required: ['z'], additionalProperties: true }), { a: { b: '' } }, { a: { b: '' } }), required)
})
test('fields judged by an alternative have no past', () => {
  const schema = of({ type: 'object', properties: { b: { type: 'string' }, c: { type: 'string' } }, allOf: [{ properties: { b: { minLength: 2 } } }] })
  assert.deepEqual(shown(schema, { a: { b: '1' } }, { a: { b: '1' } }), [])
  assert.deepEqual(shown(schema, { a: { b: '1', c: '' } }, { a: { b: '1' } }), ['a.b: Invalid value: "1": a.b in body should be at least 2 chars long', '<nil>: Invalid value: "": "a" must validate all the schemas (allOf). None validated'])
})
test('on /status texts speak of what is in it', () => {
  assert.deepEqual(shown({ type: 'object', properties: { ready: { type: 'integer' } } }, { ready: 'x' }, undefined, 'status'), ['status.ready: Invalid value: "string": ready in body must be of type integer: "string"'])
})
