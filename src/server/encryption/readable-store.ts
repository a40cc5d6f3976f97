import { internalError, quote } from '#machinery'
import type { KeyValue, Store } from '#store'
import type { AtRest } from './at-rest.ts'

/** The store, but reads of what could not be opened fail, in the reference's words; one such value fails the whole list. */
export function readableStore(store: Store, atRest: AtRest): Store {
  const readable = (kv: KeyValue): KeyValue => {
    const why = atRest.problem(kv)
    if (why !== undefined) throw internalError(`unable to transform key ${quote(kv.key)}: ${why}`)
    return kv
  }
  return {
    get revision() { return store.revision },
    get compactRevision() { return store.compactRevision },
    get(key, revision) {
      const kv = store.get(key, revision)
      return kv && readable(kv)
    },
    range(start, end, options) {
      const result = store.range(start, end, options)
      if (!options?.keysOnly) result.kvs.forEach(readable)
      return result
    },
    transaction: (...args) => store.transaction(...args),
    watch: (...args) => store.watch(...args),
    compact: (revision) => store.compact(revision),
    grantLease: (...args) => store.grantLease(...args),
    keepAlive: (id) => store.keepAlive(id),
    revokeLease: (id) => store.revokeLease(id),
    leases: () => store.leases(),
    fork: (options) => store.fork(options),
    close: () => store.close(),
  }
}
