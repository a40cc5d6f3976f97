// What Prometheus reads: /metrics of the agent itself, /metrics/resource, /metrics/probes and /metrics/cadvisor of its pods. Text format 0.0.4.
import { goArchitecture } from '../machine/node-info.ts'
import { machineUsage } from './machine-usage.ts'
import { probeSeconds, type ProbeCount } from '../pods/probe-counts.ts'
import type { AgentView } from './agent-view.ts'
import { containersOf, startOf, type PodUsage } from './usage.ts'

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

type Labels = Readonly<Record<string, string>>
interface Sample { readonly labels?: Labels; readonly value: number; /** Milliseconds. */ readonly at?: number }

/** One metric with its samples; '' when there are none. */
export function metric(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  return samples.length === 0 ? '' : head(name, type, help) + samples.map((sample) => line(name, sample)).join('')
}
const head = (name: string, type: string, help: string): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
const line = (name: string, { labels, value, at }: Sample): string => `${name}${labelText(labels)} ${value}${at === undefined ? '' : ` ${Math.round(at)}`}\n`
function labelText(labels: Labels = {}): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}
const seconds = (nanoseconds: number): number => nanoseconds / 1e9

/** What metrics-server and autoscalers look at. */
export function resourceMetrics(pods: readonly PodUsage[], now: number): string {
  const machine = machineUsage()
  const containers = pods.flatMap((usage) => containersOf(usage).map((c) => ({ c, pod: usage.pod, labels: { container: c.metadata.name, namespace: usage.pod.metadata.namespace ?? '', pod: usage.pod.metadata.name } })))
  const whole = pods.map(({ pod, stats }) => ({ stats, labels: { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name } }))
  return [
    metric('container_cpu_usage_seconds_total', 'counter', '[STABLE] CPU time of the container', containers.map(({ c, labels }) => ({ labels, value: seconds(c.cpuNanoseconds), at: c.at }))),
    metric('container_memory_working_set_bytes', 'gauge', '[STABLE] Memory the container holds and needs', containers.map(({ c, labels }) => ({ labels, value: c.memory.workingSetBytes, at: c.at }))),
    metric('container_start_time_seconds', 'gauge', '[STABLE] When the container started, since the epoch', containers.filter(({ c, pod }) => startOf(pod, c.metadata.name) > 0).map(({ c, pod, labels }) => ({ labels, value: startOf(pod, c.metadata.name) / 1000 }))),
    metric('node_cpu_usage_seconds_total', 'counter', '[STABLE] CPU time of the node', [{ value: seconds(machine.cpuNanoseconds), at: now }]),
    metric('node_memory_working_set_bytes', 'gauge', '[STABLE] Memory the node holds and needs', [{ value: machine.memory.totalBytes - machine.memory.availableBytes, at: now }]),
    metric('node_swap_usage_bytes', 'gauge', '[ALPHA] Memory of the node that lies on a disk', [{ value: machine.memory.swapBytes, at: now }]),
    metric('pod_cpu_usage_seconds_total', 'counter', '[STABLE] CPU time of the pod', whole.map(({ stats, labels }) => ({ labels, value: seconds(stats.cpuNanoseconds), at: stats.at }))),
    metric('pod_memory_working_set_bytes', 'gauge', '[STABLE] Memory the pod holds and needs', whole.map(({ stats, labels }) => ({ labels, value: stats.memory.workingSetBytes, at: stats.at }))),
    metric('resource_scrape_error', 'gauge', '[STABLE] 1 when the numbers could not be read', [{ value: 0 }]),
  ].join('')
}

/** The names that dashboards know from cAdvisor. */
export function containerMetrics(pods: readonly PodUsage[]): string {
  const containers = pods.flatMap((usage) => containersOf(usage).map((c) => ({
    c, labels: { container: c.metadata.name, id: c.id, image: usage.pod.spec.containers.find((s) => s.name === c.metadata.name)?.image ?? '', name: c.id, namespace: usage.pod.metadata.namespace ?? '', pod: usage.pod.metadata.name } })))
  const links = pods.flatMap(({ pod, stats }) => stats.network.map((n) => ({ n, at: stats.at, labels: { interface: n.name, namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name } })))
  return [
    metric('container_cpu_usage_seconds_total', 'counter', 'CPU time of the container', containers.map(({ c, labels }) => ({ labels: { ...labels, cpu: 'total' }, value: seconds(c.cpuNanoseconds), at: c.at }))),
    metric('container_memory_usage_bytes', 'gauge', 'Memory of the container with caches', containers.map(({ c, labels }) => ({ labels, value: c.memory.usageBytes, at: c.at }))),
    metric('container_memory_working_set_bytes', 'gauge', 'Memory the container holds and needs', containers.map(({ c, labels }) => ({ labels, value: c.memory.workingSetBytes, at: c.at }))),
    metric('container_memory_rss', 'gauge', 'Memory of the container\'s processes', containers.map(({ c, labels }) => ({ labels, value: c.memory.rssBytes, at: c.at }))),
    metric('container_network_receive_bytes_total', 'counter', 'Bytes received', links.map(({ n, at, labels }) => ({ labels, value: n.rxBytes, at }))),
    metric('container_network_transmit_bytes_total', 'counter', 'Bytes sent', links.map(({ n, at, labels }) => ({ labels, value: n.txBytes, at }))),
  ].join('')
}

/** How probes have gone. */
export function probeMetrics(counts: readonly ProbeCount[]): string {
  const labels = ({ sort, container, pod, namespace }: ProbeCount) => ({ probe_type: sort, container, pod, namespace }), seconds = 'prober_probe_duration_seconds', results = ['successful', 'failed'] as const
  const measured = counts.filter(({ succeeded }) => succeeded > 0)
  return [
    measured.length === 0 ? '' : head(seconds, 'histogram', '[ALPHA] Seconds of probes that have succeeded'),
    ...measured.flatMap((count) => [
      ...[...probeSeconds, Infinity].map((most, i) => line(`${seconds}_bucket`, { labels: { ...labels(count), le: most === Infinity ? '+Inf' : String(most) }, value: count.within[i] ?? count.succeeded })),
      line(`${seconds}_sum`, { labels: labels(count), value: count.seconds }), line(`${seconds}_count`, { labels: labels(count), value: count.succeeded }),
    ]),
    metric('prober_probe_total', 'counter', '[BETA] Probes of containers, by their result', counts.flatMap((count) => results
      .map((result) => ({ labels: { ...labels(count), result, pod_uid: count.podUid }, value: result === 'failed' ? count.failed : count.succeeded })).filter(({ value }) => value > 0))),
  ].join('')
}

/** The agent itself. */
export function agentMetrics(agent: AgentView, version: string): string {
  const pods = agent.pods(), { user, system } = process.cpuUsage(), [major = '', minor = ''] = version.slice(1).split('.')
  const containers = pods.flatMap((p) => [...(p.status?.containerStatuses ?? []), ...(p.status?.initContainerStatuses ?? [])])
  return [
    metric('kubernetes_build_info', 'gauge', 'The version', [{ labels: { git_version: version, major, minor, platform: `linux/${goArchitecture}` }, value: 1 }]),
    metric('kubelet_node_name', 'gauge', 'The node', [{ labels: { node: agent.nodeName }, value: 1 }]),
    metric('kubelet_running_pods', 'gauge', 'Pods with a running sandbox', [{ value: pods.filter((p) => agent.sandboxId(p.metadata.uid) !== undefined).length }]),
    metric('kubelet_running_containers', 'gauge', 'Containers by state', (['running', 'waiting', 'terminated'] as const).map((state) => ({ labels: { container_state: state === 'terminated' ? 'exited' : state }, value: containers.filter((c) => c.state?.[state]).length }))),
    metric('process_cpu_seconds_total', 'counter', 'CPU time of the agent', [{ value: (user + system) / 1e6 }]),
    metric('process_resident_memory_bytes', 'gauge', 'Memory of the agent', [{ value: process.memoryUsage.rss() }]),
    metric('process_start_time_seconds', 'gauge', 'When the agent started, since the epoch', [{ value: Math.round(Date.now() / 1000 - process.uptime()) }]),
  ].join('')
}
