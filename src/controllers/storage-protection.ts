import { indexOf, type Cluster, type Controller } from '#client'
import { persistentVolume, persistentVolumeClaim, pod, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import { isFinished } from './pod-state.ts'

const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'

/** The claims that a pod mounts, also those made for it. */
const claimsOf = (p: Pod): string[] => (p.spec.volumes ?? []).flatMap((volume) =>
  volume.persistentVolumeClaim ? [volume.persistentVolumeClaim.claimName] : volume.ephemeral ? [`${p.metadata.name}-${volume.name}`] : [])
const podsByClaim = indexOf(pod, (p) => claimsOf(p).map((name) => `${p.metadata.namespace ?? ''}/${name}`))
/** A pod without a node does not run yet, and no node would start it with a claim that is being deleted. */
const uses = (p: Pod): boolean => Boolean(p.spec.nodeName) && !isFinished(p)

/** A claim that a pod uses is not gone before the pod is. */
export const claimProtectionController: Controller<PersistentVolumeClaim> = {
  name: 'pvc-protection', for: persistentVolumeClaim,
  watches: [{ kind: pod, map: ({ type, object }) => {
    const p = object as Pod
    return type === 'DELETED' || !uses(p) ? claimsOf(p).map((name) => ({ name, namespace: p.metadata.namespace })) : []
  } }],

  async reconcile(claim, cluster) {
    if (!claim.metadata.deletionTimestamp) return protect(persistentVolumeClaim, claim, claimFinalizer, cluster)
    if (!claim.metadata.finalizers?.includes(claimFinalizer)) return
    const { name, namespace = '' } = claim.metadata
    if (cluster.by(podsByClaim, `${namespace}/${name}`).some(uses)) return
    // The cache may not have heard of a pod that has just started: asked of the server itself.
    const { items } = await cluster.client.list(pod, { namespace })
    if (items.some((p) => uses(p) && claimsOf(p).includes(name))) return
    await release(persistentVolumeClaim, claim, claimFinalizer, cluster)
  },
}

/** A volume that is bound to a claim is not gone before the claim is. */
export const volumeProtectionController: Controller<PersistentVolume> = {
  name: 'pv-protection', for: persistentVolume,

  async reconcile(volume, cluster) {
    if (!volume.metadata.deletionTimestamp) return protect(persistentVolume, volume, volumeFinalizer, cluster)
    if (volume.metadata.finalizers?.includes(volumeFinalizer) && volume.status.phase !== 'Bound') await release(persistentVolume, volume, volumeFinalizer, cluster)
  },
}

async function protect<T extends AnyObject>(kind: Kind<T>, object: T, finalizer: string, cluster: Cluster): Promise<void> {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) await cluster.update(kind, { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } })
}
async function release<T extends AnyObject>(kind: Kind<T>, object: T, finalizer: string, cluster: Cluster): Promise<void> {
  await cluster.update(kind, { ...object, metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((name) => name !== finalizer) } })
}
