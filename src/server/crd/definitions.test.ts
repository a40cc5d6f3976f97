import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, start, type Body } from '../contract-kit.ts'
import { definition, definitions, established, version, when, widget, widgets } from './contract-kit.ts'

test('a definition is accepted, served and found', async () => {
  const { ask } = await start()
  assert.equal((await ask(`GET ${widgets}`)).text, '404 page not found\n')
  const { status } = await established(ask, definition())
  assert.deepEqual(status.conditions.map((c: { type: string; status: string; reason: string }) => `${c.type} ${c.status} ${c.reason}`), ['NamesAccepted True NoConflicts', 'Established True InitialNamesAccepted'])
  assert.deepEqual(status.acceptedNames, { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' })
  const { body } = await ask('GET /apis/x.example/v1')
  assert.deepEqual(body.resources.map((r: { name: string }) => r.name), ['widgets'])
  assert.equal((await ask('GET /apis/x.example/v2')).text, '404 page not found\n')
  assert.equal((await ask('GET /apis/x.example/v1/gadgets')).text, '404 page not found\n')
})

test('objects are created, pruned, listed, patched and deleted', async () => {
  const { ask } = await start()
  await established(ask, definition([version({ a: { type: 'string' }, d: { type: 'integer', default: 7 } })]))
  const made = await ask(`POST ${widgets}`, widget('w', { a: 'x', unknown: 1 }))
  assert.equal(made.status, 201)
  assert.deepEqual(made.body.spec, { a: 'x', d: 7 })
  assert.deepEqual(made.headers.warning, ['299 - "unknown field \\"spec.unknown\\""'])
  assert.equal(made.body.metadata.generation, 1)
  const { body: list } = await ask(`GET ${widgets}`)
  assert.equal(list.kind, 'WidgetList')
  assert.deepEqual(list.items.map((i: { kind: string; apiVersion: string }) => [i.kind, i.apiVersion]), [['Widget', 'x.example/v1']])
  const patched = await ask(`PATCH ${widgets}/w`, { spec: { a: 'y', d: null } })
  assert.deepEqual([patched.body.spec, patched.body.metadata.generation], [{ a: 'y', d: 7 }, 2])
  assert.equal((await ask(`PATCH ${widgets}/w`, {}, { 'content-type': 'application/strategic-merge-patch+json' })).status, 415)
  assert.equal((await ask(`DELETE ${widgets}/w`)).body.status, 'Success')
})

test('what a write drops of the status, its default stands in for, at once and later', async () => {
  const { ask } = await start()
  const { schema: { openAPIV3Schema: { properties, ...schema } }, ...rest } = version({}, { subresources: { status: {} } })
  await established(ask, definition([{ ...rest, schema: { openAPIV3Schema: { ...schema, properties: { ...properties, status: { type: 'object', properties: { phase: { type: 'string', default: 'New' } }, default: {} } } } } }]))
  assert.deepEqual((await ask(`POST ${widgets}`, widget('w', {}, { status: { phase: 'Old' } }))).body.status, { phase: 'New' })
  assert.deepEqual((await ask(`GET ${widgets}/w`)).body.status, { phase: 'New' })
  assert.deepEqual((await ask(`PATCH ${widgets}/w`, { metadata: { labels: { a: 'b' } } })).body.status, { phase: 'New' })
})

for (const [promise, body, status, message] of [
  ['a body must say its version', { kind: 'Widget', metadata: { name: 'w' } }, 400, 'the API version in the data () does not match the expected API version (x.example/v1)'],
  ['a body must say its kind', { apiVersion: 'x.example/v1', metadata: { name: 'w' } }, 400, "Object 'Kind' is missing in 'unstructured object has no kind'"],
  ['a body of another kind is invalid', { ...widget('w'), kind: 'Gadget' }, 422, 'Gadget.x.example "w" is invalid: kind: Invalid value: "Gadget": must be Widget'],
  ['metadata is of the form that all have', { ...widget('w'), metadata: { name: 'w', labels: { a: 5 } } }, 400, 'Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string'],
] as const)
  test(promise, async () => {
    const { ask } = await start()
    await established(ask, definition())
    const answer = await ask(`POST ${widgets}`, body)
    assert.deepEqual([answer.status, answer.body.message], [status, message])
  })

test('names that others hold are refused until they are free', async () => {
  const { ask } = await start()
  await established(ask, definition())
  await ask(`POST ${definitions}`, definition(undefined, {}, { plural: 'gadgets', kind: 'Gadget', singular: 'gadget', shortNames: ['widget', 'g'] }))
  const { status } = await when(ask, `${definitions}/gadgets.x.example`, (now) => now.status.conditions?.length > 0)
  assert.deepEqual(status.conditions.map((c: { type: string; status: string; reason: string; message: string }) => [c.type, c.status, c.reason, c.message]), [
    ['NamesAccepted', 'False', 'ShortNamesConflict', '"widget" is already in use'], ['Established', 'False', 'NotAccepted', 'not all names are accepted']])
  assert.equal((await ask('GET /apis/x.example/v1/namespaces/n/gadgets')).status, 404)
  await ask(`DELETE ${definitions}/widgets.x.example`)
  await when(ask, `${definitions}/gadgets.x.example`, (now) => now.status.conditions.every((c: { status: string }) => c.status === 'True'))
  assert.equal((await ask('GET /apis/x.example/v1/namespaces/n/gadgets')).status, 200)
})

test('a definition takes its objects with it, and waits for those that are held', async () => {
  const { ask } = await start()
  await established(ask, definition())
  await ask(`POST ${widgets}`, widget('free'))
  await ask(`POST ${widgets}`, { ...widget('held'), metadata: { name: 'held', finalizers: ['x.example/hold'] } })
  const { body: going } = await ask(`DELETE ${definitions}/widgets.x.example`)
  assert.deepEqual([going.metadata.finalizers, going.metadata.generation, going.metadata.deletionGracePeriodSeconds], [['customresourcecleanup.apiextensions.k8s.io'], 1, undefined])
  await when(ask, `${definitions}/widgets.x.example`, (now) => now.status.conditions.some((c: { reason: string }) => c.reason === 'InstanceDeletionInProgress'))
  const { body: left } = await when(ask, `${widgets}/held`, (now) => now.metadata.deletionTimestamp).then(() => ask(`GET ${widgets}`))
  assert.deepEqual(left.items.map((i: { metadata: { name: string } }) => i.metadata.name), ['held'])
  const late = await ask(`POST ${widgets}`, widget('late'))
  assert.deepEqual([late.status, late.body.message], [403, 'widgets.x.example "late" is forbidden: create not allowed while custom resource definition is terminating'])
  await ask(`PATCH ${widgets}/held`, { metadata: { finalizers: null } })
  await when(ask, `${definitions}/widgets.x.example`, (_, status) => status === 404)
  assert.equal((await ask(`GET ${widgets}`)).text, '404 page not found\n')
})

test('a changed definition ends the watches on what it served, and reads old objects by the new schema', async () => {
  const { ask, send } = await start()
  await established(ask, definition())
  await ask(`POST ${widgets}`, widget('w', { a: 'x' }))
  const watcher = collect(await send(`GET ${widgets}?watch=1`))
  assert.deepEqual(watcher.seen(), ['ADDED w'])
  const { body } = await ask(`PATCH ${definitions}/widgets.x.example`, { spec: { versions: [version({ a: { type: 'string' }, n: { type: 'integer', default: 3 } })] } })
  assert.equal(body.metadata.generation, 2)
  assert.equal(watcher.isEnded(), true)
  assert.deepEqual((await ask(`GET ${widgets}/w`)).body.spec, { a: 'x', n: 3 })
})

test('a list that becomes one value is owned as one', async () => {
  const { ask } = await start()
  const entries = (more: object) => [version({ l: { type: 'array', ...more, items: { type: 'object', required: ['k'], properties: { k: { type: 'string' }, v: { type: 'string' } } } } })]
  const { metadata } = await established(ask, definition(entries({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] })))
  const apply = (manager: string, v: string) => ask(`PATCH ${widgets}/w?fieldManager=${manager}`, widget('w', { l: [{ k: 'a', v }] }), { 'content-type': 'application/apply-patch+yaml' })
  const owned = ({ metadata: { managedFields } }: Body) => managedFields.map((entry: Body) => [entry['manager'], entry['fieldsV1']['f:spec']])
  assert.deepEqual(owned((await apply('one', '1')).body), [['one', { 'f:l': { 'k:{"k":"a"}': { '.': {}, 'f:k': {}, 'f:v': {} } } }]])
  await ask(`PUT ${definitions}/widgets.x.example`, { ...definition(entries({})), metadata })
  const { body } = await apply('two', '2')
  assert.equal(body['message'], 'Apply failed with 1 conflict: conflict with "one": .spec.l')
  assert.deepEqual(owned((await ask(`PATCH ${widgets}/w?fieldManager=two`, { metadata: { labels: { a: 'b' } } })).body)[0], ['one', { 'f:l': {} }])
})

test('what custom resources take of an Accept header, built-in ones do not take from it', async () => {
  const { ask } = await start()
  await established(ask, definition())
  const status = async (path: string) => (await ask(`GET ${path}`, undefined, { accept: 'application/*' })).status
  const maps = '/api/v1/namespaces/n/configmaps'
  assert.deepEqual([await status(maps), await status(widgets), await status(maps)], [406, 200, 406])
})

test('a number of replicas that is not there cannot be read, but it can be written', async () => {
  const { ask } = await start()
  await established(ask, definition([version({ replicas: { type: 'integer' } }, { subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } })]))
  for (const name of ['a', 'b', 'c']) await ask(`POST ${widgets}`, widget(name))
  const missing = [500, 'Internal error occurred: the spec replicas field ".spec.replicas" does not exist'], said = async (line: string, body?: object) => { const answer = await ask(line, body); return [answer.status, answer.body.message ?? answer.body.spec] }
  assert.deepEqual(await said(`GET ${widgets}/a/scale`), missing)
  assert.deepEqual(await said(`PUT ${widgets}/a/scale`, { metadata: { name: 'a' }, spec: { replicas: 2 } }), [200, { replicas: 2 }])
  assert.deepEqual(await said(`PATCH ${widgets}/b/scale`, { spec: { replicas: 3 } }), [200, { replicas: 3 }])
  assert.deepEqual(await said(`PATCH ${widgets}/c/scale`, { metadata: { labels: { a: 'b' } } }), [400, 'the spec replicas field ".spec.replicas" cannot be empty'])
})
