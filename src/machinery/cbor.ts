// CBOR (RFC 8949) as Kubernetes writes it (KEP-4222): deterministic, texts as byte strings, bytes under the tag for base64, the
// self-described tag in front. Reading takes whatever means a JSON value.
import { quote } from './go-quote.ts'
import { DecodeError } from './decode-errors.ts'
import { fromBase64 } from './base64.ts'
import { isInt64, wholeNumber } from './large-numbers.ts'
import { setOwn } from './same.ts'
import type { Schema } from './schema.ts'

export class CborError extends DecodeError {}

const unsigned = 0, negative = 1, byteString = 2, textString = 3, array = 4, map = 5, tag = 6
const laterBase64 = 22, base64 = 34, selfDescribed = [0xd9, 0xd9, 0xf7]
/** Values nest no deeper than this: reading is recursive. */
const deepest = 64
const encoder = new TextEncoder()

/** A value in its self-described form. The schema, where there is one, says which texts are bytes. */
export function encodeCbor(value: unknown, schema?: Schema<any>): Uint8Array { // allowed: of any type
  const out = new Bytes()
  for (const byte of selfDescribed) out.byte(byte)
  write(out, value, schema)
  return out.taken()
}

/** Bytes that are CBOR already, in a place where a value is written. */
export class RawCbor {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) { this.bytes = bytes }
}

function write(out: Bytes, value: unknown, schema: Schema<any> | undefined): void { // allowed: of any type
  if (value === null || value === undefined) out.byte(0xf6)
  else if (typeof value === 'boolean') out.byte(value ? 0xf5 : 0xf4)
  else if (typeof value === 'number') writeNumber(out, value)
  else if (typeof value === 'bigint') out.head(value < 0n ? negative : unsigned, value < 0n ? -value - 1n : value)
  else if (typeof value === 'string') {
    const isBytes = schema?.type === 'string' && schema.format === 'byte'
    if (isBytes) out.head(tag, laterBase64)
    const bytes = isBytes ? fromBase64(value) : encoder.encode(value)
    out.head(byteString, bytes.length)
    out.all(bytes)
  } else if (value instanceof RawCbor) out.all(value.bytes)
  else if (Array.isArray(value)) {
    out.head(array, value.length)
    for (const each of value) write(out, each, schema?.items)
  } else {
    const entries = Object.entries(value).filter(([, held]) => held !== undefined).map(([name, held]) => [encoder.encode(name), name, held] as const).sort(([a], [b]) => a.length - b.length || compare(a, b))
    out.head(map, entries.length)
    for (const [bytes, name, held] of entries) {
      out.head(byteString, bytes.length)
      out.all(bytes)
      write(out, held, schema?.fields ? schema.fields[name] : schema?.items)
    }
  }
}
/** Of the encodings of two keys of one length. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

function writeNumber(out: Bytes, value: number): void {
  if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) <= 2 ** 63) {
    if (value >= 0) out.head(unsigned, value)
    else out.head(negative, -value - 1)
    return
  }
  const view = new DataView(new ArrayBuffer(8))
  const half = toHalf(value)
  if (half !== undefined) { out.byte(0xf9); out.byte(half >> 8); out.byte(half & 255) }
  else if (Math.fround(value) === value) { view.setFloat32(0, value); out.byte(0xfa); out.all(new Uint8Array(view.buffer, 0, 4)) }
  else { view.setFloat64(0, value); out.byte(0xfb); out.all(new Uint8Array(view.buffer)) }
}
/** The bits of a number in half precision, when it fits there exactly. */
function toHalf(value: number): number | undefined {
  if (Math.fround(value) !== value) return undefined
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  const bits = view.getUint32(0), sign = bits >>> 16 & 0x8000, exponent = (bits >>> 23 & 255) - 127, fraction = bits & 0x7fffff
  if (value === 0) return sign
  if (exponent >= -14 && exponent <= 15) return fraction & 0x1fff ? undefined : sign | exponent + 15 << 10 | fraction >>> 13
  const shift = -exponent - 1
  if (exponent < -14 && exponent >= -24 && ((fraction | 0x800000) & (1 << shift) - 1) === 0) return sign | (fraction | 0x800000) >>> shift
  return undefined
}

/** The JSON value of one CBOR item. Throws CborError. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  if (reader.at < bytes.length) throw new CborError(`cbor: ${bytes.length - reader.at} bytes of extraneous data starting at index ${reader.at}`)
  return value
}

class Reader {
  readonly #bytes: Uint8Array
  at = 0
  constructor(bytes: Uint8Array) { this.#bytes = bytes }

  value(depth: number): unknown {
    if (depth > deepest) throw new CborError(`cbor: exceeded max nested level ${deepest}`)
    const first = this.#next(), major = first >> 5, info = first & 31
    switch (major) {
      case unsigned: return info === 27 ? int64(this.#view(8).getBigUint64(0), 'positive') : this.#count(info)
      case negative: return info === 27 ? int64(-1n - this.#view(8).getBigUint64(0), 'negative') : -1 - this.#count(info)
      case byteString: case textString: return this.#text(major, info)
      case array: return this.#items(info, () => this.value(depth + 1))
      case map: return this.#map(info, depth)
      case tag: return this.#tagged(this.#count(info), depth)
      default: return this.#simple(info)
    }
  }

  #next(): number {
    if (this.at >= this.#bytes.length) throw new CborError('unexpected EOF')
    return this.#bytes[this.at++]!
  }
  #view(size: number): DataView {
    if (this.at + size > this.#bytes.length) throw new CborError('unexpected EOF')
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.at, size)
    this.at += size
    return view
  }
  #count(info: number): number {
    if (info < 24) return info
    switch (info) {
      case 24: return this.#next()
      case 25: return this.#view(2).getUint16(0)
      case 26: return this.#view(4).getUint32(0)
      case 27: return Number(this.#view(8).getBigUint64(0))
      default: throw new CborError(`cbor: invalid additional information ${info}`)
    }
  }
  #raw(major: number, info: number): Uint8Array {
    if (info !== 31) {
      const length = this.#count(info)
      if (this.at + length > this.#bytes.length) throw new CborError('unexpected EOF')
      const raw = this.#bytes.subarray(this.at, this.at + length)
      this.at += length
      return raw
    }
    const parts: number[] = []
    for (let first = this.#next(); first !== 0xff; first = this.#next()) {
      if (first >> 5 !== major || (first & 31) === 31) throw new CborError('cbor: wrong element type in a chunked string')
      parts.push(...this.#raw(major, first & 31))
    }
    return Uint8Array.from(parts)
  }
  #text(major: number, info: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#raw(major, info))
    } catch (error) {
      if (error instanceof CborError) throw error
      throw new CborError('cbor: invalid UTF-8 string')
    }
  }
  #items<T>(info: number, read: () => T): T[] {
    const out: T[] = []
    if (info === 31) { while (this.#bytes[this.at] !== 0xff) out.push(read()); this.at++; return out }
    for (let rest = this.#count(info); rest > 0; rest--) out.push(read())
    return out
  }
  #map(info: number, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {}
    this.#items(info, () => {
      const at = this.at, key = this.value(depth + 1)
      if (typeof key !== 'string') throw new CborError(`cbor: a key of a map at index ${at} is no text`)
      if (Object.hasOwn(out, key)) throw new CborError(`cbor: found duplicate map key ${quote(key)} at map element index ${Object.keys(out).length}`)
      setOwn(out, key, this.value(depth + 1))
    })
    return out
  }
  #tagged(number: number, depth: number): unknown {
    if (number === laterBase64) {
      const first = this.#next()
      if (first >> 5 !== byteString) throw new CborError('cbor: the tag for base64 stands before something that is no byte string')
      return btoa(Array.from(this.#raw(byteString, first & 31), (byte) => String.fromCharCode(byte)).join(''))
    }
    // Texts that are base64 or times say so, and stay texts; the self-described tag says nothing.
    if (number === 55799 || number === base64 || number === 0) return this.value(depth + 1)
    throw new CborError(`cbor: tag ${number} has no meaning here`)
  }
  #simple(info: number): unknown {
    switch (info) {
      case 20: return false
      case 21: return true
      case 22: case 23: return null
      case 25: return finite(halfOf(this.#view(2).getUint16(0)))
      case 26: return finite(this.#view(4).getFloat32(0))
      case 27: return finite(this.#view(8).getFloat64(0))
      default: throw new CborError(`cbor: simple value ${info} has no meaning here`)
    }
  }
}
function int64(value: bigint, sign: string): number | bigint {
  if (!isInt64(value)) throw new CborError(`cbor: cannot unmarshal ${sign} integer into Go value of type int64 (${value} overflows Go's int64)`)
  return wholeNumber(value)
}
function finite(value: number): number {
  if (!Number.isFinite(value)) throw new CborError('cbor: NaN and infinity are no JSON numbers')
  return value
}
function halfOf(bits: number): number {
  const exponent = bits >> 10 & 31, fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

/** Bytes that grow. */
class Bytes {
  #bytes = new Uint8Array(1024)
  #length = 0
  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
  byte(value: number): void { this.#room(1); this.#bytes[this.#length++] = value }
  all(bytes: Uint8Array): void { this.#room(bytes.length); this.#bytes.set(bytes, this.#length); this.#length += bytes.length }
  /** A major type and its count, as short as it goes. */
  head(major: number, count: number | bigint): void {
    const at = major << 5
    if (count < 24) { this.byte(at | Number(count)); return }
    const [info, size] = count < 0x100 ? [24, 1] : count < 0x10000 ? [25, 2] : count < 0x100000000 ? [26, 4] : [27, 8]
    this.byte(at | info)
    const view = new DataView(new ArrayBuffer(8))
    view.setBigUint64(0, BigInt(count))
    this.all(new Uint8Array(view.buffer, 8 - size))
  }
  taken(): Uint8Array { return this.#bytes.slice(0, this.#length) }
}
