import { refuseForGood, type Plugin } from '../framework.ts'
import { matchesTerm } from '../node-selector.ts'

const reason = "node(s) didn't match Pod's node affinity/selector"

/** spec.nodeSelector and spec.affinity.nodeAffinity. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity', weight: 2, wakes: ['node-added', 'node-labels'],
  prepare({ spec: { nodeSelector, affinity } }) {
    const labels = Object.entries(nodeSelector ?? {}), terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (labels.length === 0 && !terms && preferred.length === 0) return undefined
    return {
      filter: ({ node }) =>
        (labels.every(([k, v]) => node!.metadata.labels?.[k] === v) && (!terms || terms.some((t) => matchesTerm(node!, t))) ? undefined : refuseForGood(reason)),
      ...(preferred.length > 0 && {
        score: ({ node }) => preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(node!, preference) ? weight : 0), 0), normalize: 'scale' as const }),
    }
  },
}
