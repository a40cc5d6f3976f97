// What to attach to a node and what to detach: a pure function of the node, the volumes that its pods want, and the attachments there are.
import type { Node, PersistentVolume, Pod, VolumeAttachment } from '#kinds'
import { sha256 } from '#machinery'

/** A volume of a driver whose volumes are attached before a node can mount them. */
export interface Wanted { readonly volume: PersistentVolume; readonly pods: readonly Pod[] }
export interface NodeWorld {
  readonly name: string
  /** Absent: it is gone. */
  readonly node: Node | undefined
  readonly wanted: readonly Wanted[]
  /** Of this node and made by us. */
  readonly attachments: readonly VolumeAttachment[]
  /** Volumes of our attachments. */
  volume(name: string): PersistentVolume | undefined
  /** Other nodes that have the volume, and the pods there that want it. */
  elsewhere(volume: PersistentVolume): { readonly attached: boolean; readonly pods: readonly Pod[] }
  /** Attachments that have not been heard of as done since they were asked for. */
  readonly asked: ReadonlySet<string>
  /** Whether a node that does not answer loses its volumes in the end; default true. */
  readonly forces?: boolean
  /** For how long nobody has wanted the attachment. */
  unwantedMs(attachment: VolumeAttachment): number
}
export interface PodEvent { readonly pods: readonly Pod[]; readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }
export interface AttachPlan {
  readonly create: readonly { readonly metadata: { readonly name: string }; readonly spec: VolumeAttachment['spec'] }[]
  readonly remove: readonly VolumeAttachment[]
  /** For node.status.volumesAttached. */
  readonly attached: readonly { readonly name: string; readonly devicePath: string }[]
  /** The keys say what is told once. */
  readonly events: ReadonlyMap<string, PodEvent>
  /** Something is waited for that only time can bring. */
  readonly againIn?: number
}

/** A node that does not answer has so long to unmount; then its volumes are taken from it. */
const longestUnmountMs = 6 * 60_000
export const managed = 'volumes.kubernetes.io/controller-managed-attach-detach'
/** Pods that have ended keep their volumes on nodes that say so. */
export const keepsVolumes = 'volumes.kubernetes.io/keep-terminated-pod-volumes'

/** One for each volume and node, whoever asks. */
export const attachmentName = ({ spec: { csi } }: PersistentVolume, node: string): string => `csi-${sha256(`${csi!.volumeHandle}${csi!.driver}${node}`)}`
const uniqueName = ({ spec: { csi } }: PersistentVolume): string => `kubernetes.io/csi/${csi!.driver}^${csi!.volumeHandle}`
const isShared = ({ spec: { accessModes = [] } }: PersistentVolume): boolean => accessModes.length === 0 || accessModes.includes('ReadWriteMany') || accessModes.includes('ReadOnlyMany')

export function planAttachments({ name, node, wanted, attachments, volume, elsewhere, asked, forces = true, unwantedMs }: NodeWorld): AttachPlan {
  const byName = new Map(attachments.map((one) => [one.metadata.name, one])), create: AttachPlan['create'][number][] = [], remove: VolumeAttachment[] = [], attached: AttachPlan['attached'][number][] = []
  const events = new Map<string, PodEvent>(), mounted = new Set(node?.status?.volumesInUse)
  const inUse = new Set<string>()
  for (const { volume: one, pods } of wanted) {
    const key = attachmentName(one, name), there = byName.get(key), what = JSON.stringify(one.metadata.name)
    inUse.add(key)
    if (there?.status?.attached && there.metadata.deletionTimestamp === undefined) {
      attached.push({ name: uniqueName(one), devicePath: '' })
      if (asked.has(key)) events.set(`${key} attached`, { pods, type: 'Normal', reason: 'SuccessfulAttachVolume', message: `AttachVolume.Attach succeeded for volume ${what} ` })
    } else if (there) {
      const why = there.status?.attachError?.message
      if (why) events.set(`${key} ${why}`, { pods, type: 'Warning', reason: 'FailedAttachVolume', message: `AttachVolume.Attach failed for volume ${what} : ${why}` })
    } else {
      const others = isShared(one) ? { attached: false, pods: [] } : elsewhere(one)
      if (!others.attached) { create.push({ metadata: { name: key }, spec: { attacher: one.spec.csi!.driver, nodeName: name, source: { persistentVolumeName: one.metadata.name } } }); continue }
      for (const p of pods) events.set(`${key} ${p.metadata.uid} ${others.pods.length}`, { pods: [p], type: 'Warning', reason: 'FailedAttachVolume', message: `Multi-Attach error for volume ${what} ${usedBy(p, others.pods)}` })
    }
  }
  let againIn: number | undefined
  const isReady = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True', isOut = node?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') ?? false
  for (const one of attachments) {
    if (inUse.has(one.metadata.name) || one.metadata.deletionTimestamp !== undefined) continue
    const of = volume(one.spec.source.persistentVolumeName ?? ''), left = longestUnmountMs - unwantedMs(one)
    const isMounted = of !== undefined && mounted.has(uniqueName(of))
    if (!isMounted || isOut || (forces && !isReady && left <= 0)) { remove.push(one); continue }
    if (one.status?.attached) attached.push({ name: uniqueName(of), devicePath: '' })
    if (left > 0) againIn = Math.min(againIn ?? Infinity, left)
  }
  return { create, remove, attached: attached.sort((a, b) => (a.name < b.name ? -1 : 1)), events, ...(againIn !== undefined && { againIn }) }
}

/** Pods in other namespaces are counted, not named. */
function usedBy({ metadata: { namespace } }: Pod, others: readonly Pod[]): string {
  const near = others.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name).sort(), far = others.length - near.length
  if (others.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another"
  const distant = `${far} pod(s) in different namespaces`
  return `Volume is already used by ${near.length === 0 ? distant : `pod(s) ${near.join(', ')}${far > 0 ? ` and ${distant}` : ''}`}`
}
