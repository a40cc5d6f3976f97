import { indexOf } from '#client'
import { bindingAnnotations, claimClass, csiDriver, csiNode, csiStorageCapacity, persistentVolume, persistentVolumeClaim, pointedAt, storageClass, volumeClass, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '#kinds'
import { stateKey } from '../cycle-state.ts'
import { definePlugin } from '../framework.ts'
import { failed, skip } from '../status.ts'
import { Assumed } from '../volumes/assumed.ts'
import { bindVolumes } from '../volumes/bind-volumes.ts'
import { decide, podClaims, type Decision, type PodClaims, type VolumeView } from '../volumes/pod-volumes.ts'

export interface VolumeBindingArgs { readonly bindTimeoutSeconds?: number }
const defaultTimeoutSeconds = 600
const freeByClass = indexOf(persistentVolume, (volume) => (volume.spec.claimRef ? [] : [volumeClass(volume)]))
const volumesByClaim = indexOf(persistentVolume, ({ spec: { claimRef } }) => (claimRef ? [`${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`] : []))

interface State { readonly claims: PodClaims; readonly byNode: Map<string, Decision>; /** What is promised, as it will be written. */ reserved?: Decision }
const state = stateKey<State>('VolumeBinding')
const hasClaims = ({ spec }: Pod): boolean => (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim ?? volume.ephemeral)

/** A pod goes where its bound volumes are, and where those that it waits for can be bound or made. */
export const volumeBinding = definePlugin<VolumeBindingArgs>({
  name: 'VolumeBinding', reads: [persistentVolumeClaim, persistentVolume, storageClass, csiNode, csiDriver, csiStorageCapacity],
  make({ cluster, halted }, { bindTimeoutSeconds = defaultTimeoutSeconds }) {
    const volumes = new Assumed<PersistentVolume>(), claims = new Assumed<PersistentVolumeClaim>()
    const view: VolumeView = {
      claim: (namespace, name) => { const found = cluster.get(persistentVolumeClaim, { namespace, name }); return found && claims.of(found) },
      volume: (name) => { const found = cluster.get(persistentVolume, { name }); return found && volumes.of(found) },
      volumesFor: (claim) => [...cluster.by(volumesByClaim, `${claim.metadata.namespace ?? ''}/${claim.metadata.name}`), ...cluster.by(freeByClass, claimClass(claim))].map((volume) => volumes.of(volume)),
      storageClass: (name) => cluster.get(storageClass, { name }), driver: (name) => cluster.get(csiDriver, { name }), capacities: () => cluster.list(csiStorageCapacity),
    }
    const takeBack = ({ bind, provision }: Decision) => { for (const { volume } of bind) volumes.drop(volume); for (const claim of provision) claims.drop(claim) }
    return {
      name: 'VolumeBinding',
      events: [
        { on: 'storageclasses.storage.k8s.io', actions: ['Add', 'Update'] }, { on: 'persistentvolumeclaims.', actions: ['Add', 'Update'] },
        { on: 'persistentvolumes.', actions: ['Add', 'Update'], helps: ({ pod }) => hasClaims(pod) }, { on: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
        { on: 'csinodes.storage.k8s.io', actions: ['Add', 'Update'] }, { on: 'csidrivers.storage.k8s.io', actions: ['Update'] }, { on: 'csistoragecapacities.storage.k8s.io', actions: ['Add', 'Update'] },
      ],
      preFilter(cycle) {
        const found = podClaims(cycle.pod.pod, view)
        if (!found) return skip
        if ('code' in found) return found
        cycle.write(state, { claims: found, byNode: new Map() })
        return undefined
      },
      filter(cycle) {
        const held = cycle.read(state)
        return held && ((node) => {
          const decision = decide(held.claims, node, view)
          if ('code' in decision) return decision
          held.byNode.set(node.name, decision)
          return undefined
        })
      },
      reserve(cycle, { name }) {
        const held = cycle.read(state), decision = held?.byNode.get(name)
        if (!held || !decision || decision.bind.length + decision.provision.length === 0) return undefined
        const bind = decision.bind.map(({ claim, volume }) => ({ claim, volume: pointedAt(volume, claim) }))
        const provision = decision.provision.map((claim) => ({ ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [bindingAnnotations.selectedNode]: name } } }))
        for (const { volume } of bind) volumes.add(volume)
        for (const claim of provision) claims.add(claim)
        held.reserved = { bind, provision }
        return undefined
      },
      unreserve(cycle) {
        const held = cycle.read(state)
        if (held?.reserved) takeBack(held.reserved)
        if (held) delete held.reserved
      },
      preBindPreFlight: (cycle) => (cycle.read(state)?.reserved ? undefined : skip),
      async preBind(cycle, node) {
        const reserved = cycle.read(state)?.reserved
        if (!reserved) return undefined
        try { await bindVolumes(cluster, cycle.pod.pod, node, reserved, { timeoutMs: bindTimeoutSeconds * 1000, halted }) } catch (error) { return failed(error) }
        return undefined
      },
    }
  },
})
