// Protocol buffers as bytes: tags, varints, lengths. Errors are worded as the reference's generated decoders word them.
import { DecodeError } from '../decode-errors.ts'

/** Bytes that are not the message they should be. */
export class ProtobufError extends DecodeError {}

/** Messages nest no deeper than this: reading is recursive and must fit the stack. JSON schemas of custom resources come nowhere near. */
export const maxMessageDepth = 100

export const varint = 0, fixed64 = 1, delimited = 2
const startGroup = 3, endGroup = 4, fixed32 = 5

const endedEarly = () => new ProtobufError('unexpected EOF')
const negativeLength = () => new ProtobufError('proto: negative length found during unmarshaling')
const unpaired = () => new ProtobufError('proto: unexpected end of group')

/** Up to this many characters are put together one by one; longer texts are worth a call of the decoder. */
const shortText = 24
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A place in a message. Whoever reads a message within a message moves `end` there and back. */
export class WireReader {
  readonly bytes: Uint8Array
  at = 0
  end: number
  /** How many messages the place lies in. */
  depth = 0
  /** Bits 32 to 63 of the varint read last. */
  high = 0
  /** Bits 0 to 31 of the int64 read last. */
  #low = 0
  #view: DataView | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** A varint's low 32 bits, unsigned; `high` has the rest. */
  varint(): number {
    if (this.at >= this.end) throw endedEarly()
    const first = this.bytes[this.at++]!
    this.high = 0
    return first < 128 ? first : this.#longVarint(first & 127)
  }
  #longVarint(first: number): number {
    let low = first, high = 0
    for (let shift = 7; shift < 70; shift += 7) {
      if (this.at >= this.end) throw endedEarly()
      const byte = this.bytes[this.at++]!
      const bits = byte & 127
      if (shift < 28) low |= bits << shift
      else if (shift === 28) { low |= bits << 28; high = bits >>> 4 }
      else if (shift < 63) high |= bits << (shift - 32)
      else high |= (bits & 1) << 31
      if (byte < 128) { this.high = high >>> 0; return low >>> 0 }
    }
    throw new ProtobufError('proto: integer overflow')
  }

  int32(): number { return this.varint() | 0 }
  /** Exactly, whatever its size. */
  exactInt64(): number | bigint {
    const value = this.int64()
    return Number.isSafeInteger(value) ? value : BigInt(this.high | 0) * 4294967296n + BigInt(this.#low)
  }
  /** Beyond 2^53 the nearest number. */
  int64(): number {
    const low = this.#low = this.varint()
    return (this.high | 0) * 4294967296 + low
  }
  bool(): boolean { return (this.varint() | this.high) !== 0 }
  double(): number {
    this.#need(8)
    const { bytes } = this
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at += 8
    return this.#view.getFloat64(this.at - 8, true)
  }

  /** Reads a length and returns where what is so long ends. */
  delimited(): number {
    const length = this.varint()
    if (this.high > 0x7fffffff) throw negativeLength()
    const end = this.at + this.high * 4294967296 + length
    if (end > this.end) throw endedEarly()
    return end
  }
  string(): string {
    const end = this.delimited()
    const start = this.at
    this.at = end
    if (end - start <= shortText) {
      let text = ''
      for (let i = start; ; i++) {
        if (i === end) return text
        const byte = this.bytes[i]!
        if (byte > 127) break
        text += String.fromCharCode(byte)
      }
    }
    return decoder.decode(this.bytes.subarray(start, end))
  }
  raw(): Uint8Array {
    const end = this.delimited()
    const start = this.at
    this.at = end
    return this.bytes.subarray(start, end)
  }

  /** Passes over a field whose tag has been read. */
  skip(wireType: number): void {
    let groups = 0
    for (;;) {
      switch (wireType) {
        case varint: this.varint(); break
        case fixed64: this.#need(8); this.at += 8; break
        case delimited: this.at = this.delimited(); break
        case fixed32: this.#need(4); this.at += 4; break
        case startGroup: groups++; break
        case endGroup: if (groups-- === 0) throw unpaired(); break
        default: throw new ProtobufError(`proto: illegal wireType ${wireType}`)
      }
      if (groups === 0) return
      wireType = this.varint() & 7
    }
  }
  #need(count: number): void { if (this.end - this.at < count) throw endedEarly() }
}
