import { claimClass, persistentVolume, persistentVolumeClaim, storageClass, type PersistentVolumeClaim } from '#kinds'
import { stateKey } from '../cycle-state.ts'
import { definePlugin } from '../framework.ts'
import { skip, unresolvable } from '../status.ts'
import { namedClaims, namesClaim } from '../volumes/claimed.ts'

const elsewhere = unresolvable('node(s) had no available volume zone')
/** Labels of zones and regions, the older ones with those that took their place. */
const labels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
}
interface Place { readonly key: string; readonly values: ReadonlySet<string> }
const places = stateKey<readonly Place[]>('VolumeZone')
/** Zones are written in one label, two underscores between them; none where one has no name. */
function zonesOf(value: string): ReadonlySet<string> | undefined {
  const zones = value.split('__').map((zone) => zone.trim())
  return zones.includes('') ? undefined : new Set(zones)
}

/** A pod goes to the zones of its bound volumes. Nodes that are in no zone take any. */
export const volumeZone = definePlugin({
  name: 'VolumeZone', reads: [persistentVolumeClaim, persistentVolume, storageClass],
  make: ({ cluster }) => ({
    name: 'VolumeZone',
    events: [
      { on: 'storageclasses.storage.k8s.io', actions: ['Add'] }, { on: 'Node', actions: ['Add', 'UpdateNodeLabel'] }, { on: 'persistentvolumes.', actions: ['Add', 'Update'] },
      { on: 'persistentvolumeclaims.', actions: ['Add', 'Update'], helps: ({ pod }, _, now) => namesClaim(pod, now as PersistentVolumeClaim) },
    ],
    preFilter(cycle) {
      const claims = namedClaims(cycle.pod.pod, (target) => cluster.get(persistentVolumeClaim, target)), found: Place[] = []
      if ('code' in claims) return claims
      for (const claim of claims) {
        const name = claim.spec?.volumeName
        if (!name) {
          const of = claimClass(claim), chosen = of === '' ? undefined : cluster.get(storageClass, { name: of })
          if (of === '') return unresolvable('PersistentVolumeClaim had no pv name and storageClass name')
          if (!chosen) return unresolvable(`storageclass.storage.k8s.io "${of}" not found`)
          if (chosen.volumeBindingMode !== 'WaitForFirstConsumer') return unresolvable('PersistentVolume had no name')
          continue
        }
        const volume = cluster.get(persistentVolume, { name })
        if (!volume) return unresolvable(`persistentvolume "${name}" not found`)
        for (const key of Object.keys(labels)) {
          const value = volume.metadata.labels?.[key], values = value === undefined ? undefined : zonesOf(value)
          if (values) found.push({ key, values })
        }
      }
      if (found.length === 0) return skip
      cycle.write(places, found)
      return undefined
    },
    filter(cycle) {
      const found = cycle.read(places) ?? []
      return ({ labels: of }) => {
        if (!Object.keys(labels).some((key) => of[key] !== undefined)) return undefined
        return found.every(({ key, values }) => { const zone = of[key] ?? of[labels[key]!]; return zone !== undefined && values.has(zone) }) ? undefined : elsewhere
      }
    },
  }),
})
