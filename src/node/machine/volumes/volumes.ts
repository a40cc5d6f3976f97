// The volumes of all pods of this machine.
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { configMap, secret, type ConfigMap, type Pod, type Secret } from '#kinds'
import type { Clock, Kind, Log, Random } from '#machinery'
import type { Client } from '#client'
import type { AnyContainer } from '../../pods/environment.ts'
import type { Mount } from '../../runtime/values.ts'
import { ObjectCache } from '../object-cache.ts'
import { memoryFolder, PodFolders } from '../pod-folders.ts'
import { referencesOf } from '../references.ts'
import { ServiceAccountTokens } from '../tokens.ts'
import { TrustBundles } from '../trust-bundles.ts'
import { containerMounts } from './container-mounts.ts'
import { linuxMounter, type Mounter } from './mounter.ts'
import { setUpVolumes, type ReadyVolume, type VolumeParts } from './set-up.ts'

export interface VolumesOptions {
  readonly client: Client
  readonly nodeName: string
  readonly clock: Clock
  readonly log: Log
  /** A folder per pod, named by uid; `.memory` beside them lies in memory. */
  readonly podsDir: string
  /** Where volumes are that are directories of this node; absent: it makes none. */
  readonly localDirectories?: string
  readonly hostIPs: readonly string[]
  /** Default the client's. */
  readonly random?: Random
  /** What a container without limits has at most, by resource; default the machine's processors and memory. */
  readonly allocatable?: Readonly<Record<string, string>>
  /** Default Linux' mount. */
  readonly mounter?: Mounter
}

export interface Volumes {
  /** Makes every volume of the pod ready and its files up to date. Idempotent; not twice at once for one pod. Rejects with SetUpError('FailedMount'). */
  setUp(pod: Pod): Promise<void>
  /** The container's volumeMounts; `env` is its environment, for subPathExpr. Rejects with SetUpError('CreateContainerConfigError'). */
  mounts(pod: Pod, container: AnyContainer, env?: ReadonlyMap<string, string>): Promise<readonly Mount[]>
  /** Raw devices of claims by volume name, for volumeDevices. */
  devices(pod: Pod): ReadonlyMap<string, string>
  /** Calls back when setUp should run again: something that the pod refers to has changed, or a token must be renewed. */
  onChange(changed: (podUid: string) => void): void
  /** Unmounts and removes the pod's volumes, and its folder when nothing else lies there. Idempotent. Rejects when something stays mounted: try again later. */
  tearDown(podUid: string): Promise<void>
  /** Uids of pods of which something lies here. */
  present(): Promise<string[]>
  /** For environment variables and image credentials: undefined when there is none. Rejects with ApiError. */
  object(kind: 'configmap', namespace: string, name: string): Promise<ConfigMap | undefined>
  object(kind: 'secret', namespace: string, name: string): Promise<Secret | undefined>
  /** Ends watches and timers; what is mounted stays. */
  stop(): void
}

export function createVolumes(options: VolumesOptions): Volumes {
  const { client, nodeName, clock, log, podsDir, hostIPs, random = client.random, mounter = linuxMounter } = options
  const allocatable = options.allocatable ?? { cpu: String(availableParallelism()), memory: String(totalmem()) }
  const listeners: ((podUid: string) => void)[] = []
  const tell = (podUid: string) => { for (const changed of listeners) changed(podUid) }
  const objects = new ObjectCache(client, tell), tokens = new ServiceAccountTokens({ client, clock, random, stale: tell }), bundles = new TrustBundles(client, tell)
  const ready = new Map<string, ReadonlyMap<string, ReadyVolume>>()
  const foldersOf = (uid: string) => new PodFolders({ pods: podsDir, logs: '' }, uid)

  let memory: Promise<void> | undefined
  const inMemory = () => memory ??= (async () => {
    await mkdir(memoryFolder(podsDir), { recursive: true, mode: 0o750 })
    await mounter.tmpfs(memoryFolder(podsDir), { mode: 0o750 })
  })().catch((error: unknown) => { memory = undefined; throw error })

  const parts: VolumeParts = { client, clock, random, objects, tokens, bundles, place: { nodeName, hostIPs }, allocatable, memoryOfNode: totalmem(), mounter, inMemory, ...(options.localDirectories !== undefined && { localDirectories: options.localDirectories }) }

  return {
    async setUp(pod) {
      const { uid, namespace = '' } = pod.metadata, folders = foldersOf(uid)
      for (const { kind, name } of referencesOf(pod)) objects.expect(uid, kind, namespace, name)
      await mkdir(folders.root, { recursive: true, mode: 0o750 })
      ready.set(uid, await setUpVolumes(parts, pod, folders))
    },
    async mounts(pod, container, env = literals(container)) {
      const { uid } = pod.metadata
      return await containerMounts(container, { volumes: ready.get(uid) ?? new Map<string, ReadyVolume>(), folders: foldersOf(uid), mounter, env })
    },
    devices: (pod) => new Map([...ready.get(pod.metadata.uid) ?? []].filter(([, v]) => v.device).map(([name, { path }]) => [name, path])),
    onChange(changed) { listeners.push(changed) },
    async tearDown(podUid) {
      const folders = foldersOf(podUid)
      objects.release(podUid)
      tokens.release(podUid)
      bundles.release(podUid)
      ready.delete(podUid)
      // Nothing is removed as long as a file system of somebody else's may lie below.
      await mounter.unmountAll(folders.root)
      await Promise.all([folders.volumes, folders.subPaths, folders.memory].map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })))
      await rmdir(folders.root).catch(() => {}) // other files of the pod may lie there
      log.debug('the volumes of a pod are gone', { uid: podUid })
    },
    async present() {
      const found = await Promise.all([podsDir, memoryFolder(podsDir)].map((path) => namesIn(path)))
      return [...new Set(found.flat())].filter((name) => !name.startsWith('.'))
    },
    object: (async (kind: 'configmap' | 'secret', namespace: string, name: string) =>
      await objects.get<ConfigMap | Secret>((kind === 'configmap' ? configMap : secret) as Kind<ConfigMap | Secret>, namespace, name)) as Volumes['object'],
    stop() {
      objects.stop()
      tokens.stop()
      bundles.stop()
    },
  }
}

const literals = ({ env = [] }: AnyContainer): Map<string, string> => new Map(env.filter((e) => e.value !== undefined).map(({ name, value }) => [name, value!]))
async function namesIn(path: string): Promise<string[]> {
  try { return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name) } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
