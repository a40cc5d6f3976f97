// Makes volumes of directories of nodes for classes of the provisioner proa.dev/local: of the size that is asked for, on the node that the scheduler
// has chosen. The agent of that node makes the directory when a pod first mounts it, and removes it before the volume goes.
import { indexOf, run, watching, type Cluster, type Controller } from '#client'
import { bindingAnnotations, claimClass, isFullyBound, isLocalDirectory, localDirectories, node, persistentVolume, persistentVolumeClaim, storageClass, type PersistentVolume, type PersistentVolumeClaim } from '#kinds'
import { compareQuantities, is } from '#machinery'
import type { Part } from './part.ts'
import { impossible, localVolume, volumeName } from './volumes/local-volume.ts'

export interface LocalDirectories {
  /** The directory on the node that holds its volumes. */
  of(node: string): string
  /** Whether there are nodes that remove them; simulated ones have no disk. */
  readonly areReal: boolean
}

const { selectedNode, storageProvisioner } = bindingAnnotations
const asksUs = ({ metadata }: PersistentVolumeClaim): boolean => metadata.annotations?.[storageProvisioner] === localDirectories.provisioner
const volumesByNode = indexOf(persistentVolume, ({ metadata }) => { const name = metadata.labels?.[localDirectories.node]; return name === undefined ? [] : [name] })

const claims = (directories: LocalDirectories): Controller<PersistentVolumeClaim> => ({
  name: 'local-volume-provisioner', for: persistentVolumeClaim, reads: [persistentVolume, storageClass, node],
  concerns: ({ object }) => asksUs(object),
  watches: [watching(persistentVolume, (volume) => (isLocalDirectory(volume) && volume.spec.claimRef?.name ? [{ name: volume.spec.claimRef.name, namespace: volume.spec.claimRef.namespace }] : []))],
  async reconcile(claim, cluster) {
    if (!asksUs(claim) || claim.metadata.deletionTimestamp) return
    if (isFullyBound(claim)) return grow(claim, cluster)
    const of = cluster.get(storageClass, { name: claimClass(claim) }), chosen = claim.metadata.annotations?.[selectedNode]
    if (claim.spec?.volumeName || !of || of.provisioner !== localDirectories.provisioner || cluster.get(persistentVolume, { name: volumeName(claim) })) return
    const why = impossible(claim) ?? (chosen === undefined ? 'no node is chosen: the class needs volumeBindingMode WaitForFirstConsumer' : undefined)
    if (why !== undefined || chosen === undefined) { failed(claim, of.metadata.name, why ?? '', cluster); return }
    const on = cluster.get(node, { name: chosen })
    if (!on) { // the scheduler shall choose another one
      failed(claim, of.metadata.name, `node ${JSON.stringify(chosen)} not found`, cluster)
      const { [selectedNode]: _, ...annotations } = claim.metadata.annotations ?? {}
      await cluster.update(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations } })
      return
    }
    cluster.events.record(persistentVolumeClaim, claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim ${JSON.stringify(`${claim.metadata.namespace ?? ''}/${claim.metadata.name}`)}`)
    const name = volumeName(claim)
    try { await cluster.create(persistentVolume, localVolume(claim, of, on, { path: `${directories.of(chosen)}/${name}`, isReal: directories.areReal })) } catch (error) { if (!is(error, 'AlreadyExists')) throw error }
    cluster.events.record(persistentVolumeClaim, claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)
  },
})
const failed = (claim: PersistentVolumeClaim, className: string, why: string, cluster: Cluster): void =>
  cluster.events.record(persistentVolumeClaim, claim, 'Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass ${JSON.stringify(className)}: ${why}`)

/** A directory has no size of its own: a claim grows at once. */
async function grow(claim: PersistentVolumeClaim, cluster: Cluster): Promise<void> {
  const asked = claim.spec?.resources?.requests?.['storage'] ?? '0', volume = cluster.get(persistentVolume, { name: claim.spec!.volumeName! })
  if (!volume || !isLocalDirectory(volume) || volume.spec.claimRef?.uid !== claim.metadata.uid || claim.status?.phase !== 'Bound') return
  if (compareQuantities(volume.spec.capacity?.['storage'] ?? '0', asked) < 0) await cluster.update(persistentVolume, { ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: asked } } })
  if (compareQuantities(claim.status.capacity?.['storage'] ?? '0', asked) >= 0) return
  await cluster.updateStatus(persistentVolumeClaim, claim, { ...claim.status, capacity: { ...claim.status.capacity, storage: asked } })
  cluster.events.record(persistentVolumeClaim, claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded')
}

const volumes: Controller<PersistentVolume> = {
  name: 'local-volume-provisioner-volumes', for: persistentVolume, concerns: ({ object }) => isLocalDirectory(object),
  watches: [{ kind: node, map: ({ type, object }, cluster) => (type === 'DELETED' ? cluster.by(volumesByNode, object.metadata.name).map(({ metadata: { name } }) => ({ name })) : []) }],
  async reconcile(volume, cluster) {
    const { metadata, spec, status } = volume, { finalizer } = localDirectories
    if (!isLocalDirectory(volume)) return
    if (metadata.deletionTimestamp === undefined) {
      if (status.phase === 'Released' && spec.persistentVolumeReclaimPolicy === 'Delete') await cluster.delete(persistentVolume, volume)
    } else if (metadata.finalizers?.includes(finalizer) && !cluster.get(node, { name: metadata.labels?.[localDirectories.node] ?? '' })) {
      // The node is gone, and its disk with it.
      await cluster.update(persistentVolume, { ...volume, metadata: { ...metadata, finalizers: metadata.finalizers.filter((one) => one !== finalizer) } })
    }
  },
}

export const localVolumeProvisioner = (directories: LocalDirectories): Part => ({
  // It does what an in-tree provisioner would, with the binder's rights.
  name: 'local-volume-provisioner', identity: 'persistent-volume-binder', component: localDirectories.provisioner,
  start(cluster) {
    const stops = [run(claims(directories), cluster), run(volumes, cluster)]
    return async () => { await Promise.all(stops.map((stop) => stop())) }
  },
})
