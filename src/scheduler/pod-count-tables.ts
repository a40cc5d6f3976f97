// How many pods of some description are where, by the value of a label of their nodes. A table is made when a rule first asks for it and
// then follows every pod and node, so that nobody counts pods when one is placed.
import type { NamespaceLabels } from './affinity-terms.ts'
import type { NodeInfo } from './node-info.ts'
import { Places } from './places.ts'
import type { PodInfo } from './pod-info.ts'

/** So many tables are kept in any case. */
const leastTables = 512
/** Beyond that, so many for each pod that has a place: every workload has a few of its own, and they grow with its pods only. */
const tablesPerPod = 4
/** So many of the tables that nobody asked for longest are looked at when one comes: those that count nothing go. */
const lookedAt = 4

export interface Counted {
  /** The same for descriptions that count the same. */
  readonly key: string
  /** The same for descriptions that give every node the same place. */
  readonly places: string
  /** The one namespace whose pods count, when it is one. */
  readonly namespace: string | undefined
  readonly byNamespaceLabels?: boolean
  counts(pod: PodInfo, labelsOf: NamespaceLabels): boolean
  /** The place that the node belongs to; undefined: none, its pods do not count. */
  place(node: NodeInfo): string | undefined
}

/** Only nodes and places that have such pods take memory here. */
export class PodCounts {
  readonly counted: Counted
  readonly places: Places
  total = 0
  readonly #byPlace = new Map<string, number>()
  readonly #byNode = new Map<NodeInfo, number>()
  /** How many places have so many pods, those without any left out: what the least is without looking at all places. */
  readonly #tally = new Map<number, number>()
  #least = 1

  constructor(counted: Counted, places: Places, nodes: readonly NodeInfo[], labelsOf: NamespaceLabels) {
    this.counted = counted
    this.places = places
    for (const node of nodes) this.nodeChanged(node, undefined, labelsOf)
  }
  at(place: string): number { return this.#byPlace.get(place) ?? 0 }
  on(node: NodeInfo): number { return this.#byNode.get(node) ?? 0 }
  /** The fewest pods that a place has. */
  get least(): number {
    if (this.#byPlace.size < this.places.size || this.#byPlace.size === 0) return 0
    while (!this.#tally.has(this.#least)) this.#least++
    return this.#least
  }

  podChanged(node: NodeInfo, by: number): void {
    const place = this.places.of(node)
    if (place !== undefined) this.#add(node, place, by)
  }
  /** The node's place was `before`, and is another now. */
  nodeChanged(node: NodeInfo, before: string | undefined, labelsOf: NamespaceLabels): void {
    if (before !== undefined) this.#add(node, before, -this.on(node))
    const place = this.places.of(node)
    if (place === undefined) return
    let pods = 0
    for (const pod of node.pods.values()) if (this.counted.counts(pod, labelsOf)) pods++
    this.#add(node, place, pods)
  }

  #add(node: NodeInfo, place: string, by: number): void {
    if (by === 0) return
    put(this.#byNode, node, this.on(node) + by)
    const before = this.at(place), now = before + by
    put(this.#byPlace, place, now)
    if (before > 0) put(this.#tally, before, this.#tally.get(before)! - 1)
    if (now > 0) put(this.#tally, now, (this.#tally.get(now) ?? 0) + 1)
    if (now > 0 && now < this.#least) this.#least = now
    this.total += by
  }
}
function put<K>(map: Map<K, number>, key: K, count: number): void {
  if (count > 0) map.set(key, count)
  else map.delete(key)
}

export class PodCountTables {
  readonly #labelsOf: NamespaceLabels
  readonly #nodes: () => readonly NodeInfo[]
  readonly #pods: () => number
  /** Those that were asked for last come last. */
  readonly #tables = new Map<string, PodCounts>()
  readonly #byNamespace = new Map<string | undefined, Set<PodCounts>>()
  readonly #places = new Map<string, { readonly places: Places; readonly tables: Set<PodCounts> }>()

  /** `pods`: how many have a place. */
  constructor(labelsOf: NamespaceLabels, nodes: () => readonly NodeInfo[], pods: () => number) {
    this.#labelsOf = labelsOf
    this.#nodes = nodes
    this.#pods = pods
  }

  /** How many tables there are. */
  get size(): number { return this.#tables.size }

  /** The table of these pods; counts once, when it is new. */
  of(counted: Counted): PodCounts {
    let table = this.#tables.get(counted.key)
    if (table) this.#tables.delete(counted.key)
    else {
      if (this.#tables.size >= leastTables) this.#makeRoom()
      table = this.#made(counted)
    }
    this.#tables.set(counted.key, table)
    return table
  }

  podChanged(pod: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (this.#tables.size === 0) return
    for (const group of [this.#byNamespace.get(pod.namespace), this.#byNamespace.get(undefined)])
      if (group) for (const table of group) if (table.counted.counts(pod, this.#labelsOf)) table.podChanged(node, by)
  }
  nodeChanged(node: NodeInfo): void {
    for (const { places, tables } of this.#places.values()) {
      const before = places.nodeChanged(node)
      if (before !== places.of(node)) for (const table of tables) table.nodeChanged(node, before, this.#labelsOf)
    }
  }
  /** Labels of a namespace changed: what depends on them is counted anew when asked for. */
  namespaceChanged(): void { for (const table of this.#tables.values()) if (table.counted.byNamespaceLabels) this.#drop(table) }

  #made(counted: Counted): PodCounts {
    const nodes = this.#nodes()
    let held = this.#places.get(counted.places)
    if (!held) this.#places.set(counted.places, held = { places: new Places((node) => counted.place(node), nodes), tables: new Set() })
    const table = new PodCounts(counted, held.places, nodes, this.#labelsOf)
    held.tables.add(table)
    const there = this.#byNamespace.get(counted.namespace)
    if (there) there.add(table)
    else this.#byNamespace.set(counted.namespace, new Set([table]))
    return table
  }
  /** Of the tables that nobody asked for longest, those that count nothing go, else the first of all when there are too many; the others have their turn again later. */
  #makeRoom(): void {
    const { size } = this.#tables, oldest: PodCounts[] = []
    for (const table of this.#tables.values()) if (oldest.push(table) === lookedAt) break
    for (const table of oldest) {
      if (table.total === 0) { this.#drop(table); continue }
      this.#tables.delete(table.counted.key)
      this.#tables.set(table.counted.key, table)
    }
    if (this.#tables.size === size && size >= tablesPerPod * this.#pods()) this.#drop(oldest[0]!)
  }
  #drop(table: PodCounts): void {
    const { key, namespace, places } = table.counted, group = this.#byNamespace.get(namespace), sharing = this.#places.get(places)
    this.#tables.delete(key)
    group?.delete(table)
    if (group?.size === 0) this.#byNamespace.delete(namespace)
    sharing?.tables.delete(table)
    if (sharing?.tables.size === 0) this.#places.delete(places)
  }
}
