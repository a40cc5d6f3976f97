// What certificates (RFC 5280) and public keys say, as far as rules of kinds ask for it.
import { dotted, element, parts, sequenceOf, tags, type Element } from './der.ts'

export interface Certificate {
  /** Milliseconds. */
  readonly notBefore: number
  readonly notAfter: number
  /** DER of the public key with its algorithm (SubjectPublicKeyInfo). */
  readonly publicKey: Uint8Array
  /** From the basic constraints; undefined where there are none. */
  readonly isAuthority: boolean | undefined
  readonly dnsNames: readonly string[]
}
/** Tags that only certificates use. */
const more = { boolean: 0x01, utcTime: 0x17, version: 0xa0, extensions: 0xa3, dnsName: 0x82 } as const
const basicConstraints = '2.5.29.19', alternativeName = '2.5.29.17'

function sequence(der: Uint8Array): Element[] {
  const found = sequenceOf(der)
  if (!found) throw new Error("asn1: structure error: tags don't match")
  return found
}

/** Throws an Error where the bytes are no certificate. */
export function certificate(der: Uint8Array): Certificate {
  const [signed] = sequence(der)
  if (signed?.tag !== tags.sequence) throw new Error('x509: malformed certificate')
  const fields = parts(signed.content), [, , , validity, , key] = fields[0]?.tag === more.version ? fields.slice(1) : fields
  const [from, to] = parts(validity!.content)
  if (key?.tag !== tags.sequence || !from || !to) throw new Error('x509: malformed certificate')
  const list = fields.find((field) => field.tag === more.extensions), extensions = list ? parts(element(list.content, 0).content).map((one) => parts(one.content)) : []
  const of = (id: string) => extensions.find(([type]) => type && dotted(type.content) === id)?.at(-1)?.content
  const constraints = of(basicConstraints), names = of(alternativeName)
  return {
    notBefore: moment(from), notAfter: moment(to), publicKey: key.whole,
    isAuthority: constraints && sequence(constraints).some((part) => part.tag === more.boolean && part.content[0] !== 0),
    dnsNames: names ? sequence(names).filter((name) => name.tag === more.dnsName).map((name) => new TextDecoder().decode(name.content)) : [],
  }
}
/** UTCTime has two digits of the year (1950 to 2049), GeneralizedTime four. */
function moment({ tag, content }: Element): number {
  const text = new TextDecoder().decode(content), digits = tag === more.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)
  if (!match) throw new Error('x509: malformed validity')
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** A public key: what kind it is, with the curve or the bits of its modulus. */
export type PublicKey = { readonly type: 'Ed25519' } | { readonly type: 'ECDSA'; readonly curve: string } | { readonly type: 'RSA'; readonly bits: number }
const algorithms: Readonly<Record<string, PublicKey['type']>> = { '1.3.101.112': 'Ed25519', '1.2.840.10045.2.1': 'ECDSA', '1.2.840.113549.1.1.1': 'RSA' }
const curves: Readonly<Record<string, string>> = { '1.3.132.0.33': 'P-224', '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384', '1.3.132.0.35': 'P-521' }

/** undefined: of a kind that nobody here knows. Throws an Error where the bytes are no public key. */
export function publicKey(der: Uint8Array): PublicKey | undefined {
  const [algorithm, key] = sequence(der), [id, parameters] = parts(algorithm!.content)
  if (id?.tag !== tags.identifier || key?.tag !== tags.bits) throw new Error('x509: malformed public key')
  const type = algorithms[dotted(id.content)]
  if (type === 'Ed25519') return { type }
  if (type === 'ECDSA') {
    const curve = parameters?.tag === tags.identifier ? curves[dotted(parameters.content)] : undefined
    if (!curve) throw new Error('x509: unsupported elliptic curve')
    return { type, curve }
  }
  if (type !== 'RSA') return undefined
  const [modulus] = sequence(key.content.subarray(1)), bytes = modulus!.content
  return { type, bits: (bytes.length - (bytes[0] === 0 ? 1 : 0)) * 8 }
}

/** The public key of a signing request (PKCS #10, RFC 2986) in DER. Throws an Error where the bytes are none. */
export function keyOfRequest(der: Uint8Array): Uint8Array {
  const [info] = sequence(der), [, , key] = parts(info!.content)
  if (key?.tag !== tags.sequence) throw new Error('x509: malformed certificate request')
  return key.whole
}

/** How a signing request is signed: what of it, by which algorithm (its identifier). Throws an Error where the bytes are none. */
export function signatureOfRequest(der: Uint8Array): { readonly algorithm: string; readonly signed: Uint8Array; readonly signature: Uint8Array } {
  const [info, algorithm, signature] = sequence(der), [id] = parts(algorithm!.content)
  if (id?.tag !== tags.identifier || signature?.tag !== tags.bits) throw new Error('x509: malformed certificate request')
  return { algorithm: dotted(id.content), signed: info!.whole, signature: signature.content.subarray(1) } // how many bits are unused comes first: none
}
