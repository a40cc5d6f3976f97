import { indexOf, type Cluster } from '#client'
import { claimClass, countedPlugins, csiNode, migratedPluginsAnnotation, migratedTo, migratedVolume, persistentVolume, persistentVolumeClaim, storageClass, volumeAttachment, type CSINode, type Pod } from '#kinds'
import { definePlugin } from '../framework.ts'
import { skip, unresolvable, unschedulable } from '../status.ts'

const tooMany = unschedulable('node(s) exceed max volume count')
const attachmentsByNode = indexOf(volumeAttachment, ({ spec }) => [spec.nodeName])
/** A volume counts for a driver; of a plugin that the driver took over from, only on nodes that say so. */
interface Counted { readonly driver: string; readonly plugin?: string | undefined }
/** By "driver/handle". */
type Volumes = Map<string, Counted>
const hasVolumes = ({ spec }: Pod): boolean => (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim ?? volume.ephemeral ?? migratedVolume(volume))

/** A node holds so many volumes of a CSI driver as its CSINode says. */
export const nodeVolumeLimits = definePlugin({
  name: 'NodeVolumeLimits', reads: [csiNode, persistentVolumeClaim, persistentVolume, storageClass, volumeAttachment],
  make: ({ cluster }) => ({
    name: 'NodeVolumeLimits',
    events: [
      { on: 'csinodes.storage.k8s.io', actions: ['Add', 'Update'], helps: (_, old, now) => allowsMore(old as CSINode | undefined, now as CSINode) },
      { on: 'AssignedPod', actions: ['Delete'], helps: (_, old) => hasVolumes(old as Pod) },
      { on: 'persistentvolumeclaims.', actions: ['Add'] }, { on: 'volumeattachments.storage.k8s.io', actions: ['Delete'] },
    ],
    preFilter: ({ pod: { pod } }) => (hasVolumes(pod) ? undefined : skip),
    filter({ pod: { pod } }) {
      const wanted: Volumes = new Map(), missing = count(pod, cluster, wanted)
      return ({ name, pods }) => {
        if (missing) return missing
        const on = cluster.get(csiNode, { name }), limits = limitsOf(on), counts = countsOn(on)
        if (wanted.size === 0 || limits.size === 0) return undefined
        const there: Volumes = new Map(), fresh = new Map<string, number>(), held = new Map<string, number>()
        for (const other of pods.values()) count(other.pod, cluster, there)
        for (const { spec } of cluster.by(attachmentsByNode, name)) {
          const source = spec.source.persistentVolumeName ? cluster.get(persistentVolume, { name: spec.source.persistentVolumeName })?.spec.csi : undefined
          if (source) there.set(`${source.driver}/${source.volumeHandle}`, { driver: source.driver })
        }
        for (const one of there.values()) if (counts(one)) held.set(one.driver, (held.get(one.driver) ?? 0) + 1)
        for (const [volume, one] of wanted) if (!there.has(volume) && counts(one)) fresh.set(one.driver, (fresh.get(one.driver) ?? 0) + 1)
        return [...fresh].some(([driver, n]) => (held.get(driver) ?? 0) + n > (limits.get(driver) ?? Infinity)) ? tooMany : undefined
      }
    },
  }),
})

function limitsOf(node: CSINode | undefined): ReadonlyMap<string, number> {
  return new Map((node?.spec.drivers ?? []).flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count] as const])))
}
function countsOn(node: CSINode | undefined): (one: Counted) => boolean {
  const taken = new Set((node?.metadata.annotations?.[migratedPluginsAnnotation] ?? '').split(','))
  return ({ plugin }) => plugin === undefined || (countedPlugins.includes(plugin) && taken.has(plugin))
}
function allowsMore(old: CSINode | undefined, now: CSINode): boolean {
  const before = limitsOf(old)
  return !old || [...limitsOf(now)].some(([driver, n]) => n > (before.get(driver) ?? 0)) || [...before.keys()].some((driver) => !limitsOf(now).has(driver))
}

/** Notes the pod's volumes of CSI drivers; those without a volume yet count for what will make it. Answers with a claim of an unplaced pod that is not there. */
function count({ metadata: { name, namespace = '', uid }, spec }: Pod, cluster: Cluster, into: Volumes) {
  let missing
  for (const { name: volume, persistentVolumeClaim: named, ephemeral, ...inline } of spec.volumes ?? []) {
    const claimName = named?.claimName ?? (ephemeral && `${name}-${volume}`)
    if (claimName === undefined) {
      const own = migratedVolume(inline)
      if (own) into.set(`${own.driver}/${own.handle}`, own)
      continue
    }
    const claim = cluster.get(persistentVolumeClaim, { namespace, name: claimName })
    if (!claim) { missing ??= unresolvable(`looking up PVC ${namespace}/${claimName}: persistentvolumeclaim "${claimName}" not found`); continue }
    if (ephemeral && !claim.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid)) continue
    const bound = claim.spec?.volumeName ? cluster.get(persistentVolume, { name: claim.spec.volumeName }) : undefined
    if (!bound) {
      const provisioner = cluster.get(storageClass, { name: claimClass(claim) })?.provisioner, driver = provisioner && (migratedTo(provisioner) ?? provisioner)
      if (driver) into.set(`${driver}/\0${namespace}/${claimName}`, { driver, ...(driver !== provisioner && { plugin: provisioner }) })
      continue
    }
    const own = bound.spec.csi ? { driver: bound.spec.csi.driver, handle: bound.spec.csi.volumeHandle } : migratedVolume(bound.spec, bound.metadata.labels)
    if (own) into.set(`${own.driver}/${own.handle}`, own)
  }
  return missing
}
