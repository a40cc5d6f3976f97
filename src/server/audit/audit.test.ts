// What the server writes down of requests: which events, with which members, in which order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type User } from '#machinery'
import type { AdmissionPlugin } from '../admission/admission.ts'
import type { Authorizer } from '../authz/authz.ts'
import { collect, map, maps, start, type Body } from '../contract-kit.ts'
import { Auditor } from './auditor.ts'
import { eventJson, legacyLine, type AuditEvent } from './event.ts'
import { parsePolicy } from './policy.ts'
import { Metrics } from '../metrics/metrics.ts'

async function audited(rules: string, more: { authorizer?: Authorizer; users?: Record<string, User>; admission?: readonly AdmissionPlugin[]; strict?: true } = {}) {
  const metrics = new Metrics(), events: AuditEvent[] = []
  let full = false
  const auditor = new Auditor(parsePolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${rules}`, () => {}), metrics, 'kube-apiserver/v1')
  auditor.add({ name: 'log', process: (event) => { if (!full) events.push(event); return !full }, close: async () => {} })
  const { authorizer, ...rest } = more
  const server = await start({ auditor, metrics, ...rest, ...(authorizer && { authorizer: () => authorizer }) })
  const seen = (): Body[] => events.splice(0).map((event) => JSON.parse(eventJson(event, 'audit.k8s.io/v1')) as Body)
  return { ...server, events, seen, fill: () => { full = true } }
}
const all = (level: string, more = '') => `rules: [{level: ${level}${more}}]`
const keys = (event: Body) => Object.keys(event)

test('a GET is one line at each stage, with exactly the reference\'s members in its order', async () => {
  const { ask, seen } = await audited(all('Metadata', ', omitStages: [RequestReceived]'), { users: { tok: { name: 'jane', uid: '7', groups: ['devs'] } } })
  await ask(`GET ${maps}/none`, undefined, { authorization: 'Bearer tok', 'audit-id': 'a1', 'x-forwarded-for': '10.1.1.1, nonsense' })
  const [event, ...others] = seen()
  assert.equal(others.length, 0)
  assert.deepEqual(keys(event!), ['kind', 'apiVersion', 'level', 'auditID', 'stage', 'requestURI', 'verb', 'user', 'sourceIPs', 'userAgent', 'objectRef', 'responseStatus', 'requestReceivedTimestamp', 'stageTimestamp', 'annotations'])
  assert.match(event!.stageTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  const { requestReceivedTimestamp: _r, stageTimestamp: _s, ...rest } = event!
  assert.deepEqual(rest, {
    kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: 'a1', stage: 'ResponseComplete', requestURI: `${maps}/none`, verb: 'get',
    user: { username: 'jane', uid: '7', groups: ['devs', 'system:authenticated'] }, sourceIPs: ['10.1.1.1', '192.0.2.7'], userAgent: 'test/1', objectRef: { resource: 'configmaps', namespace: 'n', name: 'none', apiVersion: 'v1' },
    responseStatus: { metadata: {}, status: 'Failure', message: 'configmaps "none" not found', reason: 'NotFound', details: { name: 'none', kind: 'configmaps' }, code: 404 },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  })
})

test('the server names itself in what it asks of itself', async () => {
  const { handler, seen } = await audited(all('Metadata', ', omitStages: [RequestReceived]'))
  for (const headers of [{}, { 'user-agent': 'controller/1' }] as Record<string, string>[]) await handler({ method: 'GET', path: maps, query: '', headers, body: undefined, user: { name: 'system:apiserver', groups: ['system:masters'] }, direct: true })
  assert.deepEqual(seen().map(({ userAgent, sourceIPs }) => [userAgent, sourceIPs]), [['kube-apiserver/v1', ['::1']], ['controller/1', ['::1']]])
})

test('a create names its object at every level; bodies are written from Request on, answers from RequestResponse on', async () => {
  for (const [level, request, response] of [['Metadata', false, false], ['Request', true, false], ['RequestResponse', true, true]] as const) {
    const { ask, seen } = await audited(all(level))
    await ask(`POST ${maps}?fieldManager=me`, { ...map('a'), data: { a: 'b' } })
    const [received, complete] = seen()
    assert.equal(received!.stage, 'RequestReceived')
    assert.deepEqual(received!.objectRef, { resource: 'configmaps', namespace: 'n', apiVersion: 'v1' })
    assert.equal(received!.requestReceivedTimestamp, received!.stageTimestamp)
    assert.equal(received!.responseStatus, undefined)
    assert.deepEqual(complete!.objectRef, { resource: 'configmaps', namespace: 'n', name: 'a', apiVersion: 'v1' })
    assert.deepEqual(complete!.responseStatus, { metadata: {}, code: 201 })
    assert.deepEqual(complete!.requestObject, request ? { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { a: 'b' } } : undefined)
    assert.equal(complete!.responseObject?.metadata.managedFields?.[0].manager, response ? 'me' : undefined)
    if (request) assert.deepEqual(Object.keys(complete!.requestObject as object).slice(0, 3), ['kind', 'apiVersion', 'metadata'])
  }
})

test('managed fields are left out where the policy says so, of objects, lists and tables', async () => {
  const { ask, seen } = await audited(`omitManagedFields: true\n${all('RequestResponse', ', omitStages: [RequestReceived]')}`)
  await ask(`POST ${maps}`, map('a'))
  await ask(`GET ${maps}`)
  await ask(`GET ${maps}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  const [made, listed, shown] = seen()
  assert.equal(made!.responseObject.metadata.managedFields, undefined)
  assert.equal(listed!.responseObject.items[0].metadata.managedFields, undefined)
  assert.equal(listed!.responseObject.items[0].metadata.name, 'a')
  assert.equal(shown!.responseObject.kind, 'Table')
  assert.equal(shown!.responseObject.rows[0].object.metadata.managedFields, undefined)
})

test('answers in YAML and protobuf are written down as JSON', async () => {
  const { ask, seen } = await audited(all('RequestResponse', ', omitStages: [RequestReceived]'))
  await ask(`POST ${maps}`, map('a'))
  await ask(`GET ${maps}/a`, undefined, { accept: 'application/yaml' })
  await ask(`GET ${maps}`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
  const [, yaml, protobuf] = seen()
  assert.equal(yaml!.responseObject.metadata.name, 'a')
  assert.deepEqual([protobuf!.responseObject.kind, protobuf!.responseObject.items[0].metadata.name], ['ConfigMapList', 'a'])
})

test('patches stand as they came, delete options by their inner name, updates with uid and version', async () => {
  const { ask, seen } = await audited(all('Request', ', omitStages: [RequestReceived]'))
  const { body: { metadata: { uid, resourceVersion } } } = await ask(`POST ${maps}`, map('a'))
  await ask(`PATCH ${maps}/a`, { data: { x: 'y' } })
  await ask(`PATCH ${maps}/a?fieldManager=me`, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {z: z}', { 'content-type': 'application/apply-patch+yaml' })
  await ask(`PUT ${maps}/a`, map('a', { uid, resourceVersion }))
  await ask(`DELETE ${maps}/a`, { propagationPolicy: 'Background' })
  await ask(`DELETE ${maps}`)
  const [, merge, apply, put, remove, collection] = seen()
  assert.deepEqual(merge!.requestObject, { data: { x: 'y' } })
  assert.deepEqual(apply!.requestObject, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { z: 'z' } })
  assert.deepEqual(put!.objectRef, { resource: 'configmaps', namespace: 'n', name: 'a', uid, apiVersion: 'v1', resourceVersion })
  assert.deepEqual(put!.responseStatus.reason, 'Conflict')
  assert.deepEqual(remove!.requestObject, { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal', propagationPolicy: 'Background' })
  assert.deepEqual(remove!.responseStatus, { metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid }, code: 200 })
  assert.deepEqual([collection!.verb, collection!.requestObject], ['deletecollection', undefined])
})

test('a watch has an event when it begins, and one when it ends', async () => {
  const { send, seen } = await audited(all('RequestResponse'))
  const watch = collect(await send(`GET ${maps}?watch=1`))
  assert.deepEqual(seen().map((e) => e.stage), ['RequestReceived', 'ResponseStarted'])
  watch.stop()
  const [end] = seen()
  assert.deepEqual([end!.stage, end!.verb, end!.responseStatus, end!.responseObject], ['ResponseComplete', 'watch', { metadata: {}, code: 200 }, undefined])
})

test('who may not is written down with the decision; whoever acts as another, beside him', async () => {
  const authorizer: Authorizer = { authorize: ({ user, verb }) => (user.name === 'boss' || verb === 'impersonate' ? { verdict: 'allow', reason: 'is the boss' } : { verdict: 'none', reason: 'not his' }) }
  const { ask, seen } = await audited(all('Metadata', ', omitStages: [RequestReceived]'), { authorizer, users: { tok: { name: 'boss', groups: [] }, jane: { name: 'jane', groups: [] } } })
  await ask(`GET ${maps}`, undefined, { authorization: 'Bearer jane' })
  await ask(`GET ${maps}`, undefined, { authorization: 'Bearer tok', 'impersonate-user': 'joe', 'impersonate-group': 'x' })
  const [denied, other] = seen()
  assert.deepEqual(denied!.annotations, { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': 'not his' })
  assert.deepEqual([denied!.responseStatus.reason, denied!.responseStatus.code], ['Forbidden', 403])
  assert.equal(other!.user.username, 'boss')
  assert.deepEqual(other!.impersonatedUser, { username: 'joe', groups: ['x', 'system:authenticated'] })
})

test('credentials that do not hold: one event, and nobody in it', async () => {
  const { ask, seen } = await audited(all('Metadata'), { users: {} })
  assert.equal((await ask(`GET ${maps}`, undefined, { authorization: 'Bearer wrong' })).status, 401)
  const [event, ...others] = seen()
  assert.equal(others.length, 0)
  assert.deepEqual([event!.stage, event!.user, event!.responseStatus], ['ResponseStarted', {}, { metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 }])
})

test('what plugins annotate is in the event, the first value of a key stays', async () => {
  const plugin: AdmissionPlugin = { name: 'P', handles: () => true, mutate({ annotate }) { annotate('p/a', '1'); annotate('p/a', '2') }, validate() { throw new ApiError('Forbidden', 'no') } }
  const { ask, seen } = await audited(all('Metadata', ', omitStages: [RequestReceived]'), { admission: [plugin] })
  await ask(`POST ${maps}`, map('a'))
  assert.equal(seen()[0]!.annotations['p/a'], '1')
})

test('something that should not happen is a panic', async () => {
  const plugin: AdmissionPlugin = { name: 'P', handles: () => true, mutate() { throw new TypeError('x is not a function') } }
  const { ask, seen } = await audited(all('Metadata', ', omitStages: [RequestReceived]'), { admission: [plugin] })
  await ask(`POST ${maps}`, map('a'))
  assert.deepEqual(seen().map((e) => [e.stage, e.responseStatus]), [['Panic', { metadata: {}, status: 'Failure', message: "APIServer panic'd: x is not a function", reason: 'InternalError', code: 500 }]])
})

test('a backend that must keep everything and cannot ends the request before it begins', async () => {
  const { ask, fill, store } = await audited(all('Metadata'))
  fill()
  const { revision } = store
  const answer = await ask(`POST ${maps}`, map('a'))
  assert.deepEqual([answer.status, answer.text, store.revision], [500, `Internal Server Error: "${maps}": failed to store audit event\n`, revision])
  assert.match((await ask('GET /metrics')).text, /Internal Server Error/)
})

test('level None writes nothing; the old line and the old version have what they had', async () => {
  const { ask, events } = await audited('rules: [{level: None, verbs: [list]}, {level: Metadata, omitStages: [RequestReceived]}]', { users: { tok: { name: 'jane', groups: ['a"b', 'c'] } } })
  await ask(`GET ${maps}`, undefined, { authorization: 'Bearer tok' })
  assert.equal(events.length, 0)
  await ask(`GET ${maps}/x`, undefined, { authorization: 'Bearer tok', 'audit-id': 'id' })
  assert.equal(legacyLine(events[0]!).replace(/^\S+/, 'T'), `T AUDIT: id="id" stage="ResponseComplete" ip="192.0.2.7" method="get" user="jane" groups="a\\"b","c","system:authenticated" as="<self>" asgroups=<lookup> user-agent="test/1" namespace="n" uri="${maps}/x" response="404"`)
  const old = JSON.parse(eventJson(events[0]!, 'audit.k8s.io/v1beta1')) as Body
  assert.deepEqual(keys(old).slice(0, 6), ['kind', 'apiVersion', 'metadata', 'level', 'timestamp', 'auditID'])
  assert.match(old.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})
