// What the machine as a whole uses, from /proc. Nodes that share a machine tell the same.
import { readFileSync, statfsSync } from 'node:fs'

export interface MachineUsage {
  readonly cpuNanoseconds: number
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number; readonly usageBytes: number; readonly rssBytes: number; readonly swapBytes: number }
  readonly bootTime: number
  readonly processes: number
  readonly mostProcesses: number
  readonly filesystem: { readonly capacityBytes: number; readonly availableBytes: number; readonly usedBytes: number; readonly inodes: number; readonly inodesFree: number }
}

const nanosecondsPerTick = 10_000_000

/** `stat`, `meminfo` and `loadavg` are the files of /proc (proc(5)). */
export function parseMachineUsage({ stat, meminfo, loadavg, pidMax }: { readonly stat: string; readonly meminfo: string; readonly loadavg: string; readonly pidMax: string }): Omit<MachineUsage, 'filesystem'> {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? []
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  const totalBytes = kib('MemTotal'), availableBytes = kib('MemAvailable')
  return {
    cpuNanoseconds: (user + nice + system + irq + softirq + steal) * nanosecondsPerTick, bootTime: Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000,
    memory: { totalBytes, availableBytes, usageBytes: totalBytes - kib('MemFree'), rssBytes: kib('AnonPages'), swapBytes: kib('SwapTotal') - kib('SwapFree') },
    processes: Number(/ \d+\/(\d+) /.exec(loadavg)?.[1] ?? 0), mostProcesses: Number(pidMax),
  }
}

export function machineUsage(folder = '/'): MachineUsage {
  const read = (name: string) => readFileSync(`/proc/${name}`, 'utf8'), { blocks, bfree, bavail, bsize, files, ffree } = statfsSync(folder)
  return {
    ...parseMachineUsage({ stat: read('stat'), meminfo: read('meminfo'), loadavg: read('loadavg'), pidMax: read('sys/kernel/pid_max') }),
    filesystem: { capacityBytes: blocks * bsize, availableBytes: bavail * bsize, usedBytes: (blocks - bfree) * bsize, inodes: files, inodesFree: ffree },
  }
}
