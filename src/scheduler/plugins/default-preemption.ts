import { podDisruptionBudget, type PodDisruptionBudget } from '#kinds'
import { explainRefusals } from '../message.ts'
import type { Cycle } from '../cycle-state.ts'
import { definePlugin, type Handle, type PostFilterResult, type Refusals, type Victims } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { candidate, leastHarm, type Candidate } from '../preemption/choose.ts'
import { Evictions } from '../preemption/evictions.ts'
import { victimsOn } from '../preemption/victims.ts'
import { RefusedNodes, Refusing } from '../refused-nodes.ts'
import { RememberedByPod } from '../remembered.ts'
import { failed, unresolvable, unschedulable, type Status } from '../status.ts'

export interface DefaultPreemptionArgs { readonly minCandidateNodesPercentage?: number; readonly minCandidateNodesAbsolute?: number }
const notHelpful = unresolvable('Preemption is not helpful for scheduling'), running = unresolvable('waiting for the preemption for this pod to be finished')

/** When a pod fits nowhere, less important ones may have to leave. */
export const defaultPreemption = definePlugin<DefaultPreemptionArgs>({
  name: 'DefaultPreemption', reads: [podDisruptionBudget],
  make(handle, { minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 }) {
    const tried = new RememberedByPod<Candidate | Status>()
    const evictions = new Evictions(handle, handle.nominated)
    const enough = (nodes: number) => Math.min(nodes, Math.max(Math.floor((nodes * minCandidateNodesPercentage) / 100), minCandidateNodesAbsolute))
    return {
      name: 'DefaultPreemption',
      // What its victims leave behind is what other plugins wait for; it must only be asked again whether it is still at work.
      events: [{ on: 'AssignedPod', actions: ['Delete'], helps: () => false }],
      preEnqueue: ({ uid }) => (evictions.runningFor(uid) ? running : undefined),
      postFilter(cycle, refusals) {
        handle.figures.preempting()
        const not = ineligible(cycle, refusals, handle)
        if (not) return { status: unschedulable(`preemption: ${not}`) }
        const { candidates, refused } = dryRun(cycle, refusals.resolvable, enough(refusals.resolvable.length), handle, tried)
        if (candidates.length === 0)
          return { status: unschedulable(`preemption: ${explainRefusals({ ...refused.into(new RefusedNodes()), others: notHelpful, nodes: handle.nodes.list.length })}`), nominate: '' }
        const finish = (left: readonly Candidate[]): PostFilterResult => {
          const chosen = leastHarm(left)
          if (!chosen) return { status: unschedulable('preemption: no candidate node for preemption') }
          evictions.start(chosen, cycle.pod)
          return { nominate: chosen.node.name }
        }
        const asked = handle.extenders.filter((e) => e.preempt && e.interested(cycle.pod))
        return asked.length === 0 ? finish(candidates) : narrowed(candidates, asked, cycle).then((left) => ('code' in left ? { status: left } : finish(left)))
      },
    }
  },
})

/** Why the pod may not preempt; undefined: it may. */
function ineligible({ pod: { pod, priority } }: Cycle, { byNode, others }: Refusals, { nodes }: Handle): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const name = pod.status?.nominatedNodeName, node = name ? nodes.get(name) : undefined
  if (!node || (byNode.get(node) ?? others).code === 'UnschedulableAndUnresolvable') return undefined
  const leaving = [...node.pods.values()].some((other) => other.terminating && other.priority < priority
    && other.pod.status?.conditions?.some((c) => c.type === 'DisruptionTarget' && c.status === 'True' && c.reason === 'PreemptionByScheduler'))
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined
}

/** Tries nodes, from a random one on, until there are enough candidates and one of them violates no budget. */
function dryRun(cycle: Cycle, potential: readonly NodeInfo[], enough: number, handle: Handle, tried: RememberedByPod<Candidate | Status>): { candidates: Candidate[]; refused: Refusing } {
  const budgets = potential.length > 0 ? handle.cluster.list(podDisruptionBudget) : [], candidates: Candidate[] = [], refused = new Refusing()
  const start = Math.floor(handle.cluster.random() * potential.length)
  const known = cycle.others.length === 0 ? tried.of(`${cycle.localSignature}${budgets.map((b) => b.metadata.resourceVersion).join()}`) : undefined
  let harmless = false
  for (let i = 0; i < potential.length && !(harmless && candidates.length >= enough); i++) {
    const node = potential[(start + i) % potential.length]!
    let found = known?.of(node)
    if (!found) { found = tryOn(node, cycle, handle, budgets); known?.set(node, found) }
    if ('code' in found) refused.add(node, found, 'DefaultPreemption')
    else { candidates.push(found); harmless ||= found.victims.violations === 0 }
  }
  return { candidates, refused }
}
function tryOn(node: NodeInfo, cycle: Cycle, handle: Handle, budgets: readonly PodDisruptionBudget[]): Candidate | Status {
  const found = victimsOn(node, cycle, handle, budgets)
  if ('code' in found) return found
  return found.pods.length === 0 ? failed(`expected at least one victim pod on node "${node.name}"`) : candidate(node, found)
}

async function narrowed(candidates: readonly Candidate[], extenders: Handle['extenders'], { pod }: Cycle): Promise<readonly Candidate[] | Status> {
  let left: ReadonlyMap<NodeInfo, Victims> = new Map(candidates.map(({ node, victims }) => [node, victims]))
  for (const extender of extenders) {
    try {
      const answer = await extender.preempt!(pod, left), empty = [...answer].find(([, { pods }]) => pods.length === 0)
      if (empty && !extender.ignorable) return failed(`expected at least one victim pod on node "${empty[0].name}"`)
      left = new Map([...answer].filter(([, { pods }]) => pods.length > 0))
    } catch (error) { if (!extender.ignorable) return failed(error) }
    if (left.size === 0) break
  }
  return [...left].map(([node, victims]) => candidate(node, victims))
}
