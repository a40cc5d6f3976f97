import { readFile, rename, rm, writeFile } from 'node:fs/promises'

/** A process that may outlive the one that started it. A process number alone may meanwhile belong to somebody else. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot at which it started: field 22 of /proc/<pid>/stat. */
  readonly startTime: string
  readonly bootId: string
}

/** What identifies a running process; undefined when there is none with this number, or only its zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, bootId] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile('/proc/sys/kernel/random/boot_id', 'utf8')])
    // The name in parentheses may hold anything; what follows the last one is separated by spaces, from field 3 on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return { pid, startTime: fields[19] ?? '', bootId: bootId.trim() }
  } catch {
    return undefined
  }
}

/** Whether exactly this process still runs. */
export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  const now = await identify(process.pid)
  return now !== undefined && now.startTime === process.startTime && now.bootId === process.bootId
}

/** The command line of a process, [] when it is gone. */
export async function commandLine(pid: number): Promise<readonly string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** Remembers a process in a file, whole or not at all. */
export async function writePidFile(path: string, process: ProcessIdentity): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(process), { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** The process a file remembers, if it still runs and its command line holds `argument`; else undefined. */
export async function readPidFile(path: string, argument: string): Promise<ProcessIdentity | undefined> {
  let process: ProcessIdentity
  try {
    process = JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity
  } catch {
    return undefined    // absent, or damaged: nothing to trust
  }
  if (!Number.isInteger(process.pid) || process.pid <= 1 || !await isAlive(process)) return undefined
  return (await commandLine(process.pid)).includes(argument) ? process : undefined
}

export const removePidFile = (path: string): Promise<void> => rm(path, { force: true })

/**
 * Sends a signal and waits for the end; SIGKILL after `graceMs`. Processes that are not our children tell nobody when
 * they end, so this looks every few milliseconds. Returns whether it is gone.
 */
export async function endProcess(target: ProcessIdentity, graceMs: number): Promise<boolean> {
  for (const [signal, patience] of [['SIGTERM', graceMs], ['SIGKILL', 5_000]] as const) {
    if (!await isAlive(target)) return true
    try { process.kill(target.pid, signal) } catch { return !await isAlive(target) }
    const until = performance.now() + patience
    for (let wait = 2; performance.now() < until; wait = Math.min(wait * 2, 50)) {
      await new Promise((resolve) => setTimeout(resolve, wait))
      if (!await isAlive(target)) return true
    }
  }
  return !await isAlive(target)
}
