// A pod learns, as labels, the zone and region of the node it is bound to.
import { node, type Pod } from '#kinds'
import type { LooseObject } from '#machinery'
import { on, type AdmissionPlugin } from './admission.ts'

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: on(['CREATE'], 'pods', ['', 'binding']),
  mutate({ subresource, object, objects }) {
    const bound = subresource === 'binding' ? target(object!) : (object as Pod).spec.nodeName
    const labels = bound ? objects.get(node, bound)?.metadata.labels : undefined
    if (!labels) return
    for (const key of copied) if (labels[key] !== undefined) (object!.metadata.labels ??= {})[key] = labels[key]
  },
}
const target = (binding: LooseObject): string | undefined => {
  const { kind, name } = (binding['target'] ?? {}) as { kind?: string; name?: string }
  return kind === 'Node' ? name : undefined
}
