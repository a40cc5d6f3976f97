// Names beside the subject: of hosts, addresses, mailboxes and links (subjectAltName, RFC 5280, 4.2.1.6), in certificates and in requests for them.
import { parseUrl } from '#cel'
import { quote } from '#machinery'
import { ia5 } from './asn1-texts.ts'
import { DerReader } from './der-reader.ts'
import { tags } from './der.ts'

export interface AlternativeNames { readonly dns: readonly string[]; readonly emails: readonly string[]; readonly uris: readonly string[]; readonly addresses: readonly Uint8Array[] }
const sorts = { email: 0x81, dns: 0x82, uri: 0x86, address: 0x87 } as const

/** The names in an extension's value. Throws an Error in Go's words. */
export function alternativeNames(der: Uint8Array): AlternativeNames {
  const out = { dns: [] as string[], emails: [] as string[], uris: [] as string[], addresses: [] as Uint8Array[] }
  const names = new DerReader(der).inside(tags.sequence, 'x509: invalid subject alternative names')
  while (!names.isEmpty) {
    const { tag, content } = names.any('x509: invalid subject alternative name'), text = ia5(content)
    const name = (sort: string): string => { if (text === undefined) throw new Error(`x509: SAN ${sort} is malformed`); return text }
    if (tag === sorts.email) out.emails.push(name('rfc822Name'))
    else if (tag === sorts.dns) out.dns.push(name('dNSName'))
    else if (tag === sorts.uri) out.uris.push(checkedUri(name('uniformResourceIdentifier')))
    else if (tag === sorts.address) out.addresses.push(checkedAddress(content))
  }
  return out
}

function checkedUri(text: string): string {
  let host: string
  try { ({ host } = parseUrl(text)) } catch (error) { throw new Error(`x509: cannot parse URI ${quote(text)}: ${(error as Error).message}`, { cause: error }) }
  if (!isDomain(host, false)) throw new Error(`x509: cannot parse URI ${quote(text)}: invalid domain`)
  return text
}
function checkedAddress(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 4 && bytes.length !== 16) throw new Error(`x509: cannot parse IP address of length ${bytes.length}`)
  if (isMapped(bytes)) throw new Error('x509: SAN iPAddress contains IPv4-mapped IPv6 address')
  return bytes
}
/** An address of IPv4 written as one of IPv6. */
export const isMapped = (bytes: Uint8Array): boolean => bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff

/** Whether Go takes it for a domain; a constraint may begin with a point. */
export function isDomain(name: string, isConstraint: boolean): boolean {
  if (name === '') return true
  const labels = (isConstraint && name.startsWith('.') ? name.slice(1) : name).split('.')
  return labels.every((label) => /^[!-~]+$/.test(label))
}
