// A control plane in this process, from the claim on its folder to the last line of its log.
import { levelOf, type ClusterOptions } from '../cluster-options.ts'
import type { ClusterProgram, RunningCluster } from '../cluster-program.ts'
import { openClusterDir, writeFileAtomically } from '../data-dir.ts'
import { Failure } from '../failure.ts'
import { openFileLog } from '../file-log.ts'
import { LogStreams, setStreams } from '../log-streams.ts'
import { renderKubeconfig } from '../kubeconfig.ts'
import { claimPidFile, removePidFile, updatePidFile } from '../pid-file.ts'
import { proaVersion } from '../version.ts'
import { explainFailure } from './explain-failure.ts'

export interface RunningControlPlane {
  readonly cluster: RunningCluster
  /** Ends the real nodes too, where the cluster has some. */
  stop(how: { nodes: boolean }): Promise<void>
  /** Writes down where the context went, for `down`. */
  remember(kubeconfig: string | undefined): void
}

interface Callbacks { readonly progress: (step: string) => void; readonly warn?: (line: string) => void }

/** The process that runs this cluster already. */
export class AlreadyRunning extends Failure {
  readonly pid: number
  constructor(pid: number, name: string) {
    super(`cluster ${name} is already running (process ${pid})`)
    this.pid = pid
  }
}

/** Starts a cluster in this process; rejects with a Failure, and then nothing of it is left running. */
export async function startControlPlane(options: ClusterOptions, program: ClusterProgram, { progress, warn }: Callbacks): Promise<RunningControlPlane> {
  const { paths } = options
  openClusterDir(paths, proaVersion())
  const holder = claimPidFile(paths.pidFile, proaVersion())
  if (holder) throw new AlreadyRunning(holder.pid, options.name)
  let told = false
  if (options.logStreams !== undefined) setStreams(paths, options.logStreams)
  const streams = new LogStreams(paths)
  const { log, close, setLevel } = openFileLog(paths.controlPlaneLog, { level: options.logLevel, now: Date.now, format: options.loggingFormat, alsoWarn: (line) => { if (!told) warn?.(line) }, also: (component, line) => { streams.write(component, line) } })
  const release = () => { removePidFile(paths.pidFile); streams.close(); close() }
  log.info('starting', { version: proaVersion(), name: options.name, containerdNodes: options.containerdNodes, simulatedNodes: options.simulatedNodes })
  let cluster: RunningCluster
  try {
    cluster = await program.startCluster(options, { log, progress, followAudit: (run) => streams.followAudit(run), setVerbosity: (v) => { setLevel(levelOf(v)) } })
  } catch (error) {
    // The caller says it in one line; the log has the stack.
    told = true
    log.error('the cluster did not start', { error })
    release()
    throw explainFailure(error, options)
  }
  writeFileAtomically(paths.kubeconfigFile, renderKubeconfig(options.name, { server: cluster.server, ...cluster.admin }), 0o600)
  const facts = { program: proaVersion(), server: cluster.server, containerdNodes: options.containerdNodes, simulatedNodes: options.simulatedNodes }
  updatePidFile(paths.pidFile, facts)
  log.info('ready', { server: cluster.server })
  return {
    cluster,
    remember: (kubeconfig) => { updatePidFile(paths.pidFile, { ...facts, ...(kubeconfig ? { kubeconfig } : {}) }) },
    stop: async ({ nodes }) => {
      log.info('stopping')
      try {
        await cluster.stop()
        if (nodes && options.containerdNodes > 0) await program.stopNodes(paths, { log, progress })
        log.info('stopped')
      } finally { release() }
    },
  }
}
