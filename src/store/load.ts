import type { Engine, LeaseChange, RowName } from './engines/engine.ts'
import { StoreOpenError } from './errors.ts'
import { History } from './history.ts'
import { copyState, leaseKey, setKey, type Head, type State } from './state.ts'
import { Tree } from './tree.ts'
import type { KeyValue, StoreEvent, WatchBatch } from './data-model.ts'

/** How many revisions of the past are handed over at a time; between them the history may keep a snapshot. */
const portion = 8192

export interface Loaded {
  readonly state: State
  readonly history: History
  /** Rows that nobody can ask for any more: a compaction was cut short. */
  readonly obsolete: readonly RowName[]
}

/** Builds the index from the log. What lies before the compacted revision is the ground; what follows becomes readable past. */
export async function load(engine: Engine): Promise<Loaded> {
  const kept = await engine.load()
  const head: Head = {
    revision: Math.max(1, kept.compactRevision - 1), compactRevision: kept.compactRevision,
    keys: new Tree<KeyValue>(), leases: new Tree<LeaseChange>(), attached: new Tree<string>(),
  }
  for (const lease of kept.leases) head.leases.set(leaseKey(lease.id), lease)

  const obsolete: RowName[] = []
  const past = new Past(head, kept.compactRevision)
  for (const row of kept.rows) {
    const previous = head.keys.get(row.key)
    if (row.modRevision < kept.compactRevision) {
      if (previous) obsolete.push({ key: row.key, modRevision: previous.modRevision })
      if (row.version === 0) obsolete.push({ key: row.key, modRevision: row.modRevision })
    } else past.add(row, previous)
    setKey(head, row, previous)
  }
  const history = past.end()
  return { state: copyState(head), history, obsolete }
}

/** Makes batches of rows and hands them to the history. */
class Past {
  readonly #head: Head
  readonly #history: History
  #batches: WatchBatch[] = []
  #events: StoreEvent[] = []

  constructor(head: Head, compactRevision: number) {
    this.#head = head
    this.#history = new History(head.keys.clone(), head.revision, compactRevision)
  }

  /** Called before the row is in the head. */
  add(row: KeyValue, previous: KeyValue | undefined): void {
    if (row.modRevision !== this.#head.revision) {
      this.#closeBatch()
      if (row.modRevision !== this.#head.revision + 1) {
        throw damaged(`revision ${this.#head.revision} is followed by ${row.modRevision}`)
      }
      this.#head.revision = row.modRevision
    }
    this.#events.push({ type: row.version === 0 ? 'DELETE' : 'PUT', kv: row, previous })
  }

  end(): History {
    this.#closeBatch()
    this.#history.commit(this.#batches, this.#head.keys.clone())
    const { revision, compactRevision } = this.#history
    if (revision < compactRevision) throw damaged(`it ends before revision ${compactRevision}, to which it has been compacted`)
    return this.#history
  }

  #closeBatch(): void {
    if (this.#events.length === 0) return
    this.#batches.push({ revision: this.#head.revision, events: this.#events })
    this.#events = []
    if (this.#batches.length < portion) return
    this.#history.commit(this.#batches, this.#head.keys.clone())
    this.#batches = []
  }
}

const damaged = (how: string): StoreOpenError => new StoreOpenError(`the log of changes is damaged: ${how}. Restore it from a backup`)
