// Public keys (RFC 3279, RFC 5480, RFC 8410) as Go's crypto/x509 reads them.
import { DerReader } from './der-reader.ts'
import { tags } from './der.ts'

/** What kind of key it is, with the curve or the bits of its modulus. */
export type PublicKey = { readonly type: 'Ed25519' } | { readonly type: 'ECDSA'; readonly curve: string } | { readonly type: 'RSA'; readonly bits: number } | { readonly type: 'DSA' }

/** y² = x³ - 3x + b modulo p, in so many bytes (SEC 2). */
interface Curve { readonly name: string; readonly bytes: number; readonly p: bigint; readonly b: bigint }
const curves: Readonly<Record<string, Curve>> = {
  '1.3.132.0.33': { name: 'P-224', bytes: 28, p: 2n ** 224n - 2n ** 96n + 1n, b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n },
  '1.2.840.10045.3.1.7': { name: 'P-256', bytes: 32, p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n, b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn },
  '1.3.132.0.34': { name: 'P-384', bytes: 48, p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n, b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn },
  '1.3.132.0.35': { name: 'P-521', bytes: 66, p: 2n ** 521n - 1n, b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n },
}
const number = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
/** Whether the bytes are a point of the curve, uncompressed (SEC 1, 2.3.4). */
function isPoint(bytes: Uint8Array, { bytes: size, p, b }: Curve): boolean {
  if (bytes.length !== 1 + 2 * size || bytes[0] !== 4) return false
  const x = number(bytes.subarray(1, 1 + size)), y = number(bytes.subarray(1 + size))
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}

const ed25519Bytes = 32
type Reader = (parameters: Uint8Array | undefined, key: Uint8Array) => PublicKey
const readers: Readonly<Record<string, Reader>> = {
  '1.2.840.113549.1.1.1': (parameters, key) => {
    if (parameters?.length !== 2 || parameters[0] !== tags.none || parameters[1] !== 0) throw new Error('x509: RSA key missing NULL parameters')
    const pair = new DerReader(key).inside(tags.sequence, 'x509: invalid RSA public key')
    const modulus = pair.integer('x509: invalid RSA modulus'), exponent = pair.integer('x509: invalid RSA public exponent')
    if (BigInt.asIntN(64, exponent) !== exponent) throw new Error('x509: invalid RSA public exponent')
    if (modulus <= 0n) throw new Error('x509: RSA modulus is not a positive number')
    if (exponent <= 0n) throw new Error('x509: RSA public exponent is not a positive number')
    return { type: 'RSA', bits: modulus.toString(2).length }
  },
  '1.2.840.10045.2.1': (parameters, key) => {
    const curve = curves[new DerReader(parameters ?? new Uint8Array()).identifier('x509: invalid ECDSA parameters')]
    if (!curve) throw new Error('x509: unsupported elliptic curve')
    if (!isPoint(key, curve)) throw new Error('x509: failed to unmarshal elliptic curve point')
    return { type: 'ECDSA', curve: curve.name }
  },
  '1.3.101.112': (parameters, key) => {
    if (parameters) throw new Error('x509: Ed25519 key encoded with illegal parameters')
    if (key.length !== ed25519Bytes) throw new Error('x509: wrong Ed25519 public key size')
    return { type: 'Ed25519' }
  },
  '1.2.840.10040.4.1': (parameters, key) => {
    const y = new DerReader(key).integer('x509: invalid DSA public key'), wrong = 'x509: invalid DSA parameters'
    const of = new DerReader(parameters ?? new Uint8Array()).inside(tags.sequence, wrong)
    if ([y, of.integer(wrong), of.integer(wrong), of.integer(wrong)].some((n) => n <= 0n)) throw new Error('x509: zero or negative DSA parameter')
    return { type: 'DSA' }
  },
}

/** A key by its algorithm, with the algorithm's parameters as they are encoded. undefined: an algorithm that nobody here knows. Throws an Error in Go's words. */
export const publicKey = (algorithm: string, parameters: Uint8Array | undefined, key: Uint8Array): PublicKey | undefined => readers[algorithm]?.(parameters, key)

/** The same of DER (SubjectPublicKeyInfo). */
export function publicKeyInfo(der: Uint8Array): PublicKey | undefined {
  const wrong = 'x509: malformed spki', info = new DerReader(der).inside(tags.sequence, wrong)
  const { algorithm, parameters } = algorithmIn(info.inside(tags.sequence, 'x509: malformed public key algorithm identifier'))
  return publicKey(algorithm, parameters, info.bits('x509: malformed subjectPublicKey'))
}
/** An algorithm and its parameters, as they are encoded. */
export function algorithmIn(reader: DerReader): { readonly algorithm: string; readonly parameters: Uint8Array | undefined } {
  const algorithm = reader.identifier('x509: malformed OID')
  return { algorithm, parameters: reader.isEmpty ? undefined : reader.any('x509: malformed parameters').whole }
}
