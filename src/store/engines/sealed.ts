// An engine whose values cannot be read where they are kept: a sealing turns them over on their way to the disk and back.
import type { KeyValue } from '../data-model.ts'
import type { Commit, Engine, Kept, RowName } from './engine.ts'

/** What makes values unreadable. In memory they are readable, so that reads need not wait for anybody. */
export interface Sealing {
  /** All that was kept, in order, readable again. Called once, before anything is sealed. Rejects when it cannot be known what the values are. */
  open(rows: Iterable<KeyValue>): Promise<readonly KeyValue[]>
  /** A row as it is to be kept. Never fails: whether it can be sealed was asked before the write. */
  seal(row: KeyValue): KeyValue
}

export const sealedEngine = (engine: Engine, sealing: Sealing): Engine => ({
  async load(): Promise<Kept> {
    const kept = await engine.load()
    return { ...kept, rows: await sealing.open(kept.rows) }
  },
  append: (commit: Commit) => engine.append({ ...commit, rows: commit.rows.map((row) => sealing.seal(row)) }),
  discard: (rows: Iterable<RowName>) => engine.discard(rows),
  soon: (commit) => engine.soon(commit),
  close: () => engine.close(),
})
