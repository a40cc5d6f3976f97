// Directories of the machine that were volumes with the policy Delete.
import { realpath, rm } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path'

const below = '/tmp/'

/** Removes a directory below /tmp with what is in it. A path that leads elsewhere, through links too, is left alone. */
export async function removeDirectory(path: string): Promise<void> {
  const plain = normalize(path)
  if (!plain.startsWith(below) || plain === below) return
  let parent
  try { parent = await realpath(dirname(plain)) } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (`${parent}/`.startsWith(below)) await rm(join(parent, basename(plain)), { recursive: true, force: true })
}
