// The cgroups of pods: <root>/pod<uid> for guaranteed pods, else <root>/burstable or <root>/besteffort with pod<uid> in it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '#kinds'
import { pause, type Clock, type Log } from '#machinery'
import { removeCgroup } from '../leftovers.ts'
import type { LinuxResources } from '../runtime/runtime.ts'
import { podResources, qosOf, type QosClass } from './resources.ts'

const folders: Readonly<Record<QosClass, string>> = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' }
/** Processes that were killed leave their cgroup soon, not at once. */
const removals = 20
const removalPauseMs = 50
const microsecondsPerPeriod = 100_000

/** Where a cgroup hierarchy is mounted; v1 has one for each controller. */
export interface Hierarchy { readonly path: string; readonly controllers: readonly string[] }

/** The hierarchies that hold pods: those of version 1 where it has the cpu, else the one of version 2. `mounts` is a mountinfo file (proc(5)). */
export function cgroupHierarchies(mounts: string): { readonly version: 1 | 2; readonly hierarchies: readonly Hierarchy[] } {
  const known = new Set(['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'hugetlb', 'net_cls', 'net_prio', 'perf_event'])
  const first: Hierarchy[] = [], second: Hierarchy[] = []
  for (const line of mounts.split('\n')) {
    const [left = '', right = ''] = line.split(' - '), path = left.split(' ')[4] ?? '', [type, , options = ''] = right.split(' ')
    const controllers = options.split(',').filter((o) => known.has(o))
    if (type === 'cgroup' && controllers.length > 0) first.push({ path, controllers })
    else if (type === 'cgroup2') second.push({ path, controllers: [] })
  }
  return first.some((h) => h.controllers.includes('cpu')) ? { version: 1, hierarchies: first } : { version: 2, hierarchies: second.slice(0, 1) }
}

/** Such as /kubepods/burstable/pod<uid>. */
export const podCgroup = (root: string, pod: Pod): string => join(root, folders[qosOf(pod)], `pod${pod.metadata.uid}`)

export class PodCgroups {
  readonly #root: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #version: 1 | 2
  readonly #hierarchies: readonly Hierarchy[]
  /** CPU shares of burstable pods: their parent has as many as all of them. */
  readonly #burstable = new Map<string, number>()
  #parents: Promise<void> | undefined

  constructor({ root, clock, log }: { readonly root: string; readonly clock: Clock; readonly log: Log }) {
    this.#root = root
    this.#clock = clock
    this.#log = log
    const { version, hierarchies } = cgroupHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'))
    this.#version = version
    this.#hierarchies = hierarchies
  }

  /** Makes the pod's cgroup and sets its limits. */
  async setUp(pod: Pod): Promise<void> {
    const name = podCgroup(this.#root, pod), limits = podResources(pod), qos = qosOf(pod)
    await (this.#parents ??= this.#makeParents().catch((error: unknown) => { this.#parents = undefined; throw error }))
    await this.#make(name)
    await this.#limit(name, limits)
    if (qos === 'Burstable') { this.#burstable.set(pod.metadata.uid, limits.cpuShares ?? 2); await this.#shareBurstable() }
  }

  /** Removes the pod's cgroup; true when nothing of it is left. */
  async remove(uid: string): Promise<boolean> {
    const names = Object.values(folders).map((folder) => join(this.#root, folder, `pod${uid}`))
    const left = (): string[] => names.filter((name) => this.#hierarchies.some(({ path }) => existsSync(join(path, name))))
    let rest = left()
    for (let n = 0; rest.length > 0 && n < removals; n++) {
      if (n > 0) await pause(this.#clock, removalPauseMs)
      for (const name of rest) await removeCgroup(name)
      rest = left()
    }
    if (this.#burstable.delete(uid)) await this.#shareBurstable()
    return rest.length === 0
  }

  /** Uids of pods that have a cgroup. */
  present(): string[] {
    const uids = new Set<string>()
    for (const { path } of this.#hierarchies)
      for (const folder of Object.values(folders)) {
        let names: string[]
        try { names = readdirSync(join(path, this.#root, folder)) } catch { continue }
        for (const name of names) if (name.startsWith('pod')) uids.add(name.slice(3))
      }
    return [...uids]
  }

  async #makeParents(): Promise<void> {
    await this.#make(this.#root)
    for (const folder of Object.values(folders)) if (folder) await this.#make(join(this.#root, folder))
    await this.#limit(join(this.#root, folders.BestEffort), { cpuShares: 2 })
  }
  #shareBurstable(): Promise<void> {
    return this.#limit(join(this.#root, folders.Burstable), { cpuShares: Math.min(262_144, Math.max(2, [...this.#burstable.values()].reduce((a, b) => a + b, 0))) })
  }

  async #make(name: string): Promise<void> {
    for (const { path, controllers } of this.#hierarchies) {
      if (existsSync(join(path, name))) continue
      let at = path
      for (const part of name.split('/').filter(Boolean)) {
        const parent = at
        at = join(at, part)
        if (this.#version === 2) await this.#delegate(parent)
        await mkdir(at, { recursive: true })
        if (controllers.includes('cpuset')) await copyCpuset(parent, at)
      }
    }
  }
  /** Version 2: what the children may limit. */
  async #delegate(path: string): Promise<void> {
    for (const controller of ['cpuset', 'cpu', 'memory', 'pids', 'hugetlb', 'io'])
      await writeFile(join(path, 'cgroup.subtree_control'), `+${controller}`).catch(() => {}) // the machine may not have it
  }

  async #limit(name: string, limits: LinuxResources): Promise<void> {
    const quota = limits.cpuQuota ?? -1, memory = limits.memoryLimitInBytes ?? -1, shares = limits.cpuShares ?? 2
    const files: [controller: string, file: string, value: string][] = this.#version === 1
      ? [['cpu', 'cpu.shares', String(shares)], ['cpu', 'cpu.cfs_period_us', String(microsecondsPerPeriod)], ['cpu', 'cpu.cfs_quota_us', String(quota)], ['memory', 'memory.limit_in_bytes', String(memory)]]
      : [['', 'cpu.weight', String(1 + Math.floor(((shares - 2) * 9999) / 262_142))], ['', 'cpu.max', `${quota < 0 ? 'max' : quota} ${microsecondsPerPeriod}`], ['', 'memory.max', memory < 0 ? 'max' : String(memory)]]
    for (const [controller, file, value] of files)
      for (const { path, controllers } of this.#hierarchies) {
        if (controller && !controllers.includes(controller)) continue
        const whole = join(path, name, file)
        try {
          if (existsSync(whole) && (await readFile(whole, 'utf8')).trim() !== value) await writeFile(whole, value)
        } catch (error) { this.#log.warn('a limit of a cgroup could not be set', { cgroup: name, file, value, error }) }
      }
  }
}

/** Version 1: no process may enter a cgroup that has no CPUs and no memory nodes. */
async function copyCpuset(parent: string, child: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    if ((await readFile(join(child, file), 'utf8')).trim() === '') await writeFile(join(child, file), (await readFile(join(parent, file), 'utf8')).trim())
}
