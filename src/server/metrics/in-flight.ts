// How many requests there are at once.

/** Requests being answered, long-running ones apart: the most of the last whole second, as the reference shows it. */
export class InFlight {
  readonly #now: () => number
  #current = 0
  #most = 0
  #lastMost = 0
  #second = 0
  constructor(now: () => number) { this.#now = now }
  get current(): number { return this.#current }
  add(by: 1 | -1): void {
    this.#turn()
    this.#current += by
    if (this.#current > this.#most) this.#most = this.#current
  }
  get lastSecond(): number {
    this.#turn()
    return this.#lastMost
  }
  #turn(): void {
    const second = Math.floor(this.#now() / 1000)
    if (second === this.#second) return
    this.#lastMost = second === this.#second + 1 ? this.#most : this.#current
    this.#most = this.#current
    this.#second = second
  }
}

