import type { Node } from '#kinds'
import { definePlugin } from '../framework.ts'
import { unresolvable } from '../status.ts'
import { tolerates } from '../tolerations.ts'

const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
const refused = unresolvable('node(s) were unschedulable')

/** Cordoned nodes take no new pods, unless they tolerate it. */
export const nodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  make: () => ({
    name: 'NodeUnschedulable', local: true,
    events: [
      { on: 'Node', actions: ['Add', 'UpdateNodeTaint'], helps: (_, old, now) => !(now as Node).spec?.unschedulable && (!old || Boolean((old as Node).spec?.unschedulable)) },
      { on: 'TargetPod', actions: ['UpdatePodToleration'] },
    ],
    filter({ pod: { pod: { spec } } }) {
      const tolerated = (spec.tolerations ?? []).some((t) => tolerates(t, taint))
      return ({ node }) => (node!.spec?.unschedulable && !tolerated ? refused : undefined)
    },
  }),
})
