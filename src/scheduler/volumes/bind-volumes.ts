// Before a pod is bound: its volumes are promised in the API, and the binder and provisioners have done their part.
import type { Cluster } from '#client'
import { bindingAnnotations, isFullyBound, persistentVolume, persistentVolumeClaim, pod as podKind, type Pod } from '#kinds'
import type { NodeInfo } from '../node-info.ts'
import type { Decision } from './pod-volumes.ts'
import { reaches } from './reach.ts'

export interface Wait { readonly timeoutMs: number; /** The scheduler stops. */ readonly halted: Promise<void> }

/** Writes what was decided and waits until all claims are bound. Throws when it cannot be, or takes too long. */
export async function bindVolumes(cluster: Cluster, pod: Pod, node: NodeInfo, { bind, provision }: Decision, { timeoutMs, halted }: Wait): Promise<void> {
  for (const { volume } of bind) await cluster.caughtUp(persistentVolume, (await cluster.update(persistentVolume, volume)).metadata.resourceVersion)
  for (const claim of provision) await cluster.caughtUp(persistentVolumeClaim, (await cluster.update(persistentVolumeClaim, claim)).metadata.resourceVersion)
  const end = Promise.withResolvers<void>(), names = new Set([...bind.map(({ claim }) => claim.metadata.name), ...provision.map(({ metadata }) => metadata.name)])
  const look = () => { try { if (areBound(cluster, pod, node, { bind, provision })) end.resolve() } catch (error) { end.reject(error) } }
  const stops = [
    cluster.watch(persistentVolumeClaim, ({ object: { metadata } }) => { if (metadata.namespace === pod.metadata.namespace && names.has(metadata.name)) look() }),
    cluster.watch(persistentVolume, ({ object: { spec: { claimRef } } }) => { if (claimRef?.namespace === pod.metadata.namespace && names.has(claimRef?.name ?? '')) look() }),
    cluster.watch(podKind, ({ type, object }) => { if (type === 'DELETED' && object.metadata.uid === pod.metadata.uid) look() }),
    cluster.clock.after(timeoutMs, () => { end.reject(new Error('context deadline exceeded')) }),
  ]
  void halted.then(() => { end.reject(new Error('the scheduler stops')) })
  try { look(); await end.promise } catch (error) { throw new Error(`binding volumes: ${error instanceof Error ? error.message : String(error)}`, { cause: error }) } finally { for (const stop of stops) stop() }
}

function areBound(cluster: Cluster, pod: Pod, { name, labels }: NodeInfo, { bind, provision }: Decision): boolean {
  if (cluster.get(podKind, pod.metadata)?.metadata.uid !== pod.metadata.uid) throw new Error(`pod does not exist any more: pod ${JSON.stringify(pod.metadata.name)} not found`)
  const affinity = (volume: string) => new Error(`pv ${JSON.stringify(volume)} node affinity doesn't match node ${JSON.stringify(name)}: no matching NodeSelectorTerms`)
  const claimOf = ({ metadata }: { metadata: { name: string; namespace?: string | undefined } }, why: string) => {
    const found = cluster.get(persistentVolumeClaim, metadata)
    if (!found) throw new Error(`failed to check ${why}: could not find v1.PersistentVolumeClaim ${JSON.stringify(`${metadata.namespace ?? ''}/${metadata.name}`)}`)
    return found
  }
  for (const { claim, volume: { metadata } } of bind) {
    const volume = cluster.get(persistentVolume, metadata), now = claimOf(claim, 'binding')
    if (!volume) throw new Error(`failed to check binding: could not find v1.PersistentVolume ${JSON.stringify(metadata.name)}`)
    if (!reaches(labels, volume)) throw affinity(metadata.name)
    if (!volume.spec.claimRef?.uid) throw new Error(`ClaimRef got reset for pv ${JSON.stringify(metadata.name)}`)
    if (!isFullyBound(now)) return false
  }
  for (const claim of provision) {
    const now = claimOf(claim, 'provisioning pvc'), { annotations } = now.metadata
    if (!annotations) throw new Error(`selectedNode annotation reset for PVC ${JSON.stringify(claim.metadata.name)}`)
    // Who cannot make a volume there takes the annotation away.
    if (annotations[bindingAnnotations.selectedNode] !== name) throw new Error(`provisioning failed for PVC ${JSON.stringify(claim.metadata.name)}`)
    const volume = now.spec?.volumeName ? cluster.get(persistentVolume, { name: now.spec.volumeName }) : undefined
    if (volume && !reaches(labels, volume)) throw affinity(volume.metadata.name)
    if (!volume || !isFullyBound(now)) return false
  }
  return true
}
