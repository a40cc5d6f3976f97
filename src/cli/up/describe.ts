// What `up` says when a cluster is ready.
import { homedir } from 'node:os'
import type { ClusterOptions } from '../cluster-options.ts'
import type { Paint } from '../terminal.ts'

/** What a script reads from `up --output json`, and what the texts are made of. */
export interface UpReport {
  readonly name: string
  readonly server: string
  readonly pid: number
  readonly readyMs: number
  /** The kubeconfig with the context, and the context's name; absent where none was written. */
  readonly kubeconfig?: string
  readonly context?: string
  readonly containerdNodes: number
  readonly simulatedNodes: number
  /** Why there are no real containers, where they were possible to ask for. */
  readonly noContainers?: string
  /** What to do where the PATH has no kubectl. */
  readonly kubectlHint?: string
  readonly dataDir: string
  readonly log: string
  readonly alreadyRunning?: true
  /** With --wait: how many nodes were Ready when the wait ended, and how long it took. */
  readonly nodesReady?: number
  readonly nodesReadyMs?: number
  /** The manifests that were applied: `namespace/demo created`. */
  readonly applied?: readonly string[]
}

/** The lines for a person. */
export function describeUp(report: UpReport, foreground: boolean, paint: Paint): string[] {
  const ready = report.alreadyRunning ? `cluster ${report.name} is already running` : `cluster ${report.name} is ready in ${(report.readyMs / 1000).toFixed(2)} s`
  const lines = [`${paint.green('✓')} ${paint.bold(ready)}  ${report.server}`]
  if (report.context) lines.push(`${paint.green('✓')} kubectl context "${report.context}" is selected  ${paint.dim(abbreviate(report.kubeconfig ?? ''))}`)
  for (const line of report.applied ?? []) lines.push(`${paint.green('✓')} ${line}`)
  lines.push(report.nodesReady === undefined ? `  ${describeNodes(report)}` : describeReady(report, paint))
  if (report.noContainers) lines.push(`  ${paint.yellow('no real containers:')} ${report.noContainers}`)
  if (report.kubectlHint) lines.push(`  ${paint.yellow(report.kubectlHint)}`)
  if (foreground) lines.push(paint.dim('  Ctrl-C stops it; everything is kept for the next ./proa up.'))
  else lines.push(paint.dim(`  ./proa down${ofCluster(report.name)} stops it.`))
  return lines
}

/** `✓ 3 nodes (containerd) are ready after 1.20 s`. */
function describeReady(report: UpReport, paint: Paint): string {
  const { nodesReady = 0, nodesReadyMs = 0, containerdNodes, simulatedNodes } = report, all = containerdNodes + simulatedNodes, seconds = `${(nodesReadyMs / 1000).toFixed(2)} s`
  return areReady(report) ? `${paint.green('✓')} ${describeNodes(report)} ${all === 1 ? 'is' : 'are'} ready after ${seconds} more` : `${paint.red('✗')} ${describeNodes(report)}, of which ${nodesReady} ${nodesReady === 1 ? 'is' : 'are'} ready after ${seconds}; ./proa status${ofCluster(report.name)} tells more`
}
/** Whether every node was Ready in time, where somebody waited for that. */
export const areReady = ({ nodesReady, containerdNodes, simulatedNodes }: UpReport): boolean => nodesReady === undefined || nodesReady >= containerdNodes + simulatedNodes

/** What follows a command that is about this cluster: nothing for the default one. */
export const ofCluster = (name: string): string => (name === 'proa' ? '' : ` --name ${name}`)

/** `3 nodes (containerd)`. */
export function describeNodes({ containerdNodes, simulatedNodes }: Pick<ClusterOptions, 'containerdNodes' | 'simulatedNodes'>): string {
  const count = (number: number, what: string) => `${number} ${number === 1 ? 'node' : 'nodes'} (${what})`
  const parts = [...(containerdNodes > 0 ? [count(containerdNodes, 'containerd')] : []), ...(simulatedNodes > 0 ? [count(simulatedNodes, 'simulated')] : [])]
  return parts.length > 0 ? parts.join(', ') : 'no nodes'
}

/** A path as people write it. */
export function abbreviate(path: string, home = homedir()): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}
