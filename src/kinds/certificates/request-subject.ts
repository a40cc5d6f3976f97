// Who a certificate signing request is for: the common name and organizations of its subject (PKCS #10, RFC 2986), read from PEM in base64.
import { dotted, element, parts, tags } from './der.ts'

export interface CertificateSubject {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** Whether the request names hosts or addresses beside its subject (subjectAltName, RFC 5280 4.2.1.6). */
  readonly hasAlternatives: boolean
}

const commonName = '2.5.4.3', organization = '2.5.4.10'
/** 2.5.29.17 as it is encoded. */
const alternativeName = String.fromCharCode(0x06, 0x03, 0x55, 0x1d, 0x11)
const block = /(?:^|\n)-----BEGIN CERTIFICATE REQUEST-----([^-]*)-----END CERTIFICATE REQUEST-----/

/** Throws an Error that says what is not as it should be. */
export function subjectOfRequest(base64: string): CertificateSubject {
  const pem = block.exec(atob(base64)), body = pem?.[1]!.replace(/\s/g, '')
  if (body === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(body) || body.length % 4 !== 0) throw new Error('PEM block type must be CERTIFICATE REQUEST')
  const der = Uint8Array.from(atob(body), (c) => c.charCodeAt(0))
  const info = parts(element(der).content)[0]
  const subject = info && parts(info.content)[1] // after the version
  if (subject?.tag !== tags.sequence) throw new Error('asn1: structure error: tags don\'t match')
  const attributes = parts(subject.content).flatMap((set) => parts(set.content)).map((pair) => parts(pair.content))
  const of = (id: string) => attributes.filter(([type]) => type?.tag === tags.identifier && dotted(type.content) === id).map(([, value]) => new TextDecoder().decode(value?.content))
  return { commonName: of(commonName).at(-1) ?? '', organizations: of(organization), hasAlternatives: String.fromCharCode(...info!.content).includes(alternativeName) }
}
