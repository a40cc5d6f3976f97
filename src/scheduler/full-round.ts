// A search in which no node would do, kept for the next pod that asks for the same: nodes that have not changed since would refuse it too.
import type { NodeInfo } from './node-info.ts'
import type { Nodes } from './nodes.ts'
import type { Refusing, RefusedNodes } from './refused-nodes.ts'

export class FullRound {
  /** Why each node refuses that is not open. */
  readonly refused: RefusedNodes
  readonly #list: readonly NodeInfo[]
  /** Nodes that have changed, or would do. */
  readonly #open = new Set<NodeInfo>()
  #seen: number

  constructor(nodes: Nodes, refused: RefusedNodes) {
    this.refused = refused
    this.#list = nodes.list
    this.#seen = nodes.journal.end
  }

  /** The nodes that have to be asked; undefined when nodes have come or gone, or too much has happened since. */
  open(nodes: Nodes): readonly NodeInfo[] | undefined {
    const changed = nodes.list === this.#list ? nodes.journal.since(this.#seen) : undefined
    if (!changed) return undefined
    this.#seen = nodes.journal.end
    for (const node of changed) if (node.node) { this.#open.add(node); this.refused.delete(node) }
    return [...this.#open]
  }
  /** Takes in what those have answered. */
  refuse(refusing: Refusing): void {
    refusing.into(this.refused)
    for (const node of this.#open) if (this.refused.byNode.has(node)) this.#open.delete(node)
  }
}
