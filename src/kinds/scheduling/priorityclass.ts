import { defineKind, s, type ObjectOf } from '#machinery'

export const priorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  shortNames: ['pc'], scope: 'Cluster',
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  fields: {
    description: s.string(),
    globalDefault: s.bool(),
    preemptionPolicy: s.string({ keepEmpty: true }),
    value: s.int({ default: 0 }),
  },
})
export type PriorityClass = ObjectOf<typeof priorityClass>
