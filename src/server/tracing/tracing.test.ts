import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded, type User } from '#machinery'
import { map, maps, start } from '../contract-kit.ts'
import { readConfiguration } from '../configuration-file.ts'
import type { OutboundRequest } from '../outbound.ts'
import { admissionPlugins } from '../index.ts'
import { tracingConfiguration, tracingErrors } from './configuration.ts'
import { isChosen, parentOf, Tracer, type FinishedSpan } from './span.ts'

const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }, somebody: User = { name: 'ann', groups: ['system:authenticated'] }
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', unsampled = parent.replace(/01$/, '00')

async function followed(ratePerMillion: number, more: Parameters<typeof start>[0] = {}) {
  const spans: FinishedSpan[] = []
  const tracer = new Tracer({ sink: (span) => { spans.push(span) }, random: seeded(3), ratePerMillion })
  const server = await start({ ...more, tracer })
  return { ...server, spans, tree: () => spans.filter((s) => s.parentId === '' || !spans.some((o) => o.identity.spanId === s.parentId)).map((root) => treeOf(root, spans)) }
}
type Tree = string | [string, ...Tree[]]
function treeOf(span: FinishedSpan, all: readonly FinishedSpan[]): Tree {
  const children = all.filter((s) => s.parentId === span.identity.spanId).map((s) => treeOf(s, all))
  return children.length === 0 ? span.name : [span.name, ...children]
}
const attribute = ({ attributes }: FinishedSpan, name: string) => attributes.find(([n]) => n === name)?.[1]

test('a request of an administrator whose trace is sampled has the reference\'s spans, within the client\'s', async () => {
  const { ask, spans, tree } = await followed(0)
  assert.equal((await ask(`POST ${maps}`, map('a'), { traceparent: parent, 'audit-id': 'i1', host: 'kube:6443', ':path': maps }, admin)).status, 201)
  assert.deepEqual(tree(), [['POST /api/v1/namespaces/{:namespace}/configmaps', ['Create', 'Create etcd3', 'SerializeObject']]])
  const [root] = spans.slice(-1), work = spans.find((s) => s.name === 'Create')!, stored = spans.find((s) => s.name === 'Create etcd3')!, written = spans.find((s) => s.name === 'SerializeObject')!
  assert.deepEqual([root!.parentId, root!.identity.traceId, root!.kind], ['b7ad6b7169203331', '0af7651916cd43dd8448eb211c80319c', 'server'])
  assert.deepEqual(['http.target', 'audit-id', 'http.response.status_code', 'server.address', 'server.port', 'network.protocol.version', 'user_agent.original'].map((name) => attribute(root!, name)), [maps, 'i1', 201, 'kube', 6443, '2', 'test/1'])
  assert.deepEqual(['verb', 'resource', 'scope', 'url'].map((name) => attribute(work, name)), ['POST', 'configmaps', 'resource', maps])
  assert.deepEqual(['key', 'type', 'resource'].map((name) => attribute(stored, name)), ['/configmaps/n/a', '*core.ConfigMap', 'configmaps'])
  assert.deepEqual(['method', 'protocol', 'mediaType', 'encoder'].map((name) => attribute(written, name)),
    ['POST', 'HTTP/2.0', 'application/json', '{"encodeGV":"v1","encoder":"{\\"name\\":\\"json\\",\\"pretty\\":\\"false\\",\\"strict\\":\\"false\\",\\"yaml\\":\\"false\\"}","name":"versioning"}'])
  assert.deepEqual(work.events.map((e) => e.name), ['About to store object in database', 'Write to database call succeeded', 'Writing http response done'])
})

for (const [line, body, expected] of [
  [`GET ${maps}/a`, undefined, ['GET /api/v1/namespaces/{:namespace}/configmaps/{:name}', ['Get', 'cacher.Get', 'SerializeObject']]],
  [`GET ${maps}`, undefined, ['GET /api/v1/namespaces/{:namespace}/configmaps', ['List', 'cacher.GetList', 'SerializeObject']]],
  [`PUT ${maps}/a`, { ...map('a'), data: { k: 'v' } }, ['PUT /api/v1/namespaces/{:namespace}/configmaps/{:name}', ['Update', 'GuaranteedUpdate etcd3', 'SerializeObject']]],
  [`PATCH ${maps}/a`, { data: { k: 'v' } }, ['PATCH /api/v1/namespaces/{:namespace}/configmaps/{:name}', ['Patch', 'GuaranteedUpdate etcd3', 'SerializeObject']]],
  [`GET ${maps}/none`, undefined, ['GET /api/v1/namespaces/{:namespace}/configmaps/{:name}', ['Get', 'cacher.Get', 'SerializeObject']]],
  ['GET /apis/apps/v1/deployments', undefined, ['GET /apis/apps/v1/deployments', ['List', 'cacher.GetList', 'SerializeObject']]],
  ['GET /version', undefined, 'GET'],
] as const) test(`spans of ${line}`, async () => {
  const { ask, spans, tree } = await followed(1_000_000)
  await ask(`POST ${maps}`, map('a'), {}, admin)
  spans.length = 0
  await ask(line, body, {}, admin)
  assert.deepEqual(tree(), [expected])
})

for (const [what, ratePerMillion, user, traceparent, count, link] of [
  ['nobody is followed by chance, and no trace is named', 0, admin, undefined, 0, undefined],
  ['an administrator says that it is not to be followed', 1_000_000, admin, unsampled, 0, undefined],
  ['somebody says so, who does not decide', 1_000_000, somebody, unsampled, 1, '0af7651916cd43dd8448eb211c80319c'],
  ['somebody wants to be followed, who does not decide', 0, somebody, parent, 0, undefined],
  ['everybody is followed', 1_000_000, somebody, undefined, 1, undefined],
  ['a trace that does not hold is none', 0, admin, parent.replace('00-0a', '00-0A'), 0, undefined],
] as const) test(`whether a request is followed: ${what}`, async () => {
  const { ask, spans } = await followed(ratePerMillion)
  await ask('GET /version', undefined, traceparent === undefined ? {} : { traceparent }, user)
  assert.equal(spans.length, count)
  assert.equal(spans[0]?.link?.traceId, link)
  if (link !== undefined) assert.equal(spans[0]!.parentId, '')
})

test('a webhook is told within what it is asked', async () => {
  const asked: OutboundRequest[] = []
  const webhooks = {
    admission: (parts: Parameters<typeof admissionPlugins>[0]) => admissionPlugins(parts, {}).filter((p) => p.name === 'MutatingAdmissionWebhook'),
    outbound: async (request: OutboundRequest) => {
      asked.push(request)
      const { request: { uid } } = JSON.parse(new TextDecoder().decode(request.body)) as { request: { uid: string } }
      return { status: 200, headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode(JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid, allowed: true } })) }
    },
  }
  const configuration = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata: { name: 'c' }, webhooks: [{
    name: 'w.example.com', clientConfig: { url: 'https://hook.example.com:8443/x' }, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }] }
  const { ask, spans, tree } = await followed(0, webhooks)
  assert.equal((await ask('POST /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', configuration, {}, admin)).status, 201)
  assert.equal((await ask(`POST ${maps}`, map('a'), { traceparent: parent, tracestate: 'v=1', baggage: 'b=2' }, admin)).status, 201)
  assert.deepEqual(tree(), [['POST /api/v1/namespaces/{:namespace}/configmaps', ['Create', ['Call mutating webhook', 'HTTP POST'], 'Create etcd3', 'SerializeObject']]])
  const call = spans.find((s) => s.name === 'HTTP POST')!
  assert.deepEqual([asked[0]!.headers!['traceparent'], asked[0]!.headers!['tracestate'], asked[0]!.headers!['baggage']], [`00-${call.identity.traceId}-${call.identity.spanId}-01`, 'v=1', 'b=2'])
  assert.deepEqual(['configuration', 'webhook', 'resource', 'operation'].map((name) => attribute(spans.find((s) => s.name === 'Call mutating webhook')!, name)), ['c', 'w.example.com', '/v1, Resource=configmaps', 'CREATE'])

  const quiet = await start(webhooks)
  await quiet.ask('POST /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', configuration, {}, admin)
  await quiet.ask(`POST ${maps}`, map('b'), { traceparent: parent }, admin)
  assert.equal(asked.at(-1)!.headers!['traceparent'], parent, 'a server that follows nobody passes on what it was told')
})

test('a share of all traces is chosen by their ids', () => {
  const low = `${'f'.repeat(16)}00000000000000ff`, high = `${'0'.repeat(16)}ffffffffffffffff`
  assert.deepEqual([[low, 1], [low, 0], [high, 999_999], [high, 1_000_000]].map(([id, rate]) => isChosen(id as string, rate as number)), [true, false, false, true])
  assert.equal(parentOf({ traceparent: `01${parent.slice(2)}-more` })?.spanId, 'b7ad6b7169203331')
  for (const bad of ['', 'x', `ff${parent.slice(2)}`, `${parent}-more`, `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`]) assert.equal(parentOf({ traceparent: bad }), undefined, bad)
})

const errorsOf = (fields: string, version = 'v1') => tracingErrors(readConfiguration(`apiVersion: apiserver.config.k8s.io/${version}\nkind: TracingConfiguration\n${fields}`, tracingConfiguration)).map(({ field, message }) => `${field}: ${message}`)
for (const [fields, expected] of [
  ['', []], ['endpoint: localhost:4317\nsamplingRatePerMillion: 1000000', []], ['endpoint: dns://ns/host:1', []], ['endpoint: unix:///run/otel.sock', []], ['endpoint: unix-abstract://x', []], ['endpoint: ""', []],
  ['samplingRatePerMillion: -1', ['samplingRatePerMillion: Invalid value: -1: sampling rate must be positive']],
  ['samplingRatePerMillion: 1000001', ['samplingRatePerMillion: Invalid value: 1000001: sampling rate per million must be less than or equal to one million']],
  ['endpoint: http://localhost:4317', ['endpoint: Invalid value: "http://localhost:4317": unsupported scheme: http.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md']],
  ['endpoint: localhost:4317abc', ['endpoint: Invalid value: "dns://localhost:4317abc": parse "dns://localhost:4317abc": invalid port ":4317abc" after host']],
  ['samplingRatePerMillion: -2\nendpoint: ftp://x', ['samplingRatePerMillion: Invalid value: -2: sampling rate must be positive', 'endpoint: Invalid value: "ftp://x": unsupported scheme: ftp.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md']],
] as const) test(`a tracing configuration with ${JSON.stringify(fields)}`, () => { for (const version of ['v1', 'v1beta1', 'v1alpha1']) assert.deepEqual(errorsOf(fields, version), expected) })
test('a tracing configuration of another kind, or with what nobody knows', () => {
  assert.throws(() => errorsOf('', 'v2'), /no kind "TracingConfiguration" is registered for version "apiserver.config.k8s.io\/v2"/)
  assert.throws(() => errorsOf('endpoints: x'), /unknown field "endpoints"/)
})
