// Volumes of CSI drivers are attached to the nodes of the pods that want them, and detached when nobody does any more and the node has let go.
// What is asked of a driver is a VolumeAttachment; what nodes may mount is in their status.
import { indexOf, type Again, type Cluster, type Controller, type Target } from '#client'
import { csiDriver, node, persistentVolume, persistentVolumeClaim, pod, referencedClaims, volumeAttachment, type Node, type PersistentVolume, type Pod, type VolumeAttachment } from '#kinds'
import { same, type New } from '#machinery'
import { isFinished } from './pod-state.ts'
import { attachmentName, keepsVolumes, managed, planAttachments, type Wanted } from './volumes/attachments.ts'

const podsByNode = indexOf(pod, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
const podsByClaim = indexOf(pod, (p) => (p.spec.nodeName ? referencedClaims(p).map((name) => `${p.metadata.namespace ?? ''}/${name}`) : []))
const attachmentsByNode = indexOf(volumeAttachment, ({ spec }) => [spec.nodeName])
const attachmentsByVolume = indexOf(volumeAttachment, ({ spec }) => (spec.source.persistentVolumeName ? [spec.source.persistentVolumeName] : []))

const nodeOf = (p: Pod): readonly Target[] => (p.spec.nodeName ? [{ name: p.spec.nodeName }] : [])
const usersOf = (namespace: string | undefined, claim: string | undefined, cluster: Cluster): readonly Pod[] => cluster.by(podsByClaim, `${namespace ?? ''}/${claim ?? ''}`)
/** Nodes whose pods want the volume. */
const wanting = ({ spec: { claimRef } }: PersistentVolume, cluster: Cluster): readonly Target[] => (claimRef ? usersOf(claimRef.namespace, claimRef.name, cluster).flatMap(nodeOf) : [])

/** What only we know, and only for as long as it lasts. */
interface Memory {
  readonly forces: boolean
  /** Since when nobody wants an attachment. */
  readonly unwanted: Map<string, number>
  /** Attachments that are asked for and not done yet. */
  readonly asked: Set<string>
  /** What the pods of a node have been told. */
  readonly told: Map<string, ReadonlySet<string>>
}

/** `forces`: whether a node that does not answer loses its volumes in the end. */
export function attachDetachController({ forces = true }: { readonly forces?: boolean | undefined } = {}): Controller<Node> {
  const memory: Memory = { forces, unwanted: new Map(), asked: new Set(), told: new Map() }
  return {
    name: 'persistentvolume-attach-detach', identity: 'attachdetach-controller', for: node, reads: [csiDriver],
    watches: [
      { kind: pod, map: ({ object, old }) => [object, ...(old ? [old] : [])].flatMap((one) => nodeOf(one as Pod)) },
      { kind: persistentVolumeClaim, map: ({ object: { metadata } }, cluster) => usersOf(metadata.namespace, metadata.name, cluster).flatMap(nodeOf) },
      { kind: persistentVolume, map: ({ object }, cluster) => ((object as PersistentVolume).spec.csi ? wanting(object as PersistentVolume, cluster) : []) },
      { kind: volumeAttachment, map: ({ object }, cluster) => {
        const { spec } = object as VolumeAttachment, volume = spec.source.persistentVolumeName ? cluster.get(persistentVolume, { name: spec.source.persistentVolumeName }) : undefined
        return [{ name: spec.nodeName }, ...(volume ? wanting(volume, cluster) : [])]
      } },
    ],
    reconcile: (n, cluster) => attend(n.metadata.name, n, cluster, memory),
    reconcileDeleted: ({ name }, cluster) => attend(name, undefined, cluster, memory),
  }
}

async function attend(name: string, n: Node | undefined, cluster: Cluster, { forces, unwanted, asked, told }: Memory): Promise<Again | void> {
  if (n && n.metadata.annotations?.[managed] !== 'true') return
  const now = cluster.clock.now(), volume = (of: string) => cluster.get(persistentVolume, { name: of })
  const wanted = n ? wantedOn(n, cluster) : [], names = new Set(wanted.map((one) => attachmentName(one.volume, name)))
  // Attachments that somebody else has made are his.
  const attachments = cluster.by(attachmentsByNode, name).filter(({ metadata, spec }) => { const of = volume(spec.source.persistentVolumeName ?? ''); return of?.spec.csi !== undefined && metadata.name === attachmentName(of, name) })
  for (const { metadata } of attachments) if (names.has(metadata.name)) unwanted.delete(metadata.name); else unwanted.set(metadata.name, unwanted.get(metadata.name) ?? now)
  const plan = planAttachments({ name, node: n, wanted, attachments, volume, elsewhere: (of) => elsewhere(of, name, cluster), asked, forces, unwantedMs: ({ metadata }) => now - (unwanted.get(metadata.name) ?? now) })

  // A node must hear of it before a volume is taken from it.
  if (n && !same(plan.attached, n.status?.volumesAttached ?? [])) await cluster.patch(node, n.metadata, 'merge', { status: { volumesAttached: plan.attached.length > 0 ? plan.attached : null } }, { subresource: 'status' })
  for (const one of plan.create) {
    await cluster.create(volumeAttachment, one as New<VolumeAttachment>)
    asked.add(one.metadata.name)
  }
  for (const one of plan.remove) {
    await cluster.delete(volumeAttachment, one)
    unwanted.delete(one.metadata.name)
    asked.delete(one.metadata.name)
  }
  const before = told.get(name) ?? new Set<string>()
  for (const [key, { pods, type, reason, message }] of plan.events) if (!before.has(key)) for (const p of pods) cluster.events.record(pod, p, type, reason, message)
  for (const { metadata, status } of attachments) if (status?.attached) asked.delete(metadata.name)
  if (plan.events.size > 0) told.set(name, new Set(plan.events.keys())); else told.delete(name)
  if (plan.againIn !== undefined) return { againIn: plan.againIn }
}

/** The volumes that the node's pods want attached. */
function wantedOn(n: Node, cluster: Cluster): readonly Wanted[] {
  const found = new Map<string, { volume: PersistentVolume; pods: Pod[] }>(), keeps = n.metadata.annotations?.[keepsVolumes] === 'true'
  for (const p of cluster.by(podsByNode, n.metadata.name)) {
    if (isFinished(p) && !keeps) continue
    for (const name of referencedClaims(p)) {
      const claim = cluster.get(persistentVolumeClaim, { namespace: p.metadata.namespace, name }), volume = claim?.spec?.volumeName ? cluster.get(persistentVolume, { name: claim.spec.volumeName }) : undefined
      if (claim?.status?.phase !== 'Bound' || !volume?.spec.csi || volume.spec.claimRef?.uid !== claim.metadata.uid) continue
      // A driver that says nothing of itself is asked.
      if (cluster.get(csiDriver, { name: volume.spec.csi.driver })?.spec.attachRequired === false) continue
      const held = found.get(volume.metadata.name) ?? { volume, pods: [] }
      held.pods.push(p)
      found.set(volume.metadata.name, held)
    }
  }
  return [...found.values()]
}
function elsewhere(volume: PersistentVolume, name: string, cluster: Cluster): { attached: boolean; pods: readonly Pod[] } {
  const nodes = new Set(cluster.by(attachmentsByVolume, volume.metadata.name).map(({ spec }) => spec.nodeName).filter((one) => one !== name)), { claimRef } = volume.spec
  return { attached: nodes.size > 0, pods: claimRef ? usersOf(claimRef.namespace, claimRef.name, cluster).filter((p) => nodes.has(p.spec.nodeName ?? '') && !isFinished(p)) : [] }
}
