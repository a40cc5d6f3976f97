import type { LeaseChange } from './engines/engine.ts'
import type { ReadonlyTree, Tree } from './tree.ts'
import type { KeyValue } from './data-model.ts'

/** The store at one moment: O(1) to copy. */
export interface State {
  readonly revision: number
  readonly compactRevision: number
  readonly keys: ReadonlyTree<KeyValue>
  /** By leaseKey(id). */
  readonly leases: ReadonlyTree<LeaseChange>
  /** The key of each attachment is attachment(lease, key), its value the attached key. */
  readonly attached: ReadonlyTree<string>
}

/** A state that goes on: what has been submitted, though it may not be durable yet. */
export interface Head {
  revision: number
  compactRevision: number
  readonly keys: Tree<KeyValue>
  readonly leases: Tree<LeaseChange>
  readonly attached: Tree<string>
}

export const copyState = (state: State): Head =>
  ({ revision: state.revision, compactRevision: state.compactRevision, keys: state.keys.clone(), leases: state.leases.clone(), attached: state.attached.clone() })

/** Lease ids as keys: fixed width, so that they sort by number (ids are safe integers, 14 hexadecimal digits). */
export const leaseKey = (id: number): string => id.toString(16).padStart(14, '0')
export const attachment = (lease: number, key: string): string => leaseKey(lease) + key
/** In key order. */
export const keysOfLease = (state: State, lease: number): string[] => state.attached.slice(leaseKey(lease), leaseKey(lease + 1))

/** Writes one key. The caller has seen to it that the lease exists. */
export function setKey(head: Head, kv: KeyValue, previous: KeyValue | undefined): void {
  if (previous && previous.lease !== kv.lease) detach(head, previous)
  if (kv.version === 0) head.keys.delete(kv.key)
  else head.keys.set(kv.key, kv)
  if (kv.lease !== 0 && previous?.lease !== kv.lease) head.attached.set(attachment(kv.lease, kv.key), kv.key)
}

function detach(head: Head, kv: KeyValue): void {
  if (kv.lease !== 0) head.attached.delete(attachment(kv.lease, kv.key))
}
