import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '#machinery'

/** Longest delay that a timer of the platform takes; longer ones are cut into pieces. */
const longestTimer = 2 ** 31 - 1

/** The machine's time. Timers keep the process alive only when asked: a server lives by its sockets. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout
    const start = (left: number) => { timer = setTimeout(() => { if (left > longestTimer) start(left - longestTimer); else run() }, Math.max(0, Math.min(left, longestTimer))) }
    start(ms)
    return () => clearTimeout(timer)
  },
}

/** For durations: never set back, and finer than a millisecond. */
export const stopwatch = (): number => performance.now()

/** Chance that nobody can foretell, from the operating system, drawn in batches: uids and token ids come from it. */
export function secureRandom(): Random {
  let pool = new Uint32Array(0), at = 0
  return () => {
    if (at >= pool.length) { const bytes = randomBytes(1024 * 4); pool = new Uint32Array(bytes.buffer, bytes.byteOffset, 1024); at = 0 }
    return pool[at++]! / 2 ** 32
  }
}
