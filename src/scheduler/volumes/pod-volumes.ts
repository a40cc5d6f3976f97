// What a pod's claims mean for a node: pure functions of the pod, its claims and the volumes there are.
import { bindingAnnotations, claimClass, isFullyBound, matchingVolume, noProvisioner, type CSIDriver, type CSIStorageCapacity, type PersistentVolume, type PersistentVolumeClaim, type Pod, type StorageClass } from '#kinds'
import { compareQuantities } from '#machinery'
import { unresolvable, type Status } from '../status.ts'
import { hasRoom, isAllowed, reaches } from './reach.ts'

export interface VolumeView {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  /** Free volumes of the claim's class, and those that name it. */
  volumesFor(claim: PersistentVolumeClaim): readonly PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
  driver(name: string): CSIDriver | undefined
  capacities(): readonly CSIStorageCapacity[]
}
export interface PodClaims { readonly bound: readonly PersistentVolumeClaim[]; /** They get a volume where the pod goes. */ readonly delayed: readonly PersistentVolumeClaim[] }
/** What has to be written before the pod may go to a node. */
export interface Decision {
  readonly bind: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[]
  readonly provision: readonly PersistentVolumeClaim[]
}

/** The pod's claims; or why it cannot go anywhere. */
export function podClaims({ metadata, spec }: Pod, view: VolumeView): PodClaims | Status | undefined {
  const claims: PersistentVolumeClaim[] = [], namespace = metadata.namespace ?? ''
  for (const volume of spec.volumes ?? []) {
    const name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${metadata.name}-${volume.name}`)
    if (name === undefined) continue
    const claim = view.claim(namespace, name)
    if (!claim) return unresolvable(volume.ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`)
    if (claim.status?.phase === 'Lost') return unresolvable(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`)
    if (claim.metadata.deletionTimestamp !== undefined) return unresolvable(`persistentvolumeclaim "${name}" is being deleted`)
    if (volume.ephemeral && !claim.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === metadata.uid))
      return unresolvable(`PVC ${namespace}/${name} was not created for pod ${namespace}/${metadata.name} (pod is not owner)`)
    claims.push(claim)
  }
  if (claims.length === 0) return undefined
  const isDelayed = (claim: PersistentVolumeClaim) => !claim.spec?.volumeName && view.storageClass(claimClass(claim))?.volumeBindingMode === 'WaitForFirstConsumer'
  const bound = claims.filter(isFullyBound), open = claims.filter((claim) => !isFullyBound(claim)), delayed = open.filter(isDelayed)
  return delayed.length < open.length ? unresolvable('pod has unbound immediate PersistentVolumeClaims') : { bound, delayed }
}

const conflict = "node(s) didn't match PersistentVolume's node affinity", nothingToBind = "node(s) didn't find available persistent volumes to bind"
const noSpace = 'node(s) did not have enough free storage', noVolume = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

/** What must be bound and made for the pod to run on the node; or why it cannot. */
export function decide({ bound, delayed }: PodClaims, node: { readonly name: string; readonly labels: Readonly<Record<string, string>> }, view: VolumeView): Decision | Status {
  const reasons: string[] = []
  for (const claim of bound) {
    const volume = view.volume(claim.spec!.volumeName!)
    if (volume && reaches(node.labels, volume)) continue
    reasons.push(volume ? conflict : noVolume)
    break
  }
  const chosen = decideDelayed(delayed, node, view)
  if (typeof chosen === 'string') reasons.push(chosen)
  if (reasons.length > 0 || typeof chosen === 'string') return unresolvable(...[conflict, nothingToBind, noSpace, noVolume].filter((one) => reasons.includes(one)))
  return chosen
}

function decideDelayed(claims: readonly PersistentVolumeClaim[], { name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> }, view: VolumeView): Decision | string {
  const provision: PersistentVolumeClaim[] = [], bind: Decision['bind'][number][] = [], taken = new Set<string>(), open: PersistentVolumeClaim[] = []
  for (const claim of claims) {
    const selected = claim.metadata.annotations?.[bindingAnnotations.selectedNode]
    if (selected !== undefined && selected !== name) return nothingToBind
    ;(selected === undefined ? open : provision).push(claim)
  }
  // The smallest claim chooses first, so that it does not take what a larger one needs.
  for (const claim of open.toSorted((a, b) => compareQuantities(sizeOf(a), sizeOf(b)))) {
    const volume = matchingVolume(claim, view.volumesFor(claim), { reachable: (one) => reaches(labels, one), taken, delayed: true })
    if (volume) { taken.add(volume.metadata.name); bind.push({ claim, volume }) } else provision.push(claim)
  }
  for (const claim of provision) {
    const of = view.storageClass(claimClass(claim))
    if (!of) throw new Error(`failed to find storage class ${JSON.stringify(claimClass(claim))}`)
    if (of.provisioner === '' || of.provisioner === noProvisioner || !isAllowed(labels, of)) return nothingToBind
    if (!hasRoom(labels, claim, of, view.driver(of.provisioner), view.capacities())) return noSpace
  }
  return { bind, provision }
}
const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.['storage'] ?? '0'
