// Topology spread constraints, ready to be counted: which pods count, on which nodes.
import type { TopologySpreadConstraint } from '#kinds'
import { printSelector, selectorFrom } from '#machinery'
import { withOwnLabels } from './affinity-terms.ts'
import { requiredNodes } from './node-affinity.ts'
import type { Counted } from './pod-count-tables.ts'
import type { PodInfo } from './pod-info.ts'
import { untolerated } from './tolerations.ts'

export const hostname = 'kubernetes.io/hostname'
export interface Constraint { readonly topologyKey: string; readonly maxSkew: number; readonly minDomains: number; readonly counted: Counted }

/** What pods without constraints have, by default. */
export const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostname, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

/** `all`: nodes count only where they have the labels of all these constraints. */
export function constraintsOf({ pod, namespace }: PodInfo, constraints: readonly TopologySpreadConstraint[], all: boolean): readonly Constraint[] {
  if (constraints.length === 0) return []
  const keys = all ? constraints.map((c) => c.topologyKey) : [], required = requiredNodes(pod), { tolerations = [], nodeSelector, affinity } = pod.spec
  const where = required ? JSON.stringify([nodeSelector, affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution]) : ''
  return constraints.map(({ topologyKey, maxSkew, minDomains = 1, nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore', ...constraint }) => {
    const selector = selectorFrom(withOwnLabels(constraint, pod) ?? (constraint.labelSelector as undefined)), byNodes = nodeAffinityPolicy === 'Honor' && required, byTaints = nodeTaintsPolicy === 'Honor'
    const restrictions = `${keys.filter((key) => key !== topologyKey).join()}\0${byNodes ? where : ''}\0${byTaints ? JSON.stringify(tolerations) : '-'}`
    return {
      topologyKey, maxSkew, minDomains,
      counted: {
        key: `spread\0${topologyKey}\0${namespace}\0${printSelector(selector)}\0${restrictions}`, places: restrictions === '\0\0-' ? topologyKey : `${topologyKey}\0${restrictions}`, namespace,
        counts: (other) => !other.terminating && other.namespace === namespace && selector.matches(other.labels),
        place: (node) => (keys.some((key) => node.labels[key] === undefined) || (byNodes && !byNodes(node)) || (byTaints && untolerated(node.node?.spec?.taints ?? [], tolerations, ['NoSchedule', 'NoExecute'])) ? undefined : node.labels[topologyKey]),
      },
    }
  })
}
