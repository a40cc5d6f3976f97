// Addresses and networks as Go's net/netip reads and writes them, with its errors.
import { quote } from '#machinery'

export class AddressError extends Error {}

/** An address: 4 or 16 bytes. */
export interface Address { readonly bytes: readonly number[]; readonly zone: string }
export interface Network { readonly address: Address; readonly bits: number }

/** Reads 10.0.0.1 or fe80::1%eth0. Throws AddressError. */
export function parseAddress(text: string): Address {
  const fail = (why: string, at = ''): never => { throw new AddressError(`ParseAddr(${quote(text)}): ${why}${at && ` (at ${quote(at)})`}`) }
  const kind = /[.:%]/.exec(text)?.[0]
  if (kind === '.') return { bytes: parseFour(text, fail), zone: '' }
  if (kind === ':') return parseSixteen(text, fail)
  return fail(kind === '%' ? 'missing IPv6 address' : 'unable to parse IP')
}
type Fail = (why: string, at?: string) => never

function parseFour(text: string, fail: Fail): number[] {
  const bytes: number[] = []
  let value = 0, digits = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (c >= '0' && c <= '9') {
      if (digits === 1 && value === 0) fail('IPv4 field has octet with leading zero')
      value = value * 10 + Number(c)
      digits++
      if (value > 255) fail('IPv4 field has value >255')
    } else if (c === '.') {
      if (i === 0 || i === text.length - 1 || text[i - 1] === '.') fail('IPv4 field must have at least one digit', text.slice(i))
      if (bytes.length === 3) fail('IPv4 address too long')
      bytes.push(value)
      value = digits = 0
    } else fail('unexpected character', text.slice(i))
  }
  if (bytes.length < 3) fail('IPv4 address too short')
  return [...bytes, value]
}

function parseSixteen(text: string, fail: Fail): Address {
  const percent = text.indexOf('%'), zone = percent < 0 ? '' : text.slice(percent + 1)
  if (percent >= 0 && zone === '') fail('zone must be a non-empty string')
  let rest = percent < 0 ? text : text.slice(0, percent)
  const bytes: number[] = []
  let ellipsis = -1
  if (rest.startsWith('::')) {
    ellipsis = 0
    rest = rest.slice(2)
    if (rest === '') return { bytes: new Array<number>(16).fill(0), zone }
  }
  while (bytes.length < 16) {
    const group = /^[0-9a-fA-F]*/.exec(rest)![0]
    if (group.length > 4) fail('each group must have 4 or less digits', rest)
    if (group === '') fail('each colon-separated field must have at least one digit', rest)
    if (rest[group.length] === '.') {
      if (ellipsis < 0 && bytes.length !== 12) fail('embedded IPv4 address must replace the final 2 fields of the address', rest)
      if (bytes.length + 4 > 16) fail('too many hex fields to fit an embedded IPv4 at the end of the address', rest)
      bytes.push(...parseFour(rest, fail))
      rest = ''
      break
    }
    const value = parseInt(group, 16)
    bytes.push(value >> 8, value & 255)
    rest = rest.slice(group.length)
    if (rest === '') break
    if (rest[0] !== ':') fail('unexpected character, want colon', rest)
    if (rest.length === 1) fail('colon must be followed by more characters', rest)
    rest = rest.slice(1)
    if (rest[0] === ':') {
      if (ellipsis >= 0) fail('multiple :: in address', rest)
      ellipsis = bytes.length
      rest = rest.slice(1)
      if (rest === '') break
    }
  }
  if (rest !== '') fail('trailing garbage after address', rest)
  if (bytes.length < 16) {
    if (ellipsis < 0) fail('address string too short')
    bytes.splice(ellipsis, 0, ...new Array<number>(16 - bytes.length).fill(0))
  } else if (ellipsis >= 0) fail('the :: must expand to at least one field of zeros')
  return { bytes, zone }
}

/** Reads 10.0.0.0/8. Throws AddressError. */
export function parseNetwork(text: string): Network {
  const fail = (why: string): never => { throw new AddressError(`netip.ParsePrefix(${quote(text)}): ${why}`) }
  const slash = text.lastIndexOf('/')
  if (slash < 0) fail("no '/'")
  let address: Address
  try { address = parseAddress(text.slice(0, slash)) } catch (error) { return fail(error instanceof Error ? error.message : String(error)) }
  if (address.zone !== '') fail('IPv6 zones cannot be present in a prefix')
  const written = text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d*)$/.test(written) || written.length > 18) fail(`bad bits after slash: ${quote(written)}`)
  const bits = Number(written)
  if (bits > address.bytes.length * 8) fail('prefix length out of range')
  return { address, bits }
}

export const isMapped = ({ bytes }: Address): boolean => bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
/** The canonical text (RFC 5952). */
export function formatAddress({ bytes, zone }: Address): string {
  if (bytes.length === 4) return bytes.join('.')
  const fields = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! << 8 | bytes[2 * i + 1]!)
  let from = -1, length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && fields[end] === 0) end++
    if (end - i > length) { from = i; length = end - i }
  }
  const write = (part: number[]) => part.map((field) => field.toString(16)).join(':')
  const text = from < 0 ? write(fields) : `${write(fields.slice(0, from))}::${write(fields.slice(from + length))}`
  return zone ? `${text}%${zone}` : text
}
/** The network's first address: bits behind the prefix are zero. */
export function masked({ address, bits }: Network): Network {
  const bytes = address.bytes.map((byte, i) => { const kept = Math.min(Math.max(bits - 8 * i, 0), 8); return byte & (0xff00 >> kept & 0xff) })
  return { address: { bytes, zone: '' }, bits }
}
export const sameAddress = (a: Address, b: Address): boolean => a.bytes.length === b.bytes.length && a.zone === b.zone && a.bytes.every((byte, i) => byte === b.bytes[i])
/** Whether an address, or all of a network, lies in a network. */
export const holds = (network: Network, address: Address): boolean =>
  address.bytes.length === network.address.bytes.length && sameAddress(masked(network).address, masked({ address, bits: network.bits }).address)
