// Files that change all at once: they lie in a folder of their own, `..data` points to it, and every name in the volume points through `..data`.
import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { Clock, Random } from '#machinery'
import type { Payload, PayloadFile } from './payload.ts'

const dataLink = '..data', newDataLink = '..data_tmp'
/** What the pod's group gets besides: reading, and entering folders. */
const groupReads = 0o440, groupEnters = 0o2550

export interface WriteOptions { readonly clock: Clock; readonly random: Random; /** The group that the files shall belong to (fsGroup). */ readonly group?: number | undefined }

/** Makes the volume hold exactly these files. Readers see all old ones or all new ones. Says whether anything changed. */
export async function writePayload(directory: string, payload: Payload, options: WriteOptions): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path)
  await mkdir(directory, { recursive: true })
  await chmod(directory, options.group === undefined ? 0o777 : 0o2777)
  if (options.group !== undefined) await chown(directory, 0, options.group)
  const now = await readlink(join(directory, dataLink)).catch(() => undefined)
  const current = now !== undefined && await holds(join(directory, now), payload, options.group)
  if (!current) {
    const fresh = freshName(options)
    await writeAll(join(directory, fresh), payload, options.group)
    await rm(join(directory, newDataLink), { force: true })
    await symlink(fresh, join(directory, newDataLink))
    await rename(join(directory, newDataLink), join(directory, dataLink))
  }
  await linkNames(directory, payload)
  if (!current) await removeOld(directory, await readlink(join(directory, dataLink)))
  return !current
}

function checkPath(path: string): void {
  const parts = path.split('/')
  if (path === '' || isAbsolute(path) || parts.includes('..') || parts[0]!.startsWith('..') || Buffer.byteLength(path) > 4096) throw new Error(`invalid path: ${path}`)
}
function freshName({ clock, random }: WriteOptions): string {
  const [date, time] = new Date(clock.now()).toISOString().split('T') as [string, string]
  return `..${date.replaceAll('-', '_')}_${time.slice(0, 8).replaceAll(':', '_')}.${Math.floor(random() * 1e9)}${Math.floor(random() * 1e9)}`
}
const modeOf = ({ mode }: PayloadFile, group: number | undefined): number => (group === undefined ? mode : mode | groupReads)

async function writeAll(directory: string, payload: Payload, group: number | undefined): Promise<void> {
  const folder = async (path: string) => {
    if (await mkdir(path, { recursive: true, mode: 0o755 }) === undefined || group === undefined) return
    await chown(path, 0, group)
    await chmod(path, 0o755 | groupEnters)
  }
  await folder(directory)
  for (const [path, file] of payload) {
    const full = join(directory, path)
    let parent = directory
    for (const part of dirname(path) === '.' ? [] : dirname(path).split('/')) await folder(parent = join(parent, part))
    await writeFile(full, file.content, { mode: 0o600 })
    if (file.user !== undefined || group !== undefined) await chown(full, file.user ?? 0, group ?? 0)
    await chmod(full, modeOf(file, group)) // after chown, and whatever the umask
  }
}

/** Whether the folder holds these very files: names, contents and modes. */
async function holds(directory: string, payload: Payload, group: number | undefined): Promise<boolean> {
  try {
    const there = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((e) => !e.isDirectory())
    if (there.length !== payload.size) return false
    for (const [path, file] of payload) {
      const full = join(directory, path)
      if (((await stat(full)).mode & 0o7777) !== modeOf(file, group) || !(await readFile(full)).equals(file.content)) return false
    }
    return true
  } catch { return false }
}

/** Each first part of a path is a link through `..data`; links to what is gone go. */
async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!))
  for (const name of wanted) {
    const full = join(directory, name)
    if (await lstat(full).catch(() => undefined)) continue
    await symlink(join(dataLink, name), full)
  }
  for (const name of await readdir(directory)) if (!name.startsWith('..') && !wanted.has(name)) await unlink(join(directory, name)).catch(() => {})
}
async function removeOld(directory: string, current: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name.startsWith('..') && name !== dataLink && name !== current) await rm(join(directory, name), { recursive: true, force: true })
}
