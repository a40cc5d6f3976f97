// The cluster as the scheduler sees it: nodes with their pods (placed ones, and those that it has placed itself and not yet heard of), and
// what rules count over all of them, kept in step with every change.
import type { Node } from '#kinds'
import type { NamespaceLabels } from './affinity-terms.ts'
import { ExistingTerms } from './existing-terms.ts'
import { ImageStates } from './image-states.ts'
import { Journal } from './journal.ts'
import { NodeInfo } from './node-info.ts'
import { PodCountTables } from './pod-count-tables.ts'
import { sameToRules, type PodInfo } from './pod-info.ts'

export class Nodes {
  readonly counts: PodCountTables
  readonly terms: ExistingTerms
  readonly images = new ImageStates()
  /** Nodes whose rules may answer otherwise now; what tests do is not in it. */
  readonly journal = new Journal<NodeInfo>()
  readonly namespaceLabels: NamespaceLabels
  readonly #infos = new Map<string, NodeInfo>()
  readonly #placed = new Map<string, NodeInfo>()
  #list: readonly NodeInfo[] | undefined

  constructor(namespaceLabels: NamespaceLabels) {
    this.namespaceLabels = namespaceLabels
    this.counts = new PodCountTables(namespaceLabels, () => this.list, () => this.#placed.size)
    this.terms = new ExistingTerms(namespaceLabels)
  }

  /** Nodes that exist, zone after zone taking turns, so that a search that ends early has seen all zones. */
  get list(): readonly NodeInfo[] { return this.#list ??= interleaved([...this.#infos.values()].filter((info) => info.node)) }
  get(name: string): NodeInfo | undefined { const info = this.#infos.get(name); return info?.node && info }
  /** Where a pod is (or is assumed to be). */
  of(uid: string): NodeInfo | undefined { return this.#placed.get(uid) }

  /** Returns whether the node is new. */
  setNode(node: Node): boolean {
    const info = this.#info(node.metadata.name), before = info.node
    this.images.set(info.name, node.status?.images)
    this.journal.note(info)
    if (before && zoneOf(before) === zoneOf(node) && before.metadata.labels === node.metadata.labels && before.spec === node.spec) { info.setNode(node); return false }
    this.terms.without(info, () => info.setNode(node))
    if (!before || zoneOf(before) !== zoneOf(node)) this.#list = undefined
    this.counts.nodeChanged(info)
    return !before
  }
  removeNode(name: string): void {
    const info = this.#infos.get(name)
    if (!info) return
    this.terms.without(info, () => { info.node = undefined; info.labels = {} })
    this.images.set(name, undefined)
    this.#list = undefined
    this.counts.nodeChanged(info)
    this.#forgetEmpty(info)
  }

  /** Something else about the node has changed: pods that are promised it. */
  changed(name: string): void {
    const info = this.#infos.get(name)
    if (!info) return
    info.changed()
    this.journal.note(info)
  }

  place(pod: PodInfo, name: string): void {
    const before = this.#placed.get(pod.uid), held = before?.pods.get(pod.uid)
    if (held && before!.name === name && sameToRules(held, pod)) return before!.swap(pod)
    this.displace(pod.uid)
    const info = this.#info(name)
    this.#placed.set(pod.uid, info)
    this.journal.note(info)
    this.put(pod, info)
  }
  displace(uid: string): PodInfo | undefined {
    const info = this.#placed.get(uid), held = info?.pods.get(uid)
    if (!info || !held) return undefined
    this.#placed.delete(uid)
    this.journal.note(info)
    this.take(held, info)
    this.#forgetEmpty(info)
    return held
  }
  /** Counts the pod on the node; with `take` what tests do, who must leave everything as it was. */
  put(pod: PodInfo, info: NodeInfo): void { info.add(pod); this.counts.podChanged(pod, info, 1); this.terms.podChanged(pod, info, 1) }
  take(pod: PodInfo, info: NodeInfo): void { info.remove(pod); this.counts.podChanged(pod, info, -1); this.terms.podChanged(pod, info, -1) }

  #info(name: string): NodeInfo {
    let info = this.#infos.get(name)
    if (!info) this.#infos.set(name, info = new NodeInfo(name))
    return info
  }
  #forgetEmpty(info: NodeInfo): void { if (!info.node && info.pods.size === 0) this.#infos.delete(info.name) }
}

const zoneOf = ({ metadata: { labels = {} } }: Node): string =>
  `${labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''}\0${labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''}`
function interleaved(infos: readonly NodeInfo[]): readonly NodeInfo[] {
  const zones = [...Map.groupBy(infos, (info) => zoneOf(info.node!)).values()]
  if (zones.length <= 1) return infos
  const out: NodeInfo[] = []
  for (let i = 0; out.length < infos.length; i++) for (const zone of zones) if (i < zone.length) out.push(zone[i]!)
  return out
}
