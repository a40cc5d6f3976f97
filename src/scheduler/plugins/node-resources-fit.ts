import { deviceClass, type Node, type Pod } from '#kinds'
import { classFor } from '../devices/extended-resources.ts'
import { definePlugin } from '../framework.ts'
import { podInfoOf, type PodInfo } from '../pod-info.ts'
import { isExtended, resourcesOf } from '../resources.ts'
import { resourceScore, strategies, type Strategy } from '../resource-scores.ts'
import { unresolvable, unschedulable, type Status } from '../status.ts'

export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[]
  readonly ignoredResourceGroups?: readonly string[]
  readonly scoringStrategy?: Strategy
}
const defaultStrategy: Strategy = { type: 'LeastAllocated', resources: [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }] }

/** A node must have room for what the pod asks for; how full it should be is the strategy's business. */
export const nodeResourcesFit = definePlugin<NodeResourcesFitArgs>({
  name: 'NodeResourcesFit', reads: [deviceClass],
  make({ cluster }, { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy = defaultStrategy }) {
    const ignored = (name: string) => isExtended(name) && (ignoredResources.includes(name) || ignoredResourceGroups.includes(name.split('/')[0]!))
    const requestsOf = ({ requests }: PodInfo) => ({ ...requests, scalars: [...requests.scalars].filter(([name, n]) => n > 0 && !ignored(name)) })
    /** Nodes that have none of it may give it by devices (KEP-5004): then that is looked at with the devices. */
    const byDevices = (scalars: readonly (readonly [string, number])[]): ReadonlySet<string> => new Set(scalars.length === 0 ? [] : scalars.map(([name]) => name).filter((name) => classFor(name, cluster.list(deviceClass))))
    const refusals = new Map<string, Status>()
    const refusal = (reasons: readonly string[], hopeless: boolean): Status => {
      const key = `${hopeless}${reasons.join()}`
      let known = refusals.get(key)
      if (!known) refusals.set(key, known = (hopeless ? unresolvable : unschedulable)(...reasons))
      if (refusals.size > 1000) refusals.clear()
      return known
    }
    return {
      name: 'NodeResourcesFit', local: true,
      events: [
        { on: 'AssignedPod', actions: ['Delete', 'UpdatePodScaleDown'], helps: (pod, old, now) => frees(pod, old as Pod, now as Pod | undefined) },
        { on: 'TargetPod', actions: ['UpdatePodScaleDown'] },
        { on: 'Node', actions: ['Add', 'UpdateNodeAllocatable'], helps: (pod, _, now) => { const asked = requestsOf(pod); return mayFit(asked, now as Node, byDevices(asked.scalars)) } },
        { on: 'deviceclasses.resource.k8s.io', actions: ['Add', 'Update'], helps: (pod) => byDevices(requestsOf(pod).scalars).size > 0 },
      ],
      filter(cycle) {
        const { cpu, memory, storage, scalars } = requestsOf(cycle.pod), bare = cpu === 0 && memory === 0 && storage === 0 && scalars.length === 0, backed = byDevices(scalars)
        if (backed.size > 0) cycle.dependOn([...backed].join())
        return ({ pods, allocatable: room, requested: used }) => {
          const full = pods.size + 1 > room.pods
          if (!full && (bare || (scalars.length === 0 && cpu <= room.cpu - used.cpu && memory <= room.memory - used.memory && storage <= room.storage - used.storage))) return undefined
          const reasons: string[] = full ? ['Too many pods'] : []
          let hopeless = false
          const check = (name: string, asked: number, there: number, taken: number) => { if (asked > 0 && asked > there - taken) { reasons.push(`Insufficient ${name}`); hopeless ||= asked > there } }
          check('cpu', cpu, room.cpu, used.cpu)
          check('memory', memory, room.memory, used.memory)
          check('ephemeral-storage', storage, room.storage, used.storage)
          for (const [name, n] of scalars) if (!backed.has(name) || room.get(name) > 0) check(name, n, room.get(name), used.get(name))
          return reasons.length > 0 ? refusal(reasons, hopeless) : undefined
        }
      },
      score: ({ pod }) => ({ local: true, of: resourceScore(pod, scoringStrategy.resources ?? defaultStrategy.resources!, strategies[scoringStrategy.type](scoringStrategy), false) }),
    }
  },
})

/** Whether what the other pod gives back is something that this one asks for. */
function frees(pod: PodInfo, old: Pod, now: Pod | undefined): boolean {
  if (!now) return true // at least a place
  const was = podInfoOf(old).requests, is = podInfoOf(now).requests, { requests } = pod
  const less = (name: string) => requests.get(name) > 0 && was.get(name) > is.get(name)
  return less('cpu') || less('memory') || less('ephemeral-storage') || [...requests.scalars.keys()].some(less)
}
function mayFit({ cpu, memory, storage, scalars }: { cpu: number; memory: number; storage: number; scalars: readonly (readonly [string, number])[] }, node: Node, backed: ReadonlySet<string>): boolean {
  const room = resourcesOf(node.status?.allocatable)
  return cpu <= room.cpu && memory <= room.memory && storage <= room.storage && scalars.every(([name, n]) => n <= room.get(name) || (backed.has(name) && room.get(name) === 0))
}
