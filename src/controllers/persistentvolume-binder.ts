// Claims and volumes find each other. A binding is two pointers, the volume's written first, so that a volume is never given away twice;
// whatever happens between the two writes, the next turn finishes or undoes it.
import { indexOf, run, type Again, type Cluster, type Controller, type Target } from '#client'
import { bindingAnnotations, claimClass, persistentVolume, persistentVolumeClaim, pod, pointedAt, referencedClaims, storageClass, volumeClass, type PersistentVolume, type PersistentVolumeClaim, type StorageClass } from '#kinds'
import { compareQuantities, is, same } from '#machinery'
import type { Part } from './part.ts'
import { isFinished } from './pod-state.ts'
import { claimStep, type ClaimStep } from './volumes/claim-step.ts'
import { recycledBy, usualTimes, type RecyclePods, type RecycleTimes } from './volumes/recycle.ts'
import { Recycler } from './volumes/recycler.ts'
import { inTreeFinalizer, keptClaim, keptVolume } from './volumes/upkeep.ts'
import { reclaim, unbound, volumeStep } from './volumes/volume-step.ts'

/** What is waited for is looked at again so often, as the reference does: its events tell of it for as long as it lasts. */
const resyncMs = 15_000

const keyOf = ({ namespace = '', name = '' }: { namespace?: string | undefined; name?: string | undefined }): string => `${namespace}/${name}`
const targetOf = ({ name, namespace }: { name: string; namespace?: string | undefined }): Target => ({ name, namespace })
const volumesByClaim = indexOf(persistentVolume, ({ spec: { claimRef } }) => (claimRef ? [keyOf(claimRef)] : []))
const freeByClass = indexOf(persistentVolume, (volume) => (volume.spec.claimRef ? [] : [volumeClass(volume)]))
const claimsByVolume = indexOf(persistentVolumeClaim, ({ spec }) => (spec?.volumeName ? [spec.volumeName] : []))
const waitingByClass = indexOf(persistentVolumeClaim, (claim) => (claim.metadata.annotations?.[bindingAnnotations.bindCompleted] === undefined ? [claimClass(claim)] : []))
const podsByClaim = indexOf(pod, (p) => (p.spec.nodeName || isFinished(p) ? [] : referencedClaims(p).map((name) => keyOf({ namespace: p.metadata.namespace, name }))))

/** The claims that a change of a volume may help. */
function concerned(volume: PersistentVolume, cluster: Cluster): readonly Target[] {
  const { claimRef } = volume.spec
  const claims = [...cluster.by(claimsByVolume, volume.metadata.name), ...(claimRef ? [] : cluster.by(waitingByClass, volumeClass(volume)))].map(({ metadata }) => targetOf(metadata))
  return claimRef?.name ? [{ name: claimRef.name, namespace: claimRef.namespace }, ...claims] : claims
}

// One worker each: two claims must not choose the same volume.
const claims: Controller<PersistentVolumeClaim> = {
  name: 'persistentvolume-binder', for: persistentVolumeClaim, workers: 1, reads: [pod],
  watches: [
    { kind: persistentVolume, map: ({ object, old }, cluster) => [object, ...(old ? [old] : [])].flatMap((one) => concerned(one as PersistentVolume, cluster)) },
    { kind: storageClass, map: ({ object }, cluster) => [...cluster.by(waitingByClass, object.metadata.name), ...cluster.by(waitingByClass, '')].map(({ metadata }) => targetOf(metadata)) },
  ],
  async reconcile(given, cluster) {
    const kept = keptClaim(given), claim = kept === given ? given : await cluster.update(persistentVolumeClaim, kept)
    const volumes = [...cluster.by(volumesByClaim, keyOf(claim.metadata)), ...cluster.by(freeByClass, claimClass(claim))]
    return actOnClaim(claimStep(claim, {
      volumes, volume: (name) => cluster.get(persistentVolume, { name }), storageClass: (name) => cluster.get(storageClass, { name }), defaultClass: () => newestDefault(cluster.list(storageClass)),
      waitingPods: () => cluster.by(podsByClaim, keyOf(claim.metadata)).map(({ metadata }) => metadata.name).sort(),
    }), claim, cluster)
  },
}

interface Reclaimers { readonly recycler: Recycler; readonly removeDirectory: RemoveDirectory | undefined }
const volumesController = (by: Reclaimers): Controller<PersistentVolume> => ({
  name: 'persistentvolume-binder-volumes', for: persistentVolume, workers: 1, reads: [pod],
  watches: [
    { kind: pod, map: ({ object: { metadata } }) => { const name = recycledBy(metadata.name); return name ? [{ name }] : [] } },
    { kind: persistentVolumeClaim, map: ({ object, old }, cluster) => [
      ...cluster.by(volumesByClaim, keyOf(object.metadata)).map(({ metadata }) => targetOf(metadata)),
      ...[object, ...(old ? [old] : [])].flatMap((one) => { const name = (one as PersistentVolumeClaim).spec?.volumeName; return name ? [{ name }] : [] }),
    ] },
  ],
  async reconcile(given, cluster) {
    const kept = keptVolume(given), volume = kept === given ? given : await cluster.update(persistentVolume, kept)
    const { claimRef } = volume.spec, at = claimRef?.name ? { name: claimRef.name, namespace: claimRef.namespace } : undefined
    const known = at && cluster.get(persistentVolumeClaim, at)
    // Who points a volume at a claim may be ahead of our cache: nothing is reclaimed on a rumour.
    const claim = at && claimRef?.uid && known?.metadata.uid !== claimRef.uid ? await fresh(at, cluster) : known
    const step = volumeStep(volume, claim)
    switch (step.do) {
      case 'phase': await setPhase(volume, step.phase, cluster); return
      case 'release': return reclaimVolume(isGivenUp(volume) ? volume : await setPhase(volume, 'Released', cluster), by, cluster)
      case 'unbind': await unbind(volume, cluster); return
      case 'mismatch':
        cluster.events.record(persistentVolume, volume, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${JSON.stringify(claim!.metadata.name)} due to incompatible volumeMode.`)
        cluster.events.record(persistentVolumeClaim, claim!, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume ${JSON.stringify(volume.metadata.name)} to requested PersistentVolumeClaim due to incompatible volumeMode.`)
        return
      case 'wait': // the claim's watch has seen the volume too
    }
  },
  reconcileDeleted: ({ name }, cluster) => by.recycler.abandon(name, cluster),
})
const unbind = async (volume: PersistentVolume, cluster: Cluster) => setPhase(await cluster.update(persistentVolume, unbound(volume)), 'Available', cluster)
const isGivenUp = ({ status }: PersistentVolume): boolean => status.phase === 'Released' || status.phase === 'Failed'
const fresh = (target: Target, cluster: Cluster): Promise<PersistentVolumeClaim | undefined> => cluster.client.get(persistentVolumeClaim, target).catch((error: unknown) => {
  if (is(error, 'NotFound')) return undefined
  throw error
})

/** Removes a directory and what is in it, of a volume that is a directory of the machine. */
export type RemoveDirectory = (path: string) => Promise<void>
export interface BinderOptions {
  /** How long emptying a volume may take. */
  readonly recycleTimes?: RecycleTimes | undefined
  readonly recyclePods?: RecyclePods | undefined
  /** Absent: the machine is none of ours; only the object goes. */
  readonly removeDirectory?: RemoveDirectory | undefined
}

export const persistentVolumeBinder = ({ recycleTimes = usualTimes, recyclePods, removeDirectory }: BinderOptions = {}): Part => ({
  name: 'persistentvolume-binder', identity: 'persistent-volume-binder', component: 'persistentvolume-controller',
  start(cluster) {
    const recycler = new Recycler(recycleTimes, resyncMs, recyclePods), stops = [run(claims, cluster), run(volumesController({ recycler, removeDirectory }), cluster)]
    return async () => {
      recycler.stop()
      await Promise.all(stops.map((stop) => stop()))
    }
  },
})

async function actOnClaim(step: ClaimStep, claim: PersistentVolumeClaim, cluster: Cluster): Promise<Again | void> {
  switch (step.do) {
    case 'bind': return bind(step.volume, claim, cluster)
    case 'class': await cluster.update(persistentVolumeClaim, { ...claim, spec: { ...claim.spec, storageClassName: step.name } }); return
    case 'fail':
      cluster.events.record(persistentVolumeClaim, claim, step.event.type, step.event.reason, step.event.message)
      throw new Error(step.why)
    case 'lose':
      if (claim.status?.phase === 'Lost') return
      cluster.events.record(persistentVolumeClaim, await setStatus(claim, 'Lost', undefined, cluster), step.event.type, step.event.reason, step.event.message)
      return
    case 'provision': {
      const asked = await askFor(step, claim, cluster)
      cluster.events.record(persistentVolumeClaim, asked, step.event.type, step.event.reason, step.event.message)
      return { againIn: resyncMs }
    }
    case 'wait':
      if (step.event) cluster.events.record(persistentVolumeClaim, claim, step.event.type, step.event.reason, step.event.message)
      if (!step.keep) await setStatus(claim, 'Pending', undefined, cluster)
      return { againIn: resyncMs }
  }
}

/** Says on the claim who shall make its volume. */
async function askFor({ provisioner }: { provisioner: string }, claim: PersistentVolumeClaim, cluster: Cluster): Promise<PersistentVolumeClaim> {
  const { annotations } = claim.metadata, { storageProvisioner, betaStorageProvisioner } = bindingAnnotations
  if (annotations?.[storageProvisioner] === provisioner) return claim
  return cluster.update(persistentVolumeClaim, keptClaim({ ...claim, metadata: { ...claim.metadata, annotations: { ...annotations, [betaStorageProvisioner]: provisioner, [storageProvisioner]: provisioner } } }))
}

async function bind(volume: PersistentVolume, claim: PersistentVolumeClaim, cluster: Cluster): Promise<void> {
  const pointed = pointedAt(volume, claim)
  const saved = pointed === volume ? volume : await cluster.update(persistentVolume, pointed)
  const bound = await setPhase(saved, 'Bound', cluster)
  const named = boundTo(claim, volume.metadata.name)
  await setStatus(named === claim ? claim : await cluster.update(persistentVolumeClaim, named), 'Bound', bound, cluster)
}
function boundTo(claim: PersistentVolumeClaim, volumeName: string): PersistentVolumeClaim {
  const { annotations = {} } = claim.metadata, { bindCompleted, boundByController } = bindingAnnotations, isNamed = claim.spec?.volumeName === volumeName
  if (isNamed && annotations[bindCompleted] !== undefined) return claim
  return { ...claim, metadata: { ...claim.metadata, annotations: { ...annotations, [bindCompleted]: annotations[bindCompleted] ?? 'yes', ...(!isNamed && { [boundByController]: annotations[boundByController] ?? 'yes' }) } }, spec: { ...claim.spec, volumeName } }
}

async function setPhase(volume: PersistentVolume, phase: string, cluster: Cluster, message?: string): Promise<PersistentVolume> {
  if (volume.status.phase === phase) return volume
  const { message: _, ...status } = volume.status
  return cluster.updateStatus(persistentVolume, volume, { ...status, phase, ...(message !== undefined && { message }) })
}

/** Modes, capacity and attributes are the volume's; the capacity only of one that becomes bound, for later a file system may lag behind its volume. */
async function setStatus(claim: PersistentVolumeClaim, phase: string, volume: PersistentVolume | undefined, cluster: Cluster): Promise<PersistentVolumeClaim> {
  const { accessModes, capacity, currentVolumeAttributesClassName, ...rest } = claim.status ?? {}
  if (!volume) return claim.status?.phase === phase && !accessModes && !capacity && currentVolumeAttributesClassName === undefined ? claim : cluster.updateStatus(persistentVolumeClaim, claim, { ...rest, phase })
  const has = volume.spec.capacity?.['storage'], attributes = volume.spec.volumeAttributesClassName, becomes = claim.status?.phase !== phase
  if (becomes && has === undefined) throw new Error(`PersistentVolume ${JSON.stringify(volume.metadata.name)} is without a storage capacity`)
  const before = volume.metadata.annotations?.[bindingAnnotations.preResizeCapacity]
  const grown = becomes && before !== undefined ? { ...capacity, storage: before } : becomes && (capacity?.['storage'] === undefined || compareQuantities(capacity['storage'], has!) !== 0) ? volume.spec.capacity : capacity
  const status = { ...rest, phase, ...(volume.spec.accessModes && { accessModes: volume.spec.accessModes }), ...(grown && { capacity: grown }), ...(attributes !== undefined && { currentVolumeAttributesClassName: attributes }) }
  return same(status, claim.status) ? claim : cluster.updateStatus(persistentVolumeClaim, claim, status)
}

async function reclaimVolume(volume: PersistentVolume, { recycler, removeDirectory }: Reclaimers, cluster: Cluster): Promise<Again | void> {
  const step = reclaim(volume)
  const fail = async (reason: string, message: string): Promise<void> => {
    if (volume.status.phase !== 'Failed') cluster.events.record(persistentVolume, await setPhase(volume, 'Failed', cluster, message), 'Warning', reason, message)
  }
  switch (step.do) {
    case 'delete': {
      try { await removeDirectory?.(volume.spec.hostPath!.path) } catch (error) { await fail('VolumeFailedDelete', error instanceof Error ? error.message : String(error)); throw error }
      const { finalizers } = volume.metadata, free = finalizers?.includes(inTreeFinalizer) ? await cluster.update(persistentVolume, { ...volume, metadata: { ...volume.metadata, finalizers: finalizers.filter((one) => one !== inTreeFinalizer) } }) : volume
      await cluster.delete(persistentVolume, free)
      return
    }
    case 'fail': await fail(step.reason, step.message); return
    case 'recycle': return recycler.attend(volume, cluster, { failed: (message) => fail('VolumeFailedRecycle', message), done: () => unbind(volume, cluster) })
    case 'nothing':
  }
}

/** Of several the newest, the first by name among equals. */
const newestDefault = (classes: readonly StorageClass[]): StorageClass | undefined => classes
  .filter(({ metadata: { annotations } }) => ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'].some((name) => annotations?.[name] === 'true'))
  .sort((a, b) => (a.metadata.creationTimestamp !== b.metadata.creationTimestamp ? (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1) : a.metadata.name < b.metadata.name ? -1 : 1))[0]
