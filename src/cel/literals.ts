// Numbers and strings as they stand in a source.
import { Uint } from './values.ts'

export class LiteralError extends Error {}

export const mostInt = (1n << 63n) - 1n, leastInt = -(1n << 63n), mostUint = (1n << 64n) - 1n

/** 12, -12, 0x1F, -0x1F. */
export function readInt(text: string): bigint {
  const negative = text.startsWith('-'), size = BigInt(negative ? text.slice(1) : text)
  const value = negative ? -size : size
  if (value > mostInt || value < leastInt) throw new LiteralError('invalid int literal')
  return value
}
export function readUint(text: string): Uint {
  const value = BigInt(text.slice(0, -1))
  if (value > mostUint) throw new LiteralError('invalid uint literal')
  return new Uint(value)
}
export function readDouble(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw new LiteralError('invalid double literal')
  return value
}

/** The text of a string literal with its quotes. */
export function readString(literal: string): string {
  return unescape(literal, (codePoint, wide) => {
    if (wide && (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint < 0xe000))) throw new LiteralError('invalid unicode code point')
    return String.fromCodePoint(codePoint)
  }).join('')
}
/** The bytes of a literal like b'abc': escapes are bytes, everything else is UTF-8. */
export function readBytes(literal: string): Uint8Array {
  const parts = unescape(literal.slice(1), (codePoint, wide) => {
    if (wide) throw unescapable()
    return [codePoint]
  })
  return new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? encodeUtf8(part) : part)))
}
const unescapable = () => new LiteralError('unable to unescape string')

const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }
/** Walks over the body of a literal; `wide` escapes are \u and \U, the others stand for one byte in bytes. */
function unescape<T>(literal: string, escaped: (codePoint: number, wide: boolean) => T): (string | T)[] {
  const raw = /^[rR]/.test(literal), quoted = raw ? literal.slice(1) : literal
  const triple = quoted.startsWith('"""') || quoted.startsWith("'''"), body = quoted.slice(triple ? 3 : 1, triple ? -3 : -1).replace(/\r\n?/g, '\n')
  if (raw || !body.includes('\\')) return [body]
  const parts: (string | T)[] = []
  let at = 0
  for (let slash = body.indexOf('\\'); slash >= 0; slash = body.indexOf('\\', at)) {
    parts.push(body.slice(at, slash))
    const c = body[slash + 1]!
    const digits = c === 'x' || c === 'X' ? 2 : c === 'u' ? 4 : c === 'U' ? 8 : 0
    if (digits > 0) parts.push(escaped(parseInt(body.slice(slash + 2, slash + 2 + digits), 16), c === 'u' || c === 'U'))
    else if (c >= '0' && c <= '3') parts.push(escaped(parseInt(body.slice(slash + 1, slash + 4), 8), false))
    else parts.push(escaped(simple[c] ?? c.charCodeAt(0), false))
    at = slash + 2 + (digits || (c >= '0' && c <= '3' ? 2 : 0))
  }
  parts.push(body.slice(at))
  return parts
}

/** The UTF-8 bytes of a text; a lone surrogate becomes the replacement character. */
export function encodeUtf8(text: string): number[] {
  const bytes: number[] = []
  for (const c of text) {
    let code = c.codePointAt(0)!
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | code >> 6, 0x80 | code & 63)
    else if (code < 0x10000) bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63)
    else bytes.push(0xf0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63)
  }
  return bytes
}

/** The text of UTF-8 bytes, or undefined when they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i]!
    const more = first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : -1
    if (more < 0 || i + more >= bytes.length) return undefined
    let code = more === 0 ? first : first & (0x3f >> more)
    for (let k = 1; k <= more; k++) {
      const next = bytes[i + k]!
      if ((next & 0xc0) !== 0x80) return undefined
      code = code << 6 | next & 63
    }
    if (code > 0x10ffff || (more === 2 && code < 0x800) || (more === 3 && code < 0x10000) || (code >= 0xd800 && code < 0xe000)) return undefined
    text += String.fromCodePoint(code)
    i += more + 1
  }
  return text
}
