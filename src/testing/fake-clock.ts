import { parseDuration, type Clock } from '#machinery'

interface Timer { readonly at: number; readonly order: number; readonly run: () => void; cancelled: boolean }

/** Time that moves only when told to. Timers run one after the other, in the order of their times; of equal times, in the order they were set. */
export class FakeClock implements Clock {
  #now: number
  #jumped = 0
  #order = 0
  #timers: Timer[] = []

  constructor(start = Date.UTC(2030, 0, 1)) { this.#now = start }

  now(): number { return this.#now + this.#jumped }
  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, run, cancelled: false }
    let low = 0, high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#timers[middle]!.at <= timer.at) low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, timer)
    return () => { timer.cancelled = true }
  }

  /** When the next timer is due; undefined when there is none. */
  get next(): number | undefined {
    const at = this.#next
    return at === undefined ? undefined : at + this.#jumped
  }
  get #next(): number | undefined {
    while (this.#timers[0]?.cancelled) this.#timers.shift()
    return this.#timers[0]?.at
  }

  /** Somebody sets the clock, forward or back: timers still wait for as long as they would have. */
  jump(ms: number): void { this.#jumped += ms }

  /** Lets time pass ("90s" or milliseconds): each timer runs at its time, and what it sets off comes to rest before the next one. */
  async advance(by: number | string): Promise<void> {
    const end = this.#now + (typeof by === 'string' ? parseDuration(by) : by)
    await rest()
    for (let at = this.#next; at !== undefined && at <= end; at = this.#next) {
      this.#now = at
      this.#timers.shift()!.run()
      await rest()
    }
    this.#now = end
  }
}

/** Everything that waits for nothing but the processor has happened: promises run before the next turn of the event loop. */
export const rest = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })
