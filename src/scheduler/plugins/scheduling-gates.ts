import { refuseForGood, type Plugin } from '../framework.ts'

/** A pod with scheduling gates waits until they are removed (KEP-3521). */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates', wakes: ['pod-updated'],
  prepare({ spec }) {
    const gates = (spec.schedulingGates ?? []).map((g) => g.name)
    return gates.length > 0 ? { nowhere: refuseForGood(`waiting for scheduling gates: [${gates.join(' ')}]`) } : undefined
  },
}
