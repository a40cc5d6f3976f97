// fsGroup: a volume that belongs to a group of the pod's.
import { chmod, lchown, lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const readWrite = 0o660, readOnly = 0o440, enter = 0o2110

/** Gives everything in a folder to the group, readable (and writable), and what is made in its folders later too. Without a group nothing happens. */
export async function giveToGroup(path: string, group: number | undefined, options: { readonly?: boolean; onRootMismatch?: boolean } = {}): Promise<void> {
  if (group === undefined) return
  const mask = options.readonly ? readOnly : readWrite
  if (options.onRootMismatch) {
    const { gid, mode } = await stat(path)
    if (gid === group && (mode & (mask | enter)) === (mask | enter)) return
  }
  await give(path, group, mask)
}
async function give(path: string, group: number, mask: number): Promise<void> {
  const found = await lstat(path)
  if (found.isDirectory()) for (const name of await readdir(path)) await give(join(path, name), group, mask)
  await lchown(path, found.uid, group)
  if (!found.isSymbolicLink()) await chmod(path, (found.mode & 0o7777) | mask | (found.isDirectory() ? enter : 0)) // folders last: from then on they are complete
}
