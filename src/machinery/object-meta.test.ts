import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectMeta, TemplateMeta } from './meta.ts'
import { nameIsDNSSubdomain } from './names.ts'
import { keepObjectMeta, validateFieldManager, validateLabelSelector, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

const rules = { namespaced: true, name: nameIsDNSSubdomain }
const texts = (errors: { field: string; message: string }[]) => errors.map((e) => `${e.field}: ${e.message}`)
/** Each message begins as told. */
const begin = (errors: { field: string; message: string }[], beginnings: string[]) =>
  assert.deepEqual(texts(errors).map((text, i) => text.slice(0, beginnings[i]?.length ?? 80)), beginnings)

test('metadata of a new object', () => {
  const fine: TemplateMeta = { name: 'a', namespace: 'n' }
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u1', controller: true }
  const cases: [meta: TemplateMeta, errors: string[]][] = [
    [fine, []],
    [{ namespace: 'n' }, ['metadata.name: Required value: name or generateName is required']],
    [{ name: 'a' }, ['metadata.namespace: Required value']],
    [{ ...fine, name: 'A' }, ['metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist']],
    [{ ...fine, name: 'B_x', generateName: 'B_' }, ['metadata.generateName: Invalid value: "B_": a lowercase RFC 1123 subdomain must consis', 'metadata.name: Invalid value: "B_x": a lowercase RFC 1123 subdomain must consi']],
    [{ ...fine, namespace: 'a.b' }, ['metadata.namespace: Invalid value: "a.b": must not contain dots']],
    [{ ...fine, labels: { 'a b': '!' } }, ["metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric", 'metadata.labels: Invalid value: "!": a valid label must be an empty string or']],
    [{ ...fine, annotations: { 'A/B/C': 'x' } }, ['metadata.annotations: Invalid value: "A/B/C": a valid label key must consist of alp']],
    [{ ...fine, annotations: { a: 'é'.repeat(131_072) } }, ['metadata.annotations: Too long: may not be more than 262144 bytes']],
    [{ ...fine, annotations: { a: 'x'.repeat(262_143) } }, []],
    [{ ...fine, finalizers: ['nodomain', 'x.example/y', 'kubernetes'] }, ['metadata.finalizers[0]: Invalid value: "nodomain": name is neither a standard finalizer ']],
    [{ ...fine, finalizers: ['orphan', 'foregroundDeletion'] }, ['metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan']],
    [{ ...fine, ownerReferences: [{ ...owner, uid: '' }] }, ['metadata.ownerReferences.uid: Invalid value: "": must not be empty']],
    ...['', '/', 'a/', 'a/b/v1'].map((apiVersion): [TemplateMeta, string[]] => [{ ...fine, ownerReferences: [{ ...owner, apiVersion }] }, [`metadata.ownerReferences.apiVersion: Invalid value: "${apiVersion}": version must not be empty`]]),
    [{ ...fine, ownerReferences: [{ ...owner, kind: 'Event' }] }, ['metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"a","u']],
    [{ ...fine, managedFields: [{ manager: 'x', operation: 'Patch' }] }, ['metadata.managedFields[0].operation: Invalid value: "Patch": must be `Apply` or `Update`']],
    [{ ...fine, generation: -1 }, ['metadata.generation: Invalid value: -1: must be greater than or equal to 0']],
  ]
  for (const [meta, errors] of cases) begin(validateObjectMeta(meta, rules), errors)
  assert.deepEqual(texts(validateObjectMeta(fine, { ...rules, namespaced: false })), ['metadata.namespace: Forbidden: not allowed on this type'])
  assert.deepEqual(validateObjectMeta({ ...fine, finalizers: ['nodomain'] }, { ...rules, anyFinalizer: true }), [])
})

test('two controllers are one too many', () => {
  const owner = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: name, controller: true })
  const errors = validateObjectMeta({ name: 'a', namespace: 'n', ownerReferences: [owner('a'), owner('b')] }, rules)
  assert.match(errors[0]!.message, /: Only one reference can have Controller set to true\. Found "true" in references for Pod\/a and Pod\/b$/)
})

const old: ObjectMeta = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x.example/a'] }
test('what an update may not change', () => {
  const cases: [meta: Partial<ObjectMeta>, errors: string[], old?: Partial<ObjectMeta>][] = [
    [{}, []],
    [{ uid: 'other' }, ['metadata.uid: Invalid value: "other": field is immutable']],
    [{ name: 'b' }, ['metadata.name: Invalid value: "b": field is immutable']],
    [{ resourceVersion: '' }, ['metadata.resourceVersion: Invalid value: "": must be specified for an update']],
    [{ generation: 1 }, ['metadata.generation: Invalid value: 1: must not be decremented'], { generation: 2 }],
    [{ deletionTimestamp: '2020-01-01T00:00:00Z' }, ['metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable']],
    [{ finalizers: ['x.example/a', 'x.example/c', 'x.example/b'], deletionTimestamp: 't' }, ['metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.example/b", "x.example/c"}'], { deletionTimestamp: 't' }],
  ]
  for (const [meta, errors, before] of cases) assert.deepEqual(texts(validateObjectMetaUpdate({ ...old, ...meta }, { ...old, ...before })), errors)
})

test('what a client leaves out of an update is kept', () => {
  const meta: ObjectMeta = { ...old, uid: '', creationTimestamp: '1999-01-01T00:00:00Z' }
  keepObjectMeta(meta, { ...old, deletionTimestamp: 't', deletionGracePeriodSeconds: 0 })
  assert.deepEqual(meta, { ...old, deletionTimestamp: 't', deletionGracePeriodSeconds: 0 })
})

test('label selectors and field managers', () => {
  const selector = { matchLabels: { a: 'not ok' }, matchExpressions: [{ key: 'a', operator: 'In' }, { key: 'a', operator: 'Exists', values: ['x'] }, { key: 'a', operator: 'Has' }, { key: 'a b', operator: 'In', values: ['!'] }] }
  assert.deepEqual(validateLabelSelector(selector, 'spec.selector').map((e) => `${e.type} ${e.field}`), ['FieldValueInvalid spec.selector.matchLabels', 'FieldValueRequired spec.selector.matchExpressions[0].values',
    'FieldValueForbidden spec.selector.matchExpressions[1].values', 'FieldValueInvalid spec.selector.matchExpressions[2].operator',
    'FieldValueInvalid spec.selector.matchExpressions[3].key', 'FieldValueInvalid spec.selector.matchExpressions[3].values[0]'])
  assert.deepEqual(validateFieldManager('kubectl-client-side-apply', 'f'), [])
  assert.equal(validateFieldManager('x'.repeat(129), 'f')[0]!.type, 'FieldValueTooLong')
  assert.match(validateFieldManager('a\u0001', 'f')[0]!.message, /invalid character U\+0001 \(at position 1\)$/)
})
