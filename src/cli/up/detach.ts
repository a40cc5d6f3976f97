// `up --detach`: the same command in a process of its own, which says when it is ready.
import { fork } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { openClusterDir, type ClusterPaths } from '../data-dir.ts'
import { Failure } from '../failure.ts'
import { proaVersion } from '../version.ts'
import { AlreadyRunning } from './control-plane.ts'
import type { UpReport } from './describe.ts'

/** With this in its environment, `up` reports to its parent instead of a terminal. */
export const reportsToParent = 'PROA_UP_REPORTS_TO_PARENT'
/** Real nodes may have images to unpack on their first start. */
export const readyTimeoutMs = 120_000

/** What the detached process sends. */
export type Message = { readonly progress: string } | { readonly ready: UpReport } | { readonly failed: string; readonly exitCode: 1 | 2 } | { readonly alreadyRunning: number }

/** Starts the detached process with the arguments of this one and resolves when its cluster is ready and `waitMs`, the time for its nodes, are over at the latest. Rejects with AlreadyRunning when another was quicker. */
export function startDetached(paths: ClusterPaths, progress: (step: string) => void, waitMs = 0): Promise<UpReport> {
  const { name, controlPlaneLog: logFile } = paths
  // Here, so that a folder without rights is a message and not the end of a process nobody sees.
  openClusterDir(paths, proaVersion())
  // What the process itself prints (a crash) belongs to the log as well.
  const output = openSync(logFile, 'a', 0o600)
  const program = process.argv[1]!
  const child = fork(program, process.argv.slice(2), { detached: true, stdio: ['ignore', output, output, 'ipc'], env: { ...process.env, [reportsToParent]: '1' } })
  closeSync(output)
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      process.off('SIGINT', interrupted)
      child.removeAllListeners()
      if (child.connected) child.disconnect()
      child.unref()
      act()
    }
    const interrupted = () => { settle(() => { child.kill('SIGINT'); reject(new Failure('interrupted; the cluster is stopping')) }) }
    process.once('SIGINT', interrupted)
    const timer = setTimeout(() => { settle(() => { child.kill('SIGTERM'); reject(new Failure(`the cluster was not ready within ${(readyTimeoutMs + waitMs) / 1000} s. The log is ${logFile}.`)) }) }, readyTimeoutMs + waitMs)
    child.on('message', (message: Message) => {
      if ('progress' in message) progress(message.progress)
      else if ('ready' in message) settle(() => { resolve(message.ready) })
      else if ('alreadyRunning' in message) settle(() => { reject(new AlreadyRunning(message.alreadyRunning, name)) })
      else settle(() => { reject(new Failure(message.failed, message.exitCode)) })
    })
    child.on('error', (error) => { settle(() => { reject(new Failure(`cannot start the control plane: ${error.message}`)) }) })
    child.on('exit', (code, signal) => {
      const ended = () => { settle(() => { reject(new Failure(`the control plane ended early (${signal ?? `exit ${code}`}). The log is ${logFile}.`)) }) }
      // Its last message may still be on the way.
      if (child.connected) child.once('disconnect', ended)
      else ended()
    })
  })
}

/** Sends to the parent, if it is still there: a detached cluster runs on without it. */
export function tellParent(message: Message): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => { /* the parent may be gone */ })
}
