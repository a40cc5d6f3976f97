// A new node gets no pods before it has said that it is ready.
import type { Node } from '#kinds'
import type { AdmissionPlugin } from './admission.ts'

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === '' && kind.resource === 'nodes' && subresource === '',
  mutate({ object }) {
    const node = object as Node
    node.spec ??= {}
    if (!node.spec.taints?.some((t) => t.key === notReady.key && t.effect === notReady.effect)) node.spec.taints = [...(node.spec.taints ?? []), { ...notReady }]
  },
}
