// What ties a claim and a volume together: the rules that the controllers and the scheduler share, and the annotations that they leave for each other.
import { compareQuantities, selectorFrom } from '#machinery'
import type { PersistentVolume } from './persistentvolume.ts'
import type { PersistentVolumeClaim } from './persistentvolumeclaim.ts'

export const bindingAnnotations = {
  /** On claims: the binding was complete once. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** On both: not the user said so, but the controller. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** On volumes: who made it, and removes it. */
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  migratedTo: 'pv.kubernetes.io/migrated-to',
  /** On volumes: what a claim has of it until its file system has grown too. */
  preResizeCapacity: 'volume.alpha.kubernetes.io/pre-resize-capacity',
  /** On claims: who is asked for a volume, and by its older name. */
  storageProvisioner: 'volume.kubernetes.io/storage-provisioner',
  betaStorageProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  /** On claims: the node that the scheduler chose, where the volume must be reachable. */
  selectedNode: 'volume.kubernetes.io/selected-node',
} as const
/** The older place of a class's name, on claims and volumes. */
const betaClass = 'volume.beta.kubernetes.io/storage-class'
/** The provisioner of classes whose volumes somebody makes by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner'

/** '' is no class: also when the claim says nothing. */
export const claimClass = ({ metadata, spec }: PersistentVolumeClaim): string => metadata.annotations?.[betaClass] ?? spec?.storageClassName ?? ''
export const claimHasClass = ({ metadata, spec }: PersistentVolumeClaim): boolean => metadata.annotations?.[betaClass] !== undefined || spec?.storageClassName !== undefined
export const volumeClass = ({ metadata, spec }: PersistentVolume): string => metadata.annotations?.[betaClass] ?? spec.storageClassName ?? ''
const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.['storage'] ?? '0'
const capacityOf = ({ spec }: PersistentVolume): string => spec.capacity?.['storage'] ?? '0'

export const isFullyBound = ({ metadata, spec }: PersistentVolumeClaim): boolean => Boolean(spec?.volumeName) && metadata.annotations?.[bindingAnnotations.bindCompleted] !== undefined
/** Whether the volume is for this claim: by name, and by uid when it has one. */
export function isForClaim({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  return claimRef?.name === metadata.name && claimRef.namespace === metadata.namespace && (!claimRef.uid || claimRef.uid === metadata.uid)
}
export const differentModes = (claim: PersistentVolumeClaim, volume: PersistentVolume): boolean => (claim.spec?.volumeMode ?? 'Filesystem') !== (volume.spec.volumeMode ?? 'Filesystem')
const hasModes = (claim: PersistentVolumeClaim, { spec: { accessModes = [] } }: PersistentVolume): boolean => (claim.spec?.accessModes ?? []).every((mode) => accessModes.includes(mode))
const differentAttributes = (claim: PersistentVolumeClaim, volume: PersistentVolume): boolean => (claim.spec?.volumeAttributesClassName ?? '') !== (volume.spec.volumeAttributesClassName ?? '')

/** Why a volume that a claim asks for by name will not do, in the words of the event; undefined: it will. */
export function unsatisfied(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  if (compareQuantities(capacityOf(volume), sizeOf(claim)) < 0) return 'requested PV is too small'
  if (volumeClass(volume) !== claimClass(claim)) return 'storageClassName does not match'
  if (differentAttributes(claim, volume)) return 'volumeAttributesClassName does not match'
  if (differentModes(claim, volume)) return 'incompatible volumeMode'
  return hasModes(claim, volume) ? undefined : 'incompatible accessMode'
}

export interface Search {
  /** Of the scheduler: whether a node reaches the volume. The controller does not ask, and looks among volumes with fewer access modes first. */
  readonly reachable?: (volume: PersistentVolume) => boolean
  /** Volumes that are given away already. */
  readonly taken?: ReadonlySet<string>
  /** The class binds when a pod has a node: without one only a volume that is made for the claim will do. */
  readonly delayed: boolean
}
/** The volume that is made for the claim, or else the smallest that will do. */
export function matchingVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], { reachable, taken, delayed }: Search): PersistentVolume | undefined {
  if (!reachable) return byFewestModes(claim, volumes, delayed)
  return best(claim, volumes.filter(({ metadata }) => !taken?.has(metadata.name)), reachable, delayed)
}

function byFewestModes(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], delayed: boolean): PersistentVolume | undefined {
  const bySet = new Map<string, PersistentVolume[]>()
  for (const volume of volumes.filter((one) => hasModes(claim, one))) {
    const modes = [...new Set(volume.spec.accessModes)].sort().join(',')
    bySet.set(modes, [...bySet.get(modes) ?? [], volume])
  }
  for (const [, some] of [...bySet].sort(([a], [b]) => a.split(',').length - b.split(',').length || (a < b ? -1 : 1))) {
    const found = best(claim, some, undefined, delayed)
    if (found) return found
  }
  return undefined
}

function best(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], reachable: Search['reachable'], delayed: boolean): PersistentVolume | undefined {
  const asked = sizeOf(claim), wanted = claimClass(claim), selector = claim.spec?.selector && selectorFrom(claim.spec.selector)
  let smallest: PersistentVolume | undefined
  for (const volume of volumes) {
    const isReserved = volume.spec.claimRef !== undefined
    if (isReserved && !isForClaim(volume, claim)) continue
    if (compareQuantities(capacityOf(volume), asked) < 0 || differentModes(claim, volume) || differentAttributes(claim, volume) || volume.metadata.deletionTimestamp !== undefined) continue
    if (isReserved) return reachable && !reachable(volume) ? undefined : volume
    if (!reachable && delayed) continue
    if (volume.status?.phase !== 'Available' || (selector && !selector.matches(volume.metadata.labels ?? {})) || volumeClass(volume) !== wanted) continue
    if (reachable && !(reachable(volume) && hasModes(claim, volume))) continue
    if (!smallest || compareQuantities(capacityOf(smallest), capacityOf(volume)) > 0) smallest = volume
  }
  return smallest
}

/** The volume with a pointer to the claim; the same value when it has one. */
export function pointedAt(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { metadata, spec } = volume, { name, namespace, uid, resourceVersion } = claim.metadata, ref = spec.claimRef, mark = bindingAnnotations.boundByController
  const isPointed = ref?.name === name && ref.namespace === namespace && ref.uid === uid, needsMark = !isForClaim(volume, claim) && metadata.annotations?.[mark] === undefined
  if (isPointed && !needsMark) return volume
  return { ...volume, ...(needsMark && { metadata: { ...metadata, annotations: { ...metadata.annotations, [mark]: 'yes' } } }),
    ...(!isPointed && { spec: { ...spec, claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace: namespace ?? '', uid, ...(resourceVersion !== undefined && { resourceVersion }) } } }) }
}
