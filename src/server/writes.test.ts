// Creating and changing objects.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap } from '#kinds'
import { type ApiRequest, type WatchEvent } from '#machinery'
import { map, maps, start, type Body } from './contract-kit.ts'
import type { AdmissionPlugin } from './index.ts'

test('an object lives from POST to DELETE', async () => {
  const { ask } = await start()
  const made = await ask(`POST ${maps}`, { ...map('a'), data: { k: '1' } })
  assert.equal(made.status, 201)
  assert.equal(made.body.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(made.body.metadata.namespace, 'n')
  assert.match(made.body.metadata.uid, /^[0-9a-f-]{36}$/)
  const read = await ask(`GET ${maps}/a`)
  assert.deepEqual(read.body, made.body)
  const changed = await ask(`PATCH ${maps}/a`, { data: { l: '2' } })
  assert.deepEqual(changed.body.data, { k: '1', l: '2' })
  assert.notEqual(changed.body.metadata.resourceVersion, made.body.metadata.resourceVersion)
  const gone = await ask(`DELETE ${maps}/a`)
  assert.deepEqual(gone.body, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid: made.body.metadata.uid } })
  assert.equal((await ask(`GET ${maps}/a`)).status, 404)
})

test('unknown and repeated fields come back as warnings unless the client wants otherwise', async () => {
  const { ask } = await start()
  const body = '{"metadata":{"name":"a","name":"b"},"datta":{}}'
  assert.deepEqual((await ask(`POST ${maps}?dryRun=All`, body)).headers.warning, ['299 - "duplicate field \\"metadata.name\\""', '299 - "unknown field \\"datta\\""'])
  assert.equal((await ask(`POST ${maps}?dryRun=All&fieldValidation=Ignore`, body)).headers.warning, undefined)
})

test('a second object of the same name is refused, and one that is going away says so', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a', { finalizers: ['x.example/y'] }))
  assert.equal((await ask(`POST ${maps}`, map('a'))).body.message, 'configmaps "a" already exists')
  await ask(`DELETE ${maps}/a`)
  assert.equal((await ask(`POST ${maps}`, map('a'))).body.message, 'object is being deleted: configmaps "a" already exists')
})

test('a generated name has five letters of chance and fits in 63', async () => {
  const { ask } = await start()
  assert.match((await ask(`POST ${maps}`, { metadata: { generateName: 'gen-' } })).body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  assert.equal((await ask(`POST ${maps}`, { metadata: { generateName: 'l'.repeat(80) } })).body.metadata.name.length, 63)
})

test('a taken name of an object that has a prefix for names may be tried again', async () => {
  const { ask } = await start()
  const named = map('a', { generateName: 'gen-', finalizers: ['x.example/y'] })
  const taken = 'configmaps "a" already exists, the server was not able to generate a unique name for the object'
  await ask(`POST ${maps}`, named)
  for (const query of ['', '?dryRun=All']) {
    const { status, headers, body } = await ask(`POST ${maps}${query}`, named)
    assert.equal(status, 409)
    assert.equal(headers['retry-after'], '1')
    assert.equal(body.message, taken)
    assert.deepEqual(body.details, { name: 'a', kind: 'configmaps', retryAfterSeconds: 1 })
  }
  await ask(`DELETE ${maps}/a`)
  assert.equal((await ask(`POST ${maps}`, named)).body.message, `object is being deleted: ${taken}`)
})

test('a dry run answers as if, and stores nothing', async () => {
  const { ask, store } = await start()
  await ask(`POST ${maps}`, map('a'))
  const { revision } = store
  assert.equal((await ask(`POST ${maps}?dryRun=All`, map('b'))).status, 201)
  assert.equal((await ask(`PATCH ${maps}/a?dryRun=All`, { data: { x: '1' } })).body.data.x, '1')
  assert.equal((await ask(`DELETE ${maps}/a?dryRun=All`)).status, 200)
  assert.equal((await ask(`DELETE ${maps}/a`, { dryRun: ['All'] })).status, 200)
  assert.equal((await ask(`DELETE ${maps}?dryRun=All`)).status, 200)
  assert.equal(store.revision, revision)
})

test('a write that names an old version is a conflict; one that names none is not', async () => {
  const { ask } = await start()
  const { body: made } = await ask(`POST ${maps}`, map('a'))
  await ask(`PATCH ${maps}/a`, { data: { x: '1' } })
  const late = await ask(`PUT ${maps}/a`, map('a', { resourceVersion: made.metadata.resourceVersion }))
  assert.equal(late.status, 409)
  assert.equal(late.body.message, 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again')
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { resourceVersion: made.metadata.resourceVersion } })).status, 409)
  assert.equal((await ask(`PUT ${maps}/a`, map('a'))).status, 200)
})

test('version 0 names no version', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a', { resourceVersion: '0' }))
  assert.equal((await ask(`PUT ${maps}/a`, { ...map('a', { resourceVersion: '0' }), data: { k: '1' } })).status, 200)
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { resourceVersion: '0' }, data: { k: '2' } })).status, 200)
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' } as object }
  await ask(`POST ${leases}`, lease)
  const bare = await ask(`PUT ${leases}/l`, { ...lease, metadata: { name: 'l', resourceVersion: '0' } })
  assert.equal(bare.body.message, 'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update')
})

test('writers that race with patches all get through', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a'))
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(`PATCH ${maps}/a`, { data: { [`k${i}`]: '1' } })))
  assert.deepEqual(answers.map((a) => a.status), Array.from({ length: 10 }, () => 200))
  assert.equal(Object.keys((await ask(`GET ${maps}/a`)).body.data).length, 10)
})

test('a write that changes nothing makes no new version', async () => {
  const { ask, clock } = await start()
  const { body: made } = await ask(`POST ${maps}`, { ...map('a'), data: { k: '1' } })
  clock.pass(60_000)
  assert.equal((await ask(`PUT ${maps}/a`, { ...map('a'), data: { k: '1' } })).body.metadata.resourceVersion, made.metadata.resourceVersion)
  assert.equal((await ask(`PATCH ${maps}/a`, {})).body.metadata.resourceVersion, made.metadata.resourceVersion)
})

test('an empty list where the store keeps none is no change', async () => {
  const { ask } = await start()
  const slices = '/apis/discovery.k8s.io/v1/namespaces/n/endpointslices', slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 's' }, addressType: 'IPv4', endpoints: [], ports: [] }
  const { body: made } = await ask(`POST ${slices}`, slice)
  assert.deepEqual([made.endpoints, made.metadata.generation], [null, 1])
  const { body: same } = await ask(`PUT ${slices}/s`, slice)
  assert.deepEqual([same.metadata.generation, same.metadata.resourceVersion], [1, made.metadata.resourceVersion])
  assert.equal((await ask(`PUT ${slices}/s`, { ...slice, endpoints: [{ addresses: ['10.0.0.1'] }] })).body.metadata.generation, 2)
})

test('status and the rest are written apart, and generation counts changes of spec', async () => {
  const { ask } = await start()
  const deployments = '/apis/apps/v1/namespaces/n/deployments'
  const spec = { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } }
  const made = await ask(`POST ${deployments}`, { metadata: { name: 'd' }, spec, status: { replicas: 9 } })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.body.status, {})
  assert.equal(made.body.metadata.generation, 1)
  assert.equal((await ask(`PATCH ${deployments}/d`, { spec: { replicas: 3 }, status: { replicas: 9 } })).body.metadata.generation, 2)
  const { body } = await ask(`PATCH ${deployments}/d/status`, { spec: { replicas: 5 }, status: { replicas: 7, observedGeneration: 2 } })
  assert.equal(body.spec.replicas, 3)
  assert.equal(body.status.replicas, 7)
  assert.equal(body.metadata.generation, 2)
  assert.deepEqual((await ask(`GET ${deployments}/d/scale`)).body.status, { replicas: 7, selector: 'a=b' })
  assert.equal((await ask(`PATCH ${deployments}/d/scale`, { spec: { replicas: 4 } })).body.spec.replicas, 4)
  assert.equal((await ask(`GET ${deployments}/d`)).body.spec.replicas, 4)
})

test('admission may change what is written and refuse it, also when the write is tried again', async () => {
  const seen: string[] = []
  const plugin: AdmissionPlugin = {
    name: 'Test', handles: (_operation, kind) => kind === configMap,
    mutate({ operation, object }) { seen.push(operation); if (object) object.metadata.labels = { touched: 'yes' } },
    validate({ object }) { if (object?.data && (object.data as Body).bad) throw new Error('refused by the test') },
  }
  const { ask } = await start({ admission: [plugin] })
  assert.deepEqual((await ask(`POST ${maps}`, map('a'))).body.metadata.labels, { touched: 'yes' })
  const refused = await ask(`PATCH ${maps}/a`, { data: { bad: '1' } })
  assert.equal(refused.status, 500)
  assert.equal(refused.body.reason, 'InternalError')
  await ask(`DELETE ${maps}/a`)
  assert.deepEqual(seen, ['CREATE', 'UPDATE', 'DELETE'])
})

test('a direct caller gets shared values, and a watch of them', async () => {
  const { ask, handler, objects } = await start()
  await ask(`POST ${maps}`, map('a'))
  const direct = (method: ApiRequest['method'], path: string, query = '', body?: object) =>
    handler({ method, path, query, headers: {}, body: body && { object: body }, direct: true, user: { name: 'me', groups: [] } })
  const read = await direct('GET', `${maps}/a`)
  assert.equal(read.body.type === 'value' && read.body.value, objects.get(configMap, 'a', 'n'), 'the very object that the cache holds')
  const watch = await direct('GET', maps, 'watch=1')
  const events: WatchEvent[] = []
  assert.equal(watch.body.type, 'watch')
  if (watch.body.type === 'watch') watch.body.open({ event: (e) => { events.push(e) }, end() {} })
  const given = { metadata: { name: 'b' }, data: { x: '1' } }
  const made = await direct('POST', maps, '', given)
  assert.deepEqual(given, { metadata: { name: 'b' }, data: { x: '1' } }, 'what is given is never changed')
  assert.deepEqual(events.map((e) => `${e.type} ${e.object.metadata.name}`), ['ADDED a', 'ADDED b'])
  assert.equal(made.body.type === 'value' && made.body.value, events[1]!.object)
})

test('a write that means an object which is not there: a conflict where it could make one, else it is not found', async () => {
  const { ask } = await start()
  const uid = '88e00824-7f0e-11e8-94a1-c8d3ffb15800', apply = { 'content-type': 'application/apply-patch+yaml' }
  const put = await ask('PUT /apis/coordination.k8s.io/v1/namespaces/n/leases/a', { metadata: { name: 'a', uid } })
  assert.deepEqual([put.status, put.body.message], [409, `Operation cannot be fulfilled on leases.coordination.k8s.io "a": StorageError: invalid object, Code: 4, Key: /registry/leases/n/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: `])
  const applied = await ask(`PATCH ${maps}/a?fieldManager=m`, map('a', { uid }), apply)
  assert.deepEqual([applied.status, applied.body.message], [409, `Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid ${uid}, and no existing object was found`])
  for (const meta of [{}, { uid }]) assert.equal((await ask(`PUT ${maps}/a`, map('a', meta))).status, 404)
})

test('an applied configuration that is none, or of values that its kind does not take, is refused', async () => {
  const { ask } = await start()
  const apply = { 'content-type': 'application/apply-patch+yaml' }, pod = (more: object) => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i', ...more }] } })
  const none = (type: string) => [400, `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`]
  const odd = (why: string) => [500, `failed to convert new object (/a; /v1, Kind=Pod) to proper version: unable to convert unstructured object to /v1, Kind=Pod: ${why}`]
  for (const [body, wanted] of [
    ['[]', none('array')], ['"x"', none('string')], ['3', none('number')], ['true', none('bool')], ['', [400, 'invalid object type: /, Kind=']], ['null', [400, 'invalid object type: /, Kind=']],
    [pod({ resources: { limits: { cpu: 'lots' } } }), odd("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")],
    [pod({ livenessProbe: { httpGet: { port: true } } }), odd('json: cannot unmarshal bool into Go value of type int32')],
    [pod({ livenessProbe: { periodSeconds: 1.5 } }), odd('cannot convert float64 to int32')],
  ] as const) {
    const answer = await ask('PATCH /api/v1/namespaces/n/pods/a?fieldManager=m', body, apply)
    assert.deepEqual([answer.status, answer.body.message], wanted, body)
  }
})

test('owners given twice are told and dropped; others of the same uid stay', async () => {
  const plugin: AdmissionPlugin = { name: 'Test', handles: (_operation, kind) => kind === configMap, mutate({ object }) { if (object?.data?.more) object.metadata.ownerReferences = [owner('3'), owner('3')] } }
  const { ask } = await start({ admission: [plugin] })
  const owner = (uid: string, name = 'o') => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })
  const told = (uids: string, after = '') => [`299 - ".metadata.ownerReferences contains duplicate entries${after}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: [${uids}]"`]
  const late = ' after mutating admission happens', owners = [owner('1'), owner('1'), owner('2'), owner('2', 'p'), owner('1')], left = [owner('1'), owner('2'), owner('2', 'p')]
  for (const [line, body, warning, wanted] of [
    [`POST ${maps}`, map('a', { ownerReferences: owners }), told('1 1'), left],
    [`PUT ${maps}/a`, map('a', { ownerReferences: owners }), told('1 1'), left],
    [`PATCH ${maps}/a`, { metadata: { ownerReferences: owners } }, told('1 1', late), left],
    [`PATCH ${maps}/a`, { data: { more: '1' } }, told('3', late), [owner('3')]],
    [`PUT ${maps}/a`, map('a', { ownerReferences: [owner('4')] }), undefined, [owner('4')]],
  ] as const) {
    const answer = await ask(line, body)
    assert.deepEqual([answer.headers.warning, answer.body.metadata.ownerReferences], [warning, wanted], line)
  }
})

test('who applies a status owns nothing that a status write puts back', async () => {
  const { ask } = await start(), apply = { 'content-type': 'application/apply-patch+yaml' }
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const metadata = { name: 'x', labels: { l: '1' }, annotations: { a: '1' } }
  for (const [resource, apiVersion, kind, spec, status, own] of [
    ['namespaces/n/deployments', 'apps/v1', 'Deployment', { selector: { matchLabels: { a: 'b' } }, template }, { replicas: 1 }, { 'f:annotations': { 'f:a': {} } }],
    ['namespaces/n/statefulsets', 'apps/v1', 'StatefulSet', { selector: { matchLabels: { a: 'b' } }, serviceName: 's', template }, { replicas: 1 }, { 'f:annotations': { 'f:a': {} }, 'f:labels': { 'f:l': {} } }],
    ['volumeattachments', 'storage.k8s.io/v1', 'VolumeAttachment', { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v' } }, { attached: true }, undefined],
    ['flowschemas', 'flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', { priorityLevelConfiguration: { name: 'p' } }, { conditions: [{ type: 'T' }] }, undefined],
  ] as const) {
    const path = `/apis/${apiVersion}/${resource}`
    assert.equal((await ask(`POST ${path}`, { metadata: { name: 'x' }, spec })).status, 201, kind)
    const { body } = await ask(`PATCH ${path}/x/status?fieldManager=m`, { apiVersion, kind, metadata, status }, apply)
    const mine = body.metadata.managedFields.find((m: { manager: string }) => m.manager === 'm')
    assert.deepEqual([mine.subresource, mine.fieldsV1['f:metadata'], Object.keys(mine.fieldsV1).includes('f:status')], ['status', own, true], kind)
    assert.deepEqual([Object.keys(body.metadata.labels ?? {}), Object.keys(body.metadata.annotations ?? {})], [own && 'f:labels' in own ? ['l'] : [], own ? ['a'] : []], kind)
  }
})
