// ASN.1 in its distinguished encoding (X.690), as far as certificates, requests and keys need it.
export interface Element { readonly tag: number; readonly content: Uint8Array; readonly end: number; /** With tag and length. */ readonly whole: Uint8Array }
export const tags = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, none: 0x05, identifier: 0x06, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 } as const

/** Throws an Error in Go's words where there is none. */
export function element(bytes: Uint8Array, at = 0): Element {
  const tag = bytes[at], first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new Error('asn1: syntax error: data truncated')
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 3 || first === 0x80) throw new Error('asn1: syntax error: length too large')
  let length = more === 0 ? first : 0
  for (let i = 0; i < more; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0)
  const from = at + 2 + more, end = from + length
  if (end > bytes.length) throw new Error('asn1: syntax error: data truncated')
  return { tag, content: bytes.subarray(from, end), end, whole: bytes.subarray(at, end) }
}
export function parts(bytes: Uint8Array): Element[] {
  const out: Element[] = []
  for (let at = 0; at < bytes.length; at = out.at(-1)!.end) out.push(element(bytes, at))
  return out
}
/** The parts of what is one sequence and nothing behind it; undefined for anything else. */
export function sequenceOf(bytes: Uint8Array): Element[] | undefined {
  try {
    const { tag, content, end } = element(bytes)
    return tag === tags.sequence && end === bytes.length ? parts(content) : undefined
  } catch { return undefined }
}
/** An object identifier as people write it. */
export function dotted(bytes: Uint8Array): string {
  const numbers: number[] = []
  let n = 0
  for (const byte of bytes) { n = n * 128 + (byte & 0x7f); if (byte < 0x80) { numbers.push(n); n = 0 } }
  const [first = 0, ...rest] = numbers
  return [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40)), ...rest].join('.')
}
