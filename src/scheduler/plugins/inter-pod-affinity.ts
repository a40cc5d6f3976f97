import type { Node, Pod } from '#kinds'
import { same } from '#machinery'
import type { AffinityTerm } from '../affinity-terms.ts'
import { definePlugin, type Wake } from '../framework.ts'
import type { Counted } from '../pod-count-tables.ts'
import { podInfoOf, type PodInfo } from '../pod-info.ts'
import type { Nodes } from '../nodes.ts'
import { skip, unresolvable, unschedulable } from '../status.ts'

export interface InterPodAffinityArgs { readonly hardPodAffinityWeight?: number; readonly ignorePreferredTermsOfExistingPods?: boolean }
const notNear = unresolvable("node(s) didn't match pod affinity rules")
const tooNear = unschedulable("node(s) didn't match pod anti-affinity rules")
const unwanted = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")

/** Pods that must, must not, or would rather be near others (by topology key), and others that feel so about them. */
export const interPodAffinity = definePlugin<InterPodAffinityArgs>({
  name: 'InterPodAffinity',
  make: ({ nodes }, { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false }) => ({
    name: 'InterPodAffinity',
    events: eventsFor(nodes),
    preFilter: ({ pod }) => (pod.affinity.length + pod.antiAffinity.length === 0 && !nodes.terms.has('never') ? skip : undefined),
    filter({ pod }) {
      const near = pod.affinity.map((term) => nodes.counts.of(allOf(pod.affinity, term.topologyKey))), far = pod.antiAffinity.map((term) => nodes.counts.of(each(term)))
      const keptAway = nodes.terms.about(pod, 'never')
      if (near.length + far.length + keptAway.length === 0) return undefined
      const joinsItself = pod.affinity.every((term) => term.matches(pod, nodes.namespaceLabels))
      return ({ labels }) => {
        let together = true
        for (let i = 0; i < near.length; i++) {
          const place = labels[pod.affinity[i]!.topologyKey]
          if (place === undefined) return notNear
          together &&= near[i]!.at(place) > 0
        }
        // The first of a group that must be near itself may go anywhere.
        if (!together && !(joinsItself && near.every((table) => table.total === 0))) return notNear
        for (let i = 0; i < far.length; i++) { const place = labels[pod.antiAffinity[i]!.topologyKey]; if (place !== undefined && far[i]!.at(place) > 0) return tooNear }
        for (const { term, places } of keptAway) { const place = labels[term.topologyKey]; if (place !== undefined && places.has(place)) return unwanted }
        return undefined
      }
    },
    preScore({ pod }) {
      const own = pod.liked.length + pod.disliked.length > 0
      return own || (!ignorePreferredTermsOfExistingPods && (nodes.terms.has('rather') || (hardPodAffinityWeight > 0 && nodes.terms.has('must')))) ? undefined : skip
    },
    score({ pod }) {
      const wishes: { key: string; weight: number; at: (place: string) => number }[] = []
      const add = (weight: number, term: AffinityTerm) => { const table = nodes.counts.of(each(term)); if (table.total > 0) wishes.push({ key: term.topologyKey, weight, at: (place) => table.at(place) }) }
      for (const { term, weight } of pod.liked) add(weight, term)
      for (const { term, weight } of pod.disliked) add(-weight, term)
      if (!ignorePreferredTermsOfExistingPods || pod.liked.length + pod.disliked.length > 0) {
        if (hardPodAffinityWeight > 0) for (const { term, places } of nodes.terms.about(pod, 'must')) wishes.push({ key: term.topologyKey, weight: hardPodAffinityWeight, at: (place) => places.get(place) ?? 0 })
        if (!ignorePreferredTermsOfExistingPods) for (const { term, weight, places } of nodes.terms.about(pod, 'rather')) wishes.push({ key: term.topologyKey, weight, at: (place) => places.get(place) ?? 0 })
      }
      return wishes.length === 0 ? undefined : {
        of({ labels }) {
          let sum = 0
          for (const { key, weight, at } of wishes) { const place = labels[key]; if (place !== undefined) sum += weight * at(place) }
          return sum
        },
        normalize: overRange,
      }
    },
  }),
})

const each = (term: AffinityTerm): Counted => ({
  key: term.key, places: term.topologyKey, namespace: term.namespace, byNamespaceLabels: term.byNamespaceLabels, counts: (pod, labelsOf) => term.matches(pod, labelsOf), place: ({ labels }) => labels[term.topologyKey],
})
/** Pods that match all the terms count for each of them. */
const allOf = (terms: readonly AffinityTerm[], topologyKey: string): Counted => (terms.length === 1 ? each(terms[0]!) : {
  key: `${topologyKey}\0&\0${terms.map((term) => term.key).join('\0&\0')}`, places: topologyKey, namespace: terms.every((t) => t.namespace === terms[0]!.namespace) ? terms[0]!.namespace : undefined,
  byNamespaceLabels: terms.some((t) => t.byNamespaceLabels), counts: (pod, labelsOf) => terms.every((term) => term.matches(pod, labelsOf)), place: ({ labels }) => labels[topologyKey],
})

/** To 0..100 over the range that there is, which holds zero. */
function overRange(scores: number[]): void {
  let low = 0, high = 0
  for (const score of scores) { low = Math.min(low, score); high = Math.max(high, score) }
  for (let i = 0; i < scores.length; i++) scores[i] = high > low ? Math.trunc((100 * (scores[i]! - low)) / (high - low)) : 0
}

function eventsFor({ namespaceLabels }: Nodes): readonly Wake[] {
  const wants = (a: PodInfo, b: PodInfo) => a.affinity.every((term) => term.matches(b, namespaceLabels)) && a.affinity.length > 0
  const shuns = (a: PodInfo, b: PodInfo) => a.antiAffinity.some((term) => term.matches(b, namespaceLabels))
  return [
    { on: 'AssignedPod', actions: ['Add', 'UpdatePodLabel', 'Delete'], helps(pod, old, now) {
      const was = old && podInfoOf(old as Pod), is = now && podInfoOf(now as Pod)
      if (was && is) return (wants(pod, is) && !wants(pod, was)) || (shuns(pod, was) && !shuns(pod, is))
      return is ? wants(pod, is) : shuns(pod, was!) || shuns(was!, pod)
    } },
    { on: 'TargetPod', actions: ['UpdatePodLabel'] },
    { on: 'Node', actions: ['Add', 'UpdateNodeLabel'], helps(pod, old, now) {
      const labels = (node: unknown) => (node as Node | undefined)?.metadata.labels
      return !old || [...pod.affinity, ...pod.antiAffinity].some(({ topologyKey }) => !same(labels(old)?.[topologyKey], labels(now)?.[topologyKey])) || pod.affinity.length + pod.antiAffinity.length === 0
    } },
  ]
}
