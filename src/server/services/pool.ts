// What numbers of a range are taken and by whom: service addresses and node ports. Taken for good once an object that holds them is stored;
// reserved while the write that asks for them is under way.
import type { Random } from '#machinery'

/** Who holds which numbers; ranges that overlap share one. */
export class Holders {
  readonly taken = new Map<number, string>()
  readonly reserved = new Map<number, string>()
  /** Stored objects hold these numbers now. */
  take(n: number, owner: string): void { this.taken.set(n, owner) }
  release(n: number, owner: string): void { if (this.taken.get(n) === owner) this.taken.delete(n) }
}

export class Pool {
  readonly first: number
  readonly size: number
  readonly #staticBand: number
  readonly #random: Random
  readonly #holders: Holders

  /**
   * Numbers `first` to `first + size - 1`. The lowest `staticBand` are given out only when the rest is full, so that people can choose
   * low numbers by hand without meeting those chosen for others (KEP-3070, KEP-3668).
   */
  constructor(options: { first: number; size: number; random: Random; holders?: Holders }) {
    this.first = options.first
    this.size = options.size
    this.#random = options.random
    this.#holders = options.holders ?? new Holders()
    this.#staticBand = Math.min(Math.max(16, Math.floor(options.size / 16)), 256, options.size)
  }

  /** Whether anyone but `owner` holds or has just asked for the number. */
  isTaken(n: number, owner: string): boolean {
    const holder = this.#holders.taken.get(n) ?? this.#holders.reserved.get(n)
    return holder !== undefined && holder !== owner
  }
  /** How many are held, and how many could be. */
  get held(): number { let held = 0; for (const n of this.#holders.taken.keys()) if (this.contains(n)) held++; return held }
  contains(n: number): boolean { return n >= this.first && n < this.first + this.size }

  /** Holds a number for a write; the returned function lets go of it again (what was stored is taken by then). */
  reserve(n: number, owner: string): () => void {
    const { reserved } = this.#holders
    reserved.set(n, owner)
    return () => { if (reserved.get(n) === owner) reserved.delete(n) }
  }
  /** A free number by chance; undefined when there is none. */
  next(allowed: (n: number) => boolean = () => true): number | undefined {
    return this.#search(this.#staticBand, this.size, allowed) ?? this.#search(0, this.#staticBand, allowed)
  }
  #search(from: number, to: number, allowed: (n: number) => boolean): number | undefined {
    const span = to - from
    if (span <= 0) return undefined
    const { taken, reserved } = this.#holders, start = Math.floor(this.#random() * span)
    for (let i = 0; i < span; i++) {
      const n = this.first + from + ((start + i) % span)
      if (!taken.has(n) && !reserved.has(n) && allowed(n)) return n
    }
    return undefined
  }

  /** Stored objects hold these numbers now. */
  take(n: number, owner: string): void { this.#holders.take(n, owner) }
  release(n: number, owner: string): void { this.#holders.release(n, owner) }
}
