// Where a container sees its pod's volumes.
import { join } from 'node:path'
import type { VolumeMount } from '#kinds'
import { SetUpError, type AnyContainer } from '../../pods/environment.ts'
import type { Mount } from '../../runtime/values.ts'
import { expand } from '../expand.ts'
import { safe, type PodFolders } from '../pod-folders.ts'
import type { Mounter } from './mounter.ts'
import type { ReadyVolume } from './set-up.ts'
import { checkSubPath, holdSubPath } from './sub-path.ts'

export interface MountContext {
  readonly volumes: ReadonlyMap<string, ReadyVolume>
  readonly folders: PodFolders
  readonly mounter: Mounter
  /** The container's environment, for subPathExpr. */
  readonly env: ReadonlyMap<string, string>
}

const propagations: Readonly<Record<string, Mount['propagation']>> = { HostToContainer: 'hostToContainer', Bidirectional: 'bidirectional' }

/** In the order of volumeMounts. Rejects with SetUpError. */
export async function containerMounts(container: AnyContainer, context: MountContext): Promise<readonly Mount[]> {
  const mounts: Mount[] = []
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = context.volumes.get(mount.name)
    if (!volume || volume.device) throw wrong(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    const readonly = volume.readonly || (mount.readOnly ?? false), propagation = propagations[mount.mountPropagation ?? '']
    const recursive = readonly && (mount.recursiveReadOnly === 'Enabled' || mount.recursiveReadOnly === 'IfPossible')
    mounts.push({
      containerPath: absolute(mount.mountPath), hostPath: await source(container, mount, index, volume, context),
      ...(readonly && { readonly }), ...(recursive && { recursiveReadOnly: true }), ...(propagation && { propagation }),
    })
  }
  return mounts
}

async function source(container: AnyContainer, mount: VolumeMount, index: number, volume: ReadyVolume, { folders, mounter, env }: MountContext): Promise<string> {
  const subPath = mount.subPathExpr ? expanded(mount.subPathExpr, env) : mount.subPath ?? ''
  if (subPath === '') return volume.path
  try { checkSubPath(subPath) } catch (error) { throw wrong((error as Error).message, error) }
  try {
    const held = await holdSubPath(volume.path, subPath)
    // Nobody but this node writes to a volume that is always read-only: there its path can be used as it is.
    try { return volume.readonly ? held.path : await mounter.bind(held, join(folders.subPaths, safe(mount.name), safe(container.name), String(index))) }
    finally { await held.release() }
  } catch (error) {
    // What exactly was wrong could tell the pod about the machine's files.
    throw wrong(`failed to prepare subPath for volumeMount "${mount.name}" of container "${container.name}"`, error)
  }
}

function expanded(text: string, env: ReadonlyMap<string, string>): string {
  const missing: string[] = []
  const result = expand(text, (name) => env.get(name) ?? (missing.push(name), ''))
  if (missing.length) throw wrong(`missing value for ${missing.map((name) => `"${name}"`).join(', ')}`)
  return result
}
const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`)
const wrong = (message: string, cause?: unknown): SetUpError => new SetUpError('CreateContainerConfigError', message, cause)
