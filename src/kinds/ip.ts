// IP addresses and CIDRs as the API takes them: canonical forms are not demanded, leading zeros are refused.
import { invalidValue, type FieldError } from '#machinery'

const octet = /^(?:0|[1-9]\d{0,2})$/
/** The bytes of an address: 4 or 16 (IPv4 inside IPv6 counts as IPv6); undefined when it is none. */
export function parseIP(text: string): number[] | undefined {
  if (!text.includes(':')) {
    const parts = text.split('.')
    return parts.length === 4 && parts.every((p) => octet.test(p) && Number(p) < 256) ? parts.map(Number) : undefined
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const read = (half: string): number[] | undefined => {
    if (half === '') return []
    const out: number[] = []
    const groups = half.split(':')
    for (const [i, group] of groups.entries()) {
      if (group.includes('.')) {
        const v4 = i === groups.length - 1 ? parseIP(group) : undefined
        if (v4?.length !== 4) return undefined
        out.push(...v4)
      } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) out.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 255)
      else return undefined
    }
    return out
  }
  const head = read(halves[0]!), tail = halves.length === 2 ? read(halves[1]!) : []
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...tail]
}
export const isIPv4 = (text: string): boolean => parseIP(text)?.length === 4
export const isIPv6 = (text: string): boolean => parseIP(text)?.length === 16

/** Address and length of a network; undefined when the text is none. */
export function parseCIDR(text: string): { address: number[]; bits: number } | undefined {
  const [, ip, length] = /^(.*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const address = ip === undefined ? undefined : parseIP(ip)
  return address && Number(length) <= address.length * 8 ? { address, bits: Number(length) } : undefined
}

export const notAnIP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const notACIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
export const validateIP = (ip: string, field: string): FieldError[] => (parseIP(ip) ? [] : [invalidValue(field, ip, notAnIP)])
export const validateCIDR = (cidr: string, field: string): FieldError[] => (parseCIDR(cidr) ? [] : [invalidValue(field, cidr, notACIDR)])

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
