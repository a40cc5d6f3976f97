// An engine whose commits are timed: how long the disk takes until it has what it was given.
import { statSync } from 'node:fs'
import { exponential, type Metrics } from '#server'
import type { Engine } from '#store'

/** Shows how many bytes the store's files have, looked up when somebody reads. */
export function storageSize(metrics: Metrics, files: readonly string[]): void {
  const size = metrics.gauge({ name: 'apiserver_storage_size_bytes', stability: 'STABLE', help: 'Bytes of the store\'s files.', labels: ['storage_cluster_id'] }).with('etcd-0')
  metrics.collect(() => { size.set(files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)) })
}

/** The same engine; its commits are in the metrics. SQLite's log is synced when a group has been written into it, and both are told as one: the table itself waits for nobody. */
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
