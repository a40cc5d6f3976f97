import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { privateKeyOf, publicKeysOf, tokenKeys } from './token-keys.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }), p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
for (const [algorithm, pair, length] of [['RS256', rsa, 256], ['ES256', p256, 64], ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 96],
  ['ES512', p521, 132]] as const)
  test(`${algorithm} keys verify what they sign and nothing else`, () => {
    const { signer, verifying: [key] } = tokenKeys(pair), data = Buffer.from('head.body'), signature = signer!.sign(data)
    assert.deepEqual([signer!.algorithm, key!.algorithm, signer!.keyId, signature.length], [algorithm, algorithm, key!.keyId, length])
    assert.ok(key!.verify(data, signature))
    assert.ok(!key!.verify(Buffer.from('head.other'), signature))
  })

test('a file may hold several keys, public or private; a key that comes twice is one', () => {
  const pem = [rsa.publicKey.export({ type: 'spki', format: 'pem' }), p256.privateKey.export({ type: 'sec1', format: 'pem' }),
    rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })].join('\n')
  assert.deepEqual(publicKeysOf(pem, 'keys').map((k) => [k.type, k.asymmetricKeyType]), [['public', 'rsa'], ['public', 'ec'], ['public', 'rsa']])
  assert.deepEqual(tokenKeys(p521, publicKeysOf(pem, 'keys')).verifying.map((k) => k.algorithm), ['ES512', 'RS256', 'ES256'])
  assert.equal(privateKeyOf(pem, 'keys').asymmetricKeyType, 'ec')
  assert.throws(() => publicKeysOf('nothing', 'sa.pub'), { message: 'sa.pub: data does not contain any valid RSA or ECDSA public keys' })
  assert.throws(() => tokenKeys(undefined, [generateKeyPairSync('ed25519').publicKey]), /must be RSA or ECDSA/)
})
