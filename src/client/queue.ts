// A work queue of keys. A key waits once however often it is added, is never worked on twice at the same time,
// and comes back later and later as it fails. Delays are timers of the clock it is given.
import type { Clock } from '#machinery'

/** What a queue tells of itself; every method is called synchronously. */
export interface QueueWatcher {
  added?(depth: number): void
  /** How long the key waited before somebody took it, in milliseconds. */
  taken?(waitedMs: number): void
  done?(workedMs: number): void
  retried?(): void
}

const firstRetryMs = 5
const lastRetryMs = 1_000_000

export class WorkQueue {
  readonly #clock: Clock
  readonly #watcher: QueueWatcher
  /** Keys to be taken, and since when they wait; insertion order is the queue. */
  readonly #ready = new Map<string, number>()
  /** Keys that were added again while being worked on. */
  readonly #again = new Map<string, number>()
  readonly #working = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  readonly #delayed = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  readonly #idle: ((key: string | undefined) => void)[] = []
  #closed = false

  constructor(clock: Clock, watcher: QueueWatcher = {}) {
    this.#clock = clock
    this.#watcher = watcher
  }

  /** Keys that wait to be taken. Bounded by the number of objects, since a key waits only once. */
  get depth(): number { return this.#ready.size }
  /** Nothing waits and nothing is worked on (delayed keys may still come). */
  get quiet(): boolean { return this.#ready.size === 0 && this.#working.size === 0 }

  add(key: string): void {
    if (this.#closed || this.#ready.has(key) || this.#again.has(key)) return
    if (this.#working.has(key)) { this.#again.set(key, this.#clock.now()); return }
    const worker = this.#idle.shift()
    if (worker) { this.#watcher.added?.(this.#ready.size); this.#start(key, this.#clock.now()); worker(key); return }
    this.#ready.set(key, this.#clock.now())
    this.#watcher.added?.(this.#ready.size)
  }

  /** Adds the key after so many milliseconds; of several delays the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return
    if (ms <= 0) { this.add(key); return }
    const at = this.#clock.now() + ms
    const earlier = this.#delayed.get(key)
    if (earlier && earlier.at <= at) return
    earlier?.cancel()
    const cancel = this.#clock.after(ms, () => { this.#delayed.delete(key); this.add(key) })
    this.#delayed.set(key, { at, cancel })
  }

  /** Adds the key after a pause that doubles with each failure: 5 ms to 1000 s. */
  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#watcher.retried?.()
    this.addAfter(key, Math.min(firstRetryMs * 2 ** failures, lastRetryMs))
  }
  /** How often the key has failed since it was last forgotten. */
  failures(key: string): number { return this.#failures.get(key) ?? 0 }
  /** The key is well again: its next failure is its first. */
  forget(key: string): void { this.#failures.delete(key) }

  /** Waits for the next key; undefined once the queue is closed. The taker must call done(key). */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    for (const [key, since] of this.#ready) {
      this.#ready.delete(key)
      this.#start(key, since)
      return Promise.resolve(key)
    }
    return new Promise((resolve) => { this.#idle.push(resolve) })
  }

  /** The key is not worked on any more. For `restMs` it is not taken again, but gathers what comes: for work that grows with what it looks at. */
  done(key: string, restMs = 0): void {
    const since = this.#working.get(key)
    if (since === undefined) return
    this.#watcher.done?.(this.#clock.now() - since)
    const end = () => {
      this.#working.delete(key)
      if (this.#again.delete(key)) this.add(key)
    }
    if (restMs > 0 && !this.#closed) this.#clock.after(restMs, end)
    else end()
  }

  /** Ends all waiting; keys that wait are dropped. */
  close(): void {
    this.#closed = true
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
    this.#ready.clear()
    this.#again.clear()
    for (const worker of this.#idle.splice(0)) worker(undefined)
  }

  #start(key: string, since: number): void {
    this.#working.set(key, this.#clock.now())
    this.#watcher.taken?.(this.#clock.now() - since)
  }
}

/** Runs `work` for the keys of a queue, so many at a time. `work` may say for how many milliseconds the key then rests. A failure is given to `failed`, which decides what becomes of the key. Resolves when the queue is closed. */
export async function drain(queue: WorkQueue, workers: number, work: (key: string) => Promise<void | number>, failed: (key: string, error: unknown) => void): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      let restMs = 0
      try { restMs = (await work(key)) ?? 0 } catch (error) { failed(key, error) } finally { queue.done(key, restMs) }
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
}
