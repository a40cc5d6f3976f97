// Pods may keep others away from their node, not from wider places: that would shut others out of a zone.
import type { Pod } from '#kinds'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

const allowedKey = 'kubernetes.io/hostname'

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  handles: on(['CREATE', 'UPDATE'], 'pods'),
  validate(attributes) {
    for (const { topologyKey } of (attributes.object as Pod).spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
      if (topologyKey !== allowedKey) throw refusal(attributes, `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${topologyKey} but only key ${allowedKey} is allowed`)
  },
}
