// The log format of the Container Runtime Interface: `<RFC 3339 time> <stdout|stderr> <F|P> <text>`, where P is a part of a
// line that goes on in the next one.
import type { LogRequest } from './runtime.ts'

/** Turns pieces of a log file into what a reader asked for. Holds back at most one unfinished line. */
export class LogLines {
  readonly #request: LogRequest
  #rest: Buffer = Buffer.alloc(0)
  #skippingLongLine = false
  #insideLine = false
  #left: number

  constructor(request: LogRequest) {
    this.#request = request
    this.#left = request.limitBytes ?? Infinity
  }

  /** Whether the byte limit has been reached. */
  get full(): boolean { return this.#left <= 0 }

  /** The output for the next bytes of the file; lines that are no log lines are left out. */
  push(bytes: Buffer): Buffer {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const out: Buffer[] = []
    let start = 0
    for (let end = all.indexOf(10); end !== -1 && !this.full; end = all.indexOf(10, start)) {
      if (this.#skippingLongLine) this.#skippingLongLine = false
      else this.#line(all.subarray(start, end), out)
      start = end + 1
    }
    this.#rest = Buffer.from(all.subarray(start))
    // The runtime splits at 16 KiB; a longer one is damage and must not fill the memory.
    if (this.#rest.length > longestLine) { this.#rest = Buffer.alloc(0); this.#skippingLongLine = true }
    return out.length === 1 ? out[0]! : Buffer.concat(out)
  }

  #line(line: Buffer, out: Buffer[]): void {
    const timeEnd = line.indexOf(32)
    const streamEnd = line.indexOf(32, timeEnd + 1)
    if (timeEnd < 20 || streamEnd === -1) return
    const stream = line.toString('latin1', timeEnd + 1, streamEnd)
    const wanted = this.#request.stream ?? 'All'
    if (stream !== 'stdout' && stream !== 'stderr') return
    if (wanted !== 'All' && stream !== wanted.toLowerCase()) return
    const time = line.toString('latin1', 0, timeEnd)
    if (this.#request.since !== undefined && !(Date.parse(time) >= this.#request.since)) return
    const textStart = line.indexOf(32, streamEnd + 1)
    const tag = line.toString('latin1', streamEnd + 1, textStart === -1 ? line.length : textStart)
    const partial = tag.split(':')[0] === 'P'
    const text = textStart === -1 ? line.subarray(line.length) : line.subarray(textStart + 1)
    if (this.#request.timestamps && !this.#insideLine) this.#put(Buffer.from(`${time} `), out)
    this.#put(text, out)
    if (!partial) this.#put(newline, out)
    this.#insideLine = partial
  }

  #put(bytes: Buffer, out: Buffer[]): void {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes
    this.#left -= part.length
    if (part.length > 0) out.push(part)
  }
}

const newline = Buffer.from('\n')
const longestLine = 1 << 20
