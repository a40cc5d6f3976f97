// Distinguished Encoding Rules (ITU-T X.690), as much of them as certificates need.

/** A tag, a length and what it encloses. Throws for more than 64 KB. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts), { length } = content
  if (length > 0xffff) throw new RangeError(`${length} bytes are too many for a certificate`)
  return Buffer.concat([Buffer.from(length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]), content])
}
export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts)
export const octets = (bytes: Uint8Array): Buffer => element(0x04, bytes)
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text))
export const yes: Buffer = element(0x01, Buffer.from([0xff]))
/** `unused`: how many bits of the last byte do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.from([unused]), bytes)

/** A number that is not negative, most significant byte first. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  return element(0x02, Buffer.from(bytes[from]! >= 0x80 ? [0] : []), bytes.subarray(from))
}

/** An object identifier, as in 2.5.29.15. */
export function identifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })))
}

/** In seconds; with two digits of the year up to 2049, as RFC 5280 (4.1.2.5) has it. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '')
  return at.getUTCFullYear() < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits))
}

export interface Element { readonly tag: number; readonly whole: Uint8Array; readonly content: Uint8Array }
/** The elements that lie one behind the other. Throws for bytes that are none. */
export function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const short = bytes[at + 1] ?? 0, count = short < 0x80 ? 0 : short & 0x7f
    let length = count === 0 ? short : 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0)
    const from = at + 2 + count, end = from + length
    if (end > bytes.length) throw new RangeError('the bytes end before what they hold')
    found.push({ tag: bytes[at]!, whole: bytes.subarray(at, end), content: bytes.subarray(from, end) })
    at = end
  }
  return found
}
