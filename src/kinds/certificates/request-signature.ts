// Whether a signing request is signed by the key that it is for, in the words of Go's crypto/x509. The mathematics are somebody else's.
import { same, type SignatureToCheck, type VerifySignature } from '#machinery'
import { DerReader } from './der-reader.ts'
import { tags } from './der.ts'
import type { PublicKey } from './public-key.ts'
import type { SigningRequest } from './signing-request.ts'

interface Algorithm { readonly key: PublicKey['type']; readonly hash?: NonNullable<SignatureToCheck['hash']>; readonly pss?: true; /** Broken: its name. */ readonly insecure?: string }
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.4': { key: 'RSA', insecure: 'MD5-RSA' }, '1.2.840.113549.1.1.5': { key: 'RSA', hash: 'sha1' }, '1.3.14.3.2.29': { key: 'RSA', hash: 'sha1' },
  '1.2.840.113549.1.1.11': { key: 'RSA', hash: 'sha256' }, '1.2.840.113549.1.1.12': { key: 'RSA', hash: 'sha384' }, '1.2.840.113549.1.1.13': { key: 'RSA', hash: 'sha512' },
  '1.2.840.10040.4.3': { key: 'DSA', hash: 'sha1' }, '2.16.840.1.101.3.4.3.2': { key: 'DSA', hash: 'sha256' },
  '1.2.840.10045.4.1': { key: 'ECDSA', hash: 'sha1' }, '1.2.840.10045.4.3.2': { key: 'ECDSA', hash: 'sha256' }, '1.2.840.10045.4.3.3': { key: 'ECDSA', hash: 'sha384' }, '1.2.840.10045.4.3.4': { key: 'ECDSA', hash: 'sha512' },
  '1.3.101.112': { key: 'Ed25519' },
}
const rsaPss = '1.2.840.113549.1.1.10'
const unimplemented = 'x509: cannot verify signature: algorithm unimplemented'
const goTypes = { RSA: '*rsa.PublicKey', ECDSA: '*ecdsa.PublicKey', Ed25519: 'ed25519.PublicKey', DSA: '*dsa.PublicKey' } as const
const failures = { RSA: 'crypto/rsa: verification error', ECDSA: 'x509: ECDSA verification failure', Ed25519: 'x509: Ed25519 verification failure' } as const
/** Bits; keys of RSA that are shorter are not even tried. */
const shortestRsa = 1024

/** What is wrong with a request's signature; undefined: nothing. */
export function whyBadlySigned({ key, publicKey, algorithm: id, parameters, signed, signature }: SigningRequest, verify: VerifySignature): string | undefined {
  const algorithm = id === rsaPss ? pssAlgorithm(parameters) : algorithms[id]
  if (!algorithm) return unimplemented
  if (algorithm.insecure) return `x509: cannot verify signature: insecure algorithm ${algorithm.insecure}`
  if (!key || key.type === 'DSA') return unimplemented
  if (key.type !== algorithm.key) return `x509: signature algorithm specifies an ${algorithm.key} public key, but have public key of type ${goTypes[key.type]}`
  if (key.type === 'RSA' && key.bits < shortestRsa) return `crypto/rsa: ${key.bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`
  return verify({ key: publicKey, hash: algorithm.hash, pss: algorithm.pss ?? false, signed, signature }) ? undefined : failures[key.type]
}

const hashes = { '2.16.840.1.101.3.4.2.1': ['sha256', 32n], '2.16.840.1.101.3.4.2.2': ['sha384', 48n], '2.16.840.1.101.3.4.2.3': ['sha512', 64n] } as const
/** RFC 8017, A.2.3: hash, mask and salt are said apart; known are those where all go together. */
function pssAlgorithm(parameters: Uint8Array | undefined): Algorithm | undefined {
  try {
    const inner = new DerReader(parameters ?? new Uint8Array()).inside(tags.sequence, ''), explicit = (n: number) => new DerReader(inner.content(0xa0 + n, ''))
    const hash = explicit(0).inside(tags.sequence, ''), id = hash.identifier(''), mask = explicit(1).inside(tags.sequence, ''), salt = explicit(2).integer('')
    const known = hashes[id as keyof typeof hashes] as (typeof hashes)[keyof typeof hashes] | undefined
    const isMask = mask.identifier('') === '1.2.840.113549.1.1.8' && mask.inside(tags.sequence, '').identifier('') === id
    const nothing = hash.isEmpty || same([...hash.any('').whole], [tags.none, 0])
    return known && isMask && nothing && salt === known[1] && (inner.isEmpty || explicit(3).integer('') === 1n) ? { key: 'RSA', hash: known[0], pss: true } : undefined
  } catch { return undefined }
}
