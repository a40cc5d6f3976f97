import { createHash, sign, verify, type KeyObject } from 'node:crypto'
import type { TokenKeys } from '#server'

/** Signs and verifies service account tokens with a P-256 or RSA key pair; the key id is the hash of the public key, as the reference computes it. */
export function tokenKeys({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): TokenKeys {
  const algorithm = privateKey.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256'
  const keyId = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url')
  const encoding = { dsaEncoding: 'ieee-p1363' } as const // RFC 7518 section 3.4: r and s side by side
  return {
    algorithm, keyId, publicKey: publicKey.export({ format: 'jwk' }),
    sign: (data) => sign('sha256', data, algorithm === 'ES256' ? { key: privateKey, ...encoding } : privateKey),
    verify: (data, signature, kid, alg) => alg === algorithm && (kid === undefined || kid === keyId)
      && verify('sha256', data, algorithm === 'ES256' ? { key: publicKey, ...encoding } : publicKey, signature),
  }
}
