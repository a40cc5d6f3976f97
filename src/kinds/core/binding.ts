import { defineKind, s, type ObjectOf } from '#machinery'
import { objectReference } from './references.ts'

export const binding = defineKind({
  group: '', version: 'v1', kind: 'Binding', plural: 'bindings',
  scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Binding',
  verbs: ['create'],
  fields: {
    target: s.required(s.value(objectReference)),
  },
})
export type Binding = ObjectOf<typeof binding>
