import { persistentVolumeClaim, type PersistentVolumeClaim, type Pod, type Volume } from '#kinds'
import { stateKey } from '../cycle-state.ts'
import { definePlugin } from '../framework.ts'
import { skip, unschedulable } from '../status.ts'
import { namedClaims, namesClaim } from '../volumes/claimed.ts'

const diskInUse = unschedulable('node(s) had no available disk')
const claimInUse = unschedulable('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode')
/** ReadWriteOncePod claims of the pod, and how many pods that are placed use them. */
interface State { readonly alone: ReadonlySet<string>; users: number }
const state = stateKey<State>('VolumeRestrictions')
const usesOf = ({ spec }: Pod, names: ReadonlySet<string>): number => (spec.volumes ?? []).filter(({ persistentVolumeClaim: named }) => named && names.has(named.claimName)).length

/** A disk that one writer may have, and a claim that one pod may have, have no second. */
export const volumeRestrictions = definePlugin({
  name: 'VolumeRestrictions', reads: [persistentVolumeClaim],
  make: ({ cluster, nodes }) => ({
    name: 'VolumeRestrictions',
    events: [
      { on: 'AssignedPod', actions: ['Delete'], helps: ({ pod }, old) => { const gone = old as Pod; return gone.metadata.namespace === pod.metadata.namespace && (clash(pod, gone) || usesOf(gone, claimNames(pod)) > 0) } },
      { on: 'Node', actions: ['Add'] },
      { on: 'persistentvolumeclaims.', actions: ['Add'], helps: ({ pod }, _, now) => namesClaim(pod, now as PersistentVolumeClaim) },
    ],
    preFilter(cycle) {
      const { pod } = cycle.pod, claims = namedClaims(pod, (target) => cluster.get(persistentVolumeClaim, target))
      if ('code' in claims) return claims
      const alone = new Set(claims.filter(({ spec }) => spec?.accessModes?.includes('ReadWriteOncePod')).map(({ metadata }) => metadata.name))
      const users = alone.size === 0 ? 0 : nodes.list.reduce((sum, node) => sum + [...node.pods.values()].reduce((n, other) => n + (other.namespace === cycle.pod.namespace ? usesOf(other.pod, alone) : 0), 0), 0)
      if (users === 0 && !(pod.spec.volumes ?? []).some(isDisk)) return skip
      cycle.write(state, { alone, users })
      return undefined
    },
    podAdded: (cycle, come) => { const held = cycle.read(state); if (held && come.namespace === cycle.pod.namespace) held.users += usesOf(come.pod, held.alone) },
    podRemoved: (cycle, gone) => { const held = cycle.read(state); if (held && gone.namespace === cycle.pod.namespace) held.users -= usesOf(gone.pod, held.alone) },
    filter(cycle) {
      const { pod } = cycle.pod, held = cycle.read(state), hasDisk = (pod.spec.volumes ?? []).some(isDisk)
      return ({ pods }) => {
        if (hasDisk) for (const other of pods.values()) if (clash(pod, other.pod)) return diskInUse
        return held && held.users > 0 ? claimInUse : undefined
      }
    },
  }),
})

const claimNames = ({ spec }: Pod): ReadonlySet<string> => new Set((spec.volumes ?? []).flatMap(({ persistentVolumeClaim: named }) => named?.claimName ?? []))
const isDisk = (volume: Volume): boolean => Boolean(volume.gcePersistentDisk ?? volume.awsElasticBlockStore ?? volume.iscsi ?? volume.rbd)
const clash = (a: Pod, b: Pod): boolean => (a.spec.volumes ?? []).some((one) => isDisk(one) && (b.spec.volumes ?? []).some((other) => sameDisk(one, other)))
/** Readers may share all but AWS disks. */
function sameDisk(a: Volume, b: Volume): boolean {
  const writes = (one: { readOnly?: boolean | undefined }, other: { readOnly?: boolean | undefined }) => !(one.readOnly && other.readOnly)
  if (a.gcePersistentDisk && b.gcePersistentDisk && a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && writes(a.gcePersistentDisk, b.gcePersistentDisk)) return true
  if (a.awsElasticBlockStore && b.awsElasticBlockStore && a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID) return true
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && writes(a.iscsi, b.iscsi)) return true
  const { rbd } = a, other = b.rbd
  return Boolean(rbd && other && rbd.image === other.image && (rbd.pool ?? 'rbd') === (other.pool ?? 'rbd') && rbd.monitors.some((m) => other.monitors.includes(m)) && writes(rbd, other))
}
