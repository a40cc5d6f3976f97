import { defineKind, forbiddenValue, notSupported, requiredValue, s, type FieldError, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { immutableField } from '../checks.ts'

interface PriorityClassLike { readonly metadata: { readonly name: string }; readonly value: number; readonly globalDefault?: boolean; readonly preemptionPolicy?: string }
const highest = 1_000_000_000, policies = ['PreemptLowerPriority', 'Never']
const system: Readonly<Record<string, number>> = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 }
function whyNotSystem({ metadata: { name }, value, globalDefault }: PriorityClassLike): string | undefined {
  const wanted = system[name]
  if (wanted === undefined) return `${name} is not a known system priority class`
  return value !== wanted ? `value of ${name} PriorityClass must be ${wanted}` : globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
function validatePriorityClass(o: PriorityClassLike, old?: PriorityClassLike): FieldError[] {
  const { metadata: { name }, value, preemptionPolicy: policy } = o
  if (old) return [...(value === old.value ? [] : [forbiddenValue('value', 'may not be changed in an update.')]),
    ...immutableField(policy, old.preemptionPolicy, 'preemptionPolicy')]
  const errors: FieldError[] = [], why = name.startsWith('system-') ? whyNotSystem(o) : undefined
  if (why) errors.push(forbiddenValue('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`))
  if (!name.startsWith('system-') && value > highest) errors.push(forbiddenValue('value', `maximum allowed value of a user defined priority is ${highest}`))
  if (policy !== undefined && !policies.includes(policy)) errors.push(policy ? notSupported('preemptionPolicy', policy, policies) : requiredValue('preemptionPolicy'))
  return errors
}

export const priorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  shortNames: ['pc'], scope: 'Cluster',
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  generation: true,
  generationChanged: () => false,
  whyKept: (name) => (Object.hasOwn(system, name) ? 'this is a system priority class and cannot be deleted' : undefined),
  columns: [
    cells.name,
    { name: 'Value', type: 'integer', value: (o) => o.value },
    { name: 'Global-Default', type: 'boolean', value: (o) => o.globalDefault ?? false },
    cells.age,
    { name: 'PreemptionPolicy', value: (o) => o.preemptionPolicy ?? '' },
  ],
  fields: {
    description: s.string(),
    globalDefault: s.bool(),
    preemptionPolicy: s.string({ keepEmpty: true }),
    value: s.int({ default: 0 }),
  },
  defaults: (o) => { o.preemptionPolicy ??= 'PreemptLowerPriority' },
  validate: validatePriorityClass,
})
export type PriorityClass = ObjectOf<typeof priorityClass>
