// Nodes with special devices are tainted with the device's name; pods that ask for the device are let onto them.
import { isExtendedResource, type Pod, type Toleration } from '#kinds'
import { on, type AdmissionPlugin } from './admission.ts'

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  handles: on(['CREATE', 'UPDATE'], 'pods'),
  mutate({ object }) {
    const { spec } = object as Pod
    const asked = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap((c) => Object.keys(c.resources?.requests ?? {}))
    for (const key of [...new Set(asked)].filter(isExtendedResource).sort()) {
      const own = (t: Toleration) => t.key === key && t.operator === 'Exists' && t.effect === 'NoSchedule' && !t.value
      spec.tolerations = [...(spec.tolerations ?? []).filter((t) => !own(t)), { key, operator: 'Exists', effect: 'NoSchedule' }]
    }
  },
}
