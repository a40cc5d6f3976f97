// Certificates (RFC 5280) of the cluster's own: what little they need, without the library that reads and writes everything there is, which would stay in memory.
import { createHash, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { isIPv4, SocketAddress } from 'node:net'
import { bits, element, elements, identifier, integer, octets, sequence, set, time, utf8, yes, type Element } from './der.ts'

export interface CertificateTemplate {
  readonly commonName: string
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly ips?: readonly string[]
  readonly isAuthority?: boolean
  /** What else than signing it is for. */
  readonly usage?: readonly ('server' | 'client')[]
  readonly notBefore: Date
  readonly notAfter: Date
}
/** Who vouches for it; absent: itself. */
export interface Issuer { readonly certificate: X509Certificate; readonly key: KeyObject }

/** The certificate of a public key, as PEM. `own`: its private key. Throws for issuers whose keys are neither of RSA nor of a curve. */
export function makeCertificate(template: CertificateTemplate, keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }, issuer?: Issuer): string {
  const subject = nameOf(template), signer = issuer?.key ?? keys.privateKey, algorithm = algorithmOf(signer)
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))), integer(serial()), algorithm, issuer ? Buffer.from(subjectOf(issuer.certificate)) : subject,
    sequence(time(template.notBefore), time(template.notAfter)), subject, spki(keys.publicKey),
    element(0xa3, sequence(...extensionsOf(template, keys.publicKey, issuer))),
  )
  return pem(sequence(body, algorithm, bits(sign('sha256', body, signer))))
}

function extensionsOf({ isAuthority = false, usage = [], dnsNames = [], ips = [] }: CertificateTemplate, own: KeyObject, issuer: Issuer | undefined): Buffer[] {
  const extension = (id: string, value: Buffer, critical = false) => sequence(identifier(id), ...(critical ? [yes] : []), octets(value))
  const names = [...dnsNames.map((name) => element(0x82, Buffer.from(name, 'latin1'))), ...ips.map((ip) => element(0x87, addressOf(ip)))]
  return [
    ...(isAuthority || issuer ? [extension('2.5.29.19', sequence(...(isAuthority ? [yes] : [])), true)] : []),
    // From the first bit on: digitalSignature, keyEncipherment is the third, keyCertSign the sixth, cRLSign the seventh.
    extension('2.5.29.15', isAuthority ? bits(Buffer.from([0b1000_0110]), 1) : bits(Buffer.from([0b1010_0000]), 5), true),
    ...(usage.length > 0 ? [extension('2.5.29.37', sequence(...usage.map((one) => identifier(one === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2'))))] : []),
    ...(isAuthority ? [extension('2.5.29.14', octets(keyIdOf(own)))] : []),
    ...(issuer ? [extension('2.5.29.35', sequence(element(0x80, nameOfKey(issuer.certificate))))] : []),
    ...(names.length > 0 ? [extension('2.5.29.17', sequence(...names))] : []),
  ]
}

/** Each value is as it is: commas and pluses in a user name stay part of it. */
const nameOf = ({ commonName, organizations = [] }: CertificateTemplate): Buffer => sequence(
  ...organizations.map((organization) => set(sequence(identifier('2.5.4.10'), utf8(organization)))), set(sequence(identifier('2.5.4.3'), utf8(commonName))))

/** What stands in the certificate, from the serial number on: algorithm, issuer, validity, subject, key and extensions follow it. */
function fieldsOf({ raw }: X509Certificate): readonly Element[] {
  const [whole] = elements(raw), [body] = elements(whole!.content), fields = elements(body!.content)
  return fields[0]!.tag === 0xa0 ? fields.slice(1) : fields
}
/** The name exactly as the certificate has it: issuer and subject are compared byte by byte. */
const subjectOf = (certificate: X509Certificate): Uint8Array => fieldsOf(certificate)[4]!.whole
/** What an authority calls its key; those that say nothing are taken to call it as we do. */
function nameOfKey(authority: X509Certificate): Uint8Array {
  const extensions = fieldsOf(authority).find(({ tag }) => tag === 0xa3)
  for (const { content } of extensions ? elements(elements(extensions.content)[0]!.content) : []) {
    const parts = elements(content)
    if (identifier('2.5.29.14').equals(parts[0]!.whole)) return elements(parts.at(-1)!.content)[0]!.content
  }
  return keyIdOf(authority.publicKey)
}

function algorithmOf({ asymmetricKeyType: type }: KeyObject): Buffer {
  if (type === 'ec') return sequence(identifier('1.2.840.10045.4.3.2'))
  if (type === 'rsa') return sequence(identifier('1.2.840.113549.1.1.11'), element(0x05))
  throw new Error(`certificates can be signed with keys of RSA and of curves only, not of ${type ?? 'secrets'}`)
}
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
/** The SHA-1 of the public key itself (RFC 5280, 4.2.1.2): the second part of what is exported, without its count of unused bits. */
const keyIdOf = (key: KeyObject): Buffer => createHash('sha1').update(elements(elements(spki(key))[0]!.content)[1]!.content.subarray(1)).digest()
/** Positive, and never of a leading zero byte. */
function serial(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x01
  return bytes
}

/** 4 or 16 bytes. */
function addressOf(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number))
  const [front = '', back = ''] = new SocketAddress({ address: ip, family: 'ipv6' }).address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${(a * 256 + +b).toString(16)}:${(c * 256 + +d).toString(16)}`).split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '').map((group) => parseInt(group, 16)), before = groups(front), after = groups(back)
  return Buffer.from([...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after].flatMap((group) => [group >> 8, group & 0xff]))
}

const pem = (bytes: Buffer): string => `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
