// From kubectl's apply on the client's side to the server's: who owns what after the first one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { map, maps, start, type Ask, type Body } from './contract-kit.ts'
import { definition, established, version, widget, widgets } from './crd/contract-kit.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
const applied = (config: object) => ({ [annotation]: `${JSON.stringify(config)}\n` })
const apply = (ask: Ask, url: string, config: object, query = 'fieldManager=kubectl') => ask(`PATCH ${url}?${query}`, config, { 'content-type': 'application/apply-patch+yaml' })
const owners = (object: Body) => object.metadata.managedFields.map((entry: Body) => `${entry.manager} ${entry.operation} ${Object.keys(entry.fieldsV1['f:data'] ?? {}).filter((step) => step !== '.').join(' ')}`.trim())

const before = map('a', {})
const config = { ...before, data: { x: '1', y: '1' } }
/** What an older kubectl left, and somebody else's change of y. */
async function applyOnTheClient() {
  const { ask } = await start()
  await ask(`POST ${maps}?fieldManager=kubectl-client-side-apply`, { ...map('a', { annotations: applied(config) }), data: config.data })
  return ask
}

test("kubectl's first server-side apply changes what kubectl applied before, and the annotation follows", async () => {
  const ask = await applyOnTheClient()
  const { status, body } = await apply(ask, `${maps}/a`, { ...before, data: { x: '2', z: '<&>' } })
  assert.equal(status, 200)
  assert.deepEqual(body.data, { x: '2', y: '1', z: '<&>' })
  assert.deepEqual(owners(body), ['kubectl Apply f:x f:z', 'kubectl-client-side-apply Update f:y'])
  assert.equal(body.metadata.annotations[annotation], '{"apiVersion":"v1","data":{"x":"2","z":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap","metadata":{"name":"a"}}\n')
})

test('another manager has the conflicts, and leaves the annotation', async () => {
  const ask = await applyOnTheClient()
  const { status, body } = await apply(ask, `${maps}/a`, { ...before, data: { x: '2' } }, 'fieldManager=me')
  assert.equal(status, 409)
  assert.match(body.message, /^Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: \.data\.x$/)
  const forced = await apply(ask, `${maps}/a`, { ...before, data: { x: '2' } }, 'fieldManager=me&force=true')
  assert.deepEqual(JSON.parse(forced.body.metadata.annotations[annotation]), config)
})

test('what others changed since is a conflict, and nothing else', async () => {
  const ask = await applyOnTheClient()
  await ask(`PATCH ${maps}/a?fieldManager=other`, { data: { y: '9' } })
  const { status, body } = await apply(ask, `${maps}/a`, { ...before, data: { x: '2', y: '2' } })
  assert.equal(status, 409)
  assert.equal(body.message, 'Apply failed with 1 conflict: conflict with "other" using v1: .data.y')
})

test('an annotation that cannot be read, or is of another version, gives nothing', async () => {
  for (const text of ['{', '[]', JSON.stringify({ ...config, apiVersion: 'v2' }), JSON.stringify({ ...config, kind: 'Secret' }), JSON.stringify({ ...config, unknown: 1 })]) {
    const { ask } = await start()
    await ask(`POST ${maps}?fieldManager=kubectl-client-side-apply`, { ...map('a', { annotations: { [annotation]: text } }), data: config.data })
    assert.equal((await apply(ask, `${maps}/a`, { ...before, data: { x: '2' } })).status, 409, text)
  }
})

test('an object that nobody managed is taken over in the same way', async () => {
  const ask = await applyOnTheClient()
  await ask(`PATCH ${maps}/a`, { metadata: { managedFields: [{}] } })
  const { status, body } = await apply(ask, `${maps}/a`, { ...before, data: { x: '2' } })
  assert.equal(status, 200)
  assert.deepEqual(owners(body), ['kubectl Apply f:x', 'before-first-apply Update f:y'])
})

test('custom resources too; an annotation that grows too large goes', async () => {
  const { ask } = await start()
  await established(ask, definition([version({ a: { type: 'string' } })]))
  const first = widget('w', { a: '1' })
  await ask(`POST ${widgets}?fieldManager=kubectl-client-side-apply`, { ...first, metadata: { name: 'w', annotations: applied(first) } })
  const small = await apply(ask, `${widgets}/w`, widget('w', { a: '2' }))
  assert.equal(small.body.metadata.annotations[annotation], '{"apiVersion":"x.example/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"a":"2"}}\n')
  const large = await apply(ask, `${widgets}/w`, widget('w', { a: 'x'.repeat(300_000) }))
  assert.equal(large.status, 200)
  assert.equal(large.body.metadata.annotations, undefined)
})
