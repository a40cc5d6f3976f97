// Remembers the control plane's process between commands. A process number alone may belong to somebody else after a
// while, so the time at which the process started is kept with it.
import { spawnSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { writeFileAtomically } from './data-dir.ts'
import { systemCode } from './failure.ts'

/** What other commands know about a running control plane. */
export interface ControlPlane {
  readonly pid: number
  readonly startedAt: string
  readonly program: string
  /** Absent until it is ready. */
  readonly server?: string
  /** The kubeconfig into which the context was written, if one was. */
  readonly kubeconfig?: string
  readonly containerdNodes?: number
  readonly simulatedNodes?: number
}

/** Claims the file for this process; returns the control plane that holds it already, if one does. */
export function claimPidFile(file: string, program: string): ControlPlane | undefined {
  const mine: ControlPlane = { pid: process.pid, startedAt: startTime(process.pid) ?? '', program }
  // Linked into place, so that nobody ever reads a file that is still empty and takes it for a damaged one.
  const own = `${file}.${process.pid}.claim`
  writeFileSync(own, `${JSON.stringify(mine)}\n`, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (linked(own, file)) return undefined
      const holder = readPidFile(file)
      if (holder) return holder
      clear(file)
    }
    return readPidFile(file)
  } finally { rmSync(own, { force: true }) }
}

function linked(from: string, to: string): boolean {
  try { linkSync(from, to); return true } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    return false
  }
}

/** Takes away a file whose process is gone (killed, or the machine was switched off); puts it back if another has claimed it meanwhile. */
function clear(file: string): void {
  const aside = `${file}.${process.pid}.old`
  try { renameSync(file, aside) } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw error
  }
  if (readPidFile(aside)) linked(aside, file)
  rmSync(aside, { force: true })
}

/** Adds what became known; only the process that claimed the file does this. */
export function updatePidFile(file: string, known: Omit<ControlPlane, 'pid' | 'startedAt'>): void {
  writeFileAtomically(file, `${JSON.stringify({ pid: process.pid, startedAt: startTime(process.pid) ?? '', ...known })}\n`, 0o600)
}

/** The process that a file remembers, if exactly that one still runs. */
export function readPidFile(file: string): ControlPlane | undefined {
  const remembered = readRemembered(file)
  return remembered && isRunning(remembered) ? remembered : undefined
}

/** What the file says, whether or not the process still runs. */
export function readRemembered(file: string): ControlPlane | undefined {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as ControlPlane
    return Number.isInteger(read.pid) && read.pid > 1 ? read : undefined
  } catch {
    return undefined    // absent or damaged: nothing to trust
  }
}

/** Whether exactly this process runs. */
export const isRunning = ({ pid, startedAt }: { pid: number; startedAt: string }): boolean => {
  const now = startTime(pid)
  return now !== undefined && now === startedAt
}

export const removePidFile = (file: string): void => { rmSync(file, { force: true }) }

/** Ends a process: SIGTERM, SIGKILL after `graceMs`. Returns whether it had to be killed; resolves when it is gone. */
export async function endProcess(target: { pid: number; startedAt: string }, graceMs: number): Promise<{ killed: boolean }> {
  for (const [signal, patienceMs] of [['SIGTERM', graceMs], ['SIGKILL', 5000]] as const) {
    try { process.kill(target.pid, signal) } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error
    }
    // It is not our child, so nobody tells us; look every few milliseconds.
    const until = performance.now() + patienceMs
    for (let wait = 5; performance.now() < until; wait = Math.min(wait * 2, 100)) {
      if (!isRunning(target)) return { killed: signal === 'SIGKILL' }
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  return { killed: true }
}

/** When a process started, in whatever form the system says it; undefined when there is none. */
export function startTime(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // The name in parentheses may hold anything; field 3 follows the last one, field 22 is the start in ticks since boot.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (fields[0] === 'Z' || fields[0] === 'X') return undefined
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
    } catch {
      return undefined
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000, env: { ...process.env, LC_ALL: 'C' } })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
