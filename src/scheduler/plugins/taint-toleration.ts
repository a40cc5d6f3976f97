import { refuseForGood, type Plugin } from '../framework.ts'
import { tolerates, untolerated } from '../tolerations.ts'

/** Taints keep pods away unless they tolerate them; PreferNoSchedule taints only count against a node. */
export const taintToleration: Plugin = {
  name: 'TaintToleration', weight: 3, wakes: ['node-added', 'node-taints', 'pod-updated'],
  prepare({ spec: { tolerations = [] } }) {
    return {
      filter: ({ node }) => {
        const taints = node!.spec?.taints
        return taints && untolerated(taints, tolerations, ['NoSchedule', 'NoExecute']) ? refuseForGood('node(s) had untolerated taint(s)') : undefined
      },
      score: ({ node }) => (node!.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerations.some((t) => tolerates(t, taint))).length,
      normalize: 'reverse',
    }
  },
}
