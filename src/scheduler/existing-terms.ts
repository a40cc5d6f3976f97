// What the pods that are placed already want of others: each different term once, with the places of the pods that have it.
import type { AffinityTerm, NamespaceLabels } from './affinity-terms.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

export interface ExistingTerm {
  readonly term: AffinityTerm
  readonly weight: number
  /** By value of the term's topology key: how many pods there have the term. */
  readonly places: Map<string, number>
}
/** What the term is to its owner: it must not be near, it must be, it would rather be (or not, with a negative weight). */
type Wish = 'never' | 'must' | 'rather'

export class ExistingTerms {
  readonly #labelsOf: NamespaceLabels
  readonly #terms: Record<Wish, Map<string, ExistingTerm>> = { never: new Map(), must: new Map(), rather: new Map() }

  constructor(labelsOf: NamespaceLabels) { this.#labelsOf = labelsOf }

  /** The terms that mean this pod. */
  about(pod: PodInfo, wish: Wish): ExistingTerm[] {
    const out: ExistingTerm[] = []
    for (const existing of this.#terms[wish].values()) if (existing.term.matches(pod, this.#labelsOf)) out.push(existing)
    return out
  }
  /** Whether any pod wishes so. */
  has(wish: Wish): boolean { return this.#terms[wish].size > 0 }

  podChanged(pod: PodInfo, node: NodeInfo, by: 1 | -1): void {
    for (const term of pod.antiAffinity) this.#count('never', term, 0, node, by)
    for (const term of pod.affinity) this.#count('must', term, 0, node, by)
    for (const { term, weight } of pod.liked) this.#count('rather', term, weight, node, by)
    for (const { term, weight } of pod.disliked) this.#count('rather', term, -weight, node, by)
  }
  /** Changes a node's labels while none of its pods is counted. */
  without(node: NodeInfo, change: () => void): void {
    const wishful = [...node.pods.values()].filter((pod) => pod.antiAffinity.length + pod.affinity.length + pod.liked.length + pod.disliked.length > 0)
    for (const pod of wishful) this.podChanged(pod, node, -1)
    change()
    for (const pod of wishful) this.podChanged(pod, node, 1)
  }

  #count(wish: Wish, term: AffinityTerm, weight: number, node: NodeInfo, by: 1 | -1): void {
    const place = node.labels[term.topologyKey]
    if (place === undefined) return
    const terms = this.#terms[wish], key = weight === 0 ? term.key : `${weight}\0${term.key}`
    let existing = terms.get(key)
    if (!existing) terms.set(key, existing = { term, weight, places: new Map() })
    const left = (existing.places.get(place) ?? 0) + by
    if (left > 0) existing.places.set(place, left)
    else existing.places.delete(place)
    if (existing.places.size === 0) terms.delete(key)
  }
}
