// What numbers of a range are taken and by whom: service addresses and node ports. Taken for good once an object that holds them is stored;
// reserved for a moment while the write that asks for them is under way.
import type { Clock, Random } from '#machinery'

/** A write that has not landed by then has failed. */
const reservationMs = 2_000

export class Pool {
  readonly first: number
  readonly size: number
  readonly #staticBand: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #taken = new Map<number, string>()
  readonly #reserved = new Map<number, { owner: string; until: number }>()

  /**
   * Numbers `first` to `first + size - 1`. The lowest `staticBand` are given out only when the rest is full, so that people can choose
   * low numbers by hand without meeting those chosen for others (KEP-3070, KEP-3668).
   */
  constructor(options: { first: number; size: number; clock: Clock; random: Random }) {
    this.first = options.first
    this.size = options.size
    this.#clock = options.clock
    this.#random = options.random
    this.#staticBand = Math.min(Math.max(16, Math.floor(options.size / 16)), 256, options.size)
  }

  /** Whether anyone but `owner` holds or has just asked for the number. */
  isTaken(n: number, owner: string): boolean {
    const holder = this.#taken.get(n)
    if (holder !== undefined) return holder !== owner
    const reserved = this.#reserved.get(n)
    return reserved !== undefined && reserved.owner !== owner && reserved.until > this.#clock.now()
  }
  contains(n: number): boolean { return n >= this.first && n < this.first + this.size }

  reserve(n: number, owner: string): void {
    if (this.#reserved.size > 1024) this.#forgetOld()
    this.#reserved.set(n, { owner, until: this.#clock.now() + reservationMs })
  }
  /** A free number by chance; undefined when there is none. */
  next(owner: string, allowed: (n: number) => boolean = () => true): number | undefined {
    return this.#search(this.#staticBand, this.size, owner, allowed) ?? this.#search(0, this.#staticBand, owner, allowed)
  }
  #search(from: number, to: number, owner: string, allowed: (n: number) => boolean): number | undefined {
    const span = to - from
    if (span <= 0) return undefined
    const start = Math.floor(this.#random() * span)
    for (let i = 0; i < span; i++) {
      const n = this.first + from + ((start + i) % span)
      if (!this.#taken.has(n) && !this.isTaken(n, owner) && allowed(n)) return n
    }
    return undefined
  }

  /** Stored objects hold these numbers now. */
  take(n: number, owner: string): void { this.#taken.set(n, owner); this.#reserved.delete(n) }
  release(n: number, owner: string): void { if (this.#taken.get(n) === owner) this.#taken.delete(n) }
  #forgetOld(): void { for (const [n, r] of this.#reserved) if (r.until <= this.#clock.now()) this.#reserved.delete(n) }
}
