import { defineKind, s, type ObjectOf } from '#machinery'
import { podTemplateSpec } from './pod/spec.ts'

export const podTemplate = defineKind({
  group: '', version: 'v1', kind: 'PodTemplate', plural: 'podtemplates',
  scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.PodTemplate',
  fields: {
    template: s.value(podTemplateSpec),
  },
})
export type PodTemplate = ObjectOf<typeof podTemplate>
