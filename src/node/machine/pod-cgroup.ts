// Cgroups of pods: one per pod below one per class of service, below the node's own. On v1 (also beside a v2 without the needed controllers) and v2.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '#kinds'
import { removeCgroup } from '../leftovers.ts'
import type { LinuxResources } from '../runtime/runtime.ts'

/** Where each controller's hierarchy is mounted; on v2 it is the same for all. */
export interface Hierarchies { readonly version: 1 | 2; readonly cpu: string; readonly memory: string }

/** Reads /proc/self/mountinfo. Throws when CPU or memory cannot be limited here. */
export function parseHierarchies(mountInfo: string): Hierarchies {
  let unified: string | undefined
  const found: { cpu?: string; memory?: string } = {}
  for (const line of mountInfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - '), path = before.split(' ')[4] ?? '', [type, , options = ''] = after.split(' ')
    if (type === 'cgroup2') unified ??= path
    if (type !== 'cgroup') continue
    for (const option of options.split(',')) if (option === 'cpu' || option === 'memory') found[option] ??= path
  }
  if (found.cpu && found.memory) return { version: 1, cpu: found.cpu, memory: found.memory }
  if (unified) return { version: 2, cpu: unified, memory: unified }
  throw new Error('no cgroup hierarchy with cpu and memory is mounted: pods cannot be limited on this machine')
}

/** "/root/burstable/pod<uid>"; guaranteed pods lie in the root itself. */
export function podCgroup(root: string, { metadata, status }: Pod): string {
  const qos = status?.qosClass
  return `${root}${qos === 'Guaranteed' ? '' : `/${(qos ?? 'BestEffort').toLowerCase()}`}/pod${metadata.uid}`
}

export class PodCgroups {
  readonly #root: string
  #hierarchies: Hierarchies | undefined

  constructor(root: string) { this.#root = root }

  /** Makes the pod's cgroup and sets its limits. */
  async setUp(pod: Pod, resources: LinuxResources): Promise<void> {
    const at = this.#hierarchies ??= parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8')), name = podCgroup(this.#root, pod)
    if (at.version === 2) {
      await delegate(at.cpu, name)
      await mkdir(join(at.cpu, name), { recursive: true })
      for (const [file, value] of unifiedFiles(resources)) await writeFile(join(at.cpu, name, file), value)
      return
    }
    const cpu = join(at.cpu, name), memory = join(at.memory, name)
    const fresh = await mkdir(cpu, { recursive: true })
    await mkdir(memory, { recursive: true })
    if (fresh !== undefined) await writeFile(join(at.cpu, this.#root, 'besteffort', 'cpu.shares'), '2').catch(() => {}) // the first such pod makes it
    for (const [file, value] of v1CpuFiles(resources)) await writeFile(join(cpu, file), value)
    await writeFile(join(memory, 'memory.limit_in_bytes'), String(resources.memoryLimitInBytes ?? -1))
  }

  /** Uids of the pods that have one. */
  async present(): Promise<string[]> {
    const at = this.#hierarchies ??= parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8'))
    const lists = await Promise.all(['', 'burstable', 'besteffort'].map((qos) => readdir(join(at.memory, this.#root, qos)).catch(() => [] as string[])))
    return lists.flat().filter((name) => name.startsWith('pod')).map((name) => name.slice(3))
  }
  /** Removes the pod's cgroup with all below it. */
  async tearDown(podUid: string): Promise<void> {
    for (const qos of ['', '/burstable', '/besteffort']) await removeCgroup(`${this.#root}${qos}/pod${podUid}`)
  }
}

const v1CpuFiles = (r: LinuxResources): [file: string, value: string][] => [
  ...(r.cpuShares === undefined ? [] : [['cpu.shares', String(r.cpuShares)] as [string, string]]),
  ...(r.cpuQuota === undefined ? [] : [['cpu.cfs_period_us', String(r.cpuPeriod ?? 100_000)] as [string, string]]),
  ['cpu.cfs_quota_us', String(r.cpuQuota ?? -1)],
]
/** cgroup v2: shares 2..262144 are weights 1..10000. */
export const unifiedFiles = (r: LinuxResources): [file: string, value: string][] => [
  ...(r.cpuShares === undefined ? [] : [['cpu.weight', String(1 + Math.floor(((r.cpuShares - 2) * 9999) / 262_142))] as [string, string]]),
  ['cpu.max', `${r.cpuQuota ?? 'max'} ${r.cpuPeriod ?? 100_000}`],
  ['memory.max', String(r.memoryLimitInBytes ?? 'max')],
]
/** On v2 a cgroup's children have only the controllers that it hands down. */
async function delegate(mount: string, name: string): Promise<void> {
  let path = mount
  for (const part of name.split('/').filter(Boolean)) {
    await writeFile(join(path, 'cgroup.subtree_control'), '+cpu +memory +pids')
    path = join(path, part)
    await mkdir(path, { recursive: true })
  }
}
