// What a refused client is told to wait: longer while many are refused, shorter again when nobody is.
const longest = 32
/** Refusals a second from which on clients should wait longer. */
const manyPerSecond = 3

export class RetryAfter {
  #seconds = 1
  #changed = 0
  /** Refusals by second; only the last `longest` are looked at. */
  readonly #history: { readonly second: number; count: number }[] = []

  /** Somebody is refused at `now` (milliseconds); how many seconds to wait. */
  refused(now: number): number {
    const second = Math.floor(now / 1000)
    const last = this.#history.at(-1)
    if (last?.second === second) last.count++
    else {
      this.#adjust(second)
      this.#history.push({ second, count: 1 })
      if (this.#history.length > longest) this.#history.shift()
    }
    return this.#seconds
  }

  #adjust(second: number): void {
    if (second - this.#changed < this.#seconds) return
    const recent = this.#history.reduce((sum, each) => (second - each.second <= this.#seconds ? sum + each.count : sum), 0)
    if (recent >= manyPerSecond * this.#seconds) this.#seconds = Math.min(2 * this.#seconds, longest)
    else if (recent === 0 && this.#seconds > 1) this.#seconds--
    else return
    this.#changed = second
  }
}
