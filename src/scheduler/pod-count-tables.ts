// How many pods of some description are where, by the value of a label of their nodes. A table is made when a rule first asks for it and
// then follows every pod and node, so that nobody counts pods when one is placed.
import type { NamespaceLabels } from './affinity-terms.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** More tables than this are not kept: the one that nobody asked for longest goes. */
const mostTables = 512

export interface Counted {
  /** The same for descriptions that count the same. */
  readonly key: string
  /** The one namespace whose pods count, when it is one. */
  readonly namespace: string | undefined
  readonly byNamespaceLabels?: boolean
  counts(pod: PodInfo, labelsOf: NamespaceLabels): boolean
  /** The place that the node belongs to; undefined: none, its pods do not count. */
  place(node: NodeInfo): string | undefined
}

export class PodCounts {
  readonly counted: Counted
  /** Pods by place, also for places without any. */
  readonly byPlace = new Map<string, { pods: number; nodes: number }>()
  readonly byNode = new Map<NodeInfo, { place: string; pods: number }>()
  total = 0
  /** How many places have so many pods: what the least is without looking at all places. */
  readonly #places = new Map<number, number>()
  #least = 0

  constructor(counted: Counted, nodes: readonly NodeInfo[], labelsOf: NamespaceLabels) {
    this.counted = counted
    for (const node of nodes) this.nodeChanged(node, labelsOf)
  }
  at(place: string): number { return this.byPlace.get(place)?.pods ?? 0 }
  on(node: NodeInfo): number { return this.byNode.get(node)?.pods ?? 0 }
  /** The fewest pods that a place has. */
  get least(): number {
    if (this.byPlace.size === 0) return 0
    while (!this.#places.has(this.#least)) this.#least++
    return this.#least
  }

  podChanged(node: NodeInfo, by: number): void {
    const here = this.byNode.get(node)
    if (!here) return
    here.pods += by
    this.#add(here.place, by, 0)
  }
  nodeChanged(node: NodeInfo, labelsOf: NamespaceLabels): void {
    const before = this.byNode.get(node), place = node.node && this.counted.place(node)
    if (before && before.place === place) return
    if (before) { this.byNode.delete(node); this.#add(before.place, -before.pods, -1) }
    if (place === undefined) return
    let pods = 0
    for (const pod of node.pods.values()) if (this.counted.counts(pod, labelsOf)) pods++
    this.byNode.set(node, { place, pods })
    this.#add(place, pods, 1)
  }

  #add(place: string, pods: number, nodes: number): void {
    let held = this.byPlace.get(place)
    if (held) this.#tally(held.pods, -1)
    else this.byPlace.set(place, held = { pods: 0, nodes: 0 })
    held.pods += pods
    held.nodes += nodes
    this.total += pods
    if (held.nodes === 0) this.byPlace.delete(place)
    else this.#tally(held.pods, 1)
  }
  #tally(pods: number, by: number): void {
    const left = (this.#places.get(pods) ?? 0) + by
    if (left > 0) this.#places.set(pods, left)
    else this.#places.delete(pods)
    if (by > 0 && pods < this.#least) this.#least = pods
  }
}

export class PodCountTables {
  readonly #labelsOf: NamespaceLabels
  readonly #nodes: () => readonly NodeInfo[]
  readonly #tables = new Map<string, PodCounts>()
  readonly #byNamespace = new Map<string | undefined, Set<PodCounts>>()

  constructor(labelsOf: NamespaceLabels, nodes: () => readonly NodeInfo[]) {
    this.#labelsOf = labelsOf
    this.#nodes = nodes
  }

  /** The table of these pods; counts once, when it is new. */
  of(counted: Counted): PodCounts {
    let table = this.#tables.get(counted.key)
    if (table) this.#tables.delete(counted.key)
    else {
      table = new PodCounts(counted, this.#nodes(), this.#labelsOf)
      const there = this.#byNamespace.get(counted.namespace)
      if (there) there.add(table)
      else this.#byNamespace.set(counted.namespace, new Set([table]))
      if (this.#tables.size >= mostTables) for (const oldest of this.#tables.values()) { this.#drop(oldest); break }
    }
    this.#tables.set(counted.key, table)
    return table
  }

  podChanged(pod: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (this.#tables.size === 0) return
    for (const group of [this.#byNamespace.get(pod.namespace), this.#byNamespace.get(undefined)])
      if (group) for (const table of group) if (table.counted.counts(pod, this.#labelsOf)) table.podChanged(node, by)
  }
  nodeChanged(node: NodeInfo): void { for (const table of this.#tables.values()) table.nodeChanged(node, this.#labelsOf) }
  /** Labels of a namespace changed: what depends on them is counted anew when asked for. */
  namespaceChanged(): void { for (const table of this.#tables.values()) if (table.counted.byNamespaceLabels) this.#drop(table) }

  #drop(table: PodCounts): void {
    const { key, namespace } = table.counted, group = this.#byNamespace.get(namespace)
    this.#tables.delete(key)
    group?.delete(table)
    if (group?.size === 0) this.#byNamespace.delete(namespace)
  }
}
