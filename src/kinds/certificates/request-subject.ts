// Who a certificate signing request is for: the common name and organizations of its subject (PKCS #10, RFC 2986), read from PEM in base64.
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

/** Whether base64 holds one sequence of ASN.1, and nothing behind it. */
export function isSequence(base64: string): boolean {
  try {
    const bytes = Uint8Array.from(atob(base64.replace(/\s/g, '')), (c) => c.charCodeAt(0)), { tag, end } = element(bytes, 0)
    return tag === sequence && end === bytes.length
  } catch { return false }
}

/** Throws an Error that says what is not as it should be. */
export function subjectOfRequest(base64: string): CertificateSubject {
  const pem = block.exec(atob(base64)), body = pem?.[1]!.replace(/\s/g, '')
  if (body === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(body) || body.length % 4 !== 0) throw new Error('PEM block type must be CERTIFICATE REQUEST')
  const der = Uint8Array.from(atob(body), (c) => c.charCodeAt(0))
  const info = parts(element(der, 0).content)[0]
  const subject = info && parts(info.content)[1] // after the version
  if (subject?.tag !== sequence) throw new Error('asn1: structure error: tags don\'t match')
  const attributes = parts(subject.content).flatMap((set) => parts(set.content)).map((pair) => parts(pair.content))
  const of = (id: string) => attributes.filter(([type]) => type?.tag === identifier && dotted(type.content) === id).map(([, value]) => new TextDecoder().decode(value?.content))
  return { commonName: of(commonName).at(-1) ?? '', organizations: of(organization), hasAlternatives: String.fromCharCode(...info!.content).includes(alternativeName) }
}

const sequence = 0x30, identifier = 0x06
interface Element { readonly tag: number; readonly content: Uint8Array; readonly end: number }

function element(bytes: Uint8Array, at: number): Element {
  const tag = bytes[at], first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new Error('asn1: syntax error: data truncated')
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 3 || first === 0x80) throw new Error('asn1: syntax error: length too large')
  let length = more === 0 ? first : 0
  for (let i = 0; i < more; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0)
  const from = at + 2 + more, end = from + length
  if (end > bytes.length) throw new Error('asn1: syntax error: data truncated')
  return { tag, content: bytes.subarray(from, end), end }
}
function parts(bytes: Uint8Array): Element[] {
  const out: Element[] = []
  for (let at = 0; at < bytes.length; at = out.at(-1)!.end) out.push(element(bytes, at))
  return out
}
/** An object identifier as people write it. */
function dotted(bytes: Uint8Array): string {
  const numbers: number[] = []
  let n = 0
  for (const byte of bytes) { n = n * 128 + (byte & 0x7f); if (byte < 0x80) { numbers.push(n); n = 0 } }
  const [first = 0, ...rest] = numbers
  return [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40)), ...rest].join('.')
}
