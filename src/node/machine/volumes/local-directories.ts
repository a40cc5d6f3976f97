// Volumes that are directories below one folder of this node: made when they are first mounted, removed before their volume goes.
import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Informer, type Client } from '#client'
import { isLocalDirectory, localDirectories, persistentVolume, type PersistentVolume } from '#kinds'
import { is, type Log } from '#machinery'

const firstRetryMs = 1_000
const lastRetryMs = 60_000

/** Whether the volume is a directory of ours: straight below the folder, with the volume's own name. */
const isOurs = (volume: PersistentVolume, folder: string): boolean =>
  isLocalDirectory(volume) && /^[a-z0-9][-a-z0-9.]*$/.test(volume.metadata.name) && volume.spec.local?.path === join(folder, volume.metadata.name)

/** Everybody may write there: pods run as whoever they like. Does nothing for volumes of others. */
export async function makeDirectory(volume: PersistentVolume, folder: string | undefined): Promise<void> {
  if (folder === undefined || !isOurs(volume, folder)) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, volume.metadata.name)
  try { await mkdir(path) } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  await chmod(path, 0o777) // whatever the umask
}

export interface LocalDirectoriesOptions { readonly client: Client; readonly nodeName: string; readonly folder: string; readonly log: Log }

/** Removes directories whose volumes are on their way out, until the returned function is called. */
export function watchLocalDirectories({ client, nodeName, folder, log }: LocalDirectoriesOptions): () => void {
  const volumes = new Informer<PersistentVolume>(client, persistentVolume, { labelSelector: `${localDirectories.node}=${nodeName}` }), cancels = new Map<string, () => void>()
  const look = (name: string, tries = 0): void => {
    cancels.get(name)?.()
    cancels.delete(name)
    const volume = volumes.get({ name })
    if (!volume || !isDue(volume)) return
    void giveUp(client, volume, folder).catch((error: unknown) => {
          log.warn('the directory of a volume could not be removed; trying again', { volume: name, error })
      cancels.set(name, client.clock.after(Math.min(firstRetryMs * 2 ** tries, lastRetryMs), () => { look(name, tries + 1) }))
    })
  }
  const stop = volumes.watch(({ type, object: { metadata: { name } } }) => { if (type !== 'DELETED') look(name) })
  return () => {
    stop()
    for (const cancel of cancels.values()) cancel()
    volumes.stop()
  }
}

/** Nobody else holds the volume any more. */
const isDue = (volume: PersistentVolume): boolean => isLocalDirectory(volume) && volume.metadata.deletionTimestamp !== undefined && volume.metadata.finalizers?.join() === localDirectories.finalizer

async function giveUp(client: Client, volume: PersistentVolume, folder: string): Promise<void> {
  const { metadata, spec } = volume
  // What was to be retained stays on the disk, though the volume goes.
  if (spec.persistentVolumeReclaimPolicy === 'Delete' && isOurs(volume, folder)) await rm(join(folder, metadata.name), { recursive: true, force: true })
  await client.patch(persistentVolume, metadata, 'merge', { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: null } }).catch((error: unknown) => {
    if (!is(error, 'NotFound') && !is(error, 'Conflict')) throw error // with a conflict another version is on its way to us
  })
}
