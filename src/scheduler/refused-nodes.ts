// Nodes that a pod cannot go to, with why, and what is counted over them: kept in step, so that thousands of nodes need not be counted for each pod.
import type { Refusals } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { Status } from './status.ts'

export class RefusedNodes implements Omit<Refusals, 'others'> {
  readonly byNode = new Map<NodeInfo, Status>()
  readonly reasons = new Map<string, number>()
  readonly resolvable: NodeInfo[] = []
  /** Plugins (by name) that refused, and those that only wait for somebody, with for how many nodes. */
  readonly refusedBy = new Map<string, number>()
  readonly pendingFor = new Map<string, number>()
  readonly #by = new Map<NodeInfo, string>()
  readonly #placeOf = new Map<NodeInfo, number>()

  set(node: NodeInfo, status: Status, by: string): this {
    this.delete(node)
    this.byNode.set(node, status)
    this.#by.set(node, by)
    this.#count(status, by, 1)
    if (status.code === 'Unschedulable') this.#placeOf.set(node, this.resolvable.push(node) - 1)
    return this
  }
  delete(node: NodeInfo): void {
    const status = this.byNode.get(node)
    if (!status) return
    this.#count(status, this.#by.get(node)!, -1)
    this.byNode.delete(node)
    this.#by.delete(node)
    const place = this.#placeOf.get(node)
    if (place === undefined) return
    this.#placeOf.delete(node)
    const last = this.resolvable.pop()!
    if (last === node) return
    this.resolvable[place] = last
    this.#placeOf.set(last, place)
  }
  #count(status: Status, by: string, n: 1 | -1): void {
    for (const reason of status.reasons) add(this.reasons, reason, n)
    add(status.code === 'Pending' ? this.pendingFor : this.refusedBy, by, n)
  }
}
function add(counts: Map<string, number>, key: string, n: 1 | -1): void {
  const sum = (counts.get(key) ?? 0) + n
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
}

/** Refusals as a search meets them, which may be thousands for nothing: most often the pod goes elsewhere, and nobody counts them. */
export class Refusing {
  readonly #nodes: NodeInfo[] = []
  readonly #statuses: Status[] = []
  readonly #by: string[] = []
  get length(): number { return this.#nodes.length }
  add(node: NodeInfo, status: Status, by: string): void { this.#nodes.push(node); this.#statuses.push(status); this.#by.push(by) }
  /** Where a node comes twice, its last answer counts. */
  into(counted: RefusedNodes): RefusedNodes {
    for (let i = 0; i < this.#nodes.length; i++) counted.set(this.#nodes[i]!, this.#statuses[i]!, this.#by[i]!)
    return counted
  }
}
