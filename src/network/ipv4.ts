// IPv4 addresses and ranges as numbers, for plans that count and compare them.

/** A range of addresses: `172.30.4.0/24`. `first` is the number of its lowest address. */
export interface Range { readonly first: number; readonly bits: number }

const pattern = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** Whether a text is an IPv4 address in its usual form (no leading zeros). */
export const isIpv4 = (text: string): boolean => pattern.test(text)

/** The number of an address. Throws on anything that is none. */
export function parseIpv4(text: string): number {
  if (!isIpv4(text)) throw new Error(`not an IPv4 address: ${JSON.stringify(text)}`)
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

/** The address of a number. */
export const formatIpv4 = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')

/** The range of `a.b.c.d/bits`, its host part cut off. Throws on anything that is none. */
export function parseRange(text: string): Range {
  const [address = '', bits = ''] = text.split('/')
  if (!/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new Error(`not an IPv4 range: ${JSON.stringify(text)}; write it as 10.244.0.0/16`)
  const size = 2 ** (32 - Number(bits))
  return { first: Math.floor(parseIpv4(address) / size) * size, bits: Number(bits) }
}

/** The text of a range. */
export const formatRange = ({ first, bits }: Range): string => `${formatIpv4(first)}/${bits}`

/** How many addresses a range holds. */
export const sizeOf = ({ bits }: Range): number => 2 ** (32 - bits)

/** Whether two ranges share an address. */
export const overlap = (a: Range, b: Range): boolean => a.first < b.first + sizeOf(b) && b.first < a.first + sizeOf(a)

/** Whether `inner` lies in `outer` altogether. */
export const contains = (outer: Range, inner: Range): boolean => outer.bits <= inner.bits && overlap(outer, inner)

/** The `index`-th part of a range, cut into parts of `bits`. Undefined past the end. */
export function partOf(range: Range, bits: number, index: number): Range | undefined {
  const size = 2 ** (32 - bits)
  const first = range.first + index * size
  return index >= 0 && bits >= range.bits && first < range.first + sizeOf(range) ? { first, bits } : undefined
}

/** The `offset`-th address of a range. */
export const addressIn = (range: Range, offset: number): string => formatIpv4(range.first + offset)
