// IP addresses and CIDRs as the API takes them.
import { invalidValue, type FieldError } from '#machinery'

const octet = /^\d+$/
/** The bytes of an address: 4 or 16 (IPv4 inside IPv6 counts as IPv6); undefined when it is none. Leading zeros are read over, as Go once did. */
export function parseIP(text: string): number[] | undefined {
  if (!text.includes(':')) {
    const parts = text.split('.')
    return parts.length === 4 && parts.every((p) => octet.test(p) && Number(p) < 256) ? parts.map(Number) : undefined
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const read = (half: string, isEnd: boolean): number[] | undefined => {
    if (half === '') return []
    const out: number[] = []
    const groups = half.split(':')
    for (const [i, group] of groups.entries()) {
      if (group.includes('.')) {
        const v4 = isEnd && i === groups.length - 1 ? parseIP(group) : undefined
        if (v4?.length !== 4) return undefined
        out.push(...v4)
      } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) out.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 255)
      else return undefined
    }
    return out
  }
  const head = read(halves[0]!, halves.length === 1), tail = halves.length === 2 ? read(halves[1]!, true) : []
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...tail]
}
export const isIPv4 = (text: string): boolean => parseIP(text)?.length === 4
export const isIPv6 = (text: string): boolean => parseIP(text)?.length === 16

/** Address and length of a network; undefined when the text is none. */
export function parseCIDR(text: string): { address: number[]; bits: number } | undefined {
  const [, ip, length] = /^(.*)\/(\d+)$/.exec(text) ?? []
  const address = ip === undefined ? undefined : parseIP(ip)
  return address && Number(length) <= address.length * 8 ? { address, bits: Number(length) } : undefined
}

/** The address as RFC 5952 writes it. */
export function formatIP(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isMapped(bytes)) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let start = -1, length = 1
  for (let i = 0; i < 8; i++) {
    let n = 0
    while (groups[i + n] === 0) n++
    if (n > length) { start = i; length = n }
  }
  const hex = (list: number[]) => list.map((g) => g.toString(16)).join(':')
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}
const isMapped = (bytes: readonly number[]): boolean => bytes.length === 16 && bytes.slice(0, 12).every((b, i) => b === (i < 10 ? 0 : 255))
const zeroLed = /(^|[./])0\d/
/** The address of a network: what is left when the bits of the hosts are zero. */
const masked = ({ address, bits }: { address: number[]; bits: number }): number[] => address.map((b, i) => b & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * i))) & 0xff)
/** The networks' addresses that lie in this one. */
export const inNetwork = (outer: { address: number[]; bits: number }, inner: { address: number[] }): boolean =>
  outer.address.length === inner.address.length && formatIP(masked({ address: inner.address, bits: outer.bits })) === formatIP(masked(outer))

export const notAnIP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const notACIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
const ipFaults = (ip: string): string[] => {
  const bytes = parseIP(ip)
  return !bytes ? [notAnIP] : [...(!ip.includes(':') && zeroLed.test(ip) ? ['must not have leading 0s'] : []),
    ...(isMapped(bytes) ? ['must not be an IPv4-mapped IPv6 address'] : [])]
}
const cidrFaults = (cidr: string): string[] => {
  const network = parseCIDR(cidr)
  if (!network) return [notACIDR]
  if (zeroLed.test(cidr.includes(':') ? cidr.slice(cidr.indexOf('/')) : cidr)) return ['must not have leading 0s in IP or prefix length']
  if (isMapped(network.address)) return ['must not have an IPv4-mapped IPv6 address']
  return formatIP(masked(network)) === formatIP(network.address) ? [] : ['must not have bits set beyond the prefix length']
}
/** What is wrong with an address in a field that has long been there: not canonical is fine, and so is everything that was there before. */
export const validateIP = (ip: string, field: string, before: readonly string[] = []): FieldError[] =>
  (before.includes(ip) ? [] : ipFaults(ip).map((why) => invalidValue(field, ip, why)))
export const validateCIDR = (cidr: string, field: string, before: readonly string[] = []): FieldError[] =>
  (before.includes(cidr) ? [] : cidrFaults(cidr).map((why) => invalidValue(field, cidr, why)))
/** Newer fields take addresses and networks in their canonical form only. */
export function canonicalIPFaults(ip: string): string[] {
  const faults = ipFaults(ip), canonical = faults.length ? ip : formatIP(parseIP(ip)!)
  return canonical === ip ? faults : [`must be in canonical form (${JSON.stringify(canonical)})`]
}
export function validateCanonicalCIDR(cidr: string, field: string): FieldError[] {
  const faults = cidrFaults(cidr), network = parseCIDR(cidr), canonical = faults.length || !network ? cidr : `${formatIP(network.address)}/${network.bits}`
  return (canonical === cidr ? faults : [`must be in canonical form (${JSON.stringify(canonical)})`]).map((why) => invalidValue(field, cidr, why))
}

/** An address with the length of the network that it is in: 10.9.8.7/24. */
export function validateInterfaceAddress(text: string, field: string): FieldError[] {
  const network = parseCIDR(text)
  if (!network) return [invalidValue(field, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
  const canonical = `${formatIP(network.address)}/${network.bits}`
  return canonical === text ? [] : [invalidValue(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)]
}

/** Addresses that no endpoint and no outside address can have. */
export function validateNonSpecialIP(ip: string, field: string): FieldError[] {
  const bytes = parseIP(ip)
  if (!bytes) return [invalidValue(field, ip, 'must be a valid IP address')]
  const [a, b, c] = bytes, four = bytes.length === 4
  const loopback = four ? a === 127 : bytes.every((x, i) => x === (i === 15 ? 1 : 0))
  const refuse = (why: string) => [invalidValue(field, ip, why)]
  if (bytes.every((x) => x === 0)) return refuse(`may not be unspecified (${ip})`)
  if (loopback) return refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)')
  if (four ? a === 169 && b === 254 : a === 0xfe && (b! & 0xc0) === 0x80) return refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  if (four ? a === 224 && b === 0 && c === 0 : a === 0xff && (b! & 0x0f) === 2) return refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  return []
}

/** Addresses that are understood, but are better written otherwise. */
export function ipWarnings(ip: string, field: string): string[] {
  const bytes = parseIP(ip)
  if (!bytes) return []
  const canonical = formatIP(bytes)
  if ((bytes.length === 4 && canonical !== ip) || isMapped(bytes))
    return [`${field}: non-standard IP address ${JSON.stringify(ip)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`]
  return canonical === ip ? [] : [`${field}: IPv6 address ${JSON.stringify(ip)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`]
}
export function cidrWarnings(cidr: string, field: string): string[] {
  const network = parseCIDR(cidr)
  if (!network) return []
  const { address, bits } = network, base = `${formatIP(masked(network))}/${bits}`, out: string[] = [], shown = JSON.stringify(cidr)
  if (formatIP(masked(network)) !== formatIP(address))
    out.push(`${field}: CIDR value ${shown} is ambiguous in this context (should be ${JSON.stringify(base)} or ${JSON.stringify(`${formatIP(address)}/${address.length * 8}`)}?)`)
  const written = `${formatIP(address)}/${bits}`
  if ((address.length === 4 && written !== cidr) || isMapped(address))
    out.push(`${field}: non-standard CIDR value ${shown} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(base)}`)
  else if (written !== cidr) out.push(`${field}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format (${JSON.stringify(written)})`)
  return out
}
