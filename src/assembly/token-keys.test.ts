import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { tokenKeys } from './token-keys.ts'

for (const pair of [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('rsa', { modulusLength: 2048 })])
  test(`${pair.publicKey.asymmetricKeyType} keys verify what they sign and nothing else`, () => {
    const keys = tokenKeys(pair), data = Buffer.from('head.body'), signature = keys.sign(data)
    assert.ok(keys.verify(data, signature, keys.keyId, keys.algorithm))
    assert.ok(!keys.verify(Buffer.from('head.other'), signature, keys.keyId, keys.algorithm))
    assert.ok(!keys.verify(data, signature, 'another key', keys.algorithm))
    assert.ok(!keys.verify(data, signature, keys.keyId, 'none'))
    if (keys.algorithm === 'ES256') assert.equal(signature.length, 64)
  })
