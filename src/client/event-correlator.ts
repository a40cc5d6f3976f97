// Decides which events are the same, which are similar, and which are too many: the rules of the reference's recorder
// (client-go's event correlator): equal events are counted, after ten different messages with the same reason within ten
// minutes they are combined, and each object has a bucket of 25 events that gains one every five minutes.
import type { Clock } from '#machinery'

export interface Correlated { readonly entry: EventEntry; readonly message: string }
/** One event object on the server, without what every repetition says again: recorders of thousands of nodes may share one process. */
export interface EventEntry {
  count: number
  /** When it was first said. */
  firstAt: number
  sentAt: number
  /** Undefined: the server has not accepted it. */
  name: string | undefined
}

const maxRemembered = 4096
const similarBeforeCombined = 10
const similarWithinMs = 600_000
const burst = 25
const refillMs = 300_000

export class EventCorrelator {
  readonly #clock: Clock
  readonly #entries = new Map<string, EventEntry>()
  readonly #similar = new Map<string, { messages: Set<string>; at: number }>()
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(clock: Clock) { this.#clock = clock }

  /** How much is remembered: events, groups of similar ones, and buckets that are not full. */
  get remembered(): { readonly events: number; readonly groups: number; readonly buckets: number } { return { events: this.#entries.size, groups: this.#similar.size, buckets: this.#buckets.size } }

  /** Nothing more will be said of objects whose names begin so. */
  forget(beginning: string): void {
    for (const map of [this.#entries, this.#similar, this.#buckets]) for (const key of map.keys()) if (key.startsWith(beginning)) map.delete(key)
  }

  /** `object` is any text that names the object. Undefined: one too many, drop it. */
  correlate(object: string, type: string, reason: string, message: string): Correlated | undefined {
    const group = `${object}\0${type}\0${reason}`
    const combined = this.#isCombined(group, message)
    const text = combined ? `(combined from similar events): ${message}` : message
    const key = combined ? group : `${group}\0${message}`
    let entry = this.#entries.get(key)
    if (!this.#allowed(object)) return undefined
    entry ??= { count: 0, firstAt: this.#clock.now(), sentAt: 0, name: undefined }
    remember(this.#entries, key, entry)
    return { entry, message: text }
  }

  #isCombined(group: string, message: string): boolean {
    const now = this.#clock.now()
    let seen = this.#similar.get(group)
    if (!seen || now - seen.at > similarWithinMs) seen = { messages: new Set(), at: now }
    seen.at = now
    seen.messages.add(message)
    remember(this.#similar, group, seen, ({ at }) => now - at > similarWithinMs)
    if (seen.messages.size < similarBeforeCombined) return false
    for (const oldest of seen.messages) { seen.messages.delete(oldest); break }
    return true
  }

  #allowed(object: string): boolean {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(object) ?? { tokens: burst, at: now }
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs)
    bucket.at = now
    const isAllowed = bucket.tokens >= 1
    if (isAllowed) bucket.tokens--
    remember(this.#buckets, object, bucket, ({ tokens, at }) => tokens + (now - at) / refillMs >= burst)
    return isAllowed
  }
}

/** Sets the entry as the newest; the one that was not used for longest goes when there are too many, and whenever it says nothing any more. */
function remember<V>(map: Map<string, V>, key: string, value: V, isOver: (value: V) => boolean = () => false): void {
  map.delete(key)
  map.set(key, value)
  for (const [oldest, held] of map) {
    if (map.size <= maxRemembered && !isOver(held)) return
    map.delete(oldest)
  }
}
