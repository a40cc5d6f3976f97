// Whether a node is one that a pod asks for by labels. Pure.
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '#kinds'

type PodSpec = Pod['spec']

/** The pod's node selector and required node affinity. */
export function wantsNode(spec: Pick<PodSpec, 'nodeSelector' | 'affinity'>, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return terms === undefined || terms.some((term) => matches(term, node))
}

/** Terms are alternatives, the requirements of a term must all hold; an empty term matches nothing. */
function matches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  return matchExpressions.length + matchFields.length > 0 && matchExpressions.every((r) => holds(r, node.metadata.labels?.[r.key]))
    && matchFields.every((r) => holds(r, r.key === 'metadata.name' ? node.metadata.name : undefined))
}
function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In': return value !== undefined && values.includes(value)
    case 'NotIn': return value === undefined || !values.includes(value)
    case 'Exists': return value !== undefined
    case 'DoesNotExist': return value === undefined
    case 'Gt': case 'Lt': {
      const wanted = values[0] ?? ''
      if (value === undefined || !isInteger(value) || !isInteger(wanted)) return false
      return operator === 'Gt' ? BigInt(value) > BigInt(wanted) : BigInt(value) < BigInt(wanted)
    }
    default: return false
  }
}
const isInteger = (text: string): boolean => /^-?\d+$/.test(text)
