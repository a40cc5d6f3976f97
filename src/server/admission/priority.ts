// A pod's priority comes from its class; only one class may be the default.
import { priorityClass, type Pod, type PriorityClass } from '#kinds'
import { qualified } from '#machinery'
import { refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'
import { ByNamespace } from './by-namespace.ts'

const resource = 'priorityclasses.scheduling.k8s.io'

export function priority(): AdmissionPlugin {
  const classes = new ByNamespace<PriorityClass>()
  /** The lowest where an earlier version let several in. */
  const defaultClass = (): PriorityClass | undefined => classes.in('').filter((c) => c.globalDefault).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
  return {
    name: 'Priority',
    handles: (operation, kind, subresource) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE') && ['pods', resource].includes(qualified(kind)),
    begin: ({ objects }) => classes.follow(objects, priorityClass),
    mutate(attributes) {
      if (attributes.kind.resource !== 'pods') return
      if (attributes.operation === 'CREATE') return resolve(attributes, defaultClass)
      // Clients of old leave out what they do not know.
      const { spec } = attributes.object as Pod, before = (attributes.old as Pod).spec
      if (spec.priority === undefined && before.priority !== undefined) spec.priority = before.priority
      if (spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined) spec.preemptionPolicy = before.preemptionPolicy
    },
    validate(attributes) {
      if (attributes.kind.resource === 'pods' || !(attributes.object as PriorityClass).globalDefault) return
      const other = defaultClass()
      if (other && (attributes.operation === 'CREATE' || other.metadata.name !== attributes.object!.metadata.name))
        throw refusal(attributes, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`)
    },
  }
}

function resolve(attributes: AdmissionAttributes, defaultClass: () => PriorityClass | undefined): void {
  const { spec } = attributes.object as Pod, { objects } = attributes
  const refuse = (why: string): never => { throw refusal(attributes, why) }
  const found = spec.priorityClassName ? objects.get(priorityClass, spec.priorityClassName) : defaultClass()
  if (!found && spec.priorityClassName) refuse(`no PriorityClass with name ${spec.priorityClassName} was found`)
  if (found) spec.priorityClassName = found.metadata.name
  const value = found?.value ?? 0, policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.priority !== undefined && spec.priority !== value)
    refuse(`the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`)
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    refuse(`the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`)
  spec.priority = value
  spec.preemptionPolicy = policy
}
