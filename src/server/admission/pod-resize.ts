// A running pod can be resized only where its node's system can do it, and only within what the node has. Refusals say by a cause which it is.
import { node as nodeKind, podRequests, type Pod } from '#kinds'
import { ApiError, compareQuantities, quantityMilli, quantityValue, quote } from '#machinery'
import { on, refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  handles: on(['UPDATE'], 'pods', ['resize']),
  validate(attributes) {
    const pod = attributes.object as Pod, name = pod.spec.nodeName
    if (!name || pod.metadata.generation === attributes.old?.metadata.generation) return
    const node = attributes.objects.get(nodeKind, name)
    if (!node) throw refusal(attributes, `node ${quote(name)} not found`)
    const system = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
    if (system !== 'linux') throw refused(attributes, 'UnsupportedPlatform', `pod resize is only supported on linux nodes, node ${quote(name)} is ${quote(system)}`)
    const requests = podRequests(pod), allocatable = node.status?.allocatable ?? {}, beyond: string[] = []
    for (const [resource, units] of [['cpu', quantityMilli], ['memory', quantityValue]] as const) {
      const asked = requests[resource] ?? '0', there = allocatable[resource] ?? '0'
      if (compareQuantities(asked, there) > 0) beyond.push(`${resource}, requested: ${units(asked)}, allocatable: ${units(there)}`)
    }
    if (beyond.length > 0) throw refused(attributes, 'NodeCapacity', `node didn't have enough allocatable resources: ${beyond.join('; ')}`)
  },
}

function refused(attributes: AdmissionAttributes, cause: string, why: string): ApiError {
  const { status: { message, details } } = refusal(attributes, why)
  return new ApiError('Forbidden', message!, { ...details, causes: [{ reason: cause }] })
}
