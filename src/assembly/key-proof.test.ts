import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { stubRequest } from '../../tests/facts/certificates.ts'
import { provesKey } from './key-proof.ts'

const podUID = 'f1d2-uid', base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const stub = Buffer.from(stubRequest, 'base64')
const specOf = (given: { stubPKCS10Request?: string; pkixPublicKey?: string; proofOfPossession?: string }) => ({ signerName: 'x/y', podName: 'p', podUID, serviceAccountName: 'a', serviceAccountUID: 'u', nodeName: 'n', nodeUID: 'u', maxExpirationSeconds: 3600, stubPKCS10Request: '', ...given })
const forged = Buffer.from(stub)
forged[forged.length - 1]! ^= 1
test('a signing request is signed by its key', () => {
  assert.equal(provesKey(specOf({ stubPKCS10Request: base64(stub) })), true)
  assert.equal(provesKey(specOf({ stubPKCS10Request: base64(forged) })), false)
})

const pss = (key: KeyObject) => ({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN })
for (const [what, { publicKey, privateKey }, signed] of [
  ['Ed25519', generateKeyPairSync('ed25519'), (key: KeyObject, data: Buffer) => sign(null, data, key)], ['ECDSA', generateKeyPairSync('ec', { namedCurve: 'P-384' }), (key: KeyObject, data: Buffer) => sign('sha256', data, key)],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 3072 }), (key: KeyObject, data: Buffer) => sign('sha256', data, pss(key))],
] as const) test(`a key of ${what} signs the UID of the pod`, () => {
  const pkixPublicKey = base64(publicKey.export({ format: 'der', type: 'spki' })), of = (text: string) => provesKey(specOf({ pkixPublicKey, proofOfPossession: base64(signed(privateKey, Buffer.from(text))) }))
  assert.deepEqual([of(podUID), of('another'), provesKey(specOf({ pkixPublicKey, proofOfPossession: 'AAAA' }))], [true, false, false])
})
