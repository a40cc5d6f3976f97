// The one loop that every controller runs in.
import type { AnyObject, Kind } from '#machinery'
import type { Target } from './client.ts'
import type { Cluster } from './cluster.ts'

/** Ask to be called again after so many milliseconds, even when nothing changes. */
export interface Again { readonly againIn: number }

export interface Controller<T extends AnyObject> {
  /** As in "replicaset": names its log, its metrics and (with "-controller") its service account. */
  readonly name: string
  /** The service account in kube-system, when it is not `${name}-controller`. */
  readonly identity?: string
  readonly for: Kind<T>
  /** A change to an object that one of ours controls (by owner reference) reconciles the owner. */
  readonly owns?: readonly Kind[]
  /** A change to one of these reconciles whatever `map` names. */
  readonly watches?: readonly Watch[]
  /** Caches that are only read. */
  readonly reads?: readonly Kind[]
  /** How many objects are worked on at once; default 5. */
  readonly workers?: number
  /** Brings the world one step nearer to what the object asks for. Computes from state, never from an event. Throw to back off and come again. */
  reconcile(object: T, cluster: Cluster): Promise<Again | void>
  /** Called when the object is gone, for controllers that must clean up after it. */
  reconcileDeleted?(target: Target, cluster: Cluster): Promise<Again | void>
}
export interface Watch { readonly kind: Kind; readonly map: (object: never, cluster: Cluster) => readonly Target[] }
