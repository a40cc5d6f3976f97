import { refuseForGood, type Plugin } from '../framework.ts'

/** A pod waits for its claims to be there and bound; a bound volume's node affinity is checked where the volume says one. */
export const volumeBinding: Plugin = {
  name: 'VolumeBinding', wakes: ['volume', 'pod-updated'],
  prepare({ metadata, spec }, nodes) {
    for (const volume of spec.volumes ?? []) {
      const name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${metadata.name}-${volume.name}`)
      if (!name) continue
      const claim = nodes.claim(metadata.namespace ?? '', name)
      if (!claim) return { nowhere: refuseForGood(volume.ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`) }
      if (claim.metadata.deletionTimestamp) return { nowhere: refuseForGood(`persistentvolumeclaim "${name}" is being deleted`) }
      if (claim.status?.phase !== 'Bound') return { nowhere: refuseForGood('pod has unbound immediate PersistentVolumeClaims') }
    }
    return undefined
  },
}
