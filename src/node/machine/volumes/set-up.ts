// A pod's volumes, made ready one by one.
import type { Pod, ProjectedVolumeSource, Volume } from '#kinds'
import type { Clock, Random } from '#machinery'
import type { Client } from '#client'
import { SetUpError } from '../../pods/environment.ts'
import type { PodFolders } from '../pod-folders.ts'
import { setUpClaim } from './claim.ts'
import { setUpEmptyDir } from './empty-dir.ts'
import { setUpHostPath } from './host-path.ts'
import type { Mounter } from './mounter.ts'
import { bundleFiles, configMapFiles, downwardFiles, secretFiles, tokenFiles, type Payload, type PayloadFile, type PayloadSources } from './payload.ts'
import { writePayload } from './write-payload.ts'

/** A volume as containers get it. */
export interface ReadyVolume {
  readonly path: string
  /** Never writable, whatever the container asks for. */
  readonly readonly: boolean
  /** A raw device, for volumeDevices. */
  readonly device?: boolean
}

export interface VolumeParts extends PayloadSources {
  readonly client: Client
  /** Where volumes are that are directories of this node. */
  readonly localDirectories?: string
  readonly clock: Clock
  readonly random: Random
  /** Bytes. */
  readonly memoryOfNode: number
  readonly mounter: Mounter
  /** Makes the file system in memory ready on which secrets lie. */
  readonly inMemory: () => Promise<void>
}

const defaultMode = 0o644

/** All volumes at once. Rejects with the first SetUpError, when all are done. */
export async function setUpVolumes(parts: VolumeParts, pod: Pod, folders: PodFolders): Promise<ReadonlyMap<string, ReadyVolume>> {
  const ready = new Map<string, ReadyVolume>()
  const done = await Promise.allSettled((pod.spec.volumes ?? []).map(async (volume) => {
    try { ready.set(volume.name, await setUp(parts, pod, volume, folders)) } catch (error) {
      if (error instanceof SetUpError) throw error
      throw new SetUpError('FailedMount', `MountVolume.SetUp failed for volume "${volume.name}" : ${error instanceof Error ? error.message : String(error)}`, error)
    }
  }))
  for (const result of done) if (result.status === 'rejected') throw result.reason
  return ready
}

async function setUp(parts: VolumeParts, pod: Pod, volume: Volume, folders: PodFolders): Promise<ReadyVolume> {
  const { name } = volume, onDisk = folders.volume(name), inMemory = folders.memoryVolume(name)
  const write = async (path: string, payload: Payload): Promise<ReadyVolume> => {
    if (path === inMemory) await parts.inMemory()
    await writePayload(path, payload, { clock: parts.clock, random: parts.random, group: pod.spec.securityContext?.fsGroup })
    return { path, readonly: true }
  }
  if (volume.emptyDir) {
    await setUpEmptyDir(onDisk, volume.emptyDir, pod, parts)
    return { path: onDisk, readonly: false }
  }
  if (volume.hostPath) return { path: await setUpHostPath(volume.hostPath), readonly: false }
  if (volume.configMap) return await write(onDisk, await configMapFiles(parts, pod, volume.configMap, volume.configMap.defaultMode ?? defaultMode))
  if (volume.secret) {
    const { secretName = '', defaultMode: mode = defaultMode, ...rest } = volume.secret
    return await write(inMemory, await secretFiles(parts, pod, { ...rest, name: secretName }, mode))
  }
  if (volume.downwardAPI) return await write(onDisk, downwardFiles(parts, pod, volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? defaultMode))
  if (volume.projected) return await write(inMemory, await projectedFiles(parts, pod, volume.projected))
  if (volume.persistentVolumeClaim) return await setUpClaim(parts, pod, name, volume.persistentVolumeClaim.claimName, volume.persistentVolumeClaim.readOnly ?? false)
  if (volume.ephemeral) return await setUpClaim(parts, pod, name, `${pod.metadata.name}-${name}`, false)
  const type = Object.keys(volume).find((key) => key !== 'name' && volume[key as keyof Volume] !== undefined)
  if (type === undefined) { // an empty source is an emptyDir
    await setUpEmptyDir(onDisk, {}, pod, parts)
    return { path: onDisk, readonly: false }
  }
  throw new SetUpError('FailedMount', `volume "${name}": ${type} volumes are not supported yet; this node has configMap, downwardAPI, emptyDir, hostPath, persistentVolumeClaim (hostPath, local), projected and secret`)
}

/** All sources in one volume; of two with the same path the later one counts. */
async function projectedFiles(parts: PayloadSources, pod: Pod, { sources = [], defaultMode: mode = defaultMode }: ProjectedVolumeSource): Promise<Payload> {
  const files = new Map<string, PayloadFile>(), problems: string[] = []
  const each = await Promise.allSettled(sources.map(async (source): Promise<Payload> => {
    if (source.configMap) return configMapFiles(parts, pod, source.configMap, mode)
    if (source.secret) return secretFiles(parts, pod, source.secret, mode)
    if (source.downwardAPI) return downwardFiles(parts, pod, source.downwardAPI.items ?? [], mode)
    if (source.serviceAccountToken) return tokenFiles(parts, pod, source.serviceAccountToken, mode)
    if (source.clusterTrustBundle) return bundleFiles(parts, pod, source.clusterTrustBundle, mode)
    throw new Error(`projected sources of type ${Object.keys(source)[0] ?? ''} are not there on this node; it has clusterTrustBundle, configMap, downwardAPI, secret and serviceAccountToken`)
  }))
  for (const result of each) {
    if (result.status === 'rejected') problems.push(result.reason instanceof Error ? result.reason.message : String(result.reason))
    else for (const [path, file] of result.value) files.set(path, file)
  }
  if (problems.length === 1) throw new Error(problems[0])
  if (problems.length > 1) throw new Error(`[${problems.join(', ')}]`)
  return files
}
