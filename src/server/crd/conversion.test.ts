import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded, silent, type LooseObject } from '#machinery'
import { validatingAdmissionPolicyPlugin } from '../admission/policy-validating.ts'
import type { Outbound } from '../outbound.ts'
import { collect, start, type Body } from '../contract-kit.ts'
import { Tracer, type FinishedSpan } from '../tracing/span.ts'
import { definition, definitions, established, version, when, widget, widgets } from './contract-kit.ts'

interface Review { readonly apiVersion: string; readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly (LooseObject & { spec: { host?: string; port?: string; address?: string } })[] } }
type Answer = (review: Review) => object
/** v1 says host and port, v2 says address. */
const convert: Answer = ({ apiVersion, request: { uid, desiredAPIVersion, objects } }) => ({
  apiVersion, kind: 'ConversionReview',
  response: { uid, result: { status: 'Success' }, convertedObjects: objects.map((object) => {
    const [host = '', port = ''] = (object.spec.address ?? '').split(':')
    return { ...object, apiVersion: desiredAPIVersion, spec: desiredAPIVersion.endsWith('v2') ? { address: `${object.spec.host}:${object.spec.port}` } : { host, port } }
  }) },
})
const v2 = '/apis/x.example/v2/namespaces/n/widgets'
const text = { type: 'string' }
const versions = (storage = 'v1') => [version({ host: text, port: text }, {}, { name: 'v1', storage: storage === 'v1' }), version({ address: text }, {}, { name: 'v2', storage: storage === 'v2' })]
const conversion = (reviews = ['v1']) => ({ conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://converter.example/convert' }, conversionReviewVersions: reviews } } })

async function started(answer: Answer | (() => Promise<never>) = convert, reviews?: string[], more: Parameters<typeof start>[0] = {}) {
  const asked: Review[] = [], urls: string[] = []
  let answering = answer, gate = Promise.resolve()
  const outboundWaits = () => { const { promise, resolve } = Promise.withResolvers<void>(); gate = promise; return resolve }
  const outbound: Outbound = async ({ url, body }) => {
    const review = JSON.parse(new TextDecoder().decode(body)) as Review
    asked.push(review)
    urls.push(url)
    await gate
    return { status: 200, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(JSON.stringify(await answering(review))) }
  }
  const server = await start({ outbound, ...more })
  await established(server.ask, definition(versions(), conversion(reviews)))
  return { ...server, asked, urls, outboundWaits, answerWith: (other: Answer) => { answering = other } }
}

test('objects are kept in the storage version and shown in the one asked for', async () => {
  const { ask, asked, urls } = await started()
  assert.equal((await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))).status, 201)
  assert.equal(asked.length, 0)
  const { body } = await ask(`GET ${v2}/a`)
  assert.deepEqual([body.apiVersion, body.spec], ['x.example/v2', { address: 'h:1' }])
  assert.deepEqual([asked[0]!.apiVersion, asked[0]!.request.desiredAPIVersion, asked[0]!.request.objects.length, urls[0]], ['apiextensions.k8s.io/v1', 'x.example/v2', 1, 'https://converter.example/convert?timeout=30s'])
  await ask(`GET ${v2}/a`)
  assert.equal(asked.length, 1, 'the same version of an object is converted once')
  assert.equal((await ask(`POST ${v2}`, { ...widget('b', { address: 'i:2' }), apiVersion: 'x.example/v2' })).body.spec.address, 'i:2')
  assert.deepEqual((await ask(`GET ${widgets}/b`)).body.spec, { host: 'i', port: '2' })
  assert.deepEqual((await ask(`PATCH ${v2}/a`, { spec: { address: 'j:3' } })).body.spec, { address: 'j:3' })
  assert.deepEqual((await ask(`GET ${widgets}`)).body.items.map((i: Body) => [i.apiVersion, i.spec]), [['x.example/v1', { host: 'j', port: '3' }], ['x.example/v1', { host: 'i', port: '2' }]])
  assert.deepEqual((await ask(`GET ${v2}`)).body.items.map((i: Body) => i.spec.address), ['j:3', 'i:2'])
})

test('a patch that says another version is read as that one, and answered in the one asked for', async () => {
  const { ask, answerWith } = await started()
  await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
  const merged = await ask(`PATCH ${widgets}/a`, { apiVersion: 'x.example/v2', spec: { host: null, port: null, address: 'j:3' } })
  assert.deepEqual([merged.status, merged.body.apiVersion, merged.body.spec], [200, 'x.example/v1', { host: 'j', port: '3' }], merged.text)
  const json = { 'content-type': 'application/json-patch+json' }
  const replaced = await ask(`PATCH ${v2}/a`, [{ op: 'replace', path: '/apiVersion', value: 'x.example/v1' }, { op: 'replace', path: '/spec', value: { host: 'k', port: '4' } }], json)
  assert.deepEqual([replaced.body.apiVersion, replaced.body.spec], ['x.example/v2', { address: 'k:4' }], replaced.text)
  for (const [apiVersion, why] of [['x.example/v9', 'request to convert CR from an invalid group/version: x.example/v9'], ['y.example/v1', 'y.example/v1, Kind=Widget is unstructured and is not suitable for converting to "x.example/v1"']] as const) {
    const { status, body } = await ask(`PATCH ${widgets}/a`, { apiVersion })
    assert.equal(status, 422)
    assert.match(body.message, /^ "" is invalid: patch: Invalid value: "\{.*\}": /)
    assert.ok(body.message.endsWith(`: ${why}`), body.message)
  }
  answerWith(({ apiVersion, request: { uid } }) => ({ apiVersion, kind: 'ConversionReview', response: { uid, result: { status: 'Failure', message: 'no' } } }))
  assert.match((await ask(`PATCH ${widgets}/a`, { apiVersion: 'x.example/v2', spec: { address: 'j:9' } })).body.message, /: conversion webhook for x.example\/v2, Kind=Widget failed: no$/)
})
test('versions that differ by name alone are relabelled', async () => {
  const { ask } = await start()
  await established(ask, definition([version({ a: text, only1: text }, {}, { name: 'v1' }), version({ a: text, only2: text, given: { ...text, default: 'two' } }, {}, { name: 'v2', storage: false })]))
  await ask(`POST ${widgets}`, widget('a', { a: '1', only1: 'x' }))
  const { status, body, headers } = await ask(`PATCH ${widgets}/a`, { apiVersion: 'x.example/v2', spec: { a: '2', only2: 'y' } })
  assert.deepEqual([status, body.apiVersion, body.spec], [200, 'x.example/v1', { a: '2' }])
  assert.deepEqual(headers.warning, ['299 - "unknown field \\"spec.only1\\""'])
})

test('parameters of policies are converted to the version that the policy names', async () => {
  const outbound: Outbound = async ({ body }) => ({ status: 200, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(JSON.stringify(await convert(JSON.parse(new TextDecoder().decode(body)) as Review))) })
  const { ask } = await start({ outbound, admission: [validatingAdmissionPolicyPlugin()] })
  await established(ask, definition(versions(), conversion()))
  await ask(`POST ${widgets}`, widget('p', { host: 'h', port: '1' }))
  const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic', rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }]
  assert.equal((await ask(`POST ${policies}ies`, { metadata: { name: 'v' }, spec: { paramKind: { apiVersion: 'x.example/v2', kind: 'Widget' }, matchConstraints: { resourceRules: rules }, validations: [{ expression: 'object.data.address == params.spec.address' }] } })).status, 201)
  assert.equal((await ask(`POST ${policies}ybindings`, { metadata: { name: 'v' }, spec: { policyName: 'v', validationActions: ['Deny'], paramRef: { name: 'p', namespace: 'n', parameterNotFoundAction: 'Deny' } } })).status, 201)
  await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  const made = async (name: string, address: string) => (await ask('POST /api/v1/namespaces/n/configmaps', { metadata: { name }, data: { address } })).status
  assert.deepEqual([await made('a', 'h:1'), await made('b', 'h:2')], [201, 422])
})

test('a watch that waits for a conversion while its definition changes ends instead of following what is not served any more', async () => {
  const { ask, send, outboundWaits } = await started()
  await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
  const release = outboundWaits()
  const watcher = collect(await send(`GET ${v2}?watch=1`))
  const { body } = await ask(`GET ${definitions}/widgets.x.example`)
  assert.equal((await ask(`PUT ${definitions}/widgets.x.example`, { ...body, spec: { ...body.spec, versions: versions().map((each) => ({ ...each, served: each.name === 'v1' })) } })).status, 200)
  assert.equal((await ask(`GET ${v2}`)).status, 404)
  release()
  for (let turn = 0; turn < 50 && !watcher.isEnded(); turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([watcher.isEnded(), watcher.events.length], [true, 0])
})

test('watches show events in their version, in order', async () => {
  const { ask, send } = await started()
  await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
  const watcher = collect(await send(`GET ${v2}?watch=1`))
  for (let turn = 0; turn < 50 && watcher.events.length === 0; turn++) await new Promise((resolve) => setImmediate(resolve))
  await ask(`POST ${widgets}`, widget('b', { host: 'i', port: '2' }))
  await ask(`DELETE ${widgets}/a`)
  for (let turn = 0; turn < 50 && watcher.events.length < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(watcher.events.map((e) => [e.type, e.object.metadata.name, e.object.spec.address]), [['ADDED', 'a', 'h:1'], ['ADDED', 'b', 'i:2'], ['DELETED', 'a', 'h:1']])
})

test('what was kept in another version than today is converted', async () => {
  const { ask, asked } = await started()
  await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
  const { body } = await ask(`PATCH ${definitions}/widgets.x.example`, { spec: { versions: versions('v2') } })
  assert.deepEqual(body.status.storedVersions, ['v1', 'v2'])
  assert.deepEqual((await ask(`GET ${widgets}/a`)).body.spec, { host: 'h', port: '1' })
  assert.equal(asked.length, 0, 'it was written as v1')
  assert.deepEqual((await ask(`GET ${v2}/a`)).body.spec, { address: 'h:1' })
})

for (const [how, more, spec] of [['by a webhook', conversion(), { address: 'h:1' }], ['by nobody', {}, {}]] as const) test(`what was kept in another version than today is kept in today's once it is written, though unchanged: converted ${how}`, async () => {
  const { ask } = await started()
  await established(ask, { ...definition(versions(), more), metadata: { name: 'gadgets.x.example' }, spec: { ...definition(versions(), more).spec, names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget' } } })
  const gadgets = widgets.replace('widgets', 'gadgets'), path = `${definitions}/gadgets.x.example`
  await ask(`POST ${gadgets}`, { ...widget('a', { host: 'h', port: '1' }), kind: 'Gadget' })
  const patch = async () => (await ask(`PATCH ${gadgets}/a`, {})).body.metadata.resourceVersion as string
  const before = await patch()
  await ask(`PATCH ${path}`, { spec: { versions: versions('v2') } })
  const after = await patch()
  assert.notEqual(after, before)
  assert.equal(await patch(), after)
  // Nobody can tell any more what the old version said.
  await ask(`PATCH ${path}/status`, { status: { storedVersions: ['v2'] } })
  assert.equal((await ask(`PATCH ${path}`, { spec: { versions: versions('v2').slice(1) } })).status, 200)
  const { body } = await ask(`GET ${gadgets.replace('/v1/', '/v2/')}/a`)
  assert.deepEqual([body.apiVersion, body.spec, body.metadata.resourceVersion], ['x.example/v2', spec, after])
})

const about = 'conversion webhook for x.example/v1, Kind=Widget'
const altered = (change: (object: Body) => Body): Answer => (review) => { const answer = convert(review) as Body; return { ...answer, response: { ...answer.response, convertedObjects: answer.response.convertedObjects.map(change) } } }
for (const [promise, answer, message] of [
  ['a webhook that cannot be reached', async () => { throw new Error('dial tcp 1.2.3.4:443: connect: connection refused') }, `${about} failed: Post "https://converter.example/convert?timeout=30s": dial tcp 1.2.3.4:443: connect: connection refused`],
  ['a webhook that refuses', ({ apiVersion, request }) => ({ apiVersion, kind: 'ConversionReview', response: { uid: request.uid, result: { status: 'Failed', message: 'no way' } } }), `${about} failed: no way`],
  ['a webhook that does not say that it succeeded', ({ apiVersion, request }) => ({ apiVersion, kind: 'ConversionReview', response: { uid: request.uid } }), `${about} failed: response.result.status was '', not 'Success'`],
  ['an answer to another question', ({ apiVersion }) => ({ apiVersion, kind: 'ConversionReview', response: { uid: 'x', result: { status: 'Success' } } }), /failed: expected response\.uid="[^"]+", got "x"$/],
  ['an answer of another type', () => ({ apiVersion: 'v1', kind: 'Pod' }), `${about} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got /v1, Kind=Pod`],
  ['no answer', ({ apiVersion }) => ({ apiVersion, kind: 'ConversionReview' }), `${about} failed: no response provided`],
  ['too few objects', ({ apiVersion, request }) => ({ apiVersion, kind: 'ConversionReview', response: { uid: request.uid, result: { status: 'Success' }, convertedObjects: [] } }), `${about} returned 0 objects, expected 1`],
  ['another version than asked for', altered((o) => ({ ...o, apiVersion: 'x.example/v3' })), `${about} returned invalid object at index 0: invalid groupVersion (expected x.example/v2, received x.example/v3)`],
  ['another kind', altered((o) => ({ ...o, kind: 'Gadget' })), `${about} returned invalid object at index 0: invalid kind (expected Widget, received Gadget)`],
  ['another name', altered((o) => ({ ...o, metadata: { ...o.metadata, name: 'z' } })), `${about} returned invalid object: must have the same name: a != z`],
  ['another namespace', altered((o) => ({ ...o, metadata: { ...o.metadata, namespace: 'z' } })), `${about} returned invalid object: must have the same namespace: n != z`],
  ['another uid', altered((o) => ({ ...o, metadata: { ...o.metadata, uid: 'z' } })), /returned invalid object: must have the same UID: \S+ != z$/],
  ['labels that are none', altered((o) => ({ ...o, metadata: { ...o.metadata, labels: { a: 5 } } })), `${about} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`],
  ['labels that may not be', altered((o) => ({ ...o, metadata: { ...o.metadata, labels: { a: '?' } } })), /returned invalid metadata: metadata\.labels: Invalid value: "\?": a valid label must be/],
] as [string, Answer, string | RegExp][])
  test(promise, async () => {
    const { ask } = await started(answer)
    await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
    const { status, body } = await ask(`GET ${v2}/a`)
    assert.equal(status, 500)
    if (typeof message === 'string') assert.equal(body.message, message)
    else assert.match(body.message, message)
  })

test('labels and annotations are what the webhook says, all other metadata stays', async () => {
  const { ask } = await started(altered((o) => ({ ...o, metadata: { ...o.metadata, labels: { new: 'l' }, finalizers: ['z/z'], creationTimestamp: null } })))
  const { body: made } = await ask(`POST ${widgets}`, { ...widget('a', { host: 'h', port: '1' }), metadata: { name: 'a', labels: { old: 'l' }, annotations: { k: 'v' } } })
  const { metadata } = (await ask(`GET ${v2}/a`)).body
  assert.deepEqual([metadata.labels, metadata.annotations, metadata.finalizers, metadata.creationTimestamp], [{ new: 'l' }, { k: 'v' }, undefined, made.metadata.creationTimestamp])
})

test('the first review version that is known is spoken', async () => {
  const { ask, asked, answerWith } = await started(convert, ['v2', 'v1beta1', 'v1'])
  answerWith(({ request }) => ({ response: { ...(convert({ apiVersion: '', request }) as Body).response, uid: 'whatever' } }))
  await ask(`POST ${widgets}`, widget('a', { host: 'h', port: '1' }))
  assert.deepEqual((await ask(`GET ${v2}/a`)).body.spec, { address: 'h:1' })
  assert.equal(asked[0]!.apiVersion, 'apiextensions.k8s.io/v1beta1')
})

test('a definition that goes takes objects of every version with it', async () => {
  const { ask } = await started()
  await ask(`POST ${v2}`, { ...widget('b', { address: 'i:2' }), apiVersion: 'x.example/v2' })
  await ask(`DELETE ${definitions}/widgets.x.example`)
  await when(ask, `${definitions}/widgets.x.example`, (_, status) => status === 404)
})

test('calls are counted by what came of them, are in the log when they are slow, and in traces of their own', async () => {
  const said: string[] = [], spans: FinishedSpan[] = [], log = { ...silent, info: (message: string) => { said.push(message) }, named: () => log }
  const { ask, answerWith, outboundWaits, clock } = await started(convert, undefined, { log, tracer: new Tracer({ sink: (span) => { spans.push(span) }, random: seeded(4), ratePerMillion: 1_000_000 }) })
  for (const name of ['a', 'b', 'c']) await ask(`POST ${widgets}`, widget(name, { host: 'h', port: '1' }))
  assert.equal((await ask(`GET ${v2}/a`)).status, 200)
  assert.deepEqual(said.filter((line) => line.includes('conversion')), [])
  const go = outboundWaits(), slow = ask(`GET ${v2}/b`)
  await new Promise(setImmediate)
  clock.pass(60)
  go()
  assert.equal((await slow).status, 200)
  const block = said.find((line) => line.includes('Call conversion webhook'))!
  assert.match(block, /^Trace\[\d+\]: "Call conversion webhook" custom-resource-definition:widgets\.x\.example,desired-api-version:x\.example\/v2,object-count:1,UID:[0-9a-f-]{36} \(01-Jan-2026 00:00:00\.000\) \(total time: 60ms\):\nTrace\[\d+\]: ---"Request completed" 60ms \(00:00:00\.060\)\n/)
  answerWith(({ request: { uid } }) => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { uid, result: { status: 'Success' }, convertedObjects: [] } }))
  assert.equal((await ask(`GET ${v2}/c`)).status, 500)
  answerWith(() => ({ kind: 'Nonsense' }))
  assert.equal((await ask(`GET ${v2}/c`)).status, 500)
  const { text: shown } = await ask('GET /metrics')
  for (const [result, failure, times] of [['success', '', 2], ['failure', 'conversion_webhook_partial_response_failure', 1], ['failure', 'conversion_webhook_malformed_response_failure', 1]])
    assert.ok(shown.includes(`apiserver_conversion_webhook_request_total{failure_type="${failure}",result="${result}"} ${times}\n`), String(failure))
  assert.ok(shown.includes('apiserver_crd_conversion_webhook_duration_seconds_count{crd_name="widgets.x.example",from_version="v1",succeeded="true",to_version="v2"} 2\n'))
  const calls = spans.filter(({ kind }) => kind === 'client')
  assert.deepEqual([calls.length, calls[0]!.name, calls[0]!.parentId], [4, 'HTTP POST', ''])
})
