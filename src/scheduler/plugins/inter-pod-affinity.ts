import type { Pod, PodAffinityTerm } from '#kinds'
import { labelSelectorMatcher } from '../selector.ts'
import { refuse, type Nodes, type Plugin } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'

/** Pods that must, must not, or would rather be near others (by topology key), and others that must not be near them. */
export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity', weight: 2, wakes: ['node-added', 'node-labels', 'pod-gone', 'pod-placed', 'pod-updated'],
  prepare(pod, nodes) {
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
    const near = (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => term(t, pod, nodes))
    const far = (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => term(t, pod, nodes))
    const liked = [
      ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((p) => ({ ...term(p.podAffinityTerm, pod, nodes), weight: p.weight })),
      ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((p) => ({ ...term(p.podAffinityTerm, pod, nodes), weight: -p.weight }))]
    const keptAway = othersAntiAffinity(pod, nodes)
    if (near.length + far.length + liked.length + keptAway.length === 0) return undefined

    const places = near.map((t) => t.places(nodes)), avoid = far.map((t) => t.places(nodes)), likes = liked.map((t) => ({ key: t.key, weight: t.weight, places: t.places(nodes) }))
    // The first of a group that must be near itself may go anywhere.
    const first = near.length > 0 && places.every((p) => p.size === 0) && near.every((t) => t.matches(pod))
    return {
      filter({ node }) {
        const at = (key: string) => node!.metadata.labels?.[key]
        if (!near.every((t, i) => { const v = at(t.key); return v !== undefined && (first || places[i]!.has(v)) })) return refuse("node(s) didn't match pod affinity rules")
        if (far.some((t, i) => { const v = at(t.key); return v !== undefined && avoid[i]!.has(v) })) return refuse("node(s) didn't match pod anti-affinity rules")
        if (keptAway.some(([key, value]) => at(key) === value)) return refuse("node(s) didn't satisfy existing pods anti-affinity rules")
        return undefined
      },
      ...(likes.length > 0 && {
        score: ({ node }) => likes.reduce((sum, l) => sum + l.weight * (l.places.get(node!.metadata.labels?.[l.key] ?? '') ?? 0), 0), normalize: 'scale' as const }),
    }
  },
}

function term(t: PodAffinityTerm, owner: Pod, nodes: Nodes) {
  const selected = labelSelectorMatcher(withLabelKeys(t, owner)), namespaces = new Set(t.namespaces)
  const anyNamespace = t.namespaceSelector && labelSelectorMatcher(t.namespaceSelector)
  if (namespaces.size === 0 && !anyNamespace) namespaces.add(owner.metadata.namespace ?? '')
  const matches = (other: Pod) => {
    const where = other.metadata.namespace ?? ''
    return (namespaces.has(where) || (anyNamespace?.(nodes.namespaceLabels(where)) ?? false)) && selected(other.metadata.labels ?? {})
  }
  return {
    key: t.topologyKey, matches,
    /** The values of the key at which such pods are, with how many. */
    places({ all }: Nodes): Map<string, number> {
      const found = new Map<string, number>()
      for (const { node, pods } of all) {
        const value = node?.metadata.labels?.[t.topologyKey]
        if (value === undefined) continue
        for (const other of pods.values()) if (matches(other)) found.set(value, (found.get(value) ?? 0) + 1)
      }
      return found
    },
  }
}

/** Where pods that are placed already do not want this one: topology key and value. */
function othersAntiAffinity(pod: Pod, nodes: Nodes): [key: string, value: string][] {
  const out: [string, string][] = []
  for (const node of nodes.all as readonly NodeInfo[]) {
    if (node.withAntiAffinity === 0) continue
    for (const other of node.pods.values())
      for (const t of other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
        const value = node.node?.metadata.labels?.[t.topologyKey]
        if (value !== undefined && term(t, other, nodes).matches(pod)) out.push([t.topologyKey, value])
      }
  }
  return out
}

function withLabelKeys({ labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: PodAffinityTerm, pod: Pod) {
  if (!labelSelector) return undefined // matches nothing
  const more = (keys: readonly string[], operator: string) => keys.flatMap((key) => { const v = pod.metadata.labels?.[key]; return v === undefined ? [] : [{ key, operator, values: [v] }] })
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more(matchLabelKeys, 'In'), ...more(mismatchLabelKeys, 'NotIn')] }
}
