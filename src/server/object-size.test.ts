import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definition, established, version, widget, widgets } from './crd/contract-kit.ts'
import { start } from './contract-kit.ts'

test('what does not fit into one request of the store is refused, new or changed, as the reference\'s store does it', async () => {
  const { ask, store } = await start()
  const templates = '/api/v1/namespaces/n/podtemplates', template = (name: string, bytes: number) => ({ metadata: { name }, template: { spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'E', value: 'x'.repeat(bytes) }] }] } } })
  assert.equal((await ask(`POST ${templates}`, template('a', 1.4e6))).status, 201)
  const { revision } = store
  const refused = async (line: string, body: object): Promise<unknown[]> => { const { status, body: { message, reason } } = await ask(line, body); return [status, reason, message] }
  assert.deepEqual(await refused(`POST ${templates}`, template('b', 1.6e6)), [500, undefined, 'etcdserver: request is too large'])
  assert.deepEqual(await refused(`PUT ${templates}/a`, template('a', 1.6e6)), [500, undefined, 'etcdserver: request is too large'])
  assert.match(String((await refused(`PATCH ${templates}/a`, template('a', 2.5e6)))[2]), /^rpc error: code = ResourceExhausted desc = trying to send message larger than max \(25\d{5} vs\. 2097152\)$/)
  assert.equal(store.revision, revision)
})

test('a message is shorter than its JSON, and only it counts; custom resources are kept as JSON', async () => {
  const { ask } = await start()
  const env = [{ name: 'E', value: '\n'.repeat(1e6) }] // twice as long in JSON
  assert.equal((await ask('POST /api/v1/namespaces/n/podtemplates', { metadata: { name: 'a' }, template: { spec: { containers: [{ name: 'c', image: 'i', env }] } } })).status, 201)
  await established(ask, definition([version({ a: { type: 'string' } })]))
  assert.equal((await ask(`POST ${widgets}`, widget('w', { a: 'x'.repeat(1.6e6) }))).body.message, 'etcdserver: request is too large')
})
