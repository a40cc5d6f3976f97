// The protobuf encoding as clients meet it: bodies, answers, lists, watches, refusals.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { authTokenRequest, configMap, deployment, eviction, pod, scale } from '#kinds'
import { decode, deleteOptions, loadProtobuf, protobufType, type ApiRequest, type ApiResponse, type LooseObject, type Schema } from '#machinery'
import { TestCluster } from '#testing'
import { errorOutput, itemTypes, negotiate } from './media.ts'

let codec: Awaited<ReturnType<typeof loadProtobuf>>
before(async () => { codec = await loadProtobuf() })

const user = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
type Asked = Partial<Pick<ApiRequest, 'method' | 'query'>> & { readonly accept?: string; readonly type?: string; readonly body?: Uint8Array }
const ask = (cluster: TestCluster, path: string, { method = 'GET', query = '', accept = protobufType, type = protobufType, body }: Asked = {}): Promise<ApiResponse> =>
  cluster.plane.handler({ method, path, query, headers: { accept, ...(body && { 'content-type': type }) }, body, user })
function bytesOf({ body }: ApiResponse): Uint8Array {
  assert.equal(body.type, 'bytes')
  return Buffer.concat(body.type === 'bytes' ? body.chunks : [])
}
const jsonOf = (response: ApiResponse) => JSON.parse(Buffer.from(bytesOf(response)).toString()) as LooseObject
/** The object in an answer, by its schema. */
function objectOf(response: ApiResponse, schema: Schema<any> = codec.statusSchema): LooseObject { // allowed: a schema of any type
  const { apiVersion, kind, raw } = codec.openEnvelope(bytesOf(response))
  return { ...decode<LooseObject>(schema, codec.readMessage(schema, raw)), apiVersion, kind }
}
const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' }, binaryData: { b: '/wA=' } }
const maps = '/api/v1/namespaces/default/configmaps'
const encoded = (schema: Schema<any>, object: object) => codec.writeObject(schema, object) // allowed: a schema of any type
const pods = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: {
  replicas: 2, selector: { matchLabels: { app: 'web' } }, strategy: { rollingUpdate: { maxSurge: '50%' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web', resources: { limits: { cpu: '0.5' } }, ports: [{ containerPort: 80 }] }] } } } }

test('an object can be created, read and changed in protobuf, and is the same in JSON', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  const created = await ask(cluster, maps, { method: 'POST', body: encoded(configMap.schema, settings) })
  assert.equal(created.status, 201)
  assert.equal(created.headers['content-type'], protobufType)
  const object = objectOf(created, configMap.schema)
  assert.deepEqual(object.data, { a: '1' })
  const json = jsonOf(await ask(cluster, `${maps}/settings`, { accept: 'application/json' }))
  assert.deepEqual(object, json)
  const changed = await ask(cluster, `${maps}/settings`, { method: 'PUT', body: encoded(configMap.schema, { ...object, data: { a: '2' } }) })
  assert.equal(objectOf(changed, configMap.schema).data.a, '2')
})

test('what defaults fill in is filled in, though protobuf has empty values in its place', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const inProtobuf = objectOf(await ask(cluster, path, { method: 'POST', body: encoded(deployment.schema, pods) }), deployment.schema)
  const inJson = jsonOf(await ask(cluster, path, { method: 'POST', type: 'application/json', accept: 'application/json', body: Buffer.from(JSON.stringify({ ...pods, metadata: { name: 'other' } })) }))
  assert.deepEqual(inProtobuf.spec, inJson.spec)
  assert.equal(inProtobuf.spec.strategy.rollingUpdate.maxUnavailable, '25%')
})

test('a list in protobuf holds what the list in JSON holds, page by page', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  for (const name of ['a', 'b', 'c']) await ask(cluster, maps, { method: 'POST', body: encoded(configMap.schema, { ...settings, metadata: { name } }) })
  const page = await ask(cluster, maps, { query: 'limit=2' })
  const { kind, raw } = codec.openEnvelope(bytesOf(page))
  assert.equal(kind, 'ConfigMapList')
  const json = jsonOf(await ask(cluster, maps, { query: 'limit=2', accept: 'application/json' })) as LooseObject & { items: LooseObject[] }
  assert.equal(json.items.length, 2)
  const one = codec.writeList({ type: { apiVersion: 'v1', kind: 'ConfigMapList' }, metadata: json.metadata, schema: configMap.schema, length: 2, at: (i) => json.items[i]! })
  assert.equal(Buffer.compare(codec.openEnvelope(Buffer.concat(one)).raw, raw), 0)
})

test('metadata alone comes in protobuf, a table does not', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  const partial = await ask(cluster, '/api/v1/namespaces/default', { accept: `${protobufType};as=PartialObjectMetadata;g=meta.k8s.io;v=v1` })
  const object = objectOf(partial, codec.partialObjectSchema)
  assert.deepEqual([object.apiVersion, object.kind, object.metadata.name], ['meta.k8s.io/v1', 'PartialObjectMetadata', 'default'])
  const table = `${protobufType};as=Table;g=meta.k8s.io;v=v1`
  assert.equal((await ask(cluster, '/api/v1/namespaces', { accept: table })).status, 406)
  assert.equal((await ask(cluster, '/api/v1/namespaces', { accept: `${table},application/json;as=Table;g=meta.k8s.io;v=v1` })).headers['content-type'], 'application/json')
})

test('a watch in protobuf is a stream of framed events', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  const response = await ask(cluster, maps, { query: 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true' })
  assert.equal(response.headers['content-type'], `${protobufType};stream=watch`)
  const chunks: Uint8Array[] = []
  assert.equal(response.body.type, 'stream')
  const stop = response.body.type === 'stream' ? response.body.open({ write: (chunk) => { chunks.push(chunk); return true }, end() {}, drained() {} }) : () => {}
  await ask(cluster, maps, { method: 'POST', body: encoded(configMap.schema, settings) })
  await ask(cluster, `${maps}/settings`, { method: 'DELETE' })
  await cluster.settle(10)
  stop()
  const events = eventsOf(Buffer.concat(chunks)).filter(({ object }) => object.metadata.name === undefined || object.metadata.name === 'settings')
  assert.deepEqual(events.map(({ type, object }) => [type, object.kind, object.metadata.name, object.data?.a]),
    [['BOOKMARK', 'ConfigMap', undefined, undefined], ['ADDED', 'ConfigMap', 'settings', '1'], ['DELETED', 'ConfigMap', 'settings', '1']])
  assert.deepEqual(events[0]!.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
  assert.ok(Number(events[2]!.object.metadata.resourceVersion) > Number(events[1]!.object.metadata.resourceVersion))
})
function eventsOf(bytes: Buffer): { type: string; object: LooseObject }[] {
  const events: { type: string; object: LooseObject }[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const frame = bytes.subarray(at + 4, at + 4 + length)
    assert.equal(frame[0], 0x0a)
    const type = frame.subarray(2, 2 + frame[1]!).toString()
    const start = frame.indexOf('k8s\0')
    const { apiVersion, kind, raw } = codec.openEnvelope(frame.subarray(start))
    events.push({ type, object: { ...decode<LooseObject>(configMap.schema, codec.readMessage(configMap.schema, raw)), apiVersion, kind } })
    at += 4 + length
  }
  return events
}

test('subresources take and give protobuf: scale, token, eviction', async () => {
  await using cluster = await TestCluster.start({ controllers: ['deployment', 'replicaset', 'serviceaccount'], nodes: 1 })
  await ask(cluster, '/apis/apps/v1/namespaces/default/deployments', { method: 'POST', body: encoded(deployment.schema, pods) })
  await cluster.settle()
  const path = '/apis/apps/v1/namespaces/default/deployments/web/scale'
  const read = objectOf(await ask(cluster, path), scale.schema) as LooseObject & { spec: { replicas: number } }
  assert.deepEqual([read.kind, read.spec.replicas], ['Scale', 2])
  const put = await ask(cluster, path, { method: 'PUT', body: encoded(scale.schema, { ...read, spec: { replicas: 1 } }) })
  assert.equal((objectOf(put, scale.schema) as LooseObject & { spec: { replicas: number } }).spec.replicas, 1)
  await cluster.settle()
  const items = (await cluster.client.list(pod, { namespace: 'default' })).items
  assert.equal(items.length, 1)
  const { name } = items[0]!.metadata
  const token = await ask(cluster, '/api/v1/namespaces/default/serviceaccounts/default/token', { method: 'POST', body: encoded(authTokenRequest.schema, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } }) })
  const { spec, status } = objectOf(token, authTokenRequest.schema) as LooseObject & { spec: { expirationSeconds: number }; status: { token: string } }
  assert.deepEqual([spec.expirationSeconds, status.token.split('.').length], [3600, 3])
  const evicted = await ask(cluster, `/api/v1/namespaces/default/pods/${name}/eviction`, { method: 'POST', body: encoded(eviction.schema, { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name, namespace: 'default' }, deleteOptions: { gracePeriodSeconds: 0 } }) })
  assert.deepEqual([evicted.status, (objectOf(evicted) as LooseObject & { status: string }).status], [201, 'Success'])
})

test('options of a deletion are taken whatever version they claim to be of', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  await ask(cluster, maps, { method: 'POST', body: encoded(configMap.schema, settings) })
  const refused = await ask(cluster, `${maps}/settings`, { method: 'DELETE', body: codec.writeObject(deleteOptions, { preconditions: { uid: 'other' } }, { apiVersion: 'apps/v1', kind: 'DeleteOptions' }) })
  assert.equal(refused.status, 409)
  assert.equal((objectOf(refused) as LooseObject & { reason: string }).reason, 'Conflict')
})

for (const [what, body, message] of [
  ['JSON under the name of protobuf', Buffer.from('{}'), 'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})'],
  ['nothing', Buffer.from([]), 'the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)'],
  ['a broken envelope', Buffer.from('k8s\0\x0a\x05'), 'the object provided is unrecognized (must be of type ConfigMap): unexpected EOF (6b3873000a05)'],
  ['a broken message', Buffer.from('k8s\0\x12\x01\x0a'), 'ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF'],
  ['another kind', Buffer.from('k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod'), 'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion'],
] as const) {
  test(`${what} is a bad request`, async () => {
    await using cluster = await TestCluster.start({ controllers: [] })
    const response = await ask(cluster, maps, { method: 'POST', accept: 'application/json', body })
    assert.deepEqual([response.status, (jsonOf(response) as LooseObject & { message: string }).message], [400, message])
  })
}

test('failures are told in protobuf to those who asked in it', async () => {
  await using cluster = await TestCluster.start({ controllers: [] })
  const response = await ask(cluster, `${maps}/nope`, { accept: `${protobufType},application/json` })
  assert.equal(response.headers['content-type'], protobufType)
  const { kind, reason, code } = objectOf(response) as LooseObject & { reason: string; code: number }
  assert.deepEqual([kind, reason, code], ['Status', 'NotFound', 404])
})

test('protobuf is chosen where it stands first, and never for what has no message', () => {
  const encoding = (accept: string, custom = false, projections: 'objects' | 'none' = 'objects') => negotiate({ headers: { accept } }, itemTypes, projections, custom).encoding
  assert.equal(encoding(`${protobufType},application/json`), 'protobuf')
  assert.equal(encoding(`application/json,${protobufType}`), 'json')
  assert.equal(encoding(`${protobufType};q=0.5,application/json`), 'json')
  assert.equal(encoding(`${protobufType},application/json`, true), 'json')
  assert.equal(encoding(`${protobufType}, */*`, false, 'none'), 'json')
  assert.equal(negotiate({ headers: { accept: `${protobufType};as=PartialObjectMetadata;g=meta.k8s.io;v=v1` } }, itemTypes, 'objects', true).encoding, 'protobuf')
  assert.throws(() => encoding(protobufType, true), { message: `only the following media types are accepted: application/json, application/yaml, ${protobufType}` })
  assert.equal(errorOutput({ headers: { accept: protobufType } }).encoding, 'protobuf')
})
