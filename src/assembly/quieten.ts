// The order in which a server becomes quiet, as the reference does it; watches and the store end after this.
import { pause, type Clock, type Log } from '#machinery'
import type { Lifecycle } from '#server'
import type { Listening } from '#server/listen'

export interface QuietenOptions {
  readonly lifecycle: Lifecycle
  readonly sockets: readonly Listening[]
  readonly clock: Clock
  readonly log: Log
  /** How long it goes on as if nothing was, but for /readyz: load balancers need time to hear of it. */
  readonly delayMs: number
  /** The sockets stay open until requests in flight have ended; new requests are told to come back. */
  readonly sendRetryAfter: boolean
  /** The longest that requests in flight are waited for. */
  readonly requestMs: number
  /** How long watches get to end by themselves. */
  readonly watchMs: number
}

/** Resolves when no request is in flight; the returned promises are those of the sockets, which close when their watches have ended. */
export async function quieten({ lifecycle, sockets, clock, log, delayMs, sendRetryAfter, requestMs, watchMs }: QuietenOptions): Promise<Promise<void>[]> {
  lifecycle.beginShutdown()
  if (delayMs > 0) {
    log.info('told to stop: answering on for a while', { milliseconds: delayMs })
    await pause(clock, delayMs)
  }
  if (sendRetryAfter) lifecycle.refuse()
  if (!sendRetryAfter) for (const socket of sockets) void socket.close(requestMs + watchMs)
  await lifecycle.drained(requestMs)
  if (watchMs > 0) await pause(clock, watchMs)
  return sockets.map((socket) => socket.close())
}
