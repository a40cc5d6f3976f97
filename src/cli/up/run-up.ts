import { existsSync } from 'node:fs'
import { silent } from '#machinery'
import { openApi } from '../api.ts'
import type { ClusterProgram } from '../cluster-program.ts'
import { clusterOptions, pathsOf } from '../cluster-options.ts'
import { checkLayout, privateKubectl, type ClusterPaths } from '../data-dir.ts'
import { Failure, messageOf } from '../failure.ts'
import type { Values } from '../flag.ts'
import type { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'
import type { serverFlags } from '../flags/server-flags.ts'
import type { nodeFlags, processFlags, upFlags } from '../flags/up-flags.ts'
import { checkKubeconfigs, kubeconfigFiles, writeContext } from '../kubeconfig-file.ts'
import { readPidFile, type ControlPlane } from '../pid-file.ts'
import { findProgram, inspectMachine, whyNoContainers } from '../setup/machine.ts'
import type { Terminal } from '../terminal.ts'
import { AlreadyRunning } from './control-plane.ts'
import { areReady, describeNodes, describeUp, ofCluster, type UpReport } from './describe.ts'
import { readyTimeoutMs, reportsToParent, startDetached, tellParent } from './detach.ts'
import { runForeground, type UpRequest } from './foreground.ts'
import { accessOf, lastNodesOf, lastPortOf } from './resume.ts'
import { waitForNodes } from './wait-for-nodes.ts'

export type UpValues = Values<typeof clusterFlags> & Values<typeof outputFlags> & Values<typeof nodeFlags> & Values<typeof upFlags> & Values<typeof processFlags> & Values<typeof serverFlags>

/** The whole of `up`. */
export async function runUp(values: UpValues, terminal: Terminal, idle: ReadonlyMap<string, string>): Promise<number> {
  const paths = pathsOf(values)
  checkLayout(paths)
  const files = kubeconfigFiles(values.kubeconfig)
  const noContainers = whyNoContainers(inspectMachine())
  const options = clusterOptions(values, { noContainers, lastPort: lastPortOf(paths), lastNodes: lastNodesOf(paths), idle })
  const hint = kubectlHint(paths)
  const say = (plain: UpReport, foreground: boolean) => {
    const report = hint === undefined ? plain : { ...plain, kubectlHint: hint }
    if (values.output === 'json') terminal.out(JSON.stringify(report))
    else for (const line of describeUp(report, foreground, terminal.paint)) terminal.out(line)
  }
  const request: UpRequest = {
    options, kubeconfigFiles: files, manifests: values.file, waitMs: values.wait,
    noContainers: values.runtime === 'auto' && options.simulatedNodes > 0 && values.simulate === undefined ? noContainers : undefined,
  }
  if (process.env[reportsToParent]) return runForParent(request)
  const running = readPidFile(paths.pidFile)
  if (running) {
    const report = await withNodes(await reportRunning(paths, files), paths, values.wait, terminal)
    say(report, false)
    if ((values.nodes ?? values.simulate) !== undefined && (report.containerdNodes !== options.containerdNodes || report.simulatedNodes !== options.simulatedNodes)) {
      terminal.note(terminal.paint.yellow(`it goes on with ${describeNodes(report)}; to have ${describeNodes(options)}, run ./proa down${ofCluster(paths.name)} first`))
    }
    if (running.containerdNodes) for (const node of await (await assembly()).resumeNodes(paths, { log: silent, progress: () => {} })) terminal.note(`the agent of ${node} was not running and has been started again`)
    return exitCode(report)
  }
  checkKubeconfigs(files, options.name)
  const progress = terminal.progress(`starting cluster ${options.name}`)
  try {
    if (values.detach) {
      const report = await startDetached(paths, (step) => { progress.update(step) }, values.wait)
      progress.end()
      say(report, false)
      return exitCode(report)
    }
    await runForeground(request, await assembly(), {
      progress: (step) => { progress.update(step) },
      warn: (line) => { terminal.note(terminal.paint.yellow(line)) },
      ready: (report) => { progress.end(); say(report, true) },
      stopping: () => { terminal.note('stopping') },
    })
    return 0
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error
    progress.end()
    const report = await withNodes(await reportRunning(paths, files), paths, values.wait, terminal)
    say(report, false)
    return exitCode(report)
  } finally { progress.end() }
}

/** The cluster is there, but perhaps not as somebody waited for it. */
const exitCode = (report: UpReport): number => (areReady(report) ? 0 : 1)

/** The report on a cluster that runs already, once its nodes are ready. */
async function withNodes(report: UpReport, paths: ClusterPaths, timeoutMs: number, terminal: Terminal): Promise<UpReport> {
  if (timeoutMs === 0) return report
  const progress = terminal.progress('waiting for nodes')
  try {
    const { ready, ms } = await waitForNodes(openApi(paths.kubeconfigFile), { nodes: report.containerdNodes + report.simulatedNodes, timeoutMs, since: 0, progress: (step) => { progress.update(step) } })
    return { ...report, nodesReady: ready, nodesReadyMs: ms }
  } finally { progress.end() }
}

function kubectlHint({ dataDir }: ClusterPaths): string | undefined {
  if (findProgram('kubectl') !== undefined) return undefined
  return existsSync(privateKubectl(dataDir)) ? `kubectl is not on the PATH but at ${privateKubectl(dataDir)}` : 'kubectl is not on the PATH; ./proa setup fetches one'
}

/** The program behind the commands; read late, because nothing that only prints needs it. */
export const assembly = async (): Promise<ClusterProgram> => await import('#assembly')

async function runForParent(request: UpRequest): Promise<number> {
  try {
    await runForeground(request, await assembly(), {
      progress: (step) => { tellParent({ progress: step }) },
      ready: (report) => { tellParent({ ready: report }) },
      stopping: () => {},
    })
    return 0
  } catch (error) {
    if (error instanceof AlreadyRunning) tellParent({ alreadyRunning: error.pid })
    else tellParent({ failed: messageOf(error), exitCode: error instanceof Failure ? error.exitCode : 1 })
    throw error
  }
}

/** `up` on a cluster that runs, or that another `up` is starting: the context is there again, even if it was lost meanwhile. */
async function reportRunning(paths: ClusterPaths, files: readonly string[]): Promise<UpReport> {
  const { pid, server, containerdNodes = 0, simulatedNodes = 0 } = await untilStarted(paths)
  const access = accessOf(paths)
  const kubeconfig = access ? await writeContext(files, paths.name, access) : undefined
  return {
    name: paths.name, server, pid, readyMs: 0, alreadyRunning: true, ...(kubeconfig ? { kubeconfig, context: paths.name } : {}),
    containerdNodes, simulatedNodes, dataDir: paths.clusterDir, log: paths.controlPlaneLog,
  }
}

/** The control plane, once whoever is starting it is done. It is not our child, so nobody tells us; look every few milliseconds. */
async function untilStarted({ name, pidFile, controlPlaneLog }: ClusterPaths): Promise<ControlPlane & { readonly server: string }> {
  const until = performance.now() + readyTimeoutMs
  for (let wait = 5; performance.now() < until; wait = Math.min(wait * 2, 100)) {
    const found = readPidFile(pidFile)
    if (!found) throw new Failure(`another ./proa up was starting cluster ${name} and did not succeed. Run ./proa up again; the log is ${controlPlaneLog}.`)
    if (found.server !== undefined) return { ...found, server: found.server }
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
  throw new Failure(`another ./proa up has been starting cluster ${name} for ${readyTimeoutMs / 1000} s. The log is ${controlPlaneLog}; ./proa down ends it.`)
}
