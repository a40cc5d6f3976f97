import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../contract-kit.ts'

const path = '/api/v1/componentstatuses'
const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }

test('scheduler, controller manager and etcd are healthy, in a list and in a table, with the warning of the deprecation', async () => {
  const { ask } = await start()
  const { body, headers } = await ask(`GET ${path}`)
  assert.deepEqual([body['kind'], body['items'].length, body['items'][0]], ['ComponentStatusList', 3, { metadata: { name: 'scheduler' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }])
  assert.match(String(headers['warning']), /v1 ComponentStatus is deprecated in v1\.19\+/)
  const shown = await ask(`GET ${path}`, undefined, asTable)
  assert.deepEqual(shown.body['rows'].map((row: { cells: unknown }) => row.cells), [['scheduler', 'Healthy', 'ok', ''], ['controller-manager', 'Healthy', 'ok', ''], ['etcd-0', 'Healthy', 'ok', '']])
})

test('one is got by its name, or selected by it', async () => {
  const { ask } = await start()
  assert.deepEqual((await ask(`GET ${path}/etcd-0`)).body['metadata'], { name: 'etcd-0' })
  assert.equal((await ask(`GET ${path}/none`)).status, 404)
  assert.deepEqual((await ask(`GET ${path}?fieldSelector=metadata.name=etcd-0`)).body['items'].length, 1)
  assert.deepEqual((await ask(`GET ${path}?labelSelector=app`)).body['items'], [])
  assert.equal((await ask(`GET ${path}?labelSelector=,,`)).status, 400)
})
