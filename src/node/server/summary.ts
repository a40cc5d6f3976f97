// GET /stats/summary, as dashboards and `kubectl get --raw` read it. Pure.
import { formatTime } from '#machinery'
import type { MemoryStats, PodSandboxStats } from '../runtime/runtime.ts'
import type { MachineUsage } from './machine-usage.ts'
import { containersOf, startOf, type CpuRates, type PodUsage } from './usage.ts'

/** `now` in milliseconds. */
export function statsSummary({ nodeName, machine, pods, rates, now }: { readonly nodeName: string; readonly machine: MachineUsage; readonly pods: readonly PodUsage[]; readonly rates: CpuRates; readonly now: number }): object {
  const time = formatTime(now), { memory, filesystem } = machine
  const fs = { time, availableBytes: filesystem.availableBytes, capacityBytes: filesystem.capacityBytes, usedBytes: filesystem.usedBytes, inodesFree: filesystem.inodesFree, inodes: filesystem.inodes, inodesUsed: filesystem.inodes - filesystem.inodesFree }
  return {
    node: {
      nodeName, startTime: formatTime(machine.bootTime),
      cpu: { time, usageNanoCores: rates.rate('', now, machine.cpuNanoseconds, machine.bootTime), usageCoreNanoSeconds: machine.cpuNanoseconds },
      memory: { time, availableBytes: memory.availableBytes, usageBytes: memory.usageBytes, workingSetBytes: memory.totalBytes - memory.availableBytes, rssBytes: memory.rssBytes },
      fs, runtime: { imageFs: fs }, rlimit: { time, maxpid: machine.mostProcesses, curproc: machine.processes },
    },
    pods: pods.map((usage) => podSummary(usage, rates)),
  }
}

function podSummary(usage: PodUsage, rates: CpuRates): object {
  const { pod, stats } = usage, { metadata, status } = pod, began = Date.parse(status?.startTime ?? '') || stats.at
  return {
    podRef: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, startTime: status?.startTime ?? null,
    containers: containersOf(usage).map((c) => ({
      name: c.metadata.name, startTime: formatTime(startOf(pod, c.metadata.name)),
      cpu: cpu(rates, c.id, c.at, c.cpuNanoseconds, startOf(pod, c.metadata.name) || began), memory: memory(c.at, c.memory),
      ...(c.writableLayer && { rootfs: { time: formatTime(c.at), usedBytes: c.writableLayer.usedBytes, inodesUsed: c.writableLayer.inodesUsed } }),
    })),
    cpu: cpu(rates, stats.id, stats.at, stats.cpuNanoseconds, began), memory: memory(stats.at, stats.memory), ...network(stats), process_stats: { process_count: stats.processCount },
  }
}
const cpu = (rates: CpuRates, id: string, at: number, nanoseconds: number, began: number): object =>
  ({ time: formatTime(at), usageNanoCores: rates.rate(id, at, nanoseconds, began), usageCoreNanoSeconds: nanoseconds })
const memory = (at: number, m: MemoryStats): object => ({
  time: formatTime(at), ...(m.availableBytes > 0 && { availableBytes: m.availableBytes }), usageBytes: m.usageBytes, workingSetBytes: m.workingSetBytes, rssBytes: m.rssBytes, pageFaults: m.pageFaults, majorPageFaults: m.majorPageFaults })
function network({ network: interfaces, at }: PodSandboxStats): object {
  if (interfaces.length === 0) return {}
  return { network: { time: formatTime(at), ...interfaces[0], interfaces } }
}
