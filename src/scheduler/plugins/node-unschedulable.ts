import { refuseForGood, type Plugin } from '../framework.ts'
import { tolerates } from '../tolerations.ts'

const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Cordoned nodes take no new pods, unless they tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable', wakes: ['node-added', 'node-taints'],
  prepare({ spec }) {
    const tolerated = (spec.tolerations ?? []).some((t) => tolerates(t, taint))
    return tolerated ? undefined : { filter: ({ node }) => (node!.spec?.unschedulable ? refuseForGood('node(s) were unschedulable') : undefined) }
  },
}
