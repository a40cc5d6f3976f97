import type { KeyValue } from '../data-model.ts'
import type { Commit, Engine, Kept, LeaseChange, RowName } from './engine.ts'

/** Keeps the log in memory: it lives as long as the engine does, so that a store can be closed and opened again on it. */
export function memoryEngine(): Engine {
  const revisions = new Map<number, KeyValue[]>()
  const leases = new Map<number, LeaseChange>()
  let compactRevision = 0
  return {
    load: (): Kept => ({ compactRevision, leases: [...leases.values()], rows: [...revisions.values()].flat() }),
    append(commit: Commit) {
      for (const row of commit.rows) {
        const rows = revisions.get(row.modRevision)
        if (rows) rows.push(row)
        else revisions.set(row.modRevision, [row])
      }
      for (const lease of commit.leases) {
        if (lease.ttlSeconds > 0) leases.set(lease.id, lease)
        else leases.delete(lease.id)
      }
      compactRevision = commit.compactRevision ?? compactRevision
    },
    async discard(rows: Iterable<RowName>) {
      for (const { modRevision: revision, key } of rows) {
        const left = (revisions.get(revision) ?? []).filter((row) => row.key !== key)
        if (left.length > 0) revisions.set(revision, left)
        else revisions.delete(revision)
      }
    },
    soon: queueMicrotask,
    async close() {},
  }
}

/** Keeps nothing: for stores that nobody opens again. */
export const forgetfulEngine: Engine = {
  load: () => ({ compactRevision: 0, leases: [], rows: [] }),
  append() {},
  async discard() {},
  soon: queueMicrotask,
  async close() {},
}
