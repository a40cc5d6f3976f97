// What `kubectl get pods` says about a pod: how many containers are ready, the one word for its state, and its restarts.
import { type AnyObject, type Column } from '#machinery'
import { age, name, since } from '../../cells.ts'
import type { PodSpec } from './spec.ts'
import type { ContainerStatus, PodStatus } from './status.ts'

interface PodLike extends AnyObject { spec: PodSpec; status: PodStatus }
interface Summary { ready: number; total: number; status: string; restarts: number; lastRestart: string | undefined }

/** The state of a pod in one word, as the reference decides it, with its counts. */
export function summary(pod: PodLike): Summary {
  const { spec, status } = pod
  const scheduling = status.conditions?.find((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated')
  const sidecars = new Set((spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name))
  const s: Summary = {
    ready: 0, total: (spec.containers ?? []).length + sidecars.size, restarts: 0, lastRestart: undefined,
    status: scheduling ? 'SchedulingGated' : status.reason || status.phase || '',
  }
  const { initializing, sidecarRestarts, sidecarLastRestart } = initialization(pod, sidecars, s)
  if (!initializing || status.conditions?.some((c) => c.type === 'Initialized' && c.status === 'True')) {
    s.restarts = sidecarRestarts
    s.lastRestart = sidecarLastRestart
    running(status, s)
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') s.status = 'Unknown'
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') s.status = 'Terminating'
  }
  return s
}

function initialization({ spec, status }: PodLike, sidecars: ReadonlySet<string>, s: Summary) {
  let sidecarRestarts = 0, sidecarLastRestart: string | undefined
  for (const [i, c] of (status.initContainerStatuses ?? []).entries()) {
    const sidecar = sidecars.has(c.name)
    s.restarts += c.restartCount
    s.lastRestart = later(s.lastRestart, c)
    if (sidecar) {
      sidecarRestarts += c.restartCount
      sidecarLastRestart = later(sidecarLastRestart, c)
    }
    const { terminated, waiting } = c.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (sidecar && c.started) {
      if (c.ready) s.ready++
      continue
    }
    if (terminated) s.status = `Init:${exitReason(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') s.status = `Init:${waiting.reason}`
    else s.status = `Init:${i}/${(spec.initContainers ?? []).length}`
    return { initializing: true, sidecarRestarts, sidecarLastRestart }
  }
  return { initializing: false, sidecarRestarts, sidecarLastRestart }
}

function running(status: PodStatus, s: Summary): void {
  let anyRunning = false
  for (const c of [...(status.containerStatuses ?? [])].reverse()) {
    s.restarts += c.restartCount
    s.lastRestart = later(s.lastRestart, c)
    const { terminated, waiting, running } = c.state ?? {}
    if (waiting?.reason) s.status = waiting.reason
    else if (terminated) s.status = exitReason(terminated)
    else if (c.ready && running) {
      anyRunning = true
      s.ready++
    }
  }
  if (s.status === 'Completed' && anyRunning)
    s.status = status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ? 'Running' : 'NotReady'
}

const exitReason = (t: { reason?: string; signal?: number; exitCode: number }): string =>
  t.reason || (t.signal ? `Signal:${t.signal}` : `ExitCode:${t.exitCode}`)
const later = (time: string | undefined, c: ContainerStatus): string | undefined => {
  const ended = c.lastState?.terminated?.finishedAt
  return ended && (!time || Date.parse(ended) > Date.parse(time)) ? ended : time
}

function readinessGates({ spec, status }: PodLike): string {
  const gates = spec.readinessGates ?? []
  const open = gates.filter((g) => status.conditions?.find((c) => c.type === g.conditionType)?.status === 'True')
  return gates.length ? `${open.length}/${gates.length}` : '<none>'
}

export const podColumns: readonly Column<PodLike>[] = [
  name,
  { name: 'Ready', value: (pod) => { const s = summary(pod); return `${s.ready}/${s.total}` } },
  { name: 'Status', value: (pod) => summary(pod).status },
  { name: 'Restarts', value: (pod, now) => {
    const { restarts, lastRestart } = summary(pod)
    return restarts && lastRestart ? `${restarts} (${since(lastRestart, now)} ago)` : String(restarts)
  } },
  age,
  { name: 'IP', priority: 1, value: ({ status }) => status.podIPs?.[0]?.ip || '<none>' },
  { name: 'Node', priority: 1, value: ({ spec }) => spec.nodeName || '<none>' },
  { name: 'Nominated Node', priority: 1, value: ({ status }) => status.nominatedNodeName || '<none>' },
  { name: 'Readiness Gates', priority: 1, value: readinessGates },
]
/** What a table row says of a pod that has ended. */
export function podRowConditions({ status }: PodLike) {
  if (status.phase === 'Succeeded') return [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }]
  if (status.phase === 'Failed') return [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }]
  return []
}
