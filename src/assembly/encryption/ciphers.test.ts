import assert from 'node:assert/strict'
import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { test } from 'node:test'
import { aesCbc, aesGcm, seededGcm, secretbox } from './ciphers.ts'

const path = '/registry/secrets/n/s', values = ['', 'a', 'x'.repeat(15), 'x'.repeat(16), 'y'.repeat(1000)].map((t) => new TextEncoder().encode(t))
const key = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => i)
for (const [name, cipher, other] of [['AES-CBC with 128 bits', aesCbc(key(16)), aesCbc(key(24).subarray(8))], ['AES-CBC', aesCbc(key(32)), undefined],
  ['AES-GCM', aesGcm(key(32)), aesGcm(key(24))], ['secretbox', secretbox(key(32)), secretbox(new Uint8Array(32))],
  ['AES-GCM with a seed', seededGcm(key(32)), seededGcm(new Uint8Array(32))]] as const)
  test(`${name} opens what it seals, and nothing else`, () => {
    for (const value of values) {
      const sealed = cipher.seal(path, value)
      assert.deepEqual([...cipher.open(path, sealed)], [...value])
      assert.notDeepEqual(sealed, cipher.seal(path, value), 'never the same twice')
      if (name !== 'AES-CBC with 128 bits' && name !== 'AES-CBC') {
        const changed = Uint8Array.from(sealed)
        changed[changed.length - 1]! ^= 1
        assert.throws(() => cipher.open(path, changed), name === 'secretbox' ? /output array was not large enough/ : { message: 'cipher: message authentication failed' })
        assert.throws(() => other!.open(path, sealed))
      }
      assert.throws(() => cipher.open(path, sealed.subarray(0, 3)), { message: 'the stored data was shorter than the required size' })
    }
  })
test('AES-GCM binds a value to its place', () => { assert.throws(() => aesGcm(key(32)).open('/registry/secrets/n/other', aesGcm(key(32)).seal(path, values[1]!)),
  /authentication failed/) })
for (const [change, message] of [[(d: Uint8Array) => d.subarray(0, -1), 'the stored data is not a multiple of the block size'],
  [(d: Uint8Array) => d.subarray(0, 16), 'invalid PKCS7 data (empty or not padded)']] as const)
  test(`AES-CBC: ${message}`, () => { assert.throws(() => aesCbc(key(32)).open(path, change(aesCbc(key(32)).seal(path, values[4]!))), { message }) })
/** RFC 5869 section 2.3, written out for 32 bytes. */
const expand = (prk: Uint8Array, info: Uint8Array): Buffer => createHmac('sha256', prk).update(Buffer.concat([info, Uint8Array.of(1)])).digest()
test('a value sealed with a seed begins with 32 bytes, from which its key follows by HKDF-Expand', () => {
  const seed = Buffer.from('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5', 'hex'), info = Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex')
  // The seed is what RFC 5869's first example extracts: expanding it must give what the whole HKDF gives.
  assert.deepEqual(expand(seed, info), Buffer.from(hkdfSync('sha256', Buffer.alloc(22, 0x0b), Buffer.from('000102030405060708090a0b0c', 'hex'), info, 32)))
  const sealed = seededGcm(seed).seal(path, values[4]!)
  assert.equal(sealed.length, 32 + 12 + 1000 + 16)
  const decipher = createDecipheriv('aes-256-gcm', expand(seed, sealed.subarray(0, 32)), sealed.subarray(32, 44)).setAAD(Buffer.from(path)).setAuthTag(sealed.subarray(-16))
  assert.equal(Buffer.concat([decipher.update(sealed.subarray(44, -16)), decipher.final()]).toString(), 'y'.repeat(1000))
})
