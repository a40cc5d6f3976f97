// One pod's way to a node: filter, score, choose. Pure: the same nodes, pod and chance give the same answer.
import type { Pod } from '#kinds'
import type { Random } from '#machinery'
import type { Nodes, Plugin, Prepared, Refusal } from './framework.ts'
import type { NodeInfo } from './node-info.ts'

/** Below this many nodes all are looked at; above, enough feasible ones suffice (the reference's numbers). */
const smallCluster = 100
const leastPercent = 5

export interface Placement { readonly node: string; readonly feasible: number; readonly looked: number }
export interface Unplaced {
  readonly node?: undefined
  /** Refusals by node, or why nothing was asked of any node. */
  readonly refusals: ReadonlyMap<NodeInfo, Refusal>
  readonly nowhere?: Refusal
  /** Plugins that refused: what they wait for may help. */
  readonly refusedBy: ReadonlySet<Plugin>
  readonly nodes: number
}

export interface Asked { readonly plugin: Plugin; readonly prepared: Prepared }
/** What each plugin has to say about the pod, or the first one that says it can go nowhere. */
export function prepare(pod: Pod, nodes: Nodes, plugins: readonly Plugin[]): { asked: Asked[]; nowhere?: { plugin: Plugin; refusal: Refusal } } {
  const asked: Asked[] = []
  for (const plugin of plugins) {
    const prepared = plugin.prepare(pod, nodes)
    if (prepared?.nowhere) return { asked, nowhere: { plugin, refusal: prepared.nowhere } }
    if (prepared) asked.push({ plugin, prepared })
  }
  return { asked }
}

/** The first plugin that refuses the node. */
export function ask(node: NodeInfo, asked: readonly Asked[]): { plugin: Plugin; refusal: Refusal } | undefined {
  for (const { plugin, prepared } of asked) {
    const refusal = prepared.filter?.(node)
    if (refusal) return { plugin, refusal }
  }
  return undefined
}

/** Where the pod shall go. `start` is where the search over nodes begins, so that all get their turn. */
export function schedule(pod: Pod, nodes: Nodes, plugins: readonly Plugin[], start: number, random: Random): Placement | Unplaced {
  const { asked, nowhere } = prepare(pod, nodes, plugins)
  const all = nodes.all, refusals = new Map<NodeInfo, Refusal>(), refusedBy = new Set<Plugin>()
  if (nowhere) return { refusals, nowhere: nowhere.refusal, refusedBy: new Set([nowhere.plugin]), nodes: all.length }
  const enough = feasibleToFind(all.length), feasible: NodeInfo[] = [], filters = asked.filter((a) => a.prepared.filter)
  let looked = 0
  const nominated = pod.status?.nominatedNodeName ? nodes.get(pod.status.nominatedNodeName) : undefined
  if (nominated?.node && !ask(nominated, filters)) return { node: nominated.name, feasible: 1, looked: 1 }
  for (; looked < all.length && feasible.length < enough; looked++) {
    const node = all[(start + looked) % all.length]!
    const refused = ask(node, filters)
    if (!refused) { feasible.push(node); continue }
    refusals.set(node, refused.refusal)
    refusedBy.add(refused.plugin)
  }
  // Without nodes nobody refused: whatever brings a node may help.
  if (feasible.length === 0) return { refusals, refusedBy: all.length > 0 ? refusedBy : new Set(plugins), nodes: all.length }
  return { node: best(feasible, asked, random).name, feasible: feasible.length, looked }
}

/** How many feasible nodes are enough to choose among: all of a small cluster, then a falling share, at least a hundred. */
export function feasibleToFind(nodes: number): number {
  if (nodes < smallCluster) return nodes
  const percent = Math.max(leastPercent, 50 - Math.floor(nodes / 125))
  return Math.max(smallCluster, Math.floor((nodes * percent) / 100))
}

function best(feasible: readonly NodeInfo[], asked: readonly Asked[], random: Random): NodeInfo {
  if (feasible.length === 1) return feasible[0]!
  const totals = new Float64Array(feasible.length)
  for (const { plugin, prepared } of asked) {
    if (!prepared.score) continue
    const scores = feasible.map((node) => prepared.score!(node)), weight = plugin.weight ?? 1
    if (prepared.normalize !== 'none') scale(scores, prepared.normalize === 'reverse')
    for (let i = 0; i < scores.length; i++) totals[i]! += weight * scores[i]!
  }
  let chosen = 0, ties = 1
  for (let i = 1; i < totals.length; i++) {
    if (totals[i]! > totals[chosen]!) { chosen = i; ties = 1 }
    else if (totals[i] === totals[chosen] && random() < 1 / ++ties) chosen = i
  }
  return feasible[chosen]!
}

/** To 0..100 over the range that there is; `reverse`: the smallest gets the most. */
function scale(scores: number[], reverse: boolean): void {
  let low = Infinity, high = -Infinity
  for (const s of scores) { if (s < low) low = s; if (s > high) high = s }
  const floor = Math.min(low, 0)
  for (let i = 0; i < scores.length; i++) {
    const share = high === floor ? 0 : Math.floor(((scores[i]! - floor) * 100) / (high - floor))
    scores[i] = reverse ? 100 - share : share
  }
}
