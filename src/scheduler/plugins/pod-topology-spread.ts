import type { Node, TopologySpreadConstraint } from '#kinds'
import { definePlugin, type NodeScore, type NodeTest, type Wake } from '../framework.ts'
import { podInfoOf, type PodInfo } from '../pod-info.ts'
import type { PodCounts } from '../pod-count-tables.ts'
import { defaultSelector, selectedBy } from '../default-selector.ts'
import { constraintsOf, hostname, systemDefaults, type Constraint } from '../spread-constraints.ts'
import type { NodeInfo } from '../node-info.ts'
import { skip, unresolvable, unschedulable } from '../status.ts'
import type { Pod } from '#kinds'

export interface PodTopologySpreadArgs { readonly defaultingType?: 'System' | 'List'; readonly defaultConstraints?: readonly TopologySpreadConstraint[] }
const uneven = unschedulable("node(s) didn't match pod topology spread constraints")
const nowhere = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")

/** Even spreading over zones, hosts or any label. Pods without constraints of their own have those of the profile. */
export const podTopologySpread = definePlugin<PodTopologySpreadArgs>({
  name: 'PodTopologySpread', reads: selectedBy,
  make({ nodes, cluster }, { defaultingType = 'System', defaultConstraints = [] }) {
    const system = defaultingType === 'System', defaults = system ? systemDefaults : defaultConstraints
    const find = (pod: PodInfo, when: string): readonly Constraint[] => {
      const own = pod.pod.spec.topologySpreadConstraints ?? []
      if (own.length > 0) return constraintsOf(pod, own.filter((c) => c.whenUnsatisfiable === when), true)
      const wanted = defaults.filter((c) => c.whenUnsatisfiable === when), selector = wanted.length > 0 ? defaultSelector(cluster, pod.pod) : undefined
      return selector ? constraintsOf(pod, wanted.map((c) => ({ ...c, labelSelector: selector })), !system) : []
    }
    return {
      name: 'PodTopologySpread', events,
      preFilter: ({ pod }) => (find(pod, 'DoNotSchedule').length === 0 ? skip : undefined),
      filter({ pod }) {
        const hard = find(pod, 'DoNotSchedule')
        return hard.length > 0 ? evenEnough(pod, hard.map((constraint) => ({ constraint, table: nodes.counts.of(constraint.counted) })), nodes.namespaceLabels) : undefined
      },
      score({ pod }, feasible) {
        const soft = find(pod, 'ScheduleAnyway'), own = (pod.pod.spec.topologySpreadConstraints?.length ?? 0) > 0
        return soft.length > 0 ? evenness(soft.map((constraint) => ({ constraint, table: nodes.counts.of(constraint.counted) })), feasible, own || !system) : undefined
      },
    }
  },
})
interface Tracked { readonly constraint: Constraint; readonly table: PodCounts }

function evenEnough(pod: PodInfo, hard: readonly Tracked[], labelsOf: (name: string) => Readonly<Record<string, string>>): NodeTest {
  const asked = hard.map(({ constraint, table }) => ({ key: constraint.topologyKey, maxSkew: constraint.maxSkew, minDomains: constraint.minDomains, self: constraint.counted.counts({ ...pod, terminating: false }, labelsOf) ? 1 : 0, table }))
  return ({ labels }) => {
    for (const { key, maxSkew, minDomains, self, table } of asked) {
      const place = labels[key]
      if (place === undefined) return nowhere
      if (table.at(place) + self - (table.places.size < minDomains ? 0 : table.least) > maxSkew) return uneven
    }
    return undefined
  }
}

/** The fewer matching pods the better; places of a label with few values weigh less, so that they do not drown the others. */
function evenness(soft: readonly Tracked[], feasible: readonly NodeInfo[], all: boolean): NodeScore {
  const ignored = new Set(all ? feasible.filter(({ labels }) => !soft.every(({ constraint }) => labels[constraint.topologyKey] !== undefined)) : [])
  const terms = soft.map(({ constraint: { topologyKey: key, maxSkew }, table }) => {
    const places = key === hostname ? feasible.length - ignored.size : new Set(feasible.filter((node) => !ignored.has(node)).map(({ labels }) => labels[key])).size
    return { key, table, maxSkew, weight: Math.log(places + 2) }
  })
  return {
    of(node) {
      if (ignored.has(node)) return 0
      let sum = 0
      for (const { key, table, maxSkew, weight } of terms) {
        const place = node.labels[key]
        if (place !== undefined) sum += (key === hostname ? table.on(node) : table.at(place)) * weight + (maxSkew - 1)
      }
      return Math.round(sum)
    },
    normalize(scores) {
      let low = Infinity, high = 0
      feasible.forEach((node, i) => { if (!ignored.has(node)) { low = Math.min(low, scores[i]!); high = Math.max(high, scores[i]!) } })
      feasible.forEach((node, i) => { scores[i] = ignored.has(node) ? 0 : high === 0 ? 100 : Math.trunc((100 * (high + low - scores[i]!)) / high) })
    },
  }
}

const events: readonly Wake[] = [
  { on: 'AssignedPod', actions: ['Add', 'Delete', 'UpdatePodLabel'], helps: (pod, old, now) => { const other = podInfoOf((now ?? old) as Pod); return other.namespace === pod.namespace } },
  { on: 'TargetPod', actions: ['UpdatePodLabel'] },
  { on: 'Node', actions: ['Add', 'Delete', 'UpdateNodeLabel', 'UpdateNodeTaint'], helps: ({ pod }, old, now) => {
    const keys = (pod.spec.topologySpreadConstraints ?? []).map((c) => c.topologyKey), has = (node: unknown) => keys.every((key) => (node as Node | undefined)?.metadata.labels?.[key] !== undefined)
    return keys.length === 0 || has(old) || has(now)
  } },
]
