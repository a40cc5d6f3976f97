import type { Pod, TopologySpreadConstraint } from '#kinds'
import { labelSelectorMatcher } from '../selector.ts'
import { refuse, refuseForGood, type Nodes, type Plugin } from '../framework.ts'
import { matchesTerm } from '../node-selector.ts'
import { ownerOf, type NodeInfo } from '../node-info.ts'
import { untolerated } from '../tolerations.ts'

const reason = "node(s) didn't match pod topology spread constraints"

/** Even spreading over zones, hosts or any label. Pods without constraints of their own spread away from those of the same controller. */
export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread', weight: 2, wakes: ['node-added', 'node-labels', 'node-taints', 'pod-gone', 'pod-placed'],
  prepare(pod, nodes) {
    const constraints = pod.spec.topologySpreadConstraints ?? []
    if (constraints.length === 0) {
      const owner = ownerOf(pod)
      return owner ? { score: (node) => node.byOwner.get(owner) ?? 0, normalize: 'reverse' } : undefined
    }
    const hard = constraints.filter((c) => c.whenUnsatisfiable === 'DoNotSchedule').map((c) => count(c, pod, nodes))
    const soft = constraints.filter((c) => c.whenUnsatisfiable === 'ScheduleAnyway').map((c) => count(c, pod, nodes))
    return {
      filter(node) {
        for (const c of hard) {
          const value = node.node!.metadata.labels?.[c.key]
          if (value === undefined) return refuseForGood(`${reason} (missing required label)`)
          if ((c.byValue.get(value) ?? 0) + c.self - c.least() > c.maxSkew) return refuse(reason)
        }
        return undefined
      },
      ...(soft.length > 0 && {
        score: (node) => soft.reduce((sum, c) => sum + (c.byValue.get(node.node!.metadata.labels?.[c.key] ?? '') ?? 0), 0), normalize: 'reverse' as const }),
    }
  },
}

function count(constraint: TopologySpreadConstraint, pod: Pod, nodes: Nodes) {
  const key = constraint.topologyKey, matches = labelSelectorMatcher(withLabelKeys(constraint, pod)), byValue = new Map<string, number>()
  for (const node of nodes.all) {
    const value = node.node?.metadata.labels?.[key]
    if (value === undefined || !eligible(constraint, pod, node)) continue
    let here = byValue.get(value) ?? 0
    for (const other of node.pods.values())
      if (!other.metadata.deletionTimestamp && other.metadata.namespace === pod.metadata.namespace && matches(other.metadata.labels ?? {})) here++
    byValue.set(value, here)
  }
  return {
    key, byValue, maxSkew: constraint.maxSkew, self: matches(pod.metadata.labels ?? {}) ? 1 : 0,
    least: () => (byValue.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...byValue.values())),
  }
}

/** Whether the node counts as a domain: by default only where the pod's affinity lets it go, whatever the taints. */
function eligible({ nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: TopologySpreadConstraint, { spec }: Pod, { node }: NodeInfo): boolean {
  if (nodeTaintsPolicy === 'Honor' && untolerated(node!.spec?.taints ?? [], spec.tolerations ?? [], ['NoSchedule', 'NoExecute'])) return false
  if (nodeAffinityPolicy !== 'Honor') return true
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return Object.entries(spec.nodeSelector ?? {}).every(([k, v]) => node!.metadata.labels?.[k] === v) && (!terms || terms.some((t) => matchesTerm(node!, t)))
}

function withLabelKeys({ labelSelector = {}, matchLabelKeys = [] }: TopologySpreadConstraint, pod: Pod) {
  const more = matchLabelKeys.flatMap((key) => { const v = pod.metadata.labels?.[key]; return v === undefined ? [] : [{ key, operator: 'In', values: [v] }] })
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more] }
}
