// Node selectors and taints as several rules read them.
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod } from '#kinds'
import type { NodeInfo } from './node-info.ts'

/** One term: all of its expressions must hold; an empty one matches nothing. */
export const matchesTerm = ({ name, labels }: Pick<NodeInfo, 'name' | 'labels'>, { matchExpressions, matchFields }: NodeSelectorTerm): boolean =>
  Boolean(matchExpressions?.length || matchFields?.length)
  && (matchExpressions ?? []).every((r) => holds(r, labels[r.key]))
  && (matchFields ?? []).every((r) => holds(r, r.key === 'metadata.name' ? name : undefined))

/** A test for spec.nodeSelector and the required node affinity; undefined: every node will do. */
export function requiredNodes({ spec: { nodeSelector, affinity } }: Pod): ((node: NodeInfo) => boolean) | undefined {
  const labels = Object.entries(nodeSelector ?? {}), terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (labels.length === 0 && !terms) return undefined
  return (node) => labels.every(([key, value]) => node.labels[key] === value) && (!terms || terms.some((term) => matchesTerm(node, term)))
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In': return value !== undefined && values.includes(value)
    case 'NotIn': return value === undefined || !values.includes(value)
    case 'Exists': return value !== undefined
    case 'DoesNotExist': return value === undefined
    case 'Gt': return compared(value, values[0], (a, b) => a > b)
    case 'Lt': return compared(value, values[0], (a, b) => a < b)
    default: return false
  }
}
const compared = (a: string | undefined, b: string | undefined, holds: (a: bigint, b: bigint) => boolean): boolean =>
  a !== undefined && b !== undefined && /^[+-]?\d+$/.test(a) && /^[+-]?\d+$/.test(b) && holds(BigInt(a), BigInt(b))
