import type { Node, Toleration } from '#kinds'
import { definePlugin } from '../framework.ts'
import { byLargest } from '../profile.ts'
import { unresolvable } from '../status.ts'
import { tolerates, untolerated } from '../tolerations.ts'

const hard = ['NoSchedule', 'NoExecute']
const refused = unresolvable('node(s) had untolerated taint(s)')
const repels = (node: Node, tolerations: readonly Toleration[]) => node.spec?.taints !== undefined && untolerated(node.spec.taints, tolerations, hard) !== undefined

/** Taints keep pods away unless they tolerate them; PreferNoSchedule taints only count against a node. */
export const taintToleration = definePlugin({
  name: 'TaintToleration',
  make: () => ({
    name: 'TaintToleration', local: true,
    events: [
      { on: 'Node', actions: ['Add', 'UpdateNodeTaint'], helps: ({ pod: { spec: { tolerations = [] } } }, old, now) => !repels(now as Node, tolerations) && (!old || repels(old as Node, tolerations)) },
      { on: 'TargetPod', actions: ['UpdatePodToleration'] },
    ],
    filter({ pod: { pod: { spec: { tolerations = [] } } } }) {
      return ({ node }) => (node!.spec?.taints && repels(node!, tolerations) ? refused : undefined)
    },
    score({ pod: { pod: { spec: { tolerations = [] } } } }, nodes) {
      if (!nodes.some(({ node }) => node!.spec?.taints?.some((t) => t.effect === 'PreferNoSchedule'))) return undefined
      const about = tolerations.filter((t) => !t.effect || t.effect === 'PreferNoSchedule')
      return {
        of: ({ node }) => (node!.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !about.some((t) => tolerates(t, taint))).length,
        normalize: (scores) => { byLargest(scores, true) },
      }
    },
  }),
})
