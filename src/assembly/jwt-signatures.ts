// Signatures of JSON Web Tokens (RFC 7518 section 3) with keys that providers publish (RFC 7517).
import { constants, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { VerifySignature } from '#server'

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }
const leastRsaBits = 2048
const parsed = new WeakMap<object, KeyObject | 'unusable'>()

export const verifySignature: VerifySignature = (jwk, algorithm, data, signature) => {
  const key = keyOf(jwk), hash = `sha${algorithm.slice(2)}`
  if (!key) return false
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  switch (algorithm.slice(0, 2)) {
    case 'RS': return type === 'rsa' && (details?.modulusLength ?? 0) >= leastRsaBits && verify(hash, data, key, signature)
    case 'PS': return type === 'rsa' && (details?.modulusLength ?? 0) >= leastRsaBits &&
      verify(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature)
    case 'ES': return type === 'ec' && details?.namedCurve === curves[algorithm] && verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    default: return false
  }
}

function keyOf(jwk: object): KeyObject | undefined {
  let key = parsed.get(jwk)
  if (key === undefined) {
    try { key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }) } catch { key = 'unusable' }
    parsed.set(jwk, key)
  }
  return key === 'unusable' ? undefined : key
}
