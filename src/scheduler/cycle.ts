// One pod's way to a node: filter, score, choose. The same nodes, pod and chance give the same answer.
import type { Random } from '#machinery'
import type { Cycle, Tests } from './cycle-state.ts'
import type { Extender, Refusals } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nodes } from './nodes.ts'
import type { Nominator } from './queue/nominator.ts'
import type { Answer, Profile } from './profile.ts'
import { isRejected, unresolvable, unschedulable, type Status } from './status.ts'

/** Below this many nodes all are looked at; above, enough feasible ones suffice (the reference's numbers). */
const smallCluster = 100
const leastPercent = 5
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
/** The scheduling cycle broke down; the pod is tried again later. */
export class CycleError extends Error { override readonly name = 'CycleError' }
export const noNodes = 'no nodes available to schedule pods'
export const extenderName = 'Extender'

export interface Surroundings {
  readonly nodes: Nodes
  readonly profile: Profile
  readonly nominator: Nominator
  readonly extenders: readonly Extender[]
  readonly random: Random
  /** Where the search begins, so that all nodes get their turn. */
  readonly start: number
}

/** Where the pod shall go. Waits for nothing but extenders. */
export async function findNode(cycle: Cycle, around: Surroundings): Promise<Placement | Unplaced> {
  const { profile, nodes } = around, all = nodes.list
  const byNode = new Map<NodeInfo, Status>(), refusedBy = new Set<string>(), pendingFor = new Set<string>()
  const unplaced = (others: Status, nowhere?: Status): Unplaced => ({ byNode, others, nowhere, refusedBy, pendingFor, nodes: all.length, looked: byNode.size })
  if (all.length === 0) return unplaced(unresolvable(noNodes), unresolvable(noNodes))
  const before = profile.preFilter(cycle)
  for (const name of before.restrictedBy) refusedBy.add(name)
  if (before.refusal) {
    if (!isRejected(before.refusal)) throw new CycleError(before.refusal.reasons.join(', '), { cause: before.refusal.error })
    ;(before.refusal.code === 'Pending' ? pendingFor : refusedBy).add(before.by!)
    return unplaced(before.refusal, before.refusal)
  }
  const note = (node: NodeInfo, status: Status, by: string) => {
    byNode.set(node, status)
    ;(status.code === 'Pending' ? pendingFor : refusedBy).add(by)
  }
  const nominated = cycle.pod.pod.status?.nominatedNodeName ? nodes.get(cycle.pod.pod.status.nominatedNodeName) : undefined
  if (nominated) {
    const feasible = await passFilters(cycle, [nominated], around, note)
    if (feasible.length > 0) return { node: nominated, feasible: 1, looked: 1 }
  }
  let asked = all, others = unresolvable()
  if (before.only) {
    asked = [...before.only].flatMap((name) => nodes.get(name) ?? [])
    others = unresolvable(`node(s) didn't satisfy plugin(s) [${[...before.restrictedBy].sort().join(' ')}]`)
  }
  const feasible = await passFilters(cycle, asked, around, note), looked = feasible.length + byNode.size
  if (feasible.length === 0) return { ...unplaced(others), looked }
  const node = feasible.length === 1 ? feasible[0]! : await best(cycle, feasible, around)
  return { node, feasible: feasible.length, looked }
}

/** The nodes that all plugins and extenders accept, as many as are enough to choose among. */
async function passFilters(cycle: Cycle, asked: readonly NodeInfo[], around: Surroundings, note: (node: NodeInfo, status: Status, by: string) => void): Promise<readonly NodeInfo[]> {
  const { profile, extenders, start } = around, found: NodeInfo[] = [], known = cycle.local.length > 0 ? profile.answers.of(cycle.localSignature) : undefined
  const enough = !profile.scores && !extenders.some((e) => e.filter || e.prioritize) ? 1 : feasibleToFind(asked.length, profile.percentageOfNodesToScore)
  for (let i = 0; i < asked.length && found.length < enough; i++) {
    const node = asked[(start + i) % asked.length]!
    let answer = known?.of(node)
    if (!answer) { answer = fits(cycle, node, around, cycle.local) ?? fine; known?.set(node, answer) }
    if (!answer.status && cycle.others.length > 0) answer = fits(cycle, node, around, cycle.others) ?? fine
    if (!answer.status) found.push(node)
    else if (isRejected(answer.status)) note(node, answer.status, answer.by)
    else throw new CycleError(answer.status.reasons.join(', '), { cause: answer.status.error })
  }
  let left: readonly NodeInfo[] = found
  for (const extender of extenders) {
    if (left.length === 0) break
    if (!extender.filter || !extender.interested(cycle.pod)) continue
    try {
      const answer = await extender.filter(cycle.pod, left), passed = new Set(answer.nodes)
      for (const node of left) {
        const why = answer.unresolvable.get(node.name) ?? answer.failed.get(node.name)
        if (!passed.has(node) || why !== undefined) note(node, (answer.unresolvable.has(node.name) ? unresolvable : unschedulable)(...(why === undefined ? [] : [why])), extenderName)
      }
      left = answer.nodes
    } catch (error) { if (!extender.ignorable) throw new CycleError(error instanceof Error ? error.message : String(error), { cause: error }) }
  }
  return left
}

/** The first plugin that refuses the node. More important pods that are nominated for it count as if they were there, and as if they were not. */
export function fits(cycle: Cycle, node: NodeInfo, { nominator, nodes, profile }: Pick<Surroundings, 'nominator' | 'nodes' | 'profile'>, tests = cycle.tests): { status: Status; by: string } | undefined {
  const expected = nominator.on(node.name, cycle.pod), { version } = node
  if (expected.length > 0) {
    for (const pod of expected) { nodes.put(pod, node); profile.told(cycle, 'added', pod, node) }
    try {
      const refused = ask(node, tests)
      if (refused) return refused
    } finally {
      for (const pod of expected) { nodes.take(pod, node); profile.told(cycle, 'removed', pod, node) }
      node.version = version
    }
  }
  return ask(node, tests)
}
function ask(node: NodeInfo, tests: Tests): { status: Status; by: string } | undefined {
  for (const { plugin, test } of tests) {
    const status = test(node)
    if (status && status.code !== 'Success') return { status, by: plugin.name }
  }
  return undefined
}

const fine: Answer = { by: '' }

/** How many feasible nodes are enough to choose among: all of a small cluster, then a falling share, at least a hundred. */
export function feasibleToFind(nodes: number, percentage = 0): number {
  if (nodes < smallCluster) return nodes
  const percent = percentage || Math.max(leastPercent, 50 - Math.floor(nodes / 125))
  return Math.max(smallCluster, Math.floor((nodes * percent) / 100))
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
