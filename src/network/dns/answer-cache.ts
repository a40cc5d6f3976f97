import { LRUCache } from 'lru-cache'
import type { Clock } from '#machinery'
import { isTruncated, rcodeOf, skipName } from './message.ts'

const mostAnswers = 4096
const mostBytes = 4 << 20
/** Answers that others give are kept no longer than this, whatever they say: names move. */
const longestSeconds = 30
const longestNegativeSeconds = 5

interface Kept { readonly bytes: Buffer; readonly at: number; readonly ttlOffsets: readonly number[] }

/** Answers from elsewhere, as the bytes that came, handed out again with what is left of their time. */
export class AnswerCache {
  readonly #clock: Clock
  readonly #kept: LRUCache<string, Kept>

  constructor(clock: Clock) {
    this.#clock = clock
    this.#kept = new LRUCache({ max: mostAnswers, maxSize: mostBytes, sizeCalculation: ({ bytes }) => bytes.length, perf: clock, ttlResolution: 0 })
  }

  /** A copy, with the id of the query still to be put in. */
  get(key: string): Buffer | undefined {
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    const bytes = Buffer.from(kept.bytes)
    const age = Math.floor((this.#clock.now() - kept.at) / 1000)
    for (const offset of kept.ttlOffsets) bytes.writeUInt32BE(Math.max(0, bytes.readUInt32BE(offset) - age), offset)
    return bytes
  }

  /** Keeps an answer as long as its records allow; not at all when it is a failure, cut off, or makes no sense. */
  put(key: string, bytes: Buffer): void {
    const rcode = rcodeOf(bytes)
    if ((rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') || isTruncated(bytes)) return
    const found = readTtls(bytes)
    if (!found) return
    const seconds = Math.min(found.leastTtl, bytes.readUInt16BE(6) > 0 && rcode === 'NOERROR' ? longestSeconds : longestNegativeSeconds)
    if (seconds > 0) this.#kept.set(key, { bytes: Buffer.from(bytes), at: this.#clock.now(), ttlOffsets: found.offsets }, { ttl: seconds * 1000 })
  }
}

const optType = 41

/** Where the records of a message have their time to live, and the least of them; undefined when it cannot be read. */
export function readTtls(bytes: Buffer): { readonly offsets: readonly number[]; readonly leastTtl: number } | undefined {
  try {
    const [questions, ...records] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at))
    const offsets: number[] = []
    let leastTtl = Infinity
    let offset = 12
    for (let i = 0; i < questions!; i++) offset = skipName(bytes, offset) + 4
    for (let i = records.reduce((a, b) => a + b, 0); i > 0; i--) {
      offset = skipName(bytes, offset)
      if (bytes.readUInt16BE(offset) !== optType) {
        offsets.push(offset + 4)
        leastTtl = Math.min(leastTtl, bytes.readUInt32BE(offset + 4))
      }
      offset += 10 + bytes.readUInt16BE(offset + 8)
    }
    return offset <= bytes.length && offsets.length > 0 ? { offsets, leastTtl } : undefined
  } catch {
    return undefined
  }
}
