import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '#machinery'
import { Metrics } from '#server'
import { aesCbc, aesGcm } from './ciphers.ts'
import { KmsUnavailable, type KeyService, type Sealed } from './kms-client.ts'
import { KmsFigures } from './kms-figures.ts'
import { KmsProvider } from './kms.ts'

/** Time that passes when somebody waits for it, or when told. */
class Clock {
  time = Date.UTC(2030, 0, 1)
  readonly waiting: { at: number; run: () => void }[] = []
  now() { return this.time }
  after(ms: number, run: () => void) { const entry = { at: this.time + ms, run }; this.waiting.push(entry); return () => { this.waiting.splice(this.waiting.indexOf(entry), 1) } }
  /** Lets the next one that waits go on. */
  async next() { const entry = this.waiting.sort((a, b) =>
    a.at - b.at).shift(); if (entry) { this.time = Math.max(this.time, entry.at); entry.run() } await new Promise((resolve) => { setImmediate(resolve) }) }
}
/** Seals by turning every bit of it, under a key that may be another. */
class Service implements KeyService {
  keyId = 'key-1'
  healthz = 'ok'
  version = 'v2'
  down = false
  readonly calls: string[] = []
  #call(name: string) { this.calls.push(name); if (this.down) throw new KmsUnavailable('rpc error: code = Unavailable desc = no connection') }
  async status() { this.#call('status'); return { version: this.version, healthz: this.healthz, keyId: this.keyId } }
  async encrypt(plaintext: Uint8Array) { this.#call('encrypt'); return { ciphertext: plaintext.map((b) => b ^ 255), keyId: this.keyId,
    annotations: { 'a.example': Uint8Array.of(1) } } }
  async decrypt({ ciphertext, keyId }: Sealed) { this.#call(`decrypt ${keyId}`); if (keyId === 'lost')
    throw new Error('rpc error: code = Unknown desc = no such key'); return ciphertext.map((b) => b ^ 255) }
  close() {}
}
const bytes = (text: string) => new TextEncoder().encode(text), path = '/registry/secrets/n/s'
function make(version: 'v1' | 'v2' = 'v2') {
  const clock = new Clock(), service = new Service(), provider = new KmsProvider({ name: 'vault', version, service, clock, log: silent }), [key] = provider.keys
  return { clock, service, provider, key: key! }
}
const another = (service: Service, version: 'v1' | 'v2' = 'v2') =>
  { const clock = new Clock(), provider = new KmsProvider({ name: 'vault', version, service, clock, log: silent }); return { clock, provider, key: provider.keys[0]! } }

for (const version of ['v2', 'v1'] as const) test(`${version}: what one server seals another opens; the service is asked once`, async () => {
  const { service, provider, key } = make(version)
  assert.equal(await provider.start(), true)
  const sealed = ['a', 'b', 'c'].map((t) => key.seal(path, bytes(t)))
  assert.deepEqual(service.calls, ['status', 'encrypt'])
  const other = another(service, version)
  service.calls.length = 0
  await other.provider.prepare(sealed)
  assert.deepEqual(sealed.map((s) => Buffer.from(other.key.open(path, s)).toString()), ['a', 'b', 'c'])
  assert.deepEqual(service.calls, [`decrypt ${version === 'v2' ? 'key-1' : 'v1'}`])
  assert.throws(() => other.key.open('/registry/secrets/n/other', sealed[0]!), /authentication failed/)
})
test('another key of the service is taken up when it says so, and tells what is stale', async () => {
  const { clock, service, provider, key } = make()
  await provider.start()
  const old = key.seal(path, bytes('a'))
  assert.equal(key.form!(old), key.currentForm)
  service.keyId = 'key-2'
  await clock.next()
  assert.deepEqual([key.form!(old), key.currentForm, Buffer.from(key.open(path, old)).toString()], ['key-1', 'key-2', 'a'])
})
test('nothing is written with a key whose service has not been heard of for three minutes', async () => {
  const { clock, service, provider } = make()
  assert.throws(() => provider.check(), { message: 'got unexpected nil transformer' })
  await provider.start()
  provider.check()
  provider.health()
  service.down = true
  for (const end = clock.time + 185_000; clock.time < end;) await clock.next()
  assert.throws(() => provider.check(), /^Error: encryptedDEKSource with keyID hash "sha256:[0-9a-f]{64}" expired at 2030-01-01T00:03:00Z \(current time is 2030-01-01T00:03:/)
  assert.throws(() => provider.health(), /kms provider vault: rpc error: code = Unavailable/)
  service.down = false
  await clock.next()
  provider.check()
})
for (const [what, change, why] of [['ill', { healthz: 'melting' }, /got unexpected healthz status: melting/],
  ['of another version', { version: 'v3' }, /expected KMSv2 API version v2, got v3/],
  ['without a key', { keyId: '' }, /keyID is empty/]] as const) test(`a service that is ${what}`, async () => {
  const { clock, service, provider } = make()
  Object.assign(service, change)
  const started = provider.start()
  for (let i = 0; i < 30; i++) await clock.next()
  assert.equal(await started, false)
  assert.throws(() => provider.health(), why)
})
test('a service that is away is waited for, but not for ever', async () => {
  const { service, provider, key } = make()
  await provider.start()
  const sealed = key.seal(path, bytes('a')), other = another(service)
  service.down = true
  const prepared = other.provider.prepare([sealed])
  await other.clock.next()
  service.down = false
  await other.clock.next()
  await prepared
  assert.equal(Buffer.from(other.key.open(path, sealed)).toString(), 'a')
  const third = another(service)
  service.down = true
  const failed = assert.rejects(third.provider.prepare([sealed]), /the key management service vault does not answer .* start it, and then the cluster/)
  for (let i = 0; i < 70; i++) await third.clock.next()
  await failed
})
test('a key that the service has lost is told when a value is opened', async () => {
  const { service, provider, key } = make()
  service.keyId = 'lost'
  await provider.start()
  const sealed = key.seal(path, bytes('a')), other = another(service)
  await other.provider.prepare([sealed])
  assert.throws(() => other.key.open(path, sealed), { message: 'failed to decrypt DEK, error: rpc error: code = Unknown desc = no such key' })
  assert.throws(() => other.key.open(path, Uint8Array.of()), { message: 'encrypted data is empty' })
})
test('v1 data: the sealed key with its length, then the value; AES-CBC from long ago is still read', async () => {
  const dek = Uint8Array.from({ length: 32 }, (_, i) => i), wrapped = dek.map((b) => b ^ 255), pack = (data: Uint8Array) => Buffer.concat([Uint8Array.of(0, 32), wrapped, data])
  const { provider, key } = make('v1')
  for (const cipher of [aesGcm(dek), aesCbc(dek)]) {
    const packed = pack(cipher.seal(path, bytes('value')))
    await provider.prepare([packed])
    assert.equal(Buffer.from(key.open(path, packed)).toString(), 'value')
  }
})

test('keys and their use are counted by the hashes of their names', async () => {
  const metrics = new Metrics(), clock = new Clock(), service = new Service(), figures = new KmsFigures(metrics, clock, () => clock.now())
  const provider = new KmsProvider({ name: 'vault', version: 'v2', service, clock, log: silent, figures }), [key] = provider.keys
  await provider.start()
  for (let i = 0; i < 2; i++) key!.open(path, key!.seal(path, bytes('a')))
  service.keyId = ''
  await clock.next()
  figures.calling('vault', '/v2.KeyManagementService/Status')('Unavailable')
  const lines = metrics.text().replaceAll(/(key_id_hash|apiserver_id_hash)="sha256:\w{64}"/g, '$1').split('\n')
  for (const line of [
    'apiserver_envelope_encryption_key_id_hash_total{apiserver_id_hash,key_id_hash,provider_name="vault",transformation_type="to_storage"} 2',
    'apiserver_envelope_encryption_key_id_hash_total{apiserver_id_hash,key_id_hash,provider_name="vault",transformation_type="from_storage"} 2',
    'apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds{apiserver_id_hash,key_id_hash,provider_name="vault"} 1.893456e+09',
    'apiserver_envelope_encryption_invalid_key_id_from_status_total{error="empty",provider_name="vault"} 1', 'apiserver_envelope_encryption_dek_source_cache_size{provider_name="vault"} 1',
    'apiserver_storage_data_key_generation_duration_seconds_count 1', 'apiserver_storage_data_key_generation_failures_total 0',
    'apiserver_envelope_encryption_kms_operations_latency_seconds_count{grpc_status_code="Unavailable",method_name="/v2.KeyManagementService/Status",provider_name="vault"} 1',
  ]) assert.ok(lines.includes(line), `${line}\n${lines.filter((l) => !l.includes('bucket')).join('\n')}`)
})
