// Extensions of certificates (RFC 5280, 4.2): what Go's crypto/x509 refuses in those that it knows.
import { quote } from '#machinery'
import { alternativeNames, isDomain, isMapped } from './alternative-names.ts'
import { ia5 } from './asn1-texts.ts'
import { DerReader } from './der-reader.ts'
import { tags } from './der.ts'

export interface Extension { readonly id: string; readonly isCritical: boolean; readonly value: Uint8Array }
export const basicConstraints = '2.5.29.19', subjectAlternativeName = '2.5.29.17'

/** Whether the certificate is of an authority. Throws an Error in Go's words. */
export function isAuthority(value: Uint8Array): boolean {
  const wrong = 'x509: invalid basic constraints', inner = new DerReader(value).inside(tags.sequence, wrong)
  const is = inner.stands(tags.boolean) && inner.boolean(wrong)
  if (inner.stands(tags.integer)) {
    const longest = inner.integer(wrong)
    if (longest < 0n || longest >= 1n << 63n) throw new Error(wrong)
  }
  return is
}

/** Throws an Error in Go's words. */
export function checkExtension({ id, isCritical, value }: Extension): void { checks[id]?.(value, isCritical) }

type Check = (value: Uint8Array, isCritical: boolean) => void
const implicit = (n: number): number => 0x80 + n, constructed = (n: number): number => 0xa0 + n
const each = (reader: DerReader, read: () => void): void => { while (!reader.isEmpty) read() }
const list = (value: Uint8Array, wrong: string): DerReader => new DerReader(value).inside(tags.sequence, wrong)
const fitsInt64 = (n: bigint): boolean => BigInt.asIntN(64, n) === n
const neverCritical = (isCritical: boolean, what: string): void => { if (isCritical) throw new Error(`x509: ${what} incorrectly marked critical`) }

const checks: Readonly<Record<string, Check>> = {
  [basicConstraints]: isAuthority,
  [subjectAlternativeName]: alternativeNames,
  '2.5.29.15': (value) => { new DerReader(value).bits('x509: invalid key usage') },
  '2.5.29.30': checkNameConstraints,
  '2.5.29.31': (value) => {
    const all = list(value, 'x509: invalid CRL distribution points'), wrong = 'x509: invalid CRL distribution point'
    each(all, () => {
      const name = all.inside(tags.sequence, wrong).optional(constructed(0), wrong)
      if (!name) return
      const full = new DerReader(name).inside(constructed(0), wrong)
      while (full.stands(implicit(6))) full.content(implicit(6), wrong)
    })
  },
  '2.5.29.35': (value, isCritical) => {
    neverCritical(isCritical, 'authority key identifier')
    const wrong = 'x509: invalid authority key identifier'
    list(value, wrong).optional(implicit(0), wrong)
  },
  '2.5.29.36': (value) => {
    const wrong = 'x509: invalid policy constraints extension', inner = list(value, wrong)
    for (const tag of [implicit(0), implicit(1)]) if (inner.stands(tag) && !fitsInt64(inner.integer(wrong, tag))) throw new Error(wrong)
  },
  '2.5.29.37': (value) => { const wrong = 'x509: invalid extended key usages', all = list(value, wrong); each(all, () => all.identifier(wrong)) },
  '2.5.29.14': (value, isCritical) => {
    neverCritical(isCritical, 'subject key identifier')
    new DerReader(value).content(tags.octets, 'x509: invalid subject key identifier')
  },
  '2.5.29.32': (value) => {
    const wrong = 'x509: invalid certificate policies', all = list(value, wrong), seen = new Set<string>()
    each(all, () => {
      const id = all.inside(tags.sequence, wrong).identifier(wrong)
      if (seen.has(id)) throw new Error(wrong)
      seen.add(id)
    })
  },
  '2.5.29.33': (value) => {
    const wrong = 'x509: invalid policy mappings extension', all = list(value, wrong)
    each(all, () => { const pair = all.inside(tags.sequence, wrong); pair.content(tags.identifier, wrong); pair.content(tags.identifier, wrong) })
  },
  '2.5.29.54': (value) => { const wrong = 'x509: invalid inhibit any policy extension'; if (!fitsInt64(new DerReader(value).integer(wrong))) throw new Error(wrong) },
  '1.3.6.1.5.5.7.1.1': (value, isCritical) => {
    neverCritical(isCritical, 'authority info access')
    const wrong = 'x509: invalid authority info access', all = list(value, wrong)
    each(all, () => { const one = all.inside(tags.sequence, wrong); one.identifier(wrong); one.optional(implicit(6), wrong) })
  },
}

/** RFC 5280, 4.2.1.10: names that certificates of an authority may have, and names that they may not. */
function checkNameConstraints(value: Uint8Array): void {
  const wrong = 'x509: invalid NameConstraints extension', outer = new DerReader(value), inner = outer.inside(tags.sequence, wrong)
  const permitted = outer.isEmpty ? inner.optional(constructed(0), wrong) : undefined, excluded = inner.optional(constructed(1), wrong)
  if (!outer.isEmpty || !inner.isEmpty) throw new Error(wrong)
  if (!permitted && !excluded) throw new Error('x509: empty name constraints extension')
  if (permitted?.length === 0 || excluded?.length === 0) throw new Error('x509: empty name constraints subtree sequence')
  for (const subtrees of [permitted, excluded]) {
    const all = new DerReader(subtrees ?? new Uint8Array())
    each(all, () => { const { tag, content } = all.inside(tags.sequence, wrong).any(wrong); constraints[tag]?.(content) })
  }
}
const text = (bytes: Uint8Array): string => {
  const found = ia5(bytes)
  if (found === undefined) throw new Error(`x509: invalid constraint value: x509: ${quote(String.fromCharCode(...bytes))} cannot be encoded as an IA5String`)
  return found
}
const domain = (name: string, sort: string): void => { if (!isDomain(name, true)) throw new Error(`x509: failed to parse ${sort} constraint ${quote(name)}`) }
const constraints: Readonly<Record<number, (bytes: Uint8Array) => void>> = {
  [implicit(1)]: (bytes) => {
    const mailbox = text(bytes), at = mailbox.lastIndexOf('@')
    if (at < 0) domain(mailbox, 'rfc822Name')
    else if (at === 0 || !isDomain(mailbox.slice(at + 1), false) || at === mailbox.length - 1) throw new Error(`x509: failed to parse rfc822Name constraint ${quote(mailbox)}`)
  },
  [implicit(2)]: (bytes) => { domain(text(bytes), 'dnsName') },
  [implicit(6)]: (bytes) => {
    const name = text(bytes)
    if (/^\d{1,3}(?:\.\d{1,3}){3}$|:/.test(name)) throw new Error(`x509: failed to parse URI constraint ${quote(name)}: cannot be IP address`)
    domain(name, 'URI')
  },
  [implicit(7)]: (bytes) => {
    if (bytes.length !== 8 && bytes.length !== 32) throw new Error(`x509: IP constraint contained value of length ${bytes.length}`)
    const address = bytes.subarray(0, bytes.length / 2), mask = [...bytes.subarray(bytes.length / 2)], bits = mask.map((byte) => byte.toString(2).padStart(8, '0')).join('')
    if (!/^1*0*$/.test(bits)) throw new Error(`x509: IP constraint contained invalid mask ${mask.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`)
    if (isMapped(address)) throw new Error('x509: IP constraint contained IPv4-mapped IPv6 address')
  },
}
