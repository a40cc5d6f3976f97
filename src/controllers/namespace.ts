import { discover, type Again, type Cluster, type Controller, type Target } from '#client'
import { namespace, pod, type Namespace } from '#kinds'
import { is, same } from '#machinery'
import { conditionsOf, type Remaining } from './namespace/conditions.ts'
import { empty } from './namespace/content.ts'
import { timeOf } from './pod-state.ts'

/**
 * What was on its way when the deletion came is let in, and other servers hear of it, before anything is deleted: the reference waits for
 * five seconds.
 */
const graceMs = 1_000

/** Empties a namespace that is being deleted, and lets it go when nothing is left in it. */
export function namespaceController(): Controller<Namespace> {
  /** Namespaces that wait for somebody's finalizers: how to end the watches of what is left in them. */
  const waiting = new Map<string, () => void>()
  /** When the deletion of a namespace was first seen, by uid. */
  const begun = new Map<string, number>()
  let wake: (target: Target) => void = () => {}

  return {
    name: 'namespace', for: namespace, workers: 10,
    concerns: ({ object }) => object.metadata.deletionTimestamp !== undefined,
    // The last pod gone is what most deletions wait for.
    watches: [{ kind: pod, map: ({ type, object }, cluster) => (type === 'DELETED' ? terminating(object.metadata.namespace ?? '', cluster) : []) }],
    wakes(given) {
      wake = given
      return () => { for (const stop of waiting.values()) stop() }
    },

    async reconcile(cached, cluster) {
      waiting.get(cached.metadata.name)?.()
      const { uid } = cached.metadata, now = cluster.clock.now(), seenAt = begun.get(uid) ?? now
      begun.set(uid, seenAt)
      if (now - seenAt < graceMs) return { againIn: graceMs - (now - seenAt) }
      const ns = await stillTerminating(cached, cluster)
      if (!ns || (ns.spec.finalizers ?? []).length === 0) { begun.delete(uid); return }
      const { kinds, missing } = await discover(cluster.client)
      const deletable = kinds.filter((kind) => kind.namespaced && kind.verbs.includes('delete') && kind.verbs.includes('list'))
      const { errors, remaining, estimate } = await empty(cluster.client, { name: ns.metadata.name, forMs: now - (timeOf(ns.metadata.deletionTimestamp) ?? now) }, deletable, cluster.log)
      const conditions = conditionsOf(ns.status.conditions ?? [], { missing, errors, remaining }, cluster.clock.now())
      const noted = same(conditions, ns.status.conditions ?? []) ? ns : await cluster.updateStatus(namespace, ns, { ...ns.status, conditions })
      if (errors.length > 0 || missing.length > 0) throw new Error(`the namespace could not be emptied: ${[...errors, ...missing.map((version) => `nothing is known of ${version}`)].join('; ')}`)
      if (remaining.length > 0) {
        waitFor(ns.metadata.name, remaining, cluster)
        return again(estimate)
      }
      await cluster.update(namespace, { ...noted, spec: { ...noted.spec, finalizers: (noted.spec.finalizers ?? []).filter((name) => name !== 'kubernetes') } }, { subresource: 'finalize' })
      begun.delete(uid)
    },
  }

  /** Comes back as soon as one of what is left is gone. */
  function waitFor(name: string, remaining: readonly Remaining[], { client }: Cluster): void {
    const stops = remaining.filter(({ kind }) => kind !== pod).map(({ kind, resourceVersion = '' }) =>
      client.watch(kind, { namespace: name, resourceVersion }, ({ type }) => { if (type === 'DELETED') wake({ name }) }, () => {}))
    waiting.set(name, () => { waiting.delete(name); for (const stop of stops) stop() })
  }
}

/** In case nothing is heard: half of what the rest is expected to take, as the reference waits. */
const again = (estimateSeconds: number): Again => ({ againIn: (Math.floor(estimateSeconds / 2) + 1) * 1000 })

/** The namespace as it is now, its phase noted; undefined when it is gone or another one. */
async function stillTerminating(cached: Namespace, cluster: Cluster): Promise<Namespace | undefined> {
  try {
    const fresh = await cluster.client.get(namespace, cached.metadata)
    if (fresh.metadata.uid !== cached.metadata.uid || !fresh.metadata.deletionTimestamp) return undefined
    return fresh.status.phase === 'Terminating' ? fresh : cluster.updateStatus(namespace, fresh, { ...fresh.status, phase: 'Terminating' })
  } catch (error) {
    if (is(error, 'NotFound')) return undefined
    throw error
  }
}

function terminating(name: string, cluster: Cluster): readonly Target[] {
  const ns = cluster.get(namespace, { name })
  return ns?.metadata.deletionTimestamp ? [ns.metadata] : []
}
