// A pod's priority comes from its class; only one class may be the default.
import { priorityClass, type Pod, type PriorityClass } from '#kinds'
import { ApiError, forbidden, qualified } from '#machinery'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts'

export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: (operation, kind, subresource) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')
    && ((kind.group === '' && kind.resource === 'pods' && operation === 'CREATE') || (kind.group === 'scheduling.k8s.io' && kind.resource === 'priorityclasses')),
  mutate(attributes) { if (attributes.kind.resource === 'pods') resolve(attributes) },
  validate({ kind, name, object, objects }) {
    if (kind.resource !== 'priorityclasses' || !(object as PriorityClass).globalDefault) return
    const other = objects.list(priorityClass).find((c) => c.globalDefault && c.metadata.name !== name)
    if (other) throw new ApiError('Forbidden', `${qualified(kind)} "${name}" is forbidden: only one PriorityClass can be marked as default. PriorityClass "${other.metadata.name}" is already marked as default`, { name, group: kind.group, kind: kind.resource })
  },
}

function resolve({ kind, name, object, objects }: AdmissionAttributes): void {
  const { spec } = object as Pod
  let value = 0, policy = 'PreemptLowerPriority'
  if (spec.priorityClassName) {
    const found = objects.get(priorityClass, spec.priorityClassName)
    if (!found) throw forbidden(kind, name, `no PriorityClass with name ${spec.priorityClassName} was found`)
    value = found.value ?? 0
    policy = found.preemptionPolicy ?? policy
  } else {
    // the lowest default wins where an earlier version let several in
    const found = objects.list(priorityClass).filter((c) => c.globalDefault).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
    if (found) { spec.priorityClassName = found.metadata.name; value = found.value ?? 0; policy = found.preemptionPolicy ?? policy }
  }
  if (spec.priority !== undefined && spec.priority !== value)
    throw forbidden(kind, name, `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`)
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw forbidden(kind, name, `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`)
  spec.priority = value
  spec.preemptionPolicy = policy
}
