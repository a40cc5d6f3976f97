// hostPath: a file or folder of the machine. The runtime would make what is missing without a word, so types are looked at here.
import { mkdir, open, stat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import type { HostPathVolumeSource } from '#kinds'

type Check = readonly [fits: (found: Stats) => boolean, otherwise: string]
const checks: Readonly<Record<string, Check>> = {
  Directory: [(s) => s.isDirectory(), 'is not a directory'],
  DirectoryOrCreate: [(s) => s.isDirectory(), 'is not a directory'],
  File: [(s) => s.isFile(), 'is not a file'],
  FileOrCreate: [(s) => s.isFile(), 'is not a file'],
  Socket: [(s) => s.isSocket(), 'is not a socket file'],
  CharDevice: [(s) => s.isCharacterDevice(), 'is not a character device'],
  BlockDevice: [(s) => s.isBlockDevice(), 'is not a block device'],
}

/** Throws with the reference's words when the path is not what the pod says it is. */
export async function setUpHostPath({ path, type = '' }: HostPathVolumeSource): Promise<string> {
  if (type === '') return path
  const check = checks[type]
  if (!check) throw new Error(`unknown hostPath type ${JSON.stringify(type)}`)
  let found = await stat(path).catch(() => undefined)
  if (!found && type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 })
  if (!found && type === 'FileOrCreate') await (await open(path, 'a', 0o644)).close()
  found ??= await stat(path).catch(() => undefined)
  if (!found || !check[0](found)) throw new Error(`hostPath type check failed: ${path} ${check[1]}`)
  return path
}
