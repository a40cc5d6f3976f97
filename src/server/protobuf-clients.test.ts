// What the reference's own components send in protobuf (client-go's default for them), one after the other: scheduler, controller manager,
// kubelet, and whoever asks what there is.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { binding, certificateSigningRequest, event, eventV1, eviction, lease, node, pod, subjectAccessReview, tokenReview } from '#kinds'
import { decode, deleteOptions, loadProtobuf, protobufType, type AnyObject, type ApiResponse, type Schema } from '#machinery'
import { nodeRequest } from '../../tests/facts/certificates.ts'
import { start, type Body } from './contract-kit.ts'
import { schemaOf } from './typed-schemas.ts'

let codec: Awaited<ReturnType<typeof loadProtobuf>>
before(async () => { codec = await loadProtobuf() })

const accept = `${protobufType}, */*`
const both = { accept, 'content-type': protobufType }
const encoded = (schema: Schema<any>, object: object) => codec.writeObject(schema, object) // allowed: of any type
function read(answer: ApiResponse): Body {
  assert.equal(answer.headers['content-type'], protobufType, JSON.stringify(answer.body.type === 'bytes' ? Buffer.concat(answer.body.chunks).toString() : answer.body.type))
  const { apiVersion, kind, raw } = codec.openEnvelope(answer.body.type === 'bytes' ? Buffer.concat(answer.body.chunks) : Buffer.alloc(0))
  const schema = schemaOf({ apiVersion, kind }) ?? assert.fail(`${apiVersion} ${kind}`)
  return { ...decode<AnyObject>(schema, codec.readMessage(schema, raw)), apiVersion, kind }
}
const running = async () => {
  const { send, ask, objects } = await start()
  await ask('POST /api/v1/nodes', { metadata: { name: 'n1' } })
  await ask('POST /api/v1/namespaces/n/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  const call = (line: string, schema?: Schema<any>, object?: object) => send(line, schema && encoded(schema, object!), both) // allowed: of any type
  return { send, ask, objects, call }
}

test('leases are taken and renewed', async () => {
  const { call } = await running()
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  const made = read(await call(`POST ${leases}`, lease.schema, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'n1' }, spec: { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.123456Z' } }))
  assert.equal(made.spec.renewTime, '2026-01-01T00:00:00.123456Z')
  const renewed = read(await call(`PUT ${leases}/n1`, lease.schema, { ...made, spec: { ...made.spec, renewTime: '2026-01-01T00:00:10.000000Z' } }))
  assert.deepEqual([renewed.spec.renewTime, renewed.metadata.name], ['2026-01-01T00:00:10.000000Z', 'n1'])
})

test('a node is registered, its status patched and read', async () => {
  const { call, send } = await running()
  assert.equal(read(await call('POST /api/v1/nodes', node.schema, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2', labels: { a: 'b' } }, status: { capacity: { cpu: '4', memory: '8Gi' }, conditions: [{ type: 'Ready', status: 'False' }] } })).status.capacity.memory, '8Gi')
  const patched = read(await send('PATCH /api/v1/nodes/n2/status', { status: { $setElementOrder: undefined, conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] } }, { accept, 'content-type': 'application/strategic-merge-patch+json' }))
  assert.deepEqual([patched.status.conditions[0].status, patched.status.capacity.cpu], ['True', '4'])
  const list = await send('GET /api/v1/nodes?fieldSelector=metadata.name%3Dn2&limit=500&resourceVersion=0', undefined, { accept })
  assert.equal(codec.openEnvelope(list.body.type === 'bytes' ? Buffer.concat(list.body.chunks) : Buffer.alloc(0)).kind, 'NodeList')
})

test('a pod is bound, its status written, and it is deleted as it was meant', async () => {
  const { call, send, objects } = await running()
  assert.equal(read(await call('POST /api/v1/namespaces/n/pods/p/binding', binding.schema, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p', namespace: 'n' }, target: { kind: 'Node', name: 'n1' } })).status, 'Success')
  const bound = read(await send('GET /api/v1/namespaces/n/pods/p', undefined, { accept }))
  assert.equal(bound.spec.nodeName, 'n1')
  const status = read(await call('PUT /api/v1/namespaces/n/pods/p/status', pod.schema, { ...bound, status: { ...bound.status, phase: 'Running', startTime: '2026-01-01T00:00:00Z', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }] } }))
  assert.deepEqual([status.status.phase, status.status.podIPs], ['Running', [{ ip: '10.0.0.7' }]])
  const patched = read(await send('PATCH /api/v1/namespaces/n/pods/p/status', { metadata: { uid: bound.metadata.uid }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }, { accept, 'content-type': 'application/strategic-merge-patch+json' }))
  assert.ok(patched.status.conditions.some((c: Body) => c['type'] === 'Ready'))
  assert.equal((await call('DELETE /api/v1/namespaces/n/pods/p', deleteOptions, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: 'other' } })).status, 409)
  assert.equal((await call('DELETE /api/v1/namespaces/n/pods/p', deleteOptions, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: bound.metadata.uid } })).status, 200)
  assert.equal(objects.get(pod, 'p', 'n'), undefined)
})

test('evictions, collections and events', async () => {
  const { call, send } = await running()
  assert.equal(read(await call('POST /api/v1/namespaces/n/pods/p/eviction', eviction.schema, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'n' } })).status, 'Success')
  const core = read(await call('POST /api/v1/namespaces/n/events', event.schema, { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e.1', namespace: 'n' }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'n' }, reason: 'Killing', message: 'm', type: 'Normal', count: 1, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z', source: { component: 'kubelet', host: 'n1' } }))
  assert.equal(core.count, 1)
  assert.equal(read(await send('PATCH /api/v1/namespaces/n/events/e.1', { count: 2 }, { accept, 'content-type': 'application/strategic-merge-patch+json' })).count, 2)
  const newer = read(await call('POST /apis/events.k8s.io/v1/namespaces/n/events', eventV1.schema, { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'e.2', namespace: 'n' }, eventTime: '2026-01-01T00:00:00.000001Z', reportingController: 'default-scheduler', reportingInstance: 'x', action: 'Binding', reason: 'Scheduled', regarding: { kind: 'Pod', name: 'p', namespace: 'n' }, note: 'm', type: 'Normal' }))
  assert.deepEqual([newer.apiVersion, newer.eventTime, newer.note], ['events.k8s.io/v1', '2026-01-01T00:00:00.000001Z', 'm'])
  const gone = await call('DELETE /api/v1/namespaces/n/events', deleteOptions, { apiVersion: 'v1', kind: 'DeleteOptions' })
  assert.deepEqual([gone.status, gone.headers['content-type']], [200, protobufType])
})

test('reviews and signing requests', async () => {
  const { call } = await running()
  const access = read(await call('POST /apis/authorization.k8s.io/v1/subjectaccessreviews', subjectAccessReview.schema, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: 'jane', groups: ['a'], extra: { k: ['v', 'w'] }, resourceAttributes: { verb: 'get', resource: 'pods' } } }))
  assert.deepEqual([access.status.allowed, access.spec.extra], [true, { k: ['v', 'w'] }])
  const token = read(await call('POST /apis/authentication.k8s.io/v1/tokenreviews', tokenReview.schema, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'none' } }))
  assert.deepEqual([token.kind, token.spec.token], ['TokenReview', 'none'])
  const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const requested = read(await call(`POST ${requests}`, certificateSigningRequest.schema, { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'c' }, spec: { request: nodeRequest, signerName: 'example.com/s', usages: ['client auth'] } }))
  assert.deepEqual([requested.kind, requested.spec.request], ['CertificateSigningRequest', nodeRequest])
  const approved = read(await call(`PUT ${requests}/c/approval`, certificateSigningRequest.schema, { ...requested, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }] } }))
  assert.equal(approved.status.conditions[0].type, 'Approved')
})

test('what there is, in protobuf', async () => {
  const { send } = await running()
  const groups = read(await send('GET /apis', undefined, { accept }))
  assert.ok(groups.groups.some((g: Body) => g['name'] === 'apps' && g['preferredVersion'].groupVersion === 'apps/v1'))
  const apps = read(await send('GET /apis/apps/v1', undefined, { accept }))
  assert.deepEqual(apps.resources.find((r: Body) => r['name'] === 'deployments').verbs, ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'])
  assert.deepEqual(read(await send('GET /api', undefined, { accept })).versions, ['v1'])
  assert.ok(read(await send('GET /api/v1', undefined, { accept })).resources.length > 30)
  const aggregated = await send('GET /apis', undefined, { accept: `${protobufType};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList` })
  assert.equal(aggregated.headers['content-type'], `${protobufType};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`)
  const { kind, apiVersion, raw } = codec.openEnvelope(aggregated.body.type === 'bytes' ? Buffer.concat(aggregated.body.chunks) : Buffer.alloc(0))
  const schema = schemaOf({ apiVersion, kind })!
  const items = (codec.readMessage(schema, raw) as Body)['items'] as Body[]
  const found = items.find((i) => i['metadata'].name === 'apps')!['versions'][0].resources.find((r: Body) => r['resource'] === 'deployments')
  assert.deepEqual([found.responseKind.kind, found.subresources[0].responseKind], ['Deployment', { group: 'autoscaling', version: 'v1', kind: 'Scale' }])
})

test('the garbage collector watches the metadata of everything', async () => {
  const { send, ask } = await running()
  const asked = `${protobufType};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json`
  const watch = await send('GET /api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=0', undefined, { accept: asked })
  assert.equal(watch.headers['content-type'], `${protobufType};stream=watch`)
  const frames: Buffer[] = []
  const stop = watch.body.type === 'stream' ? watch.body.open({ write(chunk) { frames.push(Buffer.from(chunk)); return true }, end() {}, drained() {} }) : () => {}
  await ask('POST /api/v1/namespaces/n/pods', { metadata: { name: 'q', labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  stop()
  const objects = frames.map((frame) => { const { kind, raw } = codec.openEnvelope(frame.subarray(frame.indexOf('k8s\0'))); return [kind, (codec.readMessage(codec.partialObjectSchema, raw) as Body)['metadata'].name as string] })
  assert.deepEqual(objects, [['PartialObjectMetadata', 'p'], ['PartialObjectMetadata', 'q']])
  const list = await send('GET /api/v1/pods', undefined, { accept: asked.replaceAll('PartialObjectMetadata', 'PartialObjectMetadataList') })
  assert.equal(codec.openEnvelope(list.body.type === 'bytes' ? Buffer.concat(list.body.chunks) : Buffer.alloc(0)).kind, 'PartialObjectMetadataList')
})
