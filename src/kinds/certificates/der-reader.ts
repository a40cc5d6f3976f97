// Reads DER (X.690) part by part as golang.org/x/crypto/cryptobyte does: what is read is taken off, and where something else stands there is nothing to read.
import { tags } from './der.ts'

/** What is not as it should be is told in the words that the caller has for it. */
export class DerReader {
  #rest: Uint8Array

  constructor(bytes: Uint8Array) { this.#rest = bytes }

  get isEmpty(): boolean { return this.#rest.length === 0 }
  stands(tag: number): boolean { return this.#rest[0] === tag }

  /** Whatever stands next. Throws an Error: `why`. */
  any(why: string): { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array } {
    const [tag, first] = this.#rest
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new Error(why)
    const more = first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || more > 4 || this.#rest.length < 2 + more) throw new Error(why)
    let length = more === 0 ? first : 0
    for (let i = 0; i < more; i++) length = length * 256 + this.#rest[2 + i]!
    const from = 2 + more, end = from + length
    if ((more > 0 && (length < 0x80 || length < 256 ** (more - 1))) || end > this.#rest.length) throw new Error(why)
    const whole = this.#rest.subarray(0, end)
    this.#rest = this.#rest.subarray(end)
    return { tag, content: whole.subarray(from), whole }
  }
  /** With its tag and length. */
  whole(tag: number, why: string): Uint8Array {
    if (!this.stands(tag)) throw new Error(why)
    return this.any(why).whole
  }
  content(tag: number, why: string): Uint8Array {
    if (!this.stands(tag)) throw new Error(why)
    return this.any(why).content
  }
  /** undefined where something else stands, or nothing. */
  optional(tag: number, why: string): Uint8Array | undefined { return this.stands(tag) ? this.content(tag, why) : undefined }
  inside(tag: number, why: string): DerReader { return new DerReader(this.content(tag, why)) }

  integer(why: string, tag: number = tags.integer): bigint { return integerIn(this.content(tag, why), why) }
  boolean(why: string): boolean {
    const [value, ...more] = this.content(tags.boolean, why)
    if (more.length > 0 || (value !== 0 && value !== 0xff)) throw new Error(why)
    return value !== 0
  }
  /** An object identifier as people write it. */
  identifier(why: string): string { return identifierIn(this.content(tags.identifier, why), why) }
  /** The bytes of a bit string; bits that are left over are none. */
  bits(why: string): Uint8Array { return bitsIn(this.content(tags.bits, why), why) }
}

export function integerIn(bytes: Uint8Array, why: string): bigint {
  const [first, second = 0] = bytes
  if (first === undefined || (bytes.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))) throw new Error(why)
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), first >= 0x80 ? -1n : 0n)
}
/** The largest number that a part of an identifier may be. */
const largestArc = 2 ** 31
export function identifierIn(bytes: Uint8Array, why: string): string {
  const arcs: number[] = []
  let arc = 0, isOpen = false
  for (const byte of bytes) {
    if (!isOpen && byte === 0x80) throw new Error(why)
    arc = arc * 128 + (byte & 0x7f)
    if (arc >= largestArc) throw new Error(why)
    isOpen = byte >= 0x80
    if (!isOpen) { arcs.push(arc); arc = 0 }
  }
  const [first, ...rest] = arcs
  if (first === undefined || isOpen) throw new Error(why)
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - 40 * top, ...rest].join('.')
}
/** In a bit string it comes first how many of the last byte's bits are none. */
export function bitsIn(bytes: Uint8Array, why: string): Uint8Array {
  const [unused, ...bits] = bytes
  if (unused === undefined || unused > 7 || (unused > 0 && (bits.length === 0 || (bits.at(-1)! & ((1 << unused) - 1)) !== 0))) throw new Error(why)
  return bytes.subarray(1)
}
