// CBOR, where the gate CBORServingAndStorage is on; and that there is none where it is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCbor, encodeCbor, type ApiResponse } from '#machinery'
import { map, maps, start, type Body } from './contract-kit.ts'

const type = 'application/cbor'
const bytesOf = (answer: ApiResponse): Uint8Array => (answer.body.type === 'bytes' ? Buffer.concat(answer.body.chunks) : Buffer.alloc(0))
const valueOf = (answer: ApiResponse): Body => decodeCbor(bytesOf(answer)) as Body
const on = { features: new Set(['CBORServingAndStorage']) }

test('without the gate nobody speaks it', async () => {
  const { ask } = await start()
  assert.equal((await ask(`POST ${maps}`, encodeCbor(map('a')), { 'content-type': type })).body.message, `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`)
  assert.equal((await ask(`GET ${maps}`, undefined, { accept: type })).status, 406)
  assert.equal((await ask(`PATCH ${maps}/a?fieldManager=m`, encodeCbor(map('a')), { 'content-type': 'application/apply-patch+cbor' })).status, 415)
})

test('objects, lists, errors and discovery go and come in it', async () => {
  const { send } = await start(on)
  const made = await send(`POST ${maps}`, encodeCbor({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: 'ä' }, binaryData: { b: 'AAEC' } }), { 'content-type': type, accept: type })
  assert.deepEqual([made.status, made.headers['content-type']], [201, type])
  assert.deepEqual([valueOf(made).data, valueOf(made).binaryData], [{ x: 'ä' }, { b: 'AAEC' }])
  assert.ok(Buffer.from(bytesOf(made)).includes(Buffer.from('d643000102', 'hex')), 'bytes are bytes')
  assert.deepEqual(Buffer.from(bytesOf(made).subarray(0, 3)).toString('hex'), 'd9d9f7')
  const list = valueOf(await send(`GET ${maps}`, undefined, { accept: type }))
  assert.deepEqual([list.kind, list.items[0].metadata.name, list.items[0].kind], ['ConfigMapList', 'a', undefined])
  assert.equal(valueOf(await send(`GET ${maps}/none`, undefined, { accept: type })).reason, 'NotFound')
  assert.equal(valueOf(await send('GET /apis/apps', undefined, { accept: type })).kind, 'APIGroup')
  assert.equal((await send(`GET ${maps}`, undefined, { accept: `${type};as=Table;g=meta.k8s.io;v=v1` })).status, 406)
  const metadata = valueOf(await send(`GET ${maps}/a`, undefined, { accept: `${type};as=PartialObjectMetadata;g=meta.k8s.io;v=v1` }))
  assert.deepEqual([metadata.kind, metadata.metadata.name, metadata.data], ['PartialObjectMetadata', 'a', undefined])
})

test('a watch is a sequence, apply takes it too', async () => {
  const { send } = await start(on)
  const watch = await send(`GET ${maps}?watch=1`, undefined, { accept: type })
  assert.equal(watch.headers['content-type'], 'application/cbor-seq')
  const events: Body[] = []
  const stop = watch.body.type === 'stream' ? watch.body.open({ write(chunk) { events.push(decodeCbor(chunk) as Body); return true }, end() {}, drained() {} }) : () => {}
  const applied = await send(`PATCH ${maps}/b?fieldManager=m`, encodeCbor({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' }, data: { x: '1' } }), { 'content-type': 'application/apply-patch+cbor', accept: type })
  assert.deepEqual([applied.status, valueOf(applied).metadata.managedFields[0].operation], [201, 'Apply'])
  assert.deepEqual(events.map((e) => [e['type'], e['object'].kind, e['object'].data]), [['ADDED', 'ConfigMap', { x: '1' }]])
  stop()
})

test('what is no CBOR is refused', async () => {
  const { ask } = await start(on)
  const answer = await ask(`POST ${maps}`, Uint8Array.of(0x82, 1), { 'content-type': type })
  assert.deepEqual([answer.status, answer.body.message], [400, 'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; unexpected EOF (8201)'])
})
