// Node selectors: terms are alternatives, the expressions of a term must all hold.
import type { Node, NodeSelectorRequirement, NodeSelectorTerm } from '#kinds'

export const matchesTerm = (node: Node, { matchExpressions, matchFields }: NodeSelectorTerm): boolean =>
  Boolean(matchExpressions?.length || matchFields?.length)
  && (matchExpressions ?? []).every((r) => holds(r, node.metadata.labels?.[r.key]))
  && (matchFields ?? []).every((r) => holds(r, r.key === 'metadata.name' ? node.metadata.name : undefined))

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In': return value !== undefined && values.includes(value)
    case 'NotIn': return value === undefined || !values.includes(value)
    case 'Exists': return value !== undefined
    case 'DoesNotExist': return value === undefined
    case 'Gt': return integer(value) !== undefined && integer(values[0]) !== undefined && integer(value)! > integer(values[0])!
    case 'Lt': return integer(value) !== undefined && integer(values[0]) !== undefined && integer(value)! < integer(values[0])!
    default: return false
  }
}
const integer = (text: string | undefined): bigint | undefined => (text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : undefined)
