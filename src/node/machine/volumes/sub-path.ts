// subPath: a part of a volume, found so that no link in it leads elsewhere, not even one that a container makes at this very moment.
import { constants, type Stats } from 'node:fs'
import { chmod, mkdir, open, realpath, stat, type FileHandle } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Says where a file is without opening it (open(2)); not among Node's constants. */
const O_PATH = 0o10000000
const hold = O_PATH | constants.O_NOFOLLOW

/** Throws in the reference's words unless `subPath` is one that stays below, as it is written. */
export function checkSubPath(subPath: string): void {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`)
  if (subPath.split('/').includes('..')) throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`)
}

export interface HeldPath {
  readonly kind: 'folder' | 'file'
  /** Where it is, without links. */
  readonly path: string
  /** Leads to it, whatever happens to its name, as long as it is held; for other processes too. */
  readonly handle: string
  release(): Promise<void>
}

/** Holds the part of `volume`, made as folders when missing. Throws when it would be outside. */
export async function holdSubPath(volume: string, subPath: string): Promise<HeldPath> {
  checkSubPath(subPath)
  const root = await realpath(volume), wanted = subPath.split('/').filter((part) => part !== '' && part !== '.')
  const missing: string[] = []
  let inside: string | undefined
  while (inside === undefined) {
    inside = await realpath(join(root, ...wanted)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || wanted.length === 0) throw error
      return undefined
    })
    if (inside === undefined) missing.unshift(wanted.pop()!)
  }
  const way = relative(root, inside)
  if (way.split('/')[0] === '..' || way.startsWith('/')) throw new Error(`${subPath} leads out of the volume`)
  const { mode } = await stat(root)
  let at = await open(root, hold)
  try {
    // The way without links is walked step by step; a link that has come since is refused.
    for (const name of way.split('/').filter(Boolean)) at = await step(at, name)
    for (const name of missing) {
      await mkdir(`${pathOf(at)}/${name}`)
      at = await step(at, name)
      await chmod(pathOf(at), mode & 0o7777)
    }
    const found = await at.stat()
    return { kind: found.isDirectory() ? 'folder' : 'file', path: join(inside, ...missing), handle: `/proc/${process.pid}/fd/${at.fd}`, release: () => at.close() }
  } catch (error) {
    await at.close().catch(() => {})
    throw error
  }
}

const pathOf = (held: FileHandle): string => `/proc/self/fd/${held.fd}`

/** One step further; the step before is let go. */
async function step(from: FileHandle, name: string): Promise<FileHandle> {
  const next = await open(`${pathOf(from)}/${name}`, hold)
  const found: Stats = await next.stat()
  if (found.isSymbolicLink()) {
    await next.close()
    throw new Error(`${name} is a link`)
  }
  await from.close()
  return next
}
