// `up` in this process: start, tell, wait for a signal, stop.
import { flushCompileCache } from 'node:module'
import { openApi } from '../api.ts'
import { applyManifests } from '../apply-manifests.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import type { ClusterProgram } from '../cluster-program.ts'
import { Failure, messageOf } from '../failure.ts'
import { checkKubeconfigs, writeContext } from '../kubeconfig-file.ts'
import { startControlPlane, type RunningControlPlane } from './control-plane.ts'
import type { UpReport } from './describe.ts'
import { rememberNodes } from './resume.ts'
import { waitForNodes, type Waited, type WaitOptions } from './wait-for-nodes.ts'

/** What `up` adds to the options of a cluster. */
export interface UpRequest {
  readonly options: ClusterOptions
  /** Where the context goes; empty: nowhere. */
  readonly kubeconfigFiles: readonly string[]
  readonly manifests: readonly string[]
  /** How long to wait for nodes; 0: not at all. */
  readonly waitMs: number
  readonly noContainers: string | undefined
}

interface Callbacks {
  readonly progress: (step: string) => void
  readonly warn?: (line: string) => void
  readonly ready: (report: UpReport) => void
  /** Ctrl-C and a closed terminal end the real nodes with the cluster; SIGTERM (from `down`, which ends them itself) does not. */
  readonly stopping: () => void
}

/** Runs a cluster until a signal or a failure ends it. */
export async function runForeground({ options, kubeconfigFiles, manifests, waitMs, noContainers }: UpRequest, program: ClusterProgram, callbacks: Callbacks): Promise<void> {
  // Seen before anything is started, so that nothing is half done.
  checkKubeconfigs(kubeconfigFiles, options.name)
  const signal = waitForSignal(), since = Date.now()
  const controlPlane = await startControlPlane(options, program, callbacks)
  // Counted from the start of the process: that is what the user waits for.
  const readyMs = Math.round(performance.now())
  try {
    const { cluster } = controlPlane
    const kubeconfig = kubeconfigFiles.length > 0 ? await writeContext(kubeconfigFiles, options.name, { server: cluster.server, ...cluster.admin }) : undefined
    controlPlane.remember(kubeconfig)
    rememberNodes(options.paths, options.nodesAsked)
    const applied = manifests.length > 0 ? await applyManifests(options.paths.kubeconfigFile, manifests, callbacks.progress) : []
    const waited = waitMs > 0 ? await nodesOf(controlPlane, options, { timeoutMs: waitMs, since, progress: callbacks.progress }, signal) : undefined
    callbacks.ready({
      name: options.name, server: cluster.server, pid: process.pid, readyMs,
      ...(kubeconfig ? { kubeconfig, context: options.name } : {}),
      containerdNodes: options.containerdNodes, simulatedNodes: options.simulatedNodes, ...(noContainers ? { noContainers } : {}),
      dataDir: options.paths.clusterDir, log: options.paths.controlPlaneLog, ...(applied.length > 0 ? { applied } : {}), ...(waited && { nodesReady: waited.ready, nodesReadyMs: waited.ms }),
    })
  } catch (error) {
    // Ready but not as asked: the caller is told, and nothing is left running.
    await controlPlane.stop({ nodes: true })
    throw error
  }
  // What was compiled on the way here is kept even if this process is killed.
  flushCompileCache()
  await untilEnded(controlPlane, signal, callbacks)
}

/** The wait for nodes; a signal or the end of the cluster ends it too. */
async function nodesOf({ cluster }: RunningControlPlane, { paths, containerdNodes, simulatedNodes }: ClusterOptions, how: Pick<WaitOptions, 'timeoutMs' | 'since' | 'progress'>, signal: Promise<unknown>): Promise<Waited> {
  const ended = new AbortController(), end = () => { ended.abort() }
  signal.then(end, end)
  cluster.failed.catch(end)
  return waitForNodes(openApi(paths.kubeconfigFile), { ...how, nodes: containerdNodes + simulatedNodes, signal: ended.signal })
}

async function untilEnded(controlPlane: RunningControlPlane, signal: Promise<NodeJS.Signals>, { stopping }: Callbacks): Promise<void> {
  const ended = await Promise.race([
    signal,
    controlPlane.cluster.failed.catch((error: unknown) => error instanceof Error ? error : new Error(messageOf(error))),
  ])
  if (ended instanceof Error) {
    await controlPlane.stop({ nodes: false }).catch(() => { /* the first failure is the one to tell */ })
    throw new Failure(`the cluster stopped: ${ended.message}`, 1, { cause: ended })
  }
  stopping()
  await controlPlane.stop({ nodes: ended !== 'SIGTERM' })
}

/** The first signal is kept from now on; a second Ctrl-C ends the process at once. */
function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (!first && name === 'SIGINT') process.exit(130)
        first = false
        resolve(name)
      })
    }
  })
}
