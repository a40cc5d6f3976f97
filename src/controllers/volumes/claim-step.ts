// What to do with a claim: a pure function of the claim, the volumes and the classes.
import { bindingAnnotations, claimClass, claimHasClass, isForClaim, matchingVolume, migratedTo, unsatisfied, type PersistentVolume, type PersistentVolumeClaim, type StorageClass } from '#kinds'
import { hostPathPlugin, nfsPlugin } from './volume-step.ts'

export interface ClaimEvent { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }
export interface World {
  /** Those that may be meant for the claim: free ones of its class, and those that name it. */
  readonly volumes: readonly PersistentVolume[]
  volume(name: string): PersistentVolume | undefined
  storageClass(name: string): StorageClass | undefined
  defaultClass(): StorageClass | undefined
  /** Pods that use the claim and have no node yet. */
  waitingPods(): readonly string[]
}
export type ClaimStep =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  | { readonly do: 'class'; readonly name: string }
  /** Ask somebody else for a volume. */
  | { readonly do: 'provision'; readonly provisioner: string; readonly event: ClaimEvent }
  | { readonly do: 'wait'; readonly event?: ClaimEvent; /** The status stays as it is. */ readonly keep?: true }
  | { readonly do: 'lose'; readonly event: ClaimEvent }
  | { readonly do: 'fail'; readonly why: string; readonly event: ClaimEvent }

export function claimStep(claim: PersistentVolumeClaim, world: World): ClaimStep {
  if (claim.metadata.annotations?.[bindingAnnotations.bindCompleted] !== undefined) return boundStep(claim, world)
  return claim.spec?.volumeName ? namedStep(claim, claim.spec.volumeName, world) : freeStep(claim, world)
}

const lose = (reason: string, message: string): ClaimStep => ({ do: 'lose', event: { type: 'Warning', reason, message } })
function boundStep(claim: PersistentVolumeClaim, world: World): ClaimStep {
  if (!claim.spec?.volumeName) return lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = world.volume(claim.spec.volumeName)
  if (!volume) return lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const { claimRef } = volume.spec
  if (!claimRef || claimRef.uid === claim.metadata.uid) return { do: 'bind', volume }
  return lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

/** The user asks for a certain volume. */
function namedStep(claim: PersistentVolumeClaim, name: string, world: World): ClaimStep {
  const volume = world.volume(name)
  if (!volume) return { do: 'wait' }
  if (!volume.spec.claimRef) {
    const why = unsatisfied(claim, volume)
    return why === undefined ? { do: 'bind', volume } : { do: 'wait', event: { type: 'Warning', reason: 'VolumeMismatch', message: `Cannot bind to requested volume ${JSON.stringify(name)}: ${why}` } }
  }
  if (isForClaim(volume, claim)) return { do: 'bind', volume }
  const event: ClaimEvent = { type: 'Warning', reason: 'FailedBinding', message: `volume ${JSON.stringify(name)} already bound to a different claim.` }
  if (claim.metadata.annotations?.[bindingAnnotations.boundByController] === undefined) return { do: 'wait', event }
  const of = (namespace: string | undefined, one: string | undefined) => JSON.stringify(`${namespace ?? ''}/${one ?? ''}`)
  return { do: 'fail', event, why: `invalid binding of claim ${of(claim.metadata.namespace, claim.metadata.name)} to volume ${JSON.stringify(name)}: volume already claimed by ${of(volume.spec.claimRef.namespace, volume.spec.claimRef.name)}` }
}

/** Any volume that fits will do. */
function freeStep(claim: PersistentVolumeClaim, world: World): ClaimStep {
  const name = claimClass(claim), chosen = world.storageClass(name), delayed = chosen?.volumeBindingMode === 'WaitForFirstConsumer'
  const volume = matchingVolume(claim, world.volumes, { delayed })
  if (volume) return { do: 'bind', volume }
  const fallback = claimHasClass(claim) ? undefined : world.defaultClass()
  if (fallback) return { do: 'class', name: fallback.metadata.name }
  if (delayed && claim.metadata.annotations?.[bindingAnnotations.selectedNode] === undefined) return { do: 'wait', event: waiting(world.waitingPods()) }
  if (name === '') return { do: 'wait', event: { type: 'Normal', reason: 'FailedBinding', message: 'no persistent volumes available for this claim and no storage class is set' } }
  if (!chosen) return failed(`storageclass.storage.k8s.io ${JSON.stringify(name)} not found`)
  const provisioner = migratedTo(chosen.provisioner) ?? chosen.provisioner
  if (provisioner === hostPathPlugin) return failed(`Failed to create provisioner: provisioning in volume plugin ${JSON.stringify(provisioner)} is disabled`)
  if (provisioner.startsWith('kubernetes.io/')) return failed(provisioner === nfsPlugin ? 'no provisionable volume plugin matched' : `no volume plugin matched name: ${provisioner}`)
  return { do: 'provision', provisioner, event: { type: 'Normal', reason: 'ExternalProvisioning',
    message: `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.` } }
}
const failed = (message: string): ClaimStep => ({ do: 'wait', keep: true, event: { type: 'Warning', reason: 'ProvisioningFailed', message } })
function waiting(pods: readonly string[]): ClaimEvent {
  if (pods.length === 0) return { type: 'Normal', reason: 'WaitForFirstConsumer', message: 'waiting for first consumer to be created before binding' }
  return { type: 'Normal', reason: 'WaitForPodScheduled', message: `waiting for ${pods.length > 1 ? 'pods' : 'pod'} ${pods.join(',')} to be scheduled` }
}
