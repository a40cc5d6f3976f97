import { definePlugin } from '../framework.ts'
import { unresolvable } from '../status.ts'

/** A pod with scheduling gates waits until they are removed (KEP-3521). */
export const schedulingGates = definePlugin({
  name: 'SchedulingGates',
  make: () => ({
    name: 'SchedulingGates', events: [{ on: 'TargetPod', actions: ['UpdatePodSchedulingGatesEliminated'] }],
    preEnqueue({ pod: { spec } }) {
      const gates = (spec.schedulingGates ?? []).map((g) => g.name)
      return gates.length > 0 ? unresolvable(`waiting for scheduling gates: [${gates.join(' ')}]`) : undefined
    },
  }),
})
