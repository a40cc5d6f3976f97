// How a server ends: it says that it is not ready, goes on for a while, takes no new requests, lets those in flight end, and then ends its watches.
import type { ApiResponse, Clock } from '#machinery'
import { textAnswer } from './respond.ts'

export class Lifecycle {
  readonly #clock: Clock
  #ready = true
  #refuses = false
  #open = true
  #inFlight = 0
  #drained: (() => void)[] = []
  readonly #ended = () => { if (--this.#inFlight === 0) for (const run of this.#drained.splice(0)) run() }
  constructor(clock: Clock) { this.#clock = clock }

  /** Whether /readyz may say that all is well. */
  get isReady(): boolean { return this.#ready }
  /** Whether anything is answered at all. */
  get isOpen(): boolean { return this.#open }
  /** Whether new requests are told to go elsewhere. */
  get refuses(): boolean { return this.#refuses }

  /** The server has been told to stop: whoever asks /readyz hears of it. */
  beginShutdown(): void { this.#ready = false }
  /** From now on new requests are answered 429 with Retry-After. */
  refuse(): void { this.#refuses = true }
  close(): void { this.#ready = this.#open = false }

  /** A request from outside that has an end of its own begins; the returned function is called once at its end. */
  begin(): () => void {
    this.#inFlight++
    return this.#ended
  }
  /** Resolves when nothing is in flight, or after `mostMs`. */
  drained(mostMs: number): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#clock.after(mostMs, resolve)
      this.#drained.push(() => { cancel(); resolve() })
    })
  }
}

/** Health checks and metrics are wanted most while a server stops. */
const stillAnswered = /^\/(?:healthz|livez|readyz|metrics)(?:\/|$)/
/** The answer to a request that comes while the server stops; undefined: it is answered as ever. */
export const turnedAway = (lifecycle: Lifecycle, path: string): ApiResponse | undefined =>
  (!lifecycle.refuses || stillAnswered.test(path) ? undefined : textAnswer(429, 'The apiserver is shutting down, please try again later.\n', { 'retry-after': '5', 'x-content-type-options': 'nosniff' }))
