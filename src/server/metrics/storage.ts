// What lies in the store, looked up when somebody asks.
import type { Kind } from '#machinery'
import { StoreClosedError, type Store } from '#store'
import type { Objects } from '../objects.ts'
import type { Registry } from '../served.ts'
import type { Metrics } from './metrics.ts'

export function storageMetrics(metrics: Metrics, objects: Objects, registry: Registry): void {
  const { store } = objects
  const count = metrics.gauge({ name: 'apiserver_resource_objects', stability: 'ALPHA', help: 'Objects stored, by resource.', labels: ['group', 'resource'] })
  const old = metrics.gauge({ name: 'apiserver_storage_objects', stability: 'STABLE', deprecated: '1.34.0', help: 'Objects stored, by resource and group in one word.', labels: ['resource'] })
  const bytes = metrics.gauge({ name: 'apiserver_resource_size_estimate_bytes', stability: 'ALPHA', help: 'Bytes of objects stored, by resource: as many as there are, of the mean size of some.', labels: ['group', 'resource'] })
  const revision = metrics.gauge({ name: 'etcd_mvcc_db_current_revision', help: 'The newest revision of the store.' }).with()
  const compacted = metrics.gauge({ name: 'etcd_mvcc_db_compact_revision', help: 'The revision that the store has forgotten everything before.' }).with()
  const leased = metrics.histogram({ name: 'etcd_lease_object_counts', stability: 'ALPHA', help: 'Objects of a lease, told with each that it gets.', buckets: [10, 50, 100, 500, 1000, 2500, 5000] }).with()
  objects.onLeased = (count) => { leased.observe(count) }
  metrics.collect(() => {
    count.clear()
    old.clear()
    bytes.clear()
    if (!isReadable(store)) return // the other figures are wanted most when this happens
    for (const kind of registry.kinds) {
      if (!kind.verbs.includes('list') || !kind.verbs.includes('create')) continue
      const stored = objects.count(kind)
      count.with(kind.group, kind.resource).set(stored)
      bytes.with(kind.group, kind.resource).set(Math.round(stored * meanSize(objects, kind)))
      old.with(kind.group ? `${kind.resource}.${kind.group}` : kind.resource).set(stored)
    }
    revision.set(store.revision)
    compacted.set(store.compactRevision)
  })
}

/** So many objects are weighed for the mean size. */
const mostWeighed = 100
function meanSize(objects: Objects, kind: Kind): number {
  const { kvs } = objects.range(kind, '', { limit: mostWeighed, revision: objects.store.revision })
  return kvs.length === 0 ? 0 : kvs.reduce((sum, { value }) => sum + value.length, 0) / kvs.length
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
