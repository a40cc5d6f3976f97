// One pod's way to a node: filter, score, choose. The same nodes, pod and chance give the same answer.
import type { Cycle } from './cycle-state.ts'
import type { Refusals } from './framework.ts'
import { FullRound } from './full-round.ts'
import type { NodeInfo } from './node-info.ts'
import { RefusedNodes, Refusing } from './refused-nodes.ts'
import { askAgain, comparable, CycleError, openRound, passFilters, type Surroundings } from './search.ts'
import { isRejected, unresolvable, type Status } from './status.ts'

const extenderScale = 10

export interface Placement { readonly node: NodeInfo; readonly feasible: number; readonly looked: number }
export interface Unplaced extends Refusals {
  readonly node?: undefined
  readonly nodes: number
  readonly looked: number
  /** Why no node was asked at all. */
  readonly nowhere?: Status | undefined
  /** Names of plugins that refused: what they wait for may help. */
  readonly refusedBy: ReadonlySet<string>
  readonly pendingFor: ReadonlySet<string>
}
export const noNodes = 'no nodes available to schedule pods'

/** Where the pod shall go. Waits for nothing but extenders. */
export async function findNode(cycle: Cycle, around: Surroundings): Promise<Placement | Unplaced> {
  const { profile, nodes } = around, all = nodes.list
  if (all.length === 0) return unplaced(nobody, unresolvable(noNodes), { nodes: 0, nowhere: unresolvable(noNodes) })
  const before = profile.preFilter(cycle), { refusal, restrictedBy } = before
  if (refusal) {
    if (!isRejected(refusal)) throw new CycleError(refusal.reasons.join(', '), { cause: refusal.error })
    const found = unplaced(nobody, refusal, { nodes: all.length, nowhere: refusal, restrictedBy })
    return refusal.code === 'Pending' ? { ...found, pendingFor: new Set([before.by!]) } : { ...found, refusedBy: found.refusedBy.union(new Set([before.by!])) }
  }
  const refused = new Refusing()
  const nominated = cycle.pod.pod.status?.nominatedNodeName ? nodes.get(cycle.pod.pod.status.nominatedNodeName) : undefined
  if (nominated) {
    const { feasible } = await profile.timedWait('Filter', () => passFilters(cycle, [nominated], around, refused), codeOfFilter)
    if (feasible.length > 0) return { node: nominated, feasible: 1, looked: 1 }
  }
  const only = before.only && [...before.only].flatMap((name) => nodes.get(name) ?? [])
  const kept = only || !comparable(cycle, around) ? undefined : cycle.localSignature, round = kept === undefined ? undefined : openRound(kept, around)
  const { feasible, looked } = await profile.timedWait('Filter', async () => (round ? askAgain(cycle, round, around) : passFilters(cycle, only ?? all, around, refused)), codeOfFilter)
  if (feasible.length > 0) return { node: feasible.length === 1 ? feasible[0]! : await best(cycle, feasible, around), feasible: feasible.length, looked }
  const by = round?.kept.refused ?? refused.into(new RefusedNodes())
  if (kept !== undefined && !round) profile.rounds.set(kept, new FullRound(nodes, by))
  return unplaced(by, unresolvable(...(only ? [`node(s) didn't satisfy plugin(s) [${[...restrictedBy].sort().join(' ')}]`] : [])), { nodes: all.length, looked, restrictedBy })
}

const codeOfFilter = ({ feasible }: { readonly feasible: readonly NodeInfo[] }): 'Success' | 'Unschedulable' => (feasible.length > 0 ? 'Success' : 'Unschedulable')
const nobody = new RefusedNodes()
function unplaced({ byNode, reasons, resolvable, refusedBy, pendingFor }: RefusedNodes, others: Status, { nodes, looked = 0, nowhere, restrictedBy = [] }: { nodes: number; looked?: number; nowhere?: Status; restrictedBy?: readonly string[] }): Unplaced {
  return { byNode, reasons, resolvable, others, nowhere, nodes, looked, refusedBy: new Set([...restrictedBy, ...refusedBy.keys()]), pendingFor: new Set(pendingFor.keys()) }
}

async function best(cycle: Cycle, feasible: readonly NodeInfo[], { profile, extenders, random }: Surroundings): Promise<NodeInfo> {
  const totals = profile.score(cycle, feasible)
  if ('code' in totals) throw new CycleError(totals.reasons.join(', '), { cause: totals.error })
  await Promise.all(extenders.filter((e) => e.prioritize && e.interested(cycle.pod)).map(async (extender) => {
    // An extender that cannot say what it likes has no say.
    const scores = await extender.prioritize!(cycle.pod, feasible).catch(() => new Map<string, number>())
    feasible.forEach((node, i) => { totals[i]! += (scores.get(node.name) ?? 0) * extender.weight * extenderScale })
  }))
  let chosen = 0, ties = 1
  for (let i = 1; i < totals.length; i++) {
    if (totals[i]! > totals[chosen]!) { chosen = i; ties = 1 }
    else if (totals[i] === totals[chosen] && random() < 1 / ++ties) chosen = i
  }
  return feasible[chosen]!
}
