// An engine whose commits are timed: how long the disk takes until it has what it was given.
import { exponential, type Metrics } from '#server'
import type { Engine } from '#store'

/** The same engine; its commits are in the metrics. In SQLite the log is written and synced in one commit, so both figures are the same. */
export function measured(engine: Engine, metrics: Metrics, now: () => number): Engine {
  const buckets = exponential(0.001, 2, 14)
  const synced = metrics.histogram({ name: 'etcd_disk_wal_fsync_duration_seconds', help: 'Seconds until a group of writes was synced to the disk.', buckets }).with()
  const committed = metrics.histogram({ name: 'etcd_disk_backend_commit_duration_seconds', help: 'Seconds until a group of writes was committed.', buckets }).with()
  const note = (begun: number) => {
    const seconds = (now() - begun) / 1000
    synced.observe(seconds)
    committed.observe(seconds)
  }
  return {
    load: () => engine.load(),
    append(commit) {
      const begun = now()
      const done = engine.append(commit)
      if (!done) { note(begun); return undefined }
      return done.then(() => { note(begun) })
    },
    discard: (rows) => engine.discard(rows), soon: (commit) => { engine.soon(commit) }, close: () => engine.close(),
  }
}
