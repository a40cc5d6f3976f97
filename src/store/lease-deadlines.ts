import type { Clock } from '#machinery'

/** Longest sleep of a timer; real ones overflow a little above. */
const longestSleepMs = 2 ** 31 - 1

/** When leases end, on a clock, and one timer for the next. Deadlines are not kept on disk: a restart begins them anew. */
export class LeaseDeadlines {
  readonly #clock: Clock
  readonly #ended: (ids: readonly number[]) => void
  readonly #deadlines: Map<number, number>
  #cancel: (() => void) | undefined
  #wakesAt = Infinity
  #stopped = false

  /** `ended` is called with leases whose time is over; they stay here until removed or put off. */
  constructor(clock: Clock, ended: (ids: readonly number[]) => void, deadlines = new Map<number, number>()) {
    this.#clock = clock
    this.#ended = ended
    this.#deadlines = deadlines
    if (deadlines.size > 0) this.#arm(Math.min(...deadlines.values()))
  }

  begin(id: number, ttlSeconds: number): void { this.#set(id, this.#clock.now() + ttlSeconds * 1000) }

  /** Has the lease looked at again after `ms`, though it is over. */
  putOff(id: number, ms: number): void { if (this.#deadlines.has(id)) this.#set(id, this.#clock.now() + ms) }

  remove(id: number): void {
    this.#deadlines.delete(id)
    if (this.#deadlines.size === 0) this.#disarm()
  }

  remainingMs(id: number): number { return Math.max(0, (this.#deadlines.get(id) ?? 0) - this.#clock.now()) }

  copyTo(clock: Clock, ended: (ids: readonly number[]) => void): LeaseDeadlines {
    const shift = clock.now() - this.#clock.now()
    return new LeaseDeadlines(clock, ended, new Map([...this.#deadlines].map(([id, deadline]) => [id, deadline + shift])))
  }

  stop(): void { this.#stopped = true; this.#disarm() }

  #set(id: number, deadline: number): void {
    this.#deadlines.set(id, deadline)
    if (deadline < this.#wakesAt) this.#arm(deadline)
  }

  #arm(at: number): void {
    this.#disarm()
    if (this.#stopped) return
    this.#wakesAt = at
    this.#cancel = this.#clock.after(Math.min(Math.max(0, at - this.#clock.now()), longestSleepMs), () => { this.#wake() })
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#wakesAt = Infinity
  }

  /** Keep-alives only move deadlines back, so the timer may come early: it looks, and sleeps again. */
  #wake(): void {
    this.#disarm()
    const now = this.#clock.now()
    const over: number[] = []
    let next = Infinity
    for (const [id, deadline] of this.#deadlines) {
      if (deadline <= now) over.push(id)
      else next = Math.min(next, deadline)
    }
    if (next < Infinity) this.#arm(next)
    if (over.length > 0) this.#ended(over)
  }
}
