// What to do with a volume: a pure function of the volume and the claim that it points at.
import { bindingAnnotations, differentModes, type PersistentVolume, type PersistentVolumeClaim } from '#kinds'

export type VolumeStep =
  | { readonly do: 'phase'; readonly phase: 'Available' | 'Bound' }
  /** Its claim is no more: it is Released, and reclaimed. */
  | { readonly do: 'release' }
  | { readonly do: 'unbind' }
  /** Claim and volume point at each other and can never be bound. */
  | { readonly do: 'mismatch' }
  /** The claim's turn. */
  | { readonly do: 'wait' }

/** `claim`: what has the name that the volume points at, whatever its uid. */
export function volumeStep(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeStep {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec
  if (!claimRef?.uid) return { do: 'phase', phase: 'Available' }
  if (claim?.metadata.uid !== claimRef.uid) return { do: 'release' }
  const bound = claim.spec?.volumeName
  if (!bound) return { do: differentModes(claim, volume) ? 'mismatch' : 'wait' }
  if (bound === volume.metadata.name) return { do: 'phase', phase: 'Bound' }
  // Made for a claim that has found another one meanwhile.
  if (volume.metadata.annotations?.[bindingAnnotations.provisionedBy] !== undefined && persistentVolumeReclaimPolicy === 'Delete') return { do: 'release' }
  return { do: 'unbind' }
}

/** What is left in the tree of what once made and removed volumes. */
export const hostPathPlugin = 'kubernetes.io/host-path', nfsPlugin = 'kubernetes.io/nfs'

export type Reclaim = { readonly do: 'nothing' | 'delete' | 'recycle' } | { readonly do: 'fail'; readonly reason: string; readonly message: string }
/** What happens to a volume that nobody has a claim to any more. */
export function reclaim({ metadata, spec }: PersistentVolume): Reclaim {
  if (metadata.annotations?.[bindingAnnotations.migratedTo]) return { do: 'nothing' }
  switch (spec.persistentVolumeReclaimPolicy) {
    case 'Retain': return { do: 'nothing' }
    case 'Recycle': return { do: 'recycle' }
    case 'Delete': break
    default: return { do: 'fail', reason: 'VolumeUnknownReclaimPolicy', message: 'Volume has unrecognized PersistentVolumeReclaimPolicy' }
  }
  const by = metadata.annotations?.[bindingAnnotations.provisionedBy]
  // Whoever made it removes it; so do drivers.
  if (by ? !by.startsWith('kubernetes.io/') : spec.csi) return { do: 'nothing' }
  const failed = (message: string): Reclaim => ({ do: 'fail', reason: 'VolumeFailedDelete', message }), path = spec.hostPath?.path
  if (by && by !== hostPathPlugin) return failed(by === nfsPlugin ? 'no deletable volume plugin matched' : `no volume plugin matched name: ${by}`)
  if (path === undefined) return failed(`error getting deleter volume plugin for volume ${JSON.stringify(metadata.name)}: no ${spec.nfs ? 'deletable ' : ''}volume plugin matched`)
  // As the reference: what is not below /tmp is nobody's to remove.
  return /\/tmp\/.+/.test(path) ? { do: 'delete' } : failed(`host_path deleter only supports /tmp/.+ but received provided ${path}`)
}

/** The volume without its pointer; of one that a user made for a claim the pointer stays, without the uid. */
export function unbound(volume: PersistentVolume): PersistentVolume {
  const { [bindingAnnotations.boundByController]: byController, ...annotations } = volume.metadata.annotations ?? {}
  const { claimRef, ...spec } = volume.spec
  if (byController === undefined) { const { uid: _, ...pointer } = claimRef!; return { ...volume, spec: { ...spec, claimRef: pointer } } }
  const { annotations: _, ...metadata } = volume.metadata
  return { ...volume, metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) }, spec }
}
