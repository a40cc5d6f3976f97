// ip() and cidr(): addresses and networks in expressions.
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import { quote } from '#machinery'
import { formatAddress, holds, isMapped, masked, parseAddress, parseNetwork, sameAddress, type Address, type Network } from './ip-address.ts'
import type { OpaqueValue } from '../values.ts'

class IpValue implements OpaqueValue {
  readonly celType = 'net.IP'
  readonly address: Address
  constructor(address: Address) { this.address = address }
  get size(): number { return this.address.bytes.length }
  equals(other: OpaqueValue): boolean { return other instanceof IpValue && sameAddress(this.address, other.address) }
  json(): string { return formatAddress(this.address) }
}
class CidrValue implements OpaqueValue {
  readonly celType = 'net.CIDR'
  readonly network: Network
  constructor(network: Network) { this.network = network }
  get size(): number { return Math.ceil(this.network.bits / 8) }
  equals(other: OpaqueValue): boolean { return other instanceof CidrValue && other.network.bits === this.network.bits && sameAddress(this.network.address, other.network.address) }
  json(): string { return `${formatAddress(this.network.address)}/${this.network.bits}` }
}

const fail = (message: string): never => { throw new CelError(message) }
const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
function ip(text: string): IpValue {
  let address: Address
  try { address = parseAddress(text) } catch (error) { return fail(`IP Address ${quote(text)} parse error during conversion from string: ${said(error)}`) }
  if (address.zone !== '') fail(`IP address ${quote(text)} with zone value is not allowed`)
  if (isMapped(address)) fail(`IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
  return new IpValue(address)
}
const conversion = 'network address parse error during conversion from string: '
function cidr(text: string): CidrValue {
  let network: Network
  try { network = parseNetwork(text) } catch (error) { return fail(`${conversion}${conversion}${said(error)}`) }
  if (isMapped(network.address)) fail(`${conversion}IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
  return new CidrValue(network)
}
const succeeds = (read: (text: string) => unknown) => (text: string): boolean => { try { read(text); return true } catch (error) { if (error instanceof CelError) return false; throw error } }

const containsIp = ({ network }: CidrValue, { address }: IpValue): boolean => holds(network, address)
const containsCidr = ({ network }: CidrValue, { network: other }: CidrValue): boolean => network.bits <= other.bits && holds(network, other.address)

/** Kinds of addresses, by their first bytes. */
const ask = (four: (bytes: readonly number[]) => boolean, sixteen: (bytes: readonly number[]) => boolean) => ({ address: { bytes } }: IpValue): boolean => (bytes.length === 4 ? four(bytes) : sixteen(bytes))
const zeros = (bytes: readonly number[]): boolean => bytes.every((byte) => byte === 0)
const isUnspecified = ask(zeros, zeros)
const isLoopback = ask(([a]) => a === 127, (bytes) => zeros(bytes.slice(0, 15)) && bytes[15] === 1)
const isLinkLocalMulticast = ask(([a, b, c]) => a === 224 && b === 0 && c === 0, ([a, b]) => a === 0xff && (b! & 0x0f) === 2)
const isLinkLocalUnicast = ask(([a, b]) => a === 169 && b === 254, ([a, b]) => a === 0xfe && (b! & 0xc0) === 0x80)
const isMulticast = ask(([a]) => (a! & 0xf0) === 0xe0, ([a]) => a === 0xff)
const isBroadcast = ask((bytes) => bytes.every((byte) => byte === 255), () => false)
const isGlobalUnicast = (value: IpValue): boolean => !isUnspecified(value) && !isBroadcast(value) && !isLoopback(value) && !isMulticast(value) && !isLinkLocalUnicast(value)

export const network: Library = {
  'ip(string): net.IP = string_to_ip': ip,
  'isIP(string): bool = is_ip': succeeds(ip),
  'ip.isCanonical(string): bool = ip_is_canonical': (text: string) => ip(text).json() === text,
  'net.IP.family(): int = ip_family': ({ address }: IpValue) => (address.bytes.length === 4 ? 4n : 6n),
  'net.IP.isUnspecified(): bool = ip_is_unspecified': isUnspecified,
  'net.IP.isLoopback(): bool = ip_is_loopback': isLoopback,
  'net.IP.isLinkLocalMulticast(): bool = ip_is_link_local_multicast': isLinkLocalMulticast,
  'net.IP.isLinkLocalUnicast(): bool = ip_is_link_local_unicast': isLinkLocalUnicast,
  'net.IP.isGlobalUnicast(): bool = ip_is_global_unicast': isGlobalUnicast,
  'string(net.IP): string = ip_to_string': (value: IpValue) => value.json(),
  'cidr(string): net.CIDR = string_to_cidr': cidr,
  'isCIDR(string): bool = is_cidr': succeeds(cidr),
  'net.CIDR.containsIP(string): bool = cidr_contains_ip_string': (value: CidrValue, text: string) => containsIp(value, ip(text)),
  'net.CIDR.containsIP(net.IP): bool = cidr_contains_ip_ip': containsIp,
  'net.CIDR.containsCIDR(string): bool = cidr_contains_cidr_string': (value: CidrValue, text: string) => containsCidr(value, cidr(text)),
  'net.CIDR.containsCIDR(net.CIDR): bool = cidr_contains_cidr': containsCidr,
  'net.CIDR.ip(): net.IP = cidr_ip': (value: CidrValue) => new IpValue(value.network.address),
  'net.CIDR.prefixLength(): int = cidr_prefix_length': (value: CidrValue) => BigInt(value.network.bits),
  'net.CIDR.masked(): net.CIDR = cidr_masked': (value: CidrValue) => new CidrValue(masked(value.network)),
  'string(net.CIDR): string = cidr_to_string': (value: CidrValue) => value.json(),
}
