// How long a number had each of its values: for figures that weigh what was by how long it was.
import type { Histogram } from '../metrics/metrics.ts'

const nanosecondsPerMs = 1e6

/** A whole number that changes often. A change costs an addition; ratios and buckets are worked out when somebody looks. */
export class TimeAt {
  /** Milliseconds by value, since the last look. */
  #times: number[] = []
  #value = 0
  #since: number
  constructor(now: number) { this.#since = now }

  set(value: number, now: number): void {
    if (value === this.#value) return
    this.#times[this.#value] = (this.#times[this.#value] ?? 0) + now - this.#since
    this.#value = value
    this.#since = now
  }
  /** Adds to the histogram what was since the last look: each nanosecond counts as one observation of its value's share of `whole`. */
  tell(histogram: Histogram, whole: number, now: number): void {
    const value = this.#value
    this.#times[value] = (this.#times[value] ?? 0) + now - this.#since
    this.#since = now
    const times = this.#times
    this.#times = []
    // Holes are values that never were.
    times.forEach((ms, n) => { histogram.weigh(whole > 0 ? n / whole : 0, Math.round(ms * nanosecondsPerMs)) })
  }
}
