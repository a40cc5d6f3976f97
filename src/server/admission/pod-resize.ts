// A running pod can be resized only within what its node has, and only where the node's system can do it.
import { node as nodeKind, podRequests, type Pod } from '#kinds'
import { quantityMilli, quantityValue } from '#machinery'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  handles: on(['UPDATE'], 'pods', ['resize']),
  validate(attributes) {
    const pod = attributes.object as Pod, name = pod.spec.nodeName
    if (!name || pod.metadata.generation === attributes.old?.metadata.generation) return
    const node = attributes.objects.get(nodeKind, name)
    if (!node) throw refusal(attributes, `node ${JSON.stringify(name)} not found`)
    const requests = podRequests(pod), allocatable = node.status?.allocatable ?? {}, beyond: string[] = []
    for (const [resource, units] of [['cpu', quantityMilli], ['memory', quantityValue]] as const) {
      const asked = units(requests[resource] ?? '0'), there = units(allocatable[resource] ?? '0')
      if (asked > there) beyond.push(`${resource}, requested: ${asked}, allocatable: ${there}`)
    }
    if (beyond.length > 0) throw refusal(attributes, `Node didn't have enough allocatable resources: ${beyond.join('; ')}`)
    const system = node.metadata.labels?.['kubernetes.io/os'] ?? ''
    if (system !== 'linux') throw refusal(attributes, `pod resize is only supported on linux nodes, node ${JSON.stringify(name)} is ${JSON.stringify(system)}`)
  },
}
