// The one loop that every controller runs in.
import { ApiError, is, type AnyObject, type Kind } from '#machinery'
import type { Target } from './client.ts'
import type { Cluster } from './cluster.ts'
import type { Change } from './informer.ts'
import { OwnWrites, type Heard } from './own-writes.ts'
import { drain, WorkQueue, type QueueWatcher } from './queue.ts'

/** Ask to be called again after so many milliseconds, even when nothing changes. */
export interface Again { readonly againIn: number }

export interface Controller<T extends AnyObject> {
  /** As in "replicaset": names its log, its metrics and (with "-controller") its service account. */
  readonly name: string
  /** The service account in kube-system, when it is not `${name}-controller`. */
  readonly identity?: string
  readonly for: Kind<T>
  /** Which changes of our own kind need a look; default all. For kinds with many objects of which few concern the controller. */
  readonly concerns?: (change: Change<T>, cluster: Cluster) => boolean
  /** A change to an object that one of ours controls (by owner reference) reconciles the owner. */
  readonly owns?: readonly Kind[]
  /** A change to one of these reconciles whatever `map` names. */
  readonly watches?: readonly Watch[]
  /** Further reasons to look at an object: calls `wake` whenever there is one, until the returned function is called. */
  readonly wakes?: (wake: (target: Target) => void, cluster: Cluster) => () => void
  /** Caches that are only read. */
  readonly reads?: readonly Kind[]
  /** How many objects are worked on at once; default 5. */
  readonly workers?: number
  /** For so many milliseconds after a turn of an object its next one waits: an object with thousands of others below it looks at many changes at once. */
  readonly rests?: (object: T, cluster: Cluster) => number
  /** Brings the world one step nearer to what the object asks for. Computes from state, never from an event. Throw to back off and come again. */
  reconcile(object: T, cluster: Cluster): Promise<Again | void>
  /** Called when the object is gone, for controllers that must clean up after it. */
  reconcileDeleted?(target: Target, cluster: Cluster): Promise<Again | void>
}

export interface Watch {
  readonly kind: Kind
  readonly map: (change: Change<AnyObject>, cluster: Cluster) => readonly Target[]
  /** What a turn wrote itself is no reason for another turn: for a reconcile that does everything at once, in writes that are refused when their object has changed meanwhile. */
  readonly ofOthers?: true
}
/** A change to an object of another kind reconciles what `map` names; called with the object as it is and, when it changed, as it was. */
export const watching = <W extends AnyObject>(kind: Kind<W>, map: (object: W, cluster: Cluster) => readonly Target[], more: Pick<Watch, 'ofOthers'> = {}): Watch => ({
  kind, ...more,
  map: ({ object, old }, cluster) => {
    const targets = map(object as W, cluster)
    return old && old !== object ? [...targets, ...map(old as W, cluster)] : targets
  },
})

/** How long a finished reconcile waits for the caches to show what it wrote before it lets go all the same. */
const settleMs = 30_000
const defaultWorkers = 5
/** Of so many changes during a turn it is found out whose they are; more are another turn's matter anyway. */
const mostHeard = 1_000

/** Starts a controller; returns how to stop it, which resolves when its last reconcile has ended. */
export function run<T extends AnyObject>(controller: Controller<T>, cluster: Cluster, watcher: QueueWatcher | undefined = cluster.queueWatcher?.(controller.name)): () => Promise<void> {
  const log = cluster.log.named(controller.name)
  const queue = new WorkQueue(cluster.clock, watcher)
  const stops: (() => void)[] = []
  const halt = Promise.withResolvers<void>()
  /** What was heard of an object's parts during its turn: only its end tells which of it was its own doing. */
  const turns = new Map<string, Heard[]>()
  let stopped = false

  async function work(key: string): Promise<number> {
    const target = targetOf(key), view = new OwnWrites(cluster), heard: Heard[] = []
    turns.set(key, heard)
    const object = cluster.get(controller.for, target)
    try {
      const again = object ? await controller.reconcile(object, view) : await controller.reconcileDeleted?.(target, view)
      queue.forget(key)
      if (again) queue.addAfter(key, again.againIn)
      return object ? controller.rests?.(object, cluster) ?? 0 : 0
    } finally {
      // Or the next turn would act on what this one has already done.
      if (!view.wroteNothing && !stopped && !(await within(cluster, view.settled(), settleMs)))
        log.warn('the cache does not show what was written; going on without it', { key, afterMs: settleMs, ...view.written })
      turns.delete(key)
      if (!heard.every((change) => view.made(change))) queue.add(key)
    }
  }
  function failed(key: string, error: unknown): void {
    if (stopped) return
    if (isTerminating(error)) { queue.forget(key); return }
    if (!is(error, 'Conflict')) log.warn('reconcile failed; trying again', { key, failures: queue.failures(key) + 1, error })
    queue.retry(key)
  }
  async function start(): Promise<void> {
    const { owns = [], watches = [], reads = [] } = controller
    // A cache that cannot be filled must not hold up the end.
    await Promise.race([cluster.synced([...new Set<Kind>([controller.for, ...owns, ...watches.map((w) => w.kind), ...reads])]), halt.promise])
    if (stopped) return
    stops.push(cluster.watch(controller.for, (change) => {
      if (change.type === 'DELETED' ? controller.reconcileDeleted : controller.concerns?.(change, cluster) ?? true) queue.add(keyOf(change.object.metadata))
    }))
    for (const kind of owns) {
      stops.push(cluster.watch<AnyObject>(kind, ({ object, old }) => {
        const owner = ownerKey(controller.for, object), before = old && ownerKey(controller.for, old)
        if (owner !== undefined) queue.add(owner)
        if (before !== undefined && before !== owner) queue.add(before)
      }))
    }
    for (const { kind, map, ofOthers } of watches) {
      stops.push(cluster.watch<AnyObject>(kind, (change) => {
        const { type, object: { metadata } } = change
        // Once each: a worker that waits takes the first at once, and would have to come again for the second.
        for (const key of new Set(map(change, cluster).map(keyOf))) {
          const turn = ofOthers && turns.get(key)
          if (turn && turn.length < mostHeard) turn.push({ type, uid: metadata.uid, version: metadata.resourceVersion }); else queue.add(key)
        }
      }))
    }
    if (controller.wakes) stops.push(controller.wakes((target) => queue.add(keyOf(target)), cluster))
    await drain(queue, controller.workers ?? defaultWorkers, work, failed)
  }
  const running = start().catch((error: unknown) => { if (!stopped) log.error('the controller could not start', { error }) })
  return async () => {
    stopped = true
    halt.resolve()
    for (const stop of stops) stop()
    queue.close()
    await running
  }
}

const keyOf = (target: Target): string => `${target.namespace ?? ''}/${target.name}`
function targetOf(key: string): Target {
  const slash = key.indexOf('/')
  return { name: key.slice(slash + 1), ...(slash > 0 && { namespace: key.slice(0, slash) }) }
}
function ownerKey(kind: Kind, object: AnyObject): string | undefined {
  const owner = controllerOf(object)
  if (owner?.kind !== kind.kind || groupOf(owner.apiVersion) !== kind.group) return undefined
  return keyOf({ name: owner.name, namespace: kind.namespaced ? object.metadata.namespace : undefined })
}
const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '')

/** The owner reference with controller: true. */
export const controllerOf = (object: AnyObject) => object.metadata.ownerReferences?.find((owner) => owner.controller)
/** The owner reference that ties a child to its controller. */
export const controlledBy = (kind: Kind, owner: AnyObject) =>
  ({ apiVersion: kind.apiVersion, kind: kind.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true })

/** Nothing can be created in a namespace that is being deleted: no reason to try again. */
const isTerminating = (error: unknown): boolean =>
  error instanceof ApiError && (error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false)

/** Whether the promise resolved in time. */
async function within(cluster: Cluster, promise: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const cancel = cluster.clock.after(ms, () => late.resolve(false))
  try { return await Promise.race([promise.then(() => true), late.promise]) } finally { cancel() }
}
