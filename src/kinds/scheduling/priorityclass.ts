import { defineKind, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const priorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  shortNames: ['pc'], scope: 'Cluster',
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  generation: true,
  generationChanged: () => false,
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
})
export type PriorityClass = ObjectOf<typeof priorityClass>
