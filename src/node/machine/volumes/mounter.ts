// Mounting on this machine.
import { execFile } from 'node:child_process'
import { mkdir, open, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { mountPoints } from '../../runtime/node-namespaces.ts'
import type { HeldPath } from './sub-path.ts'

/** What volumes need to mount. */
export interface Mounter {
  /** A file system in memory at `dir`, which exists; nothing happens when one is mounted there. No size is half of the memory. Says whether it is new. */
  tmpfs(dir: string, options: { readonly sizeBytes?: number; readonly mode: number }): Promise<boolean>
  /** Makes what is held visible at `target`, in the place of what was mounted there; answers the path to use. */
  bind(source: HeldPath, target: string): Promise<string>
  /** Unmounts everything at and below `dir`, inner mounts first. Rejects when something stays. */
  unmountAll(dir: string): Promise<void>
}

const run = promisify(execFile)
const patience = { timeout: 10_000 }

export const linuxMounter: Mounter = {
  async tmpfs(dir, { sizeBytes, mode }) {
    if ((await mountPoints(dir)).includes(dir)) return false
    await mount(['-t', 'tmpfs', '-o', `${sizeBytes === undefined ? '' : `size=${sizeBytes},`}mode=${mode.toString(8)},nosuid,nodev`, 'tmpfs', dir])
    return true
  },
  async bind({ handle, kind }, target) {
    // Containers that run keep what they see.
    if ((await mountPoints(target)).includes(target)) await unmount(target)
    await makeTarget(target, kind)
    await mount(['--no-canonicalize', '--bind', handle, target])
    return target
  },
  async unmountAll(dir) {
    for (const path of (await mountPoints(dir)).toReversed()) await unmount(path)
    const [left] = await mountPoints(dir)
    if (left !== undefined) throw new Error(`${left} is still mounted; unmount it by hand if this goes on`)
  },
}

/** For machines on which nothing may be mounted: memory is a folder on disk, and what would be bound is used where it lies. */
export const withoutMounts: Mounter = {
  tmpfs: async () => false,
  bind: async ({ path }) => path,
  async unmountAll() {},
}

async function mount(args: readonly string[]): Promise<void> {
  try { await run('mount', args, patience) } catch (error) {
    throw new Error(`mount failed: ${complaintOf(error)}`, { cause: error })
  }
}
/** At once when nobody uses it; else it vanishes for new users and ends with its last one. */
async function unmount(path: string): Promise<void> {
  try { await run('umount', ['--', path], patience) } catch { await run('umount', ['--lazy', '--', path], patience).catch(() => {}) } // whoever asked looks whether it is gone
}
const complaintOf = (error: unknown): string => (error as { stderr?: string }).stderr?.trim() || (error instanceof Error ? error.message : String(error))

/** Something of the right kind to mount over. What else lies there is empty: it was made here. */
async function makeTarget(target: string, kind: HeldPath['kind']): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o750 })
  if (kind === 'folder') return void await mkdir(target, { recursive: true, mode: 0o750 })
  await rmdir(target).catch(() => {})
  await (await open(target, 'a', 0o640)).close()
}
