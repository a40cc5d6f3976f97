// IPv4 ranges as numbers. (Service addresses of the second family come with dual-stack.)

export interface Range { readonly cidr: string; readonly first: number; readonly size: number }

/** 32-bit number of a dotted address; undefined when it is none (leading zeros are refused, as in Go since 1.17). */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let n = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    n = n * 256 + Number(part)
  }
  return n
}
export const formatIPv4 = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')

/** The network of a CIDR such as 10.96.0.0/16. Throws an Error that names what is wrong. */
export function parseCidr(cidr: string): Range {
  const [address = '', length = ''] = cidr.split('/')
  const n = parseIPv4(address), bits = Number(length)
  if (n === undefined || !/^\d{1,2}$/.test(length) || bits > 32) throw new Error(`"${cidr}" is not an IPv4 range like 10.96.0.0/16`)
  const size = 2 ** (32 - bits)
  return { cidr, first: Math.floor(n / size) * size, size }
}
export const contains = (range: Range, n: number): boolean => n >= range.first && n < range.first + range.size

/** The nth address of a range: the API server's own service is the first, DNS the tenth. */
export const nthAddress = (range: Range, n: number): string => formatIPv4(range.first + n)
