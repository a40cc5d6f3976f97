import { pathsOf } from './cluster-options.ts'
import { checkLayout, clusterExists, removeClusterDir } from './data-dir.ts'
import { Failure, systemCode } from './failure.ts'
import { openFileLog } from './file-log.ts'
import { deleteContext, kubeconfigFiles } from './kubeconfig-file.ts'
import { endProcess, readPidFile, readRemembered, removePidFile } from './pid-file.ts'
import type { Terminal } from './terminal.ts'
import { assembly } from './up/run-up.ts'

/** A control plane has this long to finish what it acknowledged. */
const graceMs = 30_000

interface DownValues { readonly name: string; readonly dataDir: string | undefined; readonly deleteData: boolean; readonly kubeconfig: string | undefined }

/** `down`: the control plane first, so that it does not see its nodes go; then the nodes, the context, the data. */
export async function runDown(values: DownValues, terminal: Terminal): Promise<number> {
  const paths = pathsOf(values)
  checkLayout(paths)
  if (!clusterExists(paths)) {
    terminal.out(`there is no cluster ${values.name} in ${paths.dataDir}`)
    return 0
  }
  const remembered = readRemembered(paths.pidFile)
  const running = readPidFile(paths.pidFile)
  const progress = terminal.progress(`stopping cluster ${values.name}`)
  try {
    if (running) {
      try {
        const { killed } = await endProcess(running, graceMs)
        if (killed) terminal.note(`the control plane did not stop within ${graceMs / 1000} s and was killed`)
      } catch (error) {
        if (systemCode(error) === 'EPERM') throw new Failure(`cluster ${values.name} belongs to another user (process ${running.pid}). Run ./proa down as that user.`)
        throw error
      }
    }
    const { log, close } = openFileLog(paths.controlPlaneLog, { level: 'info', now: Date.now })
    try {
      await (await assembly()).stopNodes(paths, { log, progress: (step) => { progress.update(step) } })
    } finally { close() }
    removePidFile(paths.pidFile)
    const removedFrom = new Set<string>()
    for (const files of [kubeconfigFiles(values.kubeconfig), ...(remembered?.kubeconfig && values.kubeconfig === undefined ? [[remembered.kubeconfig]] : [])]) {
      try {
        for (const file of await deleteContext(files, values.name)) removedFrom.add(file)
      } catch (error) {
        // The cluster is down all the same; a kubeconfig that cannot be read is no reason to keep containers running.
        if (!(error instanceof Failure)) throw error
        terminal.note(terminal.paint.yellow(`the context was not removed: ${error.message}`))
      }
    }
    if (values.deleteData) removeClusterDir(paths)
    progress.end()
    const done = values.deleteData ? 'is stopped and deleted' : running ? 'is stopped; its data is kept' : 'was not running'
    terminal.out(`${terminal.paint.green('✓')} cluster ${values.name} ${done}`)
    return 0
  } finally { progress.end() }
}
