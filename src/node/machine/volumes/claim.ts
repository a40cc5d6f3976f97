// persistentVolumeClaim: a volume of this machine (hostPath or local) that a claim is bound to.
import { stat } from 'node:fs/promises'
import { persistentVolume, persistentVolumeClaim, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '#kinds'
import { is } from '#machinery'
import type { Client } from '#client'
import { SetUpError } from '../../pods/environment.ts'
import { setUpHostPath } from './host-path.ts'
import { makeDirectory } from './local-directories.ts'
import { giveToGroup } from './ownership.ts'

export interface ClaimedVolume { readonly path: string; readonly readonly: boolean; /** A raw device, for volumeDevices. */ readonly device: boolean }

/** Throws why the claim cannot be used (yet), in the reference's words. */
export async function setUpClaim({ client, localDirectories }: { readonly client: Client; readonly localDirectories?: string }, pod: Pod, volumeName: string, claimName: string, readOnly: boolean): Promise<ClaimedVolume> {
  const namespace = pod.metadata.namespace ?? ''
  const at = (why: string) => new SetUpError('FailedMount', `Unable to attach or mount volumes: unmounted volumes=[${volumeName}], unattached volumes=[], failed to process volumes=[${volumeName}]: error processing PVC ${namespace}/${claimName}: ${why}`)
  // Asked for each time: a node may get the claims of its pods, but not watch them.
  const claim = await client.get(persistentVolumeClaim, { namespace, name: claimName }).catch((error: unknown) => {
    if (is(error, 'NotFound')) return undefined
    throw error
  })
  if (!claim) throw at(`failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`)
  if (claim.metadata.deletionTimestamp !== undefined) throw at('PVC is being deleted')
  if (claim.status?.phase !== 'Bound' || !claim.spec.volumeName) throw at('PVC is not bound')
  const volume = await boundVolume(client, claim, at)
  const device = (volume.spec.volumeMode ?? 'Filesystem') === 'Block', { hostPath, local } = volume.spec
  if (hostPath) return { path: await setUpHostPath(hostPath), readonly: readOnly, device }
  if (!local) throw new Error(`the PersistentVolume "${volume.metadata.name}" is of a type that this node does not have; it has hostPath and local`)
  await makeDirectory(volume, localDirectories)
  if (!await stat(local.path).catch(() => undefined)) throw new Error(`path "${local.path}" does not exist`)
  if (!device && !readOnly) await giveToGroup(local.path, pod.spec.securityContext?.fsGroup, { onRootMismatch: pod.spec.securityContext?.fsGroupChangePolicy === 'OnRootMismatch' })
  return { path: local.path, readonly: readOnly, device }
}

async function boundVolume(client: Client, claim: PersistentVolumeClaim, at: (why: string) => SetUpError): Promise<PersistentVolume> {
  const name = claim.spec.volumeName!
  const volume = await client.get(persistentVolume, { name }).catch((error: unknown) => {
    throw is(error, 'NotFound') ? at(`persistentvolume "${name}" not found`) : error
  })
  if (volume.spec.claimRef?.uid !== claim.metadata.uid) throw at(`the PersistentVolume "${name}" is bound to another claim`)
  return volume
}
