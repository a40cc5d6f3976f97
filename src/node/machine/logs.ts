// Where containers' output is kept, and what containers leave as their last words.
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '#kinds'
import { isRuntimeError, type Runtime } from '../runtime/runtime.ts'
import { podLogFolder, podUidOfLogFolder, type MachineFolders } from './pod-folders.ts'

const mostMessageBytes = 4096
/** Of the log, when there is no message. */
const mostLogLines = 80
const mostLogBytes = 2048

/** Relative to the pod's log folder. */
export const containerLogPath = (container: string, attempt: number): string => join(container, `${attempt}.log`)

export const makePodLogs = (dirs: MachineFolders, pod: Pod): Promise<unknown> => mkdir(podLogFolder(dirs, pod), { recursive: true, mode: 0o755 })
export const makeContainerLogs = (dirs: MachineFolders, pod: Pod, container: string): Promise<unknown> => mkdir(join(podLogFolder(dirs, pod), container), { recursive: true, mode: 0o755 })

/** Uids of pods that have logs. */
export async function podsWithLogs({ logs }: MachineFolders): Promise<string[]> {
  return (await readdir(logs).catch(() => [])).map(podUidOfLogFolder).filter((uid) => uid !== undefined)
}
export async function removePodLogs({ logs }: MachineFolders, uid: string): Promise<void> {
  for (const name of await readdir(logs).catch(() => [])) if (podUidOfLogFolder(name) === uid) await rm(join(logs, name), { recursive: true, force: true })
}

/** The beginning of a termination message file; '' when there is none. */
export async function readTerminationMessage(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostMessageBytes), 0, mostMessageBytes, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally { await file.close() }
}

/** The end of a container's log; '' when there is none. */
export async function endOfLog(runtime: Runtime, id: string): Promise<string> {
  let end: Uint8Array = new Uint8Array()
  try {
    for await (const piece of runtime.containerLog(id, { tailLines: mostLogLines })) end = Buffer.concat([end, piece]).subarray(-mostLogBytes)
  } catch (error) { if (!isRuntimeError(error, 'NotFound')) throw error }
  return Buffer.from(end).toString('utf8')
}
