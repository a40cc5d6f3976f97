import type { Log } from '#machinery'
import { inRange } from './range.ts'
import type { WatchBatch } from './data-model.ts'

/** `seenTo`: the revision up to which the watcher has been told everything, or wants nothing. */
interface Watcher { readonly start: string; readonly end: string | undefined; readonly seen: (batch: WatchBatch) => void; seenTo: number; stopped: boolean }

/** Who is told of changes. Delivery is synchronous; a watcher may watch, stop and write while it is told. */
export class Watchers {
  readonly #log: Log
  readonly #watchers = new Set<Watcher>()

  constructor(log: Log) { this.#log = log }

  /** Replays `past` (batches after `after`), says that it ends at `newest`, and goes on with what deliver() brings. */
  add(start: string, end: string | undefined, after: number, past: Iterable<WatchBatch>, newest: number, seen: (batch: WatchBatch) => void): () => void {
    const watcher: Watcher = { start, end, seen, seenTo: after, stopped: false }
    this.#watchers.add(watcher)
    const stop = () => { watcher.stopped = true; this.#watchers.delete(watcher) }
    try {
      for (const batch of past) this.#tell(watcher, batch)
    } catch (error) { stop(); throw error }
    this.#progress(watcher, { revision: newest, events: [] })
    return stop
  }

  /** Tells all watchers of a group of batches in order, and the others how far the group went. */
  deliver(batches: readonly WatchBatch[]): void {
    const last = batches.at(-1)
    if (!last) return
    for (const batch of batches) {
      for (const watcher of this.#watchers) this.#tell(watcher, batch)
    }
    const progress: WatchBatch = { revision: last.revision, events: [] }
    for (const watcher of this.#watchers) this.#progress(watcher, progress)
  }

  clear(): void {
    for (const watcher of this.#watchers) watcher.stopped = true
    this.#watchers.clear()
  }

  #tell(watcher: Watcher, batch: WatchBatch): void {
    if (watcher.stopped || batch.revision <= watcher.seenTo) return
    const mine = cut(batch, watcher)
    if (mine) this.#call(watcher, mine)
  }

  #progress(watcher: Watcher, progress: WatchBatch): void {
    if (!watcher.stopped && watcher.seenTo < progress.revision) this.#call(watcher, progress)
  }

  #call(watcher: Watcher, batch: WatchBatch): void {
    watcher.seenTo = batch.revision
    try {
      watcher.seen(batch)
    } catch (error) {
      this.#log.error('a watcher of the store threw', { start: watcher.start, revision: batch.revision, error })
    }
  }
}

/** The part of the batch in the watcher's range; the batch itself where that is all of it. */
function cut(batch: WatchBatch, { start, end }: Watcher): WatchBatch | undefined {
  const { events } = batch
  if (events.length === 1) return inRange(events[0]!.kv.key, start, end) ? batch : undefined
  const mine = events.filter((event) => inRange(event.kv.key, start, end))
  if (mine.length === 0) return undefined
  return mine.length === events.length ? batch : { revision: batch.revision, events: mine }
}
