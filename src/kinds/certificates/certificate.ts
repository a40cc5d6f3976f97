// Certificates (RFC 5280), read as Go's crypto/x509 reads them: part by part in its order, with its words for what is wrong.
import { quote, same } from '#machinery'
import { alternativeNames } from './alternative-names.ts'
import { basicConstraints, checkExtension, isAuthority, subjectAlternativeName, type Extension } from './certificate-extensions.ts'
import { DerReader } from './der-reader.ts'
import { tags } from './der.ts'
import { checkName } from './distinguished-name.ts'
import { moment } from './moment.ts'
import { algorithmIn, publicKeyInfo } from './public-key.ts'

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

/** One certificate and nothing behind it. Throws an Error. */
export function certificate(der: Uint8Array): Certificate {
  const { length, ...read } = first(der)
  if (length !== der.length) throw new Error('x509: trailing data')
  return read
}
/** One behind the other. Throws an Error where the bytes are anything else. */
export function certificates(der: Uint8Array): Certificate[] {
  const all: Certificate[] = []
  for (let rest = der; rest.length > 0;) {
    const { length, ...read } = first(rest)
    all.push(read)
    rest = rest.subarray(length)
  }
  return all
}

const optional = { version: 0xa0, issuerId: 0x81, subjectId: 0x82, extensions: 0xa3 } as const
const latestVersion = 2n
function first(der: Uint8Array): Certificate & { readonly length: number } {
  const whole = new DerReader(der).whole(tags.sequence, 'x509: malformed certificate')
  const outer = new DerReader(whole).inside(tags.sequence, ''), signed = outer.inside(tags.sequence, 'x509: malformed tbs certificate')
  const version = versionIn(signed)
  if (signed.integer('x509: malformed serial number') < 0n) throw new Error('x509: negative serial number')
  const algorithm = signed.content(tags.sequence, 'x509: malformed signature algorithm identifier')
  if (!same([...outer.content(tags.sequence, 'x509: malformed algorithm identifier')], [...algorithm])) throw new Error("x509: inner and outer signature algorithm identifiers don't match")
  algorithmIn(new DerReader(algorithm))
  checkName(signed.whole(tags.sequence, 'x509: malformed issuer'))
  const validity = signed.inside(tags.sequence, 'x509: malformed validity'), notBefore = momentIn(validity), notAfter = momentIn(validity)
  checkName(signed.whole(tags.sequence, 'x509: malformed issuer'))
  const key = signed.whole(tags.sequence, 'x509: malformed spki')
  publicKeyInfo(key) // of whatever kind, but it must be a key where the kind is known
  const extensions = version > 0n ? extensionsIn(signed, version) : []
  outer.bits('x509: malformed signature')
  const of = (id: string) => extensions.find((extension) => extension.id === id)?.value, constraints = of(basicConstraints), names = of(subjectAlternativeName)
  return { notBefore, notAfter, publicKey: key, isAuthority: constraints && isAuthority(constraints), dnsNames: names ? alternativeNames(names).dns : [], length: whole.length }
}
function versionIn(signed: DerReader): bigint {
  const wrong = 'x509: malformed version', given = signed.optional(optional.version, wrong), version = given ? new DerReader(given).integer(wrong) : 0n
  if (version < 0n || version > latestVersion + 1n) throw new Error(wrong)
  if (version > latestVersion) throw new Error('x509: invalid version')
  return version
}
function momentIn(validity: DerReader): number {
  const { tag, content } = validity.any('x509: unsupported time format')
  return moment(tag, content)
}
function extensionsIn(signed: DerReader, version: bigint): Extension[] {
  signed.optional(optional.issuerId, 'x509: malformed issuerUniqueID')
  signed.optional(optional.subjectId, 'x509: malformed subjectUniqueID')
  const wrong = 'x509: malformed extensions', given = version === latestVersion ? signed.optional(optional.extensions, wrong) : undefined, all: Extension[] = []
  if (!given) return all
  for (const list = new DerReader(given).inside(tags.sequence, wrong); !list.isEmpty;) {
    const one = list.inside(tags.sequence, 'x509: malformed extension'), id = one.identifier('x509: malformed extension OID field')
    const isCritical = one.stands(tags.boolean) && one.boolean('x509: malformed extension critical field'), value = one.content(tags.octets, 'x509: malformed extension value field')
    if (all.some((other) => other.id === id)) throw new Error(`x509: certificate contains duplicate extension with OID ${quote(id)}`)
    all.push({ id, isCritical, value })
  }
  for (const extension of all) checkExtension(extension)
  return all
}
