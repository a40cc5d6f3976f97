import { watching, type Again, type Cluster, type Controller, type Target } from '#client'
import { customResourceDefinition, only, resourceQuota, sameAmounts, sumOf, type ResourceList, type ResourceQuota } from '#kinds'
import { qualified, quantityMilli, same } from '#machinery'
import { nextChange, resourcesOf, usageOf } from './quota/count.ts'
import { FollowedKinds } from './quota/followed-kinds.ts'

/**
 * Admission charges a quota a moment before the object is stored: what is counted in between would miss it. So nothing is counted anew
 * until the quota has been left alone for a while; but not for ever, when writes never stop.
 */
const quietMs = 250
const patienceMs = 5_000

interface Seen { readonly version: string; readonly changedAt: number; readonly waitingSince?: number }

/** Counts what namespaces use of their quotas: at first, when limits change, when objects go or change, and after every charge once it is quiet. */
export function resourceQuotaController(): Controller<ResourceQuota> {
  const seen = new Map<string, Seen>()
  let followed: FollowedKinds | undefined

  return {
    name: 'resourcequota', for: resourceQuota,
    // New kinds can be counted, old ones no more.
    watches: [watching(customResourceDefinition, (_, cluster) => cluster.list(resourceQuota).map(({ metadata }) => metadata))],
    wakes(wake, cluster) {
      followed = new FollowedKinds(cluster, (namespace) => { if (cluster.caches(resourceQuota)) for (const { metadata } of cluster.list(resourceQuota, { namespace })) wake(metadata) })
      return () => followed?.stop()
    },

    async reconcile(quota, cluster) {
      const key = `${quota.metadata.namespace}/${quota.metadata.name}`, now = cluster.clock.now(), hard = quota.spec?.hard ?? {}
      const before = seen.get(key), changedAt = before?.version === quota.metadata.resourceVersion ? before.changedAt : now
      const waitingSince = before?.waitingSince ?? now
      const isCharged = quota.status?.used !== undefined, newLimits = !same(hard, quota.status?.hard ?? {})
      if (isCharged && !newLimits && now - changedAt < quietMs && now - waitingSince < patienceMs) {
        seen.set(key, { version: quota.metadata.resourceVersion, changedAt, waitingSince })
        return { againIn: Math.min(quietMs - (now - changedAt), patienceMs - (now - waitingSince)) }
      }
      seen.set(key, { version: quota.metadata.resourceVersion, changedAt })
      let { used, again, late } = await count(quota, cluster, followed!, 'objects')
      // A cache that is behind lacks what has been charged: nothing is given back on its word.
      if (isCharged && lessThan(used, quota.status?.used ?? {})) ({ used, again, late } = await count(quota, cluster, followed!, 'fresh'))
      // Names that are charged already wait for their turn, when it is quiet.
      const next = only({ ...quota.status?.used, ...used, ...(isCharged && newLimits && now - changedAt < quietMs && quota.status.used) }, (name) => hard[name] !== undefined)
      if (newLimits || !sameAmounts(next, quota.status?.used ?? {})) await cluster.updateStatus(resourceQuota, quota, { hard, used: next })
      if (late.length > 0) throw new Error(`not counted yet, for they cannot be listed: ${late.join(', ')}`)
      return again
    },
    async reconcileDeleted({ namespace = '', name }: Target) { seen.delete(`${namespace}/${name}`) },
  }
}

const lessThan = (used: ResourceList, charged: ResourceList): boolean => Object.entries(used).some(([name, amount]) => quantityMilli(amount) < quantityMilli(charged[name] ?? '0'))

async function count(quota: ResourceQuota, { clock }: Cluster, followed: FollowedKinds, source: 'objects' | 'fresh'): Promise<{ readonly used: ResourceList; readonly again: Again | undefined; readonly late: readonly string[] }> {
  let used: ResourceList = {}
  const times: number[] = [], late: string[] = []
  for (const resource of resourcesOf(Object.keys(quota.spec?.hard ?? {}))) {
    const objects = await followed[source](resource, quota.metadata.namespace ?? '')
    if (objects === 'late') { late.push(qualified(resource)); continue }
    if (!objects) continue // what nobody serves is not counted: it cannot be made either
    // Devices count by the same names whether pods or claims ask for them.
    used = sumOf(used, usageOf(quota, resource, objects, clock.now(), resource.resource === 'resourceclaims' ? await followed.surroundings() : undefined))
    times.push(nextChange(resource, objects, clock.now()) ?? Infinity)
  }
  const next = Math.min(...times)
  return { used, again: Number.isFinite(next) ? { againIn: next - clock.now() + 1 } : undefined, late }
}
