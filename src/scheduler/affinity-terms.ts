// Terms of affinity between pods, ready to be asked: which pods they mean, and over which label of nodes.
import type { Pod, PodAffinityTerm } from '#kinds'
import { printSelector, selectorFrom, type LabelSelector, type Selector } from '#machinery'

/** A pod as terms see it. */
interface Target { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
export type NamespaceLabels = (name: string) => Readonly<Record<string, string>>

export interface AffinityTerm {
  /** The same for terms that mean the same. */
  readonly key: string
  readonly topologyKey: string
  /** The one namespace that it is about, when it is one. */
  readonly namespace: string | undefined
  /** Whether it depends on the labels of namespaces. */
  readonly byNamespaceLabels: boolean
  matches(pod: Target, labelsOf: NamespaceLabels): boolean
}
export interface WeightedTerm { readonly term: AffinityTerm; readonly weight: number }

const none: readonly never[] = []
export const affinityTerms = (terms: readonly PodAffinityTerm[] | undefined, owner: Pod): readonly AffinityTerm[] => (terms?.length ? terms.map((term) => termOf(term, owner)) : none)

function termOf(term: PodAffinityTerm, owner: Pod): AffinityTerm {
  const selector = readable(withOwnLabels(term, owner)), anyOf = term.namespaceSelector && readable(term.namespaceSelector)
  const namespaces = new Set(term.namespaces?.length || anyOf ? term.namespaces : [owner.metadata.namespace ?? ''])
  const single = !anyOf && namespaces.size === 1 ? [...namespaces][0] : undefined
  return {
    topologyKey: term.topologyKey, namespace: single, byNamespaceLabels: anyOf !== undefined && !anyOf.empty,
    key: `${term.topologyKey}\0${[...namespaces].sort().join(',')}\0${anyOf ? `?${printSelector(anyOf)}` : ''}\0${selector ? printSelector(selector) : '!'}`,
    matches: ({ namespace, labels }, labelsOf) => selector !== undefined && selector.matches(labels) && (namespaces.has(namespace) || (anyOf !== undefined && (anyOf.empty || anyOf.matches(labelsOf(namespace))))),
  }
}

/** A selector that was never valid selects nothing. */
function readable(selector: LabelSelector | undefined): Selector | undefined {
  try { return selector && selectorFrom(selector) } catch { return undefined }
}

/** matchLabelKeys and mismatchLabelKeys stand for requirements with the pod's own values (the API server adds them too). */
export function withOwnLabels({ labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Pick<PodAffinityTerm, 'labelSelector' | 'matchLabelKeys' | 'mismatchLabelKeys'>, pod: Pod): LabelSelector | undefined {
  if (!labelSelector || matchLabelKeys.length + mismatchLabelKeys.length === 0) return labelSelector
  const held = labelSelector.matchExpressions ?? []
  const more = (keys: readonly string[], operator: string) => keys.flatMap((key) => {
    const value = pod.metadata.labels?.[key]
    return value === undefined || held.some((e) => e.key === key && e.operator === operator && e.values?.length === 1 && e.values[0] === value) ? [] : [{ key, operator, values: [value] }]
  })
  return { ...labelSelector, matchExpressions: [...held, ...more(matchLabelKeys, 'In'), ...more(mismatchLabelKeys, 'NotIn')] }
}
