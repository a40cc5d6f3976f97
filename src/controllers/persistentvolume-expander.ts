import type { Controller } from '#client'
import { persistentVolume, persistentVolumeClaim, type PersistentVolumeClaim } from '#kinds'
import { compareQuantities } from '#machinery'

const asked = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.['storage'] ?? '0'

/** Says of a claim that shall grow who does that: whoever made the volume, for nothing in the tree can any more. Conditions are theirs to set. */
export const persistentVolumeExpander: Controller<PersistentVolumeClaim> = {
  name: 'persistentvolume-expander', identity: 'expand-controller', for: persistentVolumeClaim, reads: [persistentVolume],
  concerns: ({ object, old }) => object.status?.phase === 'Bound' && (!old || compareQuantities(asked(object), asked(old)) > 0 || old.status?.phase !== 'Bound'),
  async reconcile(claim, cluster) {
    if (claim.status?.phase !== 'Bound' || compareQuantities(asked(claim), claim.status.capacity?.['storage'] ?? '0') <= 0) return
    const volume = cluster.get(persistentVolume, { name: claim.spec?.volumeName ?? '' })
    if (!volume) throw new Error(`failed to get PV ${JSON.stringify(claim.spec?.volumeName ?? '')}: not found`)
    if (volume.spec.claimRef?.uid !== claim.metadata.uid) throw new Error(`persistent Volume is not bound to PVC being updated : ${claim.metadata.namespace ?? ''}/${claim.metadata.name}`)
    cluster.events.record(persistentVolumeClaim, claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC')
  },
}
