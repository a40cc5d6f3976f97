import { openApi, type Api } from './api.ts'
import { pathsOf } from './cluster-options.ts'
import { checkLayout, clusterExists } from './data-dir.ts'
import { messageOf } from './failure.ts'
import { readPidFile } from './pid-file.ts'
import type { Terminal } from './terminal.ts'
import { ofCluster } from './up/describe.ts'

interface StatusValues { readonly name: string; readonly dataDir: string | undefined; readonly output: 'text' | 'json' }

/** What `status --output json` prints. */
export interface StatusReport {
  readonly name: string
  readonly state: 'absent' | 'stopped' | 'starting' | 'ready' | 'not ready'
  readonly server?: string
  readonly pid?: number
  readonly nodes?: readonly { readonly name: string; readonly ready: boolean; readonly version: string; readonly runtime: string }[]
  /** How many pods are in each phase. */
  readonly pods?: Readonly<Record<string, number>>
  readonly problem?: string
  readonly dataDir: string
  readonly log: string
}

interface NodeFacts { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[]; nodeInfo?: { kubeletVersion?: string; containerRuntimeVersion?: string } } }
interface PodFacts { status?: { phase?: string } }

/** Above this many pods they are not counted one by one: that would be a load of its own. */
const countPodsUpTo = 5000

/** `status`. */
export async function runStatus(values: StatusValues, terminal: Terminal): Promise<number> {
  const report = await inspect(values)
  if (values.output === 'json') terminal.out(JSON.stringify(report))
  else for (const line of describe(report, terminal.paint)) terminal.out(line)
  return report.state === 'ready' ? 0 : 1
}

async function inspect(values: StatusValues): Promise<StatusReport> {
  const paths = pathsOf(values)
  checkLayout(paths)
  const known = { name: values.name, dataDir: paths.clusterDir, log: paths.controlPlaneLog }
  if (!clusterExists(paths)) return { ...known, state: 'absent' }
  const running = readPidFile(paths.pidFile)
  if (!running) return { ...known, state: 'stopped' }
  if (running.server === undefined) return { ...known, state: 'starting', pid: running.pid }
  const facts = { ...known, server: running.server, pid: running.pid }
  try {
    const api = openApi(paths.kubeconfigFile)
    const ready = await api.call('GET', '/readyz?verbose')
    if (ready.status !== 200) return { ...facts, state: 'not ready', problem: String(ready.body).split('\n').filter((line) => line.startsWith('[-]')).join(', ') || `readyz answered ${ready.status}` }
    return { ...facts, state: 'ready', nodes: await nodesOf(api), ...await podsOf(api) }
  } catch (error) {
    return { ...facts, state: 'not ready', problem: messageOf(error) }
  }
}

async function nodesOf(api: Api): Promise<NonNullable<StatusReport['nodes']>> {
  const { body } = await api.call('GET', '/api/v1/nodes?limit=5000')
  return ((body as { items?: NodeFacts[] }).items ?? []).map(({ metadata, status }) => ({
    name: metadata.name,
    ready: status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    version: status?.nodeInfo?.kubeletVersion ?? '', runtime: status?.nodeInfo?.containerRuntimeVersion ?? '',
  }))
}

async function podsOf(api: Api): Promise<{ pods?: Record<string, number> }> {
  const first = await api.call('GET', '/api/v1/pods?limit=1')
  const { items = [], metadata } = first.body as { items?: PodFacts[]; metadata?: { remainingItemCount?: number } }
  if (items.length + (metadata?.remainingItemCount ?? 0) > countPodsUpTo) return { pods: { total: items.length + (metadata?.remainingItemCount ?? 0) } }
  const { body } = await api.call('GET', '/api/v1/pods')
  const pods: Record<string, number> = {}
  for (const { status } of (body as { items?: PodFacts[] }).items ?? []) pods[status?.phase ?? 'Unknown'] = (pods[status?.phase ?? 'Unknown'] ?? 0) + 1
  return { pods }
}

/** The lines for a person. */
export function describe(report: StatusReport, paint: Terminal['paint']): string[] {
  const { name, state, server, nodes, pods, problem } = report
  if (state === 'absent') return [`there is no cluster ${name}; ./proa up${ofCluster(name)} starts one`]
  if (state === 'stopped') return [`cluster ${name} is stopped; ./proa up${ofCluster(name)} resumes it`]
  if (state === 'starting') return [`cluster ${name} is starting`]
  const lines = [`${state === 'ready' ? paint.green('✓') : paint.red('✗')} ${paint.bold(`cluster ${name} is ${state}`)}  ${server ?? ''}`]
  if (problem) lines.push(`  ${problem}; the log is ${report.log}`)
  if (nodes) {
    const ready = nodes.filter((node) => node.ready).length
    lines.push(`  nodes: ${nodes.length === 0 ? 'none' : `${ready} of ${nodes.length} ready`}`)
    // A large simulated cluster would fill the screen.
    for (const node of nodes.filter((one) => !one.ready || nodes.length <= 10).slice(0, 10)) lines.push(`    ${node.ready ? paint.green('✓') : paint.red('✗')} ${node.name}  ${paint.dim(`${node.version} ${node.runtime}`.trim())}`)
  }
  if (pods) lines.push(`  pods: ${Object.keys(pods).length === 0 ? 'none' : Object.entries(pods).map(([phase, count]) => `${count} ${phase}`).join(', ')}`)
  return lines
}
