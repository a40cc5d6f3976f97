// What becomes of claims when those for whom they are reserved are done.
import type { Cluster, Controller } from '#client'
import { claimFinalizer, claimNamesOf, deviceResourceClaim, pod, type DeviceResourceClaim, type Pod } from '#kinds'
import { is } from '#machinery'
import { isOver } from '../pod-state.ts'

export const reservationsController = (): Controller<DeviceResourceClaim> => ({
  name: 'resourceclaim-reservations', for: deviceResourceClaim,
  watches: [{ kind: pod, map: ({ type, object }) => {
    const p = object as Pod
    return type === 'DELETED' || isOver(p) ? claimNamesOf(p).map((name) => ({ name, namespace: p.metadata.namespace })) : []
  } }],
  async reconcile(claim, cluster) {
    const before = claim.status.reservedFor ?? [], reservedFor: typeof before[number][] = []
    for (const consumer of before) {
      if (consumer.apiGroup || consumer.resource !== 'pods') throw new Error(`unsupported ReservedFor entry: ${JSON.stringify(consumer)}`)
      if (await stays(consumer, claim, cluster)) reservedFor.push(consumer)
    }
    const isProtected = claim.metadata.finalizers?.includes(claimFinalizer) ?? false
    if (reservedFor.length < before.length) {
      // The last one turns off the light: devices that nobody uses are free for others, and the claim for another node.
      const { allocation, reservedFor: _, ...rest } = claim.status, keeps = allocation && !(reservedFor.length === 0 && isProtected)
      const now = await cluster.updateStatus(deviceResourceClaim, claim, { ...rest, ...(keeps && { allocation }), ...(reservedFor.length > 0 && { reservedFor }) })
      if (!now.status.allocation) await unprotect(now, cluster)
    } else if (isProtected && claim.metadata.deletionTimestamp && reservedFor.length === 0) {
      const { allocation: _, ...status } = claim.status
      await unprotect(await cluster.updateStatus(deviceResourceClaim, claim, status), cluster)
    }
    if (reservedFor.length === 0 && !claim.metadata.deletionTimestamp && isOutOfUse(claim, cluster)) await cluster.delete(deviceResourceClaim, claim)
  },
})

/** A pod that the cache does not show may be so new that the scheduler is just placing it: then the server is asked. */
async function stays({ name, uid }: { readonly name: string; readonly uid: string }, { metadata: { namespace } }: DeviceResourceClaim, cluster: Cluster): Promise<boolean> {
  const known = cluster.get(pod, { name, namespace })
  if (known) return known.metadata.uid === uid && !isOver(known)
  try { return (await cluster.client.get(pod, { name, namespace })).metadata.uid === uid } catch (error) {
    if (is(error, 'NotFound')) return false
    throw error
  }
}

async function unprotect(claim: DeviceResourceClaim, cluster: Cluster): Promise<void> {
  const finalizers = claim.metadata.finalizers?.filter((one) => one !== claimFinalizer)
  if (finalizers?.length === claim.metadata.finalizers?.length) return
  try { await cluster.update(deviceResourceClaim, { ...claim, metadata: { ...claim.metadata, finalizers } as typeof claim.metadata }) } catch (error) { if (!is(error, 'NotFound')) throw error }
}

/** Made for a pod that will not run: the garbage collector would take it only when the pod is gone, which may be long after. */
function isOutOfUse({ metadata: { ownerReferences, namespace } }: DeviceResourceClaim, cluster: Cluster): boolean {
  const owner = ownerReferences?.find(({ controller, apiVersion, kind }) => controller && apiVersion === 'v1' && kind === 'Pod'), p = owner && cluster.get(pod, { name: owner.name, namespace })
  return p !== undefined && (p.metadata.uid !== owner?.uid || isOver(p))
}
