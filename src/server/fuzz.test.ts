// Requests that nobody would send, thousands of them: each gets an answer in Kubernetes' form, none an internal error, and what is refused changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { kinds } from '#kinds'
import { loadProtobuf, seeded, silent, type ApiRequest, type ApiResponse, type Kind, type Log } from '#machinery'
import { memoryEngine, openStore } from '#store'
import { like, odd } from './bodies-kit.ts'
import { admissionParts, HandClock } from './contract-kit.ts'
import { allowAll, authenticatorChain, createApiServer, createObjects, type ApiServer } from './index.ts'
import { admissionPlugins } from './index.ts'

const runs = 1500

// --- what a request is made of
const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('a', 'web', 'web-0', 'default', 'kube-system') }, { weight: 1, arbitrary: fc.constantFrom('', '.', '..', '%', '%zz', '%2F', '%00', 'A_b', 'x'.repeat(300), 'ä', '__proto__', 'constructor') })
const kind = fc.constantFrom(...kinds)
const subresource = fc.constantFrom('', '', '', '', 'status', 'scale', 'exec', 'log', 'eviction', 'binding', 'token', 'approval', 'finalize', 'proxy', 'resize', 'ephemeralcontainers', 'nonsense')
const base = ({ group, version }: Kind) => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
const path = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind, name: fc.option(name), namespace: fc.option(name, { freq: 4 }), subresource }).map(({ kind: k, name: n, namespace, subresource: sub }) =>
    `${base(k)}${k.namespaced && namespace !== null ? `/namespaces/${namespace}` : ''}/${k.resource}${n === null ? '' : `/${n}${sub && `/${sub}`}`}`) },
  { weight: 1, arbitrary: fc.array(fc.oneof(name, fc.constantFrom('api', 'apis', 'v1', 'apps', 'watch', 'namespaces', 'openapi', 'v3', 'healthz', 'metrics', 'version')), { maxLength: 7 }).map((parts) => `/${parts.join('/')}`) },
)
const selector = fc.oneof(fc.constantFrom('a=b', 'a in (b,c)', '!a', 'a notin (', 'metadata.name=web', 'spec.nodeName!=', 'status.phase==Running', ',,,', 'a=b,'.repeat(2000), '(((((', 'a in (b,,)'), fc.string({ maxLength: 20 }))
const parameter = fc.oneof(
  fc.tuple(fc.constantFrom('labelSelector', 'fieldSelector'), selector),
  fc.tuple(fc.constantFrom('limit', 'timeoutSeconds', 'gracePeriodSeconds', 'resourceVersion', 'continue', 'resourceVersionMatch'), fc.oneof(fc.constantFrom('0', '1', '-1', '9999999999999999999999', 'x', 'Exact', 'NotOlderThan', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0'), fc.string({ maxLength: 12 }))),
  fc.tuple(fc.constantFrom('dryRun', 'fieldManager', 'fieldValidation', 'force', 'propagationPolicy', 'orphanDependents', 'pretty', 'allowWatchBookmarks', 'sendInitialEvents'), fc.oneof(fc.constantFrom('All', 'Strict', 'Warn', 'Ignore', 'true', 'false', 'Background', 'Orphan', 'Metadata', 'Object'), fc.string({ maxLength: 12 }))),
)
const query = fc.array(parameter, { maxLength: 3 }).map((all) => all.map(([k, v]) => `${k}=${encodeURIComponent(v.replace(/[\ud800-\udfff]/g, '?'))}`).join('&'))
const contentType = fc.constantFrom(undefined, 'application/json', 'application/json', 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/merge-patch+json', 'application/json-patch+json',
  'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/cbor', 'text/plain', '*/*', ';;;', 'x'.repeat(500))
const accept = fc.constantFrom(undefined, 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/json;as=Table;g=meta.k8s.io;v=v1', 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'text/html', 'application/*', ';q=,,;', '*/*;q=0.1')

// --- bodies: objects after their schemas with things wrong, patches, and bytes
const encoder = new TextEncoder()
const deep = (n: number) => '{"metadata":'.repeat(n) + '1' + '}'.repeat(n)
const patches = fc.array(fc.record({ op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'explode'), path: fc.constantFrom('', '/', '/metadata/labels', '/spec/containers/0', '/spec/containers/-', '/a~1b', '/__proto__/x', 'x'), from: fc.constantFrom('/metadata', '/', ''), value: odd }), { maxLength: 4 })
const text = fc.oneof(fc.constantFrom('', '{', '[]', 'null', '{"kind":1}', '{"a":1,"a":2}', deep(200), deep(20_000), '{"metadata":{"name":"a","name":"b"}}', '\ufeff{}', '%', '- &a [*a]', 'a: &x [1]\nb: *x', '!!js/function x', 'x: '.repeat(100)), fc.string())
const bytes = fc.oneof(text.map((t) => encoder.encode(t)), fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }).map((b) => Uint8Array.from([0x6b, 0x38, 0x73, 0, ...b])), fc.constant(Uint8Array.from([0xff, 0xfe, 0x7b, 0x7d])))
/** As a rule with a type and a name, so that what is wrong inside is reached. */
function named(of: Kind, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const object = value as { metadata?: unknown }, metadata = typeof object.metadata === 'object' && object.metadata !== null ? object.metadata : {}
  if (!('name' in metadata)) return value // now and then without
  return { apiVersion: of.apiVersion, kind: of.kind, ...object, metadata: { ...metadata, name: 'web', namespace: of.namespaced ? 'default' : undefined, resourceVersion: undefined } }
}
const bodyFor = (of: Kind) => fc.oneof(
  { weight: 6, arbitrary: like(of.schema, 0).map((value) => encoder.encode(JSON.stringify(named(of, value)) ?? 'null')) },
  { weight: 1, arbitrary: patches.map((p) => encoder.encode(JSON.stringify(p))) },
  { weight: 2, arbitrary: bytes },
)
const request: fc.Arbitrary<ApiRequest> = fc.tuple(fc.constantFrom<ApiRequest['method'][]>('GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'), fc.oneof({ weight: 1, arbitrary: path.map((p) => ({ p, of: kinds[2]! })) },
  { weight: 4, arbitrary: fc.tuple(kind, name, fc.boolean()).map(([of, n, item]) => ({ p: `${base(of)}${of.namespaced ? '/namespaces/default' : ''}/${of.resource}${item ? `/${n}` : ''}`, of })) }), query, contentType, accept)
  .chain(([method, { p, of }, q, type, accepts]) => (method === 'GET' || method === 'HEAD' ? fc.constant(undefined) : bodyFor(of)).map((body) =>
    ({ method, path: p, query: q, headers: { 'user-agent': 'fuzz', ...(type && { 'content-type': type }), ...(accepts && { accept: accepts }) }, body })))

// --- the server
async function server() {
  const clock = new HandClock(), store = await openStore({ engine: memoryEngine(), clock }), objects = createObjects({ store, clock, freeze: true }), wrong: string[] = []
  const log: Log = { ...silent, error: (message, fields) => { wrong.push(`${message}: ${(fields?.error as Error | undefined)?.stack ?? ''}`) }, named: () => log }
  const { handler }: ApiServer = createApiServer({ objects, clock, random: seeded(1), log, kinds, admission: admissionPlugins(admissionParts({ clock, api: (request) => handler(request) })), authorizer: allowAll, authenticator: authenticatorChain([], { anonymous: () => true, log: silent }) })
  const direct = (method: ApiRequest['method'], to: string, object: object) => handler({ method, path: to, query: '', headers: {}, body: { object } })
  await direct('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  await direct('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  clock.pass(60_000) // nobody waits for what a new namespace still lacks
  return { handler, store, wrong }
}
const read = ({ body }: ApiResponse): string => (body.type === 'bytes' ? body.chunks.map((c) => new TextDecoder().decode(c)).join('') : '')

test('whatever is asked gets an answer in the reference\'s form, and what is refused changes nothing', { timeout: 60_000 }, async () => {
  await loadProtobuf()
  const { handler, store, wrong } = await server()
  await fc.assert(fc.asyncProperty(request, async (asked) => {
    const before = store.revision
    const response = await handler(asked)
    assert.deepEqual(wrong.splice(0), [])
    const { status, body, headers } = response
    assert.ok(Number.isInteger(status) && status >= 100 && status < 600, `status ${status}`)
    if (body.type === 'stream') body.open({ write: () => true, end() {}, drained() {} })()
    if (status >= 400) {
      // The reference finds out after the write that one object is no list.
      if (status !== 406) assert.equal(store.revision, before, `${status}, and yet something was stored`)
      if (String(headers['content-type']).startsWith('application/json')) assert.partialDeepStrictEqual(JSON.parse(read(response)), { kind: 'Status', status: 'Failure', code: status })
    }
  }), { numRuns: runs, interruptAfterTimeLimit: 20_000 })
})
