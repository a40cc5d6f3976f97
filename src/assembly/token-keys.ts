// Keys of service account tokens, as authentication works with them: from PEM texts, or from the cluster's own pair.
import { createHash, createPrivateKey, createPublicKey, sign, verify, X509Certificate, type KeyObject } from 'node:crypto'
import type { TokenKeys, VerifyingKey } from '#server'

const curves: Readonly<Record<string, { readonly algorithm: string; readonly hash: string }>> = {
  prime256v1: { algorithm: 'ES256', hash: 'sha256' }, secp384r1: { algorithm: 'ES384', hash: 'sha384' }, secp521r1: { algorithm: 'ES512', hash: 'sha512' },
}
const encoding = { dsaEncoding: 'ieee-p1363' } as const // RFC 7518 section 3.4: r and s side by side

/** Signs with a pair, and believes it and the other public keys. */
export function tokenKeys(signing: { readonly privateKey: KeyObject } | undefined, others: readonly KeyObject[] = []): TokenKeys {
  const own = signing && verifyingKey(createPublicKey(signing.privateKey))
  const verifying = new Map([...(own ? [own] : []), ...others.map(verifyingKey)].map((key) => [key.keyId, key]))
  return {
    ...(signing && own && { signer: { keyId: own.keyId, algorithm: own.algorithm,
      sign: (data: Uint8Array) => sign(hashOf(own.algorithm), data, own.algorithm.startsWith('ES') ? { key: signing.privateKey, ...encoding } : signing.privateKey) } }),
    verifying: [...verifying.values()],
  }
}

/** The key id is the hash of the public key, as the reference computes it. Throws when the key is neither RSA nor of a curve that tokens know. */
function verifyingKey(key: KeyObject): VerifyingKey {
  const algorithm = algorithmOf(key), hash = hashOf(algorithm), given = algorithm.startsWith('ES') ? { key, ...encoding } : key
  return {
    keyId: createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64url'), algorithm, jwk: key.export({ format: 'jwk' }),
    verify: (data, signature) => verify(hash, data, given, signature),
  }
}
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'rsa') return 'RS256'
  const curve = asymmetricKeyType === 'ec' ? curves[asymmetricKeyDetails?.namedCurve ?? ''] : undefined
  if (!curve) throw new Error(`unknown public key type ${asymmetricKeyType ?? ''} ${asymmetricKeyDetails?.namedCurve ?? ''}, must be RSA or ECDSA with the curve P-256, P-384 or P-521`)
  return curve.algorithm
}
const hashOf = (algorithm: string): string => `sha${algorithm.slice(2)}`

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g
/** All public keys in a PEM text: public and private keys and certificates. Throws when there are none. */
export function publicKeysOf(pem: string, fileName: string): KeyObject[] {
  const keys = [...pem.matchAll(block)].flatMap(([text, label = '']) => {
    if (label === 'CERTIFICATE') return [new X509Certificate(text).publicKey]
    return label.endsWith('PUBLIC KEY') || label.endsWith('PRIVATE KEY') ? [createPublicKey(text)] : []
  })
  if (keys.length === 0) throw new Error(`${fileName}: data does not contain any valid RSA or ECDSA public keys`)
  return keys
}
/** The first private key of a PEM text. */
export function privateKeyOf(pem: string, fileName: string): KeyObject {
  const found = [...pem.matchAll(block)].find(([, label = '']) => label.endsWith('PRIVATE KEY'))
  if (!found) throw new Error(`${fileName}: data does not contain a valid RSA or ECDSA private key`)
  return createPrivateKey(found[0])
}
