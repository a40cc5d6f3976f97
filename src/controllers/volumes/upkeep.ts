// What claims and volumes say of drivers that took over, and finalizers that hold volumes until they are removed where they are (KEP-625, KEP-2644). Pure.
import { bindingAnnotations, migratedTo, type PersistentVolume, type PersistentVolumeClaim } from '#kinds'

/** Holds a volume that a plugin of the tree has made until it is removed. */
export const inTreeFinalizer = 'kubernetes.io/pv-controller'
/** The same, of provisioners outside. */
const externalFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer'

type Annotations = Readonly<Record<string, string>>
/** Annotations that name the driver that took over from this provisioner, or none; undefined when nothing changes. */
function annotated(annotations: Annotations | undefined, provisioner: string | undefined): Annotations | undefined {
  if (provisioner === undefined) return undefined
  const driver = migratedTo(provisioner), { [bindingAnnotations.migratedTo]: said, ...others } = annotations ?? {}
  if (said === driver || (!said && driver === undefined)) return undefined
  return driver === undefined ? others : { ...others, [bindingAnnotations.migratedTo]: driver }
}

/** The claim as it should be; the same value when it is. */
export function keptClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { annotations } = claim.metadata, next = annotated(annotations, annotations?.[bindingAnnotations.storageProvisioner] ?? annotations?.[bindingAnnotations.betaStorageProvisioner])
  return next ? { ...claim, metadata: { ...claim.metadata, annotations: next } } : claim
}

/** The volume as it should be; the same value when it is. */
export function keptVolume(volume: PersistentVolume): PersistentVolume {
  const { annotations, finalizers: before = [] } = volume.metadata, provisioner = annotations?.[bindingAnnotations.provisionedBy]
  const next = annotated(annotations, provisioner), finalizers = provisioner === undefined ? before : finalizersOf(before, provisioner, volume.spec.persistentVolumeReclaimPolicy)
  if (!next && finalizers.length === before.length && finalizers.every((one) => before.includes(one))) return volume
  return { ...volume, metadata: { ...volume.metadata, ...(next && { annotations: next }), finalizers: [...finalizers] } }
}

function finalizersOf(before: readonly string[], provisioner: string, policy: string | undefined): readonly string[] {
  const others = before.filter((one) => one !== inTreeFinalizer)
  if (migratedTo(provisioner) !== undefined) return others
  if (!provisioner.startsWith('kubernetes.io/')) return before
  const kept = policy === 'Delete' ? [...before, ...(before.includes(inTreeFinalizer) ? [] : [inTreeFinalizer])] : policy === 'Retain' || policy === 'Recycle' ? others : before
  return kept.filter((one) => one !== externalFinalizer)
}
