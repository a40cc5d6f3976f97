// Ranges of addresses of both families, as texts.
import { inNetwork, parseCIDR, parseIP } from '#kinds'

/** Whether the address is in the range; false where one of them is none. */
export function containsAddress(cidr: string, address: string): boolean {
  const range = parseCIDR(cidr), ip = parseIP(address)
  return range !== undefined && ip !== undefined && inNetwork(range, { address: ip })
}
/** Whether all of `inner` is in `outer`. */
export function containsRange(outer: string, inner: string): boolean {
  const a = parseCIDR(outer), b = parseCIDR(inner)
  return a !== undefined && b !== undefined && a.bits <= b.bits && inNetwork(a, b)
}

/** The addresses of a range of IPv4 in order, but its first and its last where it has more than two: networks and broadcasts are nobody's. At most `most`. */
export function* addressesOf(cidr: string, most: number): Generator<string> {
  const range = parseCIDR(cidr)
  if (range?.address.length !== 4) return
  const size = 2 ** (32 - range.bits), [a, b, c, d] = range.address as [number, number, number, number], given = ((a * 256 + b) * 256 + c) * 256 + d, first = given - (given % size)
  for (let i = size > 2 ? 1 : 0; i < (size > 2 ? size - 1 : size) && most-- > 0; i++) {
    const n = first + i
    yield [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')
  }
}
