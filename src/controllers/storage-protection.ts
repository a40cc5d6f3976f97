import { indexOf, watching, type Cluster, type Controller, type Target } from '#client'
import { persistentVolume, persistentVolumeClaim, pod, volumeAttributesClass, type PersistentVolume, type PersistentVolumeClaim, type Pod, type VolumeAttributesClass } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import { isFinished } from './pod-state.ts'

const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'
const classFinalizer = 'kubernetes.io/vac-protection'

/** The claims that a pod mounts, also those made for it. */
const claimsOf = (p: Pod): string[] => (p.spec.volumes ?? []).flatMap((volume) =>
  volume.persistentVolumeClaim ? [volume.persistentVolumeClaim.claimName] : volume.ephemeral ? [`${p.metadata.name}-${volume.name}`] : [])
const podsByClaim = indexOf(pod, (p) => claimsOf(p).map((name) => `${p.metadata.namespace ?? ''}/${name}`))
/** A pod without a node does not run yet, and no node would start it with a claim that is being deleted. */
const uses = (p: Pod): boolean => Boolean(p.spec.nodeName) && !isFinished(p)

/** A claim that a pod uses is not gone before the pod is. */
export const claimProtectionController: Controller<PersistentVolumeClaim> = {
  name: 'persistentvolumeclaim-protection', identity: 'pvc-protection-controller', for: persistentVolumeClaim,
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
  name: 'persistentvolume-protection', identity: 'pv-protection-controller', for: persistentVolume,

  async reconcile(volume, cluster) {
    if (!volume.metadata.deletionTimestamp) return protect(persistentVolume, volume, volumeFinalizer, cluster)
    if (volume.metadata.finalizers?.includes(volumeFinalizer) && volume.status.phase !== 'Bound') await release(persistentVolume, volume, volumeFinalizer, cluster)
  },
}

/** The classes that a claim has, asks for, or is being moved to. */
const classesOfClaim = ({ spec, status }: PersistentVolumeClaim): string[] =>
  [spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName].flatMap((name) => name || [])
const classesOfVolume = ({ spec }: PersistentVolume): string[] => (spec.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [])
const claimsByClass = indexOf(persistentVolumeClaim, classesOfClaim), volumesByClass = indexOf(persistentVolume, classesOfVolume)
const targets = (names: readonly string[]): Target[] => names.map((name) => ({ name }))

/** A class of volume attributes is not gone before every claim and volume that names it is. */
export const attributesClassProtectionController: Controller<VolumeAttributesClass> = {
  name: 'volumeattributesclass-protection', for: volumeAttributesClass,
  watches: [watching(persistentVolumeClaim, (claim) => targets(classesOfClaim(claim))), watching(persistentVolume, (volume) => targets(classesOfVolume(volume)))],

  async reconcile(one, cluster) {
    if (!one.metadata.deletionTimestamp) return protect(volumeAttributesClass, one, classFinalizer, cluster)
    const { name, finalizers = [] } = one.metadata
    if (!finalizers.includes(classFinalizer) || cluster.by(claimsByClass, name).length > 0 || cluster.by(volumesByClass, name).length > 0) return
    // The caches may not have heard of a claim or volume that has just been made: asked of the server itself.
    const [claims, volumes] = await Promise.all([cluster.client.list(persistentVolumeClaim), cluster.client.list(persistentVolume)])
    if (claims.items.some((claim) => classesOfClaim(claim).includes(name)) || volumes.items.some((volume) => classesOfVolume(volume).includes(name))) return
    await release(volumeAttributesClass, one, classFinalizer, cluster)
  },
}

async function protect<T extends AnyObject>(kind: Kind<T>, object: T, finalizer: string, cluster: Cluster): Promise<void> {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) await cluster.update(kind, { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } })
}
async function release<T extends AnyObject>(kind: Kind<T>, object: T, finalizer: string, cluster: Cluster): Promise<void> {
  await cluster.update(kind, { ...object, metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((name) => name !== finalizer) } })
}
