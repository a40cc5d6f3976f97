// minutes: 2
// Encryption at rest with the real file: nobody can read Secrets in it, the form is the reference's, keys are turned over, lost keys are told.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { aesGcm } from '../../src/assembly/encryption/ciphers.ts'
import { KeyServer } from './key-service.ts'
import { ServerProcess } from './server-process.ts'
import { until } from './terminal.ts'

let home: string
const admin = 'admintoken', path = '/api/v1/namespaces/default/secrets'
const file = (name: string, text: string) => { const at = join(home, name); writeFileSync(at, text); return at }
const key = (fill: number, bytes = 32) => Buffer.alloc(bytes, fill)
const aes = (type: string, ...keys: readonly (readonly [name: string, secret: Buffer])[]) =>
  ({ [type]: { keys: keys.map(([name, secret]) => ({ name, secret: secret.toString('base64') })) } })
const configuration = (providers: readonly object[], resources: readonly string[] = ['secrets']) =>
  JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources: [{ resources, providers }] })
const running = new Set<ServerProcess>()
const start = async (name: string, config: string | undefined, ...more: string[]) => {
  const server = await ServerProcess.start(home, ['--token-auth-file', file('tokens.csv', `${admin},admin,uid1,system:masters\n`),
    ...(config === undefined ? [] : ['--encryption-provider-config', file(`${name}.json`, config)]), ...more], name)
  running.add(server)
  return server
}
const put = (server: ServerProcess, name: string, value: string) =>
  server.ask(`POST ${path}`, { token: admin, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password: value } } })
const read = async (server: ServerProcess, name: string) =>
  { const { status, body } = await server.ask(`GET ${path}/${name}`, { token: admin }); return status === 200 ? atob(body.data.password) : body.message as string }
/** `kubectl get secrets -o json | kubectl replace -f -` for one of them. */
const replace = async (server: ServerProcess, name: string) =>
  { const { body } = await server.ask(`GET ${path}/${name}`,
  { token: admin }); return (await server.ask(`PUT ${path}/${name}`, { token: admin, body })).body.metadata.resourceVersion !== body.metadata.resourceVersion }
/** Every stored value of a key, oldest first; the server must not run. */
function stored(name: string, at: string): Buffer[] {
  const database = new DatabaseSync(join(home, name, 'store', 'store.db'), { readOnly: true })
  try { return database.prepare('SELECT value FROM log WHERE key = ? AND version > 0 ORDER BY id').all(at).map((row) =>
    Buffer.from(row['value'] as Uint8Array)) } finally { database.close() }
}
const on = (name: string) => `/registry/secrets/default/${name}`
const isInFiles = (cluster: string, text: string) => readdirSync(join(home, cluster, 'store')).some((f) => readFileSync(join(home, cluster, 'store', f)).includes(text))

before(() => { home = mkdtempSync(join(tmpdir(), 'proa-encryption-')) })
after(async () => {
  for (const server of running) await server.stop()
  rmSync(home, { recursive: true, force: true })
})

for (const type of ['aescbc', 'aesgcm', 'secretbox']) test(`${type}: what is in the file, and what comes back`, async () => {
  const config = configuration([aes(type, ['key1', key(1)]), { identity: {} }])
  let server = await start(type, config)
  await put(server, 's', 'hunter2-sesame')
  assert.equal(await read(server, 's'), 'hunter2-sesame')
  await server.stop()
  const [value] = stored(type, on('s'))
  assert.ok(value!.toString('latin1').startsWith(`k8s:enc:${type}:v1:key1:`))
  assert.equal(isInFiles(type, Buffer.from('hunter2-sesame').toString('base64')), false)
  if (type === 'aesgcm') assert.equal(JSON.parse(Buffer.from(aesGcm(key(1)).open(on('s'), value!.subarray('k8s:enc:aesgcm:v1:key1:'.length))).toString()).data.password,
    btoa('hunter2-sesame'))
  server = await start(type, config)
  assert.equal(await read(server, 's'), 'hunter2-sesame')
  await server.stop()
})

test('a cluster is encrypted, its key turned over, and decrypted again: writing a Secret unchanged is what does it', async () => {
  const name = 'turning', plain = undefined, first = configuration([aes('aescbc', ['key1', key(1)]), { identity: {} }]),
    second = configuration([aes('aescbc', ['key2', key(2)], ['key1', key(1)])]), last = configuration([{ identity: {} }, aes('aescbc', ['key2', key(2)])])
  const steps: [config: string | undefined, begins: string][] = [[plain, '{"metadata"'], [first, 'k8s:enc:aescbc:v1:key1:'], [second, 'k8s:enc:aescbc:v1:key2:'],
    [last, '{"metadata"']]
  for (const [config, begins] of steps) {
    const server = await start(name, config)
    if (config === plain) await put(server, 's', 'sesame')
    else {
      assert.equal(await replace(server, 's'), true, begins)
      assert.equal(await replace(server, 's'), false, 'once is enough')
    }
    assert.equal(await read(server, 's'), 'sesame')
    await server.stop()
    assert.ok(stored(name, on('s')).at(-1)!.toString('latin1').startsWith(begins), begins)
  }
})

test('a lost key is told, and other resources are not harmed', async () => {
  const name = 'lost'
  let server = await start(name, configuration([aes('aesgcm', ['key1', key(1)])]))
  await put(server, 's', 'sesame')
  await server.stop()
  for (const [config, why] of [[configuration([aes('aesgcm', ['key1', key(9)])]), 'cipher: message authentication failed'],
    [configuration([aes('aesgcm', ['key9', key(1)])]), 'no matching key was found for the provided AES transformer'],
    [configuration([aes('secretbox', ['key1', key(1)]), { identity: {} }]), 'no matching prefix found'],
      [configuration([{ identity: {} }], ['configmaps']), 'identity transformer tried to read encrypted data']] as const) {
    server = await start(name, config)
    const message = `Internal error occurred: unable to transform key "${on('s')}": ${why}`
    assert.equal(await read(server, 's'), message)
    assert.deepEqual((({ status, body }) => [status, body.message])(await server.ask(`GET ${path}`, { token: admin })), [500, message])
    assert.equal((await server.ask('GET /api/v1/namespaces/default/configmaps', { token: admin })).status, 200)
    assert.equal((await put(server, `t-${why.length}`, 'x')).status, 201)
    await server.stop()
  }
})

test('the file is read again: a new key is used, and what was lost comes back', async () => {
  const name = 'reload'
  let server = await start(name, configuration([aes('aescbc', ['key1', key(1)])]))
  await put(server, 's', 'sesame')
  await server.stop()
  server = await start(name, configuration([aes('aescbc', ['key2', key(2)])]), '--encryption-provider-config-automatic-reload')
  assert.match(await read(server, 's'), /no matching key was found/)
  file(`${name}.json`, configuration([aes('aescbc', ['key2', key(2)], ['key1', key(1)])]))
  for (const end = Date.now() + 20_000; await read(server, 's') !== 'sesame';) { assert.ok(Date.now() < end); await new Promise((resolve) => { setTimeout(resolve, 50) }) }
  assert.equal(await replace(server, 's'), true)
  await server.stop()
  assert.ok(stored(name, on('s')).at(-1)!.toString('latin1').startsWith('k8s:enc:aescbc:v1:key2:'))
})

test('everything can be encrypted, custom resources too', async () => {
  const name = 'everything', server = await start(name, configuration([aes('secretbox', ['k', key(3)])], ['*.*']))
  await server.ask('POST /api/v1/namespaces/default/configmaps',
    { token: admin, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'needle-in-haystack' }, data: { a: 'needle-in-haystack' } } })
  await server.stop()
  assert.ok(stored(name, '/registry/configmaps/default/needle-in-haystack')[0]!.toString('latin1').startsWith('k8s:enc:secretbox:v1:k:'))
  assert.ok(stored(name, '/registry/clusterroles/cluster-admin')[0]!.toString('latin1').startsWith('k8s:enc:secretbox:v1:k:'))
})

test('a key management service seals the keys; its own key may change; without it nothing can be read', async () => {
  const name = 'kms', socket = join(home, 'kms.sock'), service = new KeyServer(socket),
    config = configuration([{ kms: { apiVersion: 'v2', name: 'vault', endpoint: `unix://${socket}`, timeout: '2s' } }])
  await service.start()
  let server = await start(name, config)
  await put(server, 's', 'hunter2-sesame')
  for (let i = 0; i < 5; i++) await put(server, `more-${i}`, 'x')
  assert.deepEqual(service.calls.filter((c) => c !== 'Status'), ['Encrypt'], 'the service is not asked for every write')
  assert.equal((await server.ask('GET /readyz/kms-provider-0', { token: admin })).status, 200)
  await server.stop()
  assert.ok(stored(name, on('s'))[0]!.toString('latin1').startsWith('k8s:enc:kms:v2:vault:'))
  assert.equal(isInFiles(name, Buffer.from('hunter2-sesame').toString('base64')), false)

  service.turnKey()
  server = await start(name, config)
  assert.equal(await read(server, 's'), 'hunter2-sesame')
  assert.equal(await replace(server, 's'), true, 'another key: it is worth writing again')
  assert.equal(await replace(server, 's'), false)
  await server.stop()

  service.stop()
  const late = start(name, config)
  const log = join(home, name, 'logs/control-plane.log'), told = () => readFileSync(log, 'utf8').split('a key management service is not well').length
  const before = told()
  await until('the server misses the key service', async () => told(), (times) => times > before)
  await service.start() // it is waited for
  server = await late
  assert.equal(await read(server, 's'), 'hunter2-sesame')
  await server.stop()
  service.stop()
})

test('a server does not start with a configuration that is wrong', async () => {
  await assert.rejects(start('wrong', configuration([aes('aescbc', ['key1', key(1, 5)])])),
    /resources\[0\]\.providers\[0\]\.aescbc\.keys\[0\]\.secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of \[16 24 32\]/)
})
