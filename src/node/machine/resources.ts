// From what containers ask for to what cgroups know.
import type { Container, Pod, ResourceRequirements } from '#kinds'
import { addQuantities, compareQuantities, formatQuantity, quantityMilli, quantityValue } from '#machinery'
import type { AnyContainer } from '../pods/environment.ts'
import { isSidecar } from '../pods/plan.ts'
import type { LinuxResources } from '../runtime/runtime.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'
type Amounts = Record<string, string>

const leastShares = 2
const mostShares = 262_144
/** Microseconds. */
const cpuPeriod = 100_000
const leastQuota = 1_000
const guaranteedScore = -997
const bestEffortScore = 1000

/** CPU time relative to others: 1024 for a whole CPU. */
export const cpuShares = (milli: number): number => Math.min(mostShares, Math.max(leastShares, Math.floor((milli * 1024) / 1000)))
const quota = (milli: number): number => Math.max(leastQuota, Math.floor((milli * cpuPeriod) / 1000))
const positive = (amount: string | undefined): amount is string => amount !== undefined && compareQuantities(amount, '0') > 0

/** A container's request; its limit stands for it when there is none. */
const requested = ({ requests, limits }: ResourceRequirements, name: string): string | undefined => requests?.[name] ?? limits?.[name]

/** Limits of one container. `machineMemory` in bytes. */
export function containerResources(pod: Pod, container: AnyContainer, machineMemory: number): LinuxResources {
  const own = container.resources ?? {}, { cpu, memory } = own.limits ?? {}
  const pages = Object.entries(own.limits ?? {}).filter(([name]) => name.startsWith('hugepages-'))
  return {
    cpuShares: cpuShares(quantityMilli(requested(own, 'cpu') ?? '0')),
    ...(positive(cpu) && { cpuPeriod, cpuQuota: quota(quantityMilli(cpu)) }),
    ...(positive(memory) && { memoryLimitInBytes: quantityValue(memory) }),
    ...(pages.length > 0 && { hugepageLimits: pages.map(([name, amount]) => ({ pageSize: pageSize(name), limit: quantityValue(amount) })) }),
    oomScoreAdj: oomScore(pod, container, machineMemory),
  }
}
/** hugepages-2Mi is 2MB to the kernel. */
const pageSize = (name: string): string => name.slice('hugepages-'.length).replace(/i$/, 'B')

/** Who is ended first when the machine has no memory left: what asked for nothing first, then what asked for little. */
export function oomScore(pod: Pod, container: AnyContainer, machineMemory: number): number {
  if (pod.spec.priorityClassName === 'system-node-critical') return guaranteedScore
  const qos = qosOf(pod)
  if (qos === 'Guaranteed') return guaranteedScore
  if (qos === 'BestEffort') return bestEffortScore
  const score = (c: AnyContainer): number => {
    const share = Math.floor((bestEffortScore * quantityValue(c.resources?.requests?.['memory'] ?? '0')) / machineMemory)
    return Math.min(bestEffortScore - 1, Math.max(bestEffortScore + guaranteedScore, bestEffortScore - share))
  }
  return isSidecar(container) ? Math.min(score(container), ...pod.spec.containers.map(score)) : score(container)
}

/** The class as the API server has written it, else from the spec. */
export function qosOf({ spec, status }: Pod): QosClass {
  if (status?.qosClass) return status.qosClass as QosClass
  const all = spec.resources?.requests || spec.resources?.limits ? [spec.resources] : [...spec.containers, ...(spec.initContainers ?? [])].map((c) => c.resources ?? {})
  if (!all.some(({ requests, limits }) => ['cpu', 'memory'].some((n) => positive(requests?.[n]) || positive(limits?.[n])))) return 'BestEffort'
  const even = all.every(({ requests, limits }) => ['cpu', 'memory'].every((n) => positive(limits?.[n]) && compareQuantities(requests?.[n] ?? limits[n], limits[n]) === 0))
  return even ? 'Guaranteed' : 'Burstable'
}

/** Limits of the pod as a whole; a limit only when every container has one. */
export function podResources(pod: Pod): LinuxResources {
  const { spec } = pod, requests = total(pod, requested), limits = total(pod, (r, name) => r.limits?.[name])
  for (const [name, amount] of Object.entries(spec.resources?.requests ?? {})) requests[name] = amount
  for (const [name, amount] of Object.entries(spec.resources?.limits ?? {})) { limits[name] = amount; if (!spec.resources?.requests?.[name]) requests[name] = amount }
  const extra = (name: string, amount: string): string => formatQuantity(addQuantities(amount, spec.overhead?.[name] ?? '0'))
  const limited = (name: string): boolean => positive(spec.resources?.limits?.[name]) || [...spec.containers, ...(spec.initContainers ?? [])].every((c) => positive(c.resources?.limits?.[name]))
  const qos = qosOf(pod), cpu = extra('cpu', limits['cpu'] ?? '0'), memory = extra('memory', limits['memory'] ?? '0')
  return {
    cpuShares: qos === 'BestEffort' ? leastShares : cpuShares(quantityMilli(extra('cpu', requests['cpu'] ?? '0'))),
    ...(qos !== 'BestEffort' && limited('cpu') && { cpuPeriod, cpuQuota: quota(quantityMilli(cpu)) }),
    ...(qos !== 'BestEffort' && limited('memory') && { memoryLimitInBytes: quantityValue(memory) }),
  }
}

/** The most that the containers need at one time: sidecars run beside all that start after them. */
function total({ spec }: Pod, of: (resources: ResourceRequirements, name: string) => string | undefined): Amounts {
  const sum: Amounts = {}
  for (const name of ['cpu', 'memory']) {
    let sidecars = '0', peak = '0'
    const plus = (a: string, c: Container): string => formatQuantity(addQuantities(a, of(c.resources ?? {}, name) ?? '0'))
    for (const c of spec.initContainers ?? []) {
      const now = plus(sidecars, c)
      if (isSidecar(c)) sidecars = now
      if (compareQuantities(now, peak) > 0) peak = now
    }
    const all = spec.containers.reduce(plus, sidecars)
    sum[name] = compareQuantities(all, peak) > 0 ? all : peak
  }
  return sum
}
