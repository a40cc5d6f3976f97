// Which nodes accept a pod: all are asked, or as many as are enough to choose among. What they say is remembered for the next pod that asks for the same.
import type { Random } from '#machinery'
import type { Cycle, Tests } from './cycle-state.ts'
import type { Extender } from './framework.ts'
import type { FullRound } from './full-round.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nodes } from './nodes.ts'
import type { Answer, Profile } from './profile.ts'
import type { Nominator } from './queue/nominator.ts'
import { Refusing } from './refused-nodes.ts'
import { isRejected, unresolvable, unschedulable, type Status } from './status.ts'

/** Below this many nodes all are looked at; above, enough feasible ones suffice (the reference's numbers). */
const smallCluster = 100
const leastPercent = 5

/** The scheduling cycle broke down; the pod is tried again later. */
export class CycleError extends Error { override readonly name = 'CycleError' }
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

/** Whether what nodes say of this pod is what they say of all pods of its signature, and nobody else is asked. */
export const comparable = (cycle: Cycle, { nominator, extenders }: Surroundings): boolean =>
  cycle.local.length > 0 && cycle.others.length === 0 && nominator.nodeOf(cycle.pod.uid) === undefined && !extenders.some((e) => e.filter && e.interested(cycle.pod))
/** The last search for such a pod, if it found no node and few have changed since. */
export function openRound(signature: string, { profile, nodes }: Surroundings): { readonly kept: FullRound; readonly open: readonly NodeInfo[] } | undefined {
  const kept = profile.rounds.get(signature), open = kept?.open(nodes)
  if (kept && open && open.length * 2 < nodes.list.length) return { kept, open }
  profile.rounds.delete(signature)
  return undefined
}
/** What a search over all nodes would find, by asking those that may answer otherwise than the last time. */
export function askAgain(cycle: Cycle, { kept, open }: { readonly kept: FullRound; readonly open: readonly NodeInfo[] }, around: Surroundings): { feasible: readonly NodeInfo[]; looked: number } {
  const refused = new Refusing(), { nodes: { list } } = around, feasible = ask(cycle, open, around, enoughOf(list.length, around), refused)
  kept.refuse(refused)
  return { feasible, looked: list.length - open.length + feasible.length + refused.length }
}

/** The nodes that all plugins and extenders accept, as many as are enough to choose among; and how many were asked. */
export async function passFilters(cycle: Cycle, asked: readonly NodeInfo[], around: Surroundings, refused: Refusing): Promise<{ feasible: readonly NodeInfo[]; looked: number }> {
  const { extenders } = around, already = refused.length
  let left: readonly NodeInfo[] = ask(cycle, asked, around, enoughOf(asked.length, around), refused)
  const looked = left.length + refused.length - already
  for (const extender of extenders) {
    if (left.length === 0) break
    if (!extender.filter || !extender.interested(cycle.pod)) continue
    try {
      const answer = await extender.filter(cycle.pod, left), passed = new Set(answer.nodes)
      for (const node of left) {
        const why = answer.unresolvable.get(node.name) ?? answer.failed.get(node.name)
        if (!passed.has(node) || why !== undefined) refused.add(node, (answer.unresolvable.has(node.name) ? unresolvable : unschedulable)(...(why === undefined ? [] : [why])), extenderName)
      }
      left = answer.nodes
    } catch (error) { if (!extender.ignorable) throw new CycleError(error instanceof Error ? error.message : String(error), { cause: error }) }
  }
  return { feasible: left, looked }
}
/** Asks one node after the other until enough would do. What nodes say by themselves is remembered, unless this very pod is promised the node: others count it then. */
function ask(cycle: Cycle, asked: readonly NodeInfo[], around: Surroundings, enough: number, refused: Refusing): NodeInfo[] {
  const { profile, start, nominator } = around, found: NodeInfo[] = [], own = nominator.nodeOf(cycle.pod.uid), known = cycle.local.length > 0 ? profile.answers.of(cycle.localSignature) : undefined
  for (let i = 0; i < asked.length && found.length < enough; i++) {
    const node = asked[(start + i) % asked.length]!, memory = node.name === own ? undefined : known
    let answer = memory?.of(node)
    if (!answer) { answer = fits(cycle, node, around, cycle.local) ?? fine; memory?.set(node, answer) }
    if (!answer.status && cycle.others.length > 0) answer = fits(cycle, node, around, cycle.others) ?? fine
    if (!answer.status) found.push(node)
    else if (isRejected(answer.status)) refused.add(node, answer.status, answer.by)
    else throw new CycleError(answer.status.reasons.join(', '), { cause: answer.status.error })
  }
  return found
}

/** The first plugin that refuses the node. More important pods that are nominated for it count as if they were there, and as if they were not. */
export function fits(cycle: Cycle, node: NodeInfo, { nominator, nodes, profile }: Pick<Surroundings, 'nominator' | 'nodes' | 'profile'>, tests = cycle.tests): { status: Status; by: string } | undefined {
  const expected = nominator.on(node.name, cycle.pod), { version } = node
  if (expected.length > 0) {
    for (const pod of expected) { nodes.put(pod, node); profile.told(cycle, 'added', pod, node) }
    try {
      const refused = firstRefusal(node, tests)
      if (refused) return refused
    } finally {
      for (const pod of expected) { nodes.take(pod, node); profile.told(cycle, 'removed', pod, node) }
      node.version = version
    }
  }
  return firstRefusal(node, tests)
}
function firstRefusal(node: NodeInfo, tests: Tests): { status: Status; by: string } | undefined {
  for (const { plugin, test } of tests) {
    const status = test(node)
    if (status && status.code !== 'Success') return { status, by: plugin.name }
  }
  return undefined
}

const fine: Answer = { by: '' }

/** How many feasible nodes are enough to choose among: all of a small cluster, then a falling share, at least a hundred. */
const enoughOf = (nodes: number, { profile, extenders }: Surroundings): number =>
  (!profile.scores && !extenders.some((e) => e.filter || e.prioritize) ? 1 : feasibleToFind(nodes, profile.percentageOfNodesToScore))
export function feasibleToFind(nodes: number, percentage = 0): number {
  if (nodes < smallCluster) return nodes
  const percent = percentage || Math.max(leastPercent, 50 - Math.floor(nodes / 125))
  return Math.max(smallCluster, Math.floor((nodes * percent) / 100))
}
