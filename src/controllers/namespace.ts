import { discover, type Again, type Cluster, type Controller } from '#client'
import { namespace, pod, type Namespace } from '#kinds'
import { is, same } from '#machinery'
import { conditionsOf } from './namespace/conditions.ts'
import { empty } from './namespace/content.ts'

/** Empties a namespace that is being deleted, and lets it go when nothing is left in it. */
export const namespaceController: Controller<Namespace> = {
  name: 'namespace', for: namespace, workers: 10,
  // The last pod gone is what most deletions wait for.
  watches: [{ kind: pod, map: ({ type, object }, cluster) => (type === 'DELETED' ? terminating(object.metadata.namespace ?? '', cluster) : []) }],

  async reconcile(cached, cluster) {
    if (!cached.metadata.deletionTimestamp) return
    const fresh = await stillTerminating(cached, cluster)
    if (!fresh) return
    const ns = fresh.status.phase === 'Terminating' ? fresh : await cluster.updateStatus(namespace, fresh, { ...fresh.status, phase: 'Terminating' })
    if ((ns.spec.finalizers ?? []).length === 0) return
    const { kinds, missing } = await discover(cluster.client)
    const deletable = kinds.filter((kind) => kind.namespaced && kind.verbs.includes('delete') && kind.verbs.includes('list'))
    const { errors, remaining, estimate } = await empty(cluster.client, ns.metadata.name, deletable, cluster.log)
    const discovery = missing.length === 0 ? undefined
      : `unable to retrieve the complete list of server APIs: ${missing.map((gv) => `${gv}: stale GroupVersion discovery: ${gv}`).join(', ')}`
    const conditions = conditionsOf(ns.status.conditions ?? [], { discovery, errors, remaining }, cluster.clock.now())
    const noted = same(conditions, ns.status.conditions ?? []) ? ns : await cluster.updateStatus(namespace, ns, { ...ns.status, conditions })
    if (errors.length > 0 || discovery !== undefined) throw new Error(`the namespace could not be emptied: ${[...errors, discovery ?? ''].filter(Boolean).join('; ')}`)
    if (remaining.length > 0) return again(estimate)
    await cluster.update(namespace, { ...noted, spec: { ...noted.spec, finalizers: (noted.spec.finalizers ?? []).filter((name) => name !== 'kubernetes') } }, { subresource: 'finalize' })
  },
}

const again = (estimateSeconds: number): Again => ({ againIn: (Math.floor(estimateSeconds / 2) + 1) * 1000 })

async function stillTerminating(cached: Namespace, cluster: Cluster): Promise<Namespace | undefined> {
  try {
    const fresh = await cluster.client.get(namespace, cached.metadata)
    return fresh.metadata.uid === cached.metadata.uid && fresh.metadata.deletionTimestamp ? fresh : undefined
  } catch (error) {
    if (is(error, 'NotFound')) return undefined
    throw error
  }
}

function terminating(name: string, cluster: Cluster) {
  const ns = cluster.get(namespace, { name })
  return ns?.metadata.deletionTimestamp ? [ns.metadata] : []
}
