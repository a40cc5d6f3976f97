// The seat of a request that was let in: counted from when it is taken until it is given back.
import type { FlowSeries } from './metrics.ts'

/** Given back once. */
export interface Seat { leave(): void }

/** `ticket`: what is given back to the priority level; absent: an exempt request, which takes no seat from anybody. */
export class CountedSeat implements Seat {
  readonly #series: FlowSeries
  readonly #seats: number
  readonly #isWatch: boolean
  readonly #now: () => number
  readonly #began: number
  readonly #ticket: Seat | undefined

  constructor(series: FlowSeries, seats: number, isWatch: boolean, now: () => number, ticket?: Seat) {
    this.#series = series
    this.#seats = seats
    this.#isWatch = isWatch
    this.#now = now
    this.#began = now()
    this.#ticket = ticket
    series.dispatched.value++
    this.#count(1)
  }

  leave(): void {
    this.#count(-1)
    const { took } = this.#series
    ;(this.#isWatch ? took.watch : took.regular).observe((this.#now() - this.#began) / 1000)
    this.#ticket?.leave()
  }

  #count(by: 1 | -1): void {
    const { executing, executingOld, seats } = this.#series
    executing.value += by
    seats.value += by * this.#seats
    if (this.#ticket) executingOld.value += by * this.#seats
  }
}
