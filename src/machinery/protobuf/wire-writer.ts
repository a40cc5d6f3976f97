// Writes messages from their last byte to their first: a length is then known when it is written, and nothing is measured twice.

const encoder = new TextEncoder()
/** Up to this many characters are copied one by one; longer texts are worth a call of the encoder. */
const shortText = 48
const smallest = 8192
const keptRoom = 1024 * 1024

export class WireWriter {
  #bytes = new Uint8Array(smallest)
  /** The content begins here and goes to the end. */
  #at = smallest

  /** Bytes written so far. */
  get length(): number { return this.#bytes.length - this.#at }
  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const content = this.#bytes.slice(this.#at)
    this.#at = this.#bytes.length
    return content
  }
  /** Drops what was written, and room that only a large message needs. */
  clear(): void {
    if (this.#bytes.length > keptRoom) this.#bytes = new Uint8Array(smallest)
    this.#at = this.#bytes.length
  }

  #room(count: number): void {
    if (this.#at >= count) return
    const { length } = this
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, length + count))
    larger.set(this.#bytes.subarray(this.#at), larger.length - length)
    this.#bytes = larger
    this.#at = larger.length - length
  }

  tag(number: number, wire: number): void { this.uint(number << 3 | wire) }
  /** A whole number from 0 to 2^53. */
  uint(value: number): void {
    if (value < 128) {
      if (this.#at === 0) this.#room(1)
      this.#bytes[--this.#at] = value
      return
    }
    this.#room(10)
    let size = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
    this.#at -= size
    for (let i = this.#at; ; i++) {
      if (value < 128) { this.#bytes[i] = value; return }
      this.#bytes[i] = value % 128 | 128
      value = Math.floor(value / 128)
    }
  }
  /** A whole number; negative ones take ten bytes, whatever their type. */
  int(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) { this.uint(value); return }
    let rest = BigInt.asUintN(64, typeof value === 'bigint' ? value : BigInt(Math.trunc(value)))
    const bytes: number[] = []
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    bytes.push(Number(rest))
    this.#room(10)
    this.#at -= bytes.length
    this.#bytes.set(bytes, this.#at)
  }
  bool(value: boolean): void { this.uint(value ? 1 : 0) }
  double(value: number): void {
    this.#room(8)
    this.#at -= 8
    new DataView(this.#bytes.buffer).setFloat64(this.#at, value, true)
  }
  /** Text and its length. */
  string(text: string): void {
    const { length } = text
    if (length <= shortText) {
      this.#room(length)
      const start = this.#at - length
      for (let i = 0; ; i++) {
        if (i === length) { this.#at = start; this.uint(length); return }
        const code = text.charCodeAt(i)
        if (code > 127) break
        this.#bytes[start + i] = code
      }
    }
    this.#room(length * 3)
    const from = this.#at - length * 3
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(from, this.#at))
    this.#bytes.copyWithin(this.#at - written, from, from + written)
    this.#at -= written
    this.uint(written)
  }
  /** Bytes and their length. */
  raw(bytes: Uint8Array): void {
    this.plain(bytes)
    this.uint(bytes.length)
  }
  /** Bytes as they are. */
  plain(bytes: ArrayLike<number>): void {
    this.#room(bytes.length)
    this.#at -= bytes.length
    this.#bytes.set(bytes, this.#at)
  }
}
