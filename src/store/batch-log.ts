import type { WatchBatch } from './data-model.ts'

const chunkLength = 1024
const forgotten: WatchBatch = { revision: 0, events: [] }

/** The batches of consecutive revisions. Appending and reading are O(1); dropping from the front and copying touch chunks, not batches. */
export class BatchLog {
  #chunks: WatchBatch[][]
  /** The revision at the start of the first chunk; those before `first` in it are forgotten. */
  #origin: number
  #first: number
  #next: number

  /** `first`: the revision of the batch that will come first. */
  constructor(first: number) {
    this.#chunks = []
    this.#origin = this.#first = this.#next = first
  }

  /** The oldest revision that is here, or will come next. */
  get first(): number { return this.#first }
  get next(): number { return this.#next }

  append(batch: WatchBatch): void {
    if (batch.revision !== this.#next) throw new Error(`batch of revision ${batch.revision} where ${this.#next} should follow`)
    const chunk = this.#chunks[(this.#next - this.#origin) / chunkLength | 0]
    if (chunk) chunk.push(batch)
    else this.#chunks.push([batch])
    this.#next++
  }

  /** Throws for a revision that is not here. */
  at(revision: number): WatchBatch {
    const i = revision - this.#origin
    const batch = revision < this.#first ? undefined : this.#chunks[i / chunkLength | 0]?.[i % chunkLength]
    if (!batch) throw new Error(`no batch of revision ${revision} between ${this.#first} and ${this.#next}`)
    return batch
  }

  dropBefore(revision: number): void {
    if (revision <= this.#first) return
    const whole = Math.min((revision - this.#origin) / chunkLength | 0, this.#chunks.length)
    this.#chunks = this.#chunks.slice(whole)
    this.#origin += whole * chunkLength
    const head = this.#chunks[0]
    // A copy, because a fork may share the chunk; emptied, so that the events' values can go.
    if (head) this.#chunks[0] = head.slice().fill(forgotten, 0, revision - this.#origin)
    this.#first = revision
  }

  clone(): BatchLog {
    const copy = new BatchLog(this.#first)
    copy.#chunks = this.#chunks.slice()
    const tail = copy.#chunks.at(-1)
    if (tail) copy.#chunks[copy.#chunks.length - 1] = tail.slice()
    copy.#origin = this.#origin
    copy.#next = this.#next
    return copy
  }
}
