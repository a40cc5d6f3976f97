// How a description divides the nodes into places, by the value of a label: one for all tables that divide them alike.
import type { NodeInfo } from './node-info.ts'

export class Places {
  /** The place that a node belongs to; undefined: none. */
  readonly #placeOf: (node: NodeInfo) => string | undefined
  readonly #byNode = new Map<NodeInfo, string>()
  /** How many nodes each place has, at least one. */
  readonly #nodes = new Map<string, number>()

  constructor(placeOf: (node: NodeInfo) => string | undefined, nodes: readonly NodeInfo[]) {
    this.#placeOf = placeOf
    for (const node of nodes) this.nodeChanged(node)
  }
  get size(): number { return this.#nodes.size }
  of(node: NodeInfo): string | undefined { return this.#byNode.get(node) }

  /** The node is another, or gone. Returns the place that it had. */
  nodeChanged(node: NodeInfo): string | undefined {
    const before = this.#byNode.get(node), place = node.node && this.#placeOf(node)
    if (before === place) return before
    if (before !== undefined) { this.#byNode.delete(node); this.#add(before, -1) }
    if (place !== undefined) { this.#byNode.set(node, place); this.#add(place, 1) }
    return before
  }
  #add(place: string, by: number): void {
    const nodes = (this.#nodes.get(place) ?? 0) + by
    if (nodes > 0) this.#nodes.set(place, nodes)
    else this.#nodes.delete(place)
  }
}
