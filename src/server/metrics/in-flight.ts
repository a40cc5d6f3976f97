// How many requests there are at once.
import { TimeAt } from '../flowcontrol/time-at.ts'
import type { Histogram } from './metrics.ts'

/** Requests being answered, long-running ones apart: the most of the last whole second, as the reference shows it, and how long there were how many. */
export class InFlight {
  readonly #now: () => number
  #current = 0
  #most = 0
  #lastMost = 0
  #second = 0
  readonly #over: TimeAt
  constructor(now: () => number) {
    this.#now = now
    this.#over = new TimeAt(now())
  }
  get current(): number { return this.#current }
  add(by: 1 | -1): void {
    this.#over.set(this.#current + by, this.#turn())
    this.#current += by
    if (this.#current > this.#most) this.#most = this.#current
  }
  get lastSecond(): number {
    this.#turn()
    return this.#lastMost
  }
  /** Adds what was since the last look to a histogram of shares of `whole`, weighed by nanoseconds. */
  tell(histogram: Histogram, whole: number): void { this.#over.tell(histogram, whole, this.#now()) }
  #turn(): number {
    const now = this.#now(), second = Math.floor(now / 1000)
    if (second === this.#second) return now
    this.#lastMost = second === this.#second + 1 ? this.#most : this.#current
    this.#most = this.#current
    this.#second = second
    return now
  }
}
