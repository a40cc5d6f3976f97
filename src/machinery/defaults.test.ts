import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyDefaults } from './defaults.ts'
import { toStoredForm } from './stored-form.ts'
import * as s from './schema.ts'
import type { Schema } from './schema.ts'

const port = s.object('x.Port', { port: s.required(s.int()), protocol: s.string({ default: 'TCP' }) })
const service: Schema<any> = s.object('x.Service', {
  name: s.string(),
  named: s.map(port),
  ports: s.list(port),
  replicas: s.int({ default: 1, keepEmpty: true }),
  strict: s.required(s.string({ default: 'Yes' })),
})

test('schema defaults fill in what is absent, in lists and maps too', () => {
  const cases: [given: object, wanted: object][] = [
    [{}, { replicas: 1, strict: 'Yes' }],
    [{ replicas: 0, strict: '' }, { replicas: 0, strict: 'Yes' }],
    [{ strict: 'No', ports: [{ port: 1 }, { port: 2, protocol: 'UDP' }] }, { strict: 'No', ports: [{ port: 1, protocol: 'TCP' }, { port: 2, protocol: 'UDP' }], replicas: 1 }],
    [{ strict: 'No', replicas: 2, ports: null, named: { a: { port: 1 } } }, { strict: 'No', replicas: 2, ports: null, named: { a: { port: 1, protocol: 'TCP' } } }],
  ]
  for (const [given, wanted] of cases) assert.deepEqual(applyDefaults(service, given), wanted)
})

test('a schema without defaults costs nothing and a schema may contain itself', () => {
  const tree: Schema<any> = s.object('x.Tree', { inner: s.lazy(() => tree), name: s.string() })
  assert.deepEqual(applyDefaults(tree, { inner: { inner: {} } }), { inner: { inner: {} } })
})

test('empty lists and maps that are always written come back from storage as null', () => {
  const rule = s.object('x.Rule', { verbs: s.required(s.list(s.string())), names: s.list(s.string()) })
  const role: Schema<any> = s.object('x.Role', { rules: s.always(s.list(rule)), spec: s.value(s.object('x.Spec', { quantities: s.required(s.map(s.quantity())) })) })
  assert.deepEqual(toStoredForm(role, { rules: [], spec: { quantities: {} } }), { rules: null, spec: { quantities: null } })
  assert.deepEqual(toStoredForm(role, { rules: [{ verbs: [] }, { verbs: ['get'] }], spec: { quantities: { a: '1' } } }), { rules: [{ verbs: null }, { verbs: ['get'] }], spec: { quantities: { a: '1' } } })
})
