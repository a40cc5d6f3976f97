import { persistentVolumeClaim } from '#kinds'
import { definePlugin } from '../framework.ts'
import { skip, unresolvable } from '../status.ts'

/** A pod waits for its claims to be there and bound. */
export const volumeBinding = definePlugin({
  name: 'VolumeBinding', reads: [persistentVolumeClaim],
  make: ({ cluster }) => ({
    name: 'VolumeBinding', events: [{ on: 'persistentvolumeclaims.', actions: ['Add', 'Update'] }, { on: 'TargetPod', actions: ['Update'] }],
    preFilter({ pod: { pod: { metadata, spec } } }) {
      for (const volume of spec.volumes ?? []) {
        const name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${metadata.name}-${volume.name}`)
        if (!name) continue
        const claim = cluster.get(persistentVolumeClaim, { namespace: metadata.namespace, name })
        if (!claim) return unresolvable(volume.ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`)
        if (claim.metadata.deletionTimestamp) return unresolvable(`persistentvolumeclaim "${name}" is being deleted`)
        if (claim.status?.phase !== 'Bound') return unresolvable('pod has unbound immediate PersistentVolumeClaims')
      }
      return skip
    },
  }),
})
