// What lies in the store, looked up when somebody asks.
import { StoreClosedError, type Store } from '#store'
import type { Objects } from '../objects.ts'
import type { Registry } from '../served.ts'
import type { Metrics } from './metrics.ts'

export function storageMetrics(metrics: Metrics, objects: Objects, registry: Registry): void {
  const { store } = objects
  const count = metrics.gauge({ name: 'apiserver_resource_objects', stability: 'STABLE', help: 'Objects stored, by resource.', labels: ['group', 'resource'] })
  const old = metrics.gauge({ name: 'apiserver_storage_objects', stability: 'STABLE', deprecated: '1.34.0', help: 'Objects stored, by resource and group in one word.', labels: ['resource'] })
  const revision = metrics.gauge({ name: 'etcd_mvcc_db_current_revision', help: 'The newest revision of the store.' }).with()
  const compacted = metrics.gauge({ name: 'etcd_mvcc_db_compact_revision', help: 'The revision that the store has forgotten everything before.' }).with()
  metrics.collect(() => {
    count.clear()
    old.clear()
    if (!isReadable(store)) return // the other figures are wanted most when this happens
    for (const kind of registry.kinds) {
      if (!kind.verbs.includes('list') || !kind.verbs.includes('create')) continue
      const stored = objects.count(kind)
      count.with(kind.group, kind.resource).set(stored)
      old.with(kind.group ? `${kind.resource}.${kind.group}` : kind.resource).set(stored)
    }
    revision.set(store.revision)
    compacted.set(store.compactRevision)
  })
}

function isReadable(store: Store): boolean {
  try {
    store.get('health')
    return true
  } catch (error) {
    if (error instanceof StoreClosedError) return false
    throw error
  }
}
