import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../contract-kit.ts'

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
const path = '/apis/apps/v1/namespaces/n/deployments'
const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas } })
const apply = { 'content-type': 'application/apply-patch+yaml' }

test('a Scale is applied: the replicas belong to the manager of the scale, and others are told so', async () => {
  const { ask } = await start()
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template } }
  assert.equal((await ask(`PATCH ${path}/d?fieldManager=one`, body, apply)).status, 201)
  const refused = await ask(`PATCH ${path}/d/scale?fieldManager=two`, scale(3), apply)
  assert.deepEqual([refused.status, refused.body.message], [409, 'Apply failed with 1 conflict: conflict with "one": .spec.replicas'])
  const done = await ask(`PATCH ${path}/d/scale?fieldManager=two&force=true`, scale(3), apply)
  assert.deepEqual([done.status, done.body.kind, done.body.spec], [200, 'Scale', { replicas: 3 }])
  const { metadata, spec } = (await ask(`GET ${path}/d`)).body
  assert.equal(spec.replicas, 3)
  const mine = metadata.managedFields.find((m: { manager: string }) => m.manager === 'two')
  assert.deepEqual([mine.operation, mine.subresource, mine.apiVersion, mine.fieldsV1], ['Apply', 'scale', 'apps/v1', { 'f:spec': { 'f:replicas': {} } }])
})
test('what is no Scale is not applied to one', async () => {
  const { ask } = await start()
  await ask(`POST ${path}`, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
  assert.deepEqual((await ask(`PATCH ${path}/d/scale?fieldManager=m`, { ...scale(1), kind: 'Deployment' }, apply)).status, 400)
  assert.equal((await ask(`PATCH ${path}/d/scale?fieldManager=m&force=true`, scale(-1), apply)).status, 422)
  assert.equal((await ask(`PATCH ${path}/none/scale?fieldManager=m`, { ...scale(1), metadata: { name: 'none' } }, apply)).status, 404)
})
test('a Scale that names another object than the one there is a conflict', async () => {
  const { ask } = await start()
  const { body: { metadata: { uid } } } = await ask(`POST ${path}`, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
  const put = await ask(`PUT ${path}/d/scale`, { metadata: { name: 'd', uid: 'other' }, spec: { replicas: 2 } })
  assert.deepEqual([put.status, put.body.message], [409, `Operation cannot be fulfilled on deployments.apps "d": StorageError: invalid object, Code: 4, Key: /registry/deployments/n/d, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${uid}`])
  const patched = await ask(`PATCH ${path}/d/scale`, { metadata: { uid: 'other' }, spec: { replicas: 2 } })
  assert.deepEqual([patched.status, patched.body.message], [409, `Operation cannot be fulfilled on deployments/scale.apps "d": Precondition failed: UID in precondition: other, UID in object meta: ${uid}`])
  assert.equal((await ask(`PUT ${path}/d/scale`, { metadata: { name: 'd', uid }, spec: { replicas: 2 } })).status, 200)
})
