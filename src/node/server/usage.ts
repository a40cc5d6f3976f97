// What pods use, read from the runtime when somebody asks; rates come from what was read before.
import type { Pod } from '#kinds'
import { isRuntimeError, type ContainerStats, type PodSandboxStats, type Runtime } from '../runtime/runtime.ts'
import type { AgentView } from './agent-view.ts'

/** Two readings closer together than this say little: the rate before is told again. */
const leastApartMs = 500
/** Pods whose numbers are read at the same time. */
const atOnce = 8

export interface PodUsage { readonly pod: Pod; readonly stats: PodSandboxStats }
interface Reading { readonly at: number; readonly nanoseconds: number; readonly rate: number }

/** CPU rates by id, from counters. Those that were not asked for in a round are forgotten. */
export class CpuRates {
  #held = new Map<string, Reading>()
  #next = new Map<string, Reading>()

  /** Billionths of a CPU; the mean since `began` at the first reading. All times in milliseconds. */
  rate(id: string, at: number, nanoseconds: number, began: number): number {
    const held = this.#held.get(id), before = held && nanoseconds >= held.nanoseconds ? held : undefined // a counter that fell has begun anew
    const reading = before && at - before.at < leastApartMs ? before : { at, nanoseconds, rate: since(before ?? { at: began, nanoseconds: 0 }, at, nanoseconds) }
    this.#next.set(id, reading)
    return reading.rate
  }
  /** All that is there has been read once. */
  endOfRound(): void { this.#held = this.#next; this.#next = new Map() }
}
const since = (from: Omit<Reading, 'rate'>, at: number, nanoseconds: number): number => (at <= from.at ? 0 : Math.round(((nanoseconds - from.nanoseconds) * 1000) / (at - from.at)))

/** The numbers of each running pod; pods that end meanwhile are left out. */
export async function podUsages(agent: AgentView, runtime: Runtime): Promise<PodUsage[]> {
  const running = agent.pods().map((pod) => ({ pod, sandbox: agent.sandboxId(pod.metadata.uid) })).filter((p): p is { pod: Pod; sandbox: string } => p.sandbox !== undefined)
  const found: PodUsage[] = []
  let next = 0
  await Promise.all(Array.from({ length: Math.min(atOnce, running.length) }, async () => {
    for (let one = running[next++]; one; one = running[next++]) {
      try { found.push({ pod: one.pod, stats: await runtime.podSandboxStats(one.sandbox) }) } catch (error) { if (!isRuntimeError(error)) throw error }
    }
  }))
  return found.sort((a, b) => (key(a.pod) < key(b.pod) ? -1 : 1))
}
const key = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`

/** The running containers of a pod that its spec names (the sandbox's own is not among them); of those that have ended the runtime tells nothing. */
export function containersOf({ pod, stats }: PodUsage): readonly ContainerStats[] {
  const names = new Set([...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].map((c) => c.name))
  return stats.containers.filter((c) => c.at > 0 && names.has(c.metadata.name))
}
/** When a container started, in milliseconds; 0 when it is not known. */
export function startOf({ status }: Pod, container: string): number {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])]
  return Date.parse(all.find((s) => s.name === container)?.state?.running?.startedAt ?? '') || 0
}
