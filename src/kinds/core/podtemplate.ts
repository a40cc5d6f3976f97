import { defineKind, s, same, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultPodTemplate } from './pod/defaults.ts'
import { podTemplateSpec, type PodTemplateSpec } from './pod/spec.ts'
import { validatePodTemplate } from './pod/validate-template.ts'
import { templateWarnings } from './pod/warnings.ts'

export const podTemplate = defineKind({
  group: '', version: 'v1', kind: 'PodTemplate', plural: 'podtemplates',
  scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.PodTemplate',
  returnsDeleted: true,
  generation: true,
  generationChanged: (o, old) => !same(o.template, old.template),
  columns: [
    cells.name,
    ...cells.containerColumns<{ template?: PodTemplateSpec }>((o) => o.template).map((c) => ({ ...c, priority: 0 as const })),
    { name: 'Pod Labels', value: (o) => cells.labels(o.template.metadata.labels) },
  ],
  fields: {
    template: s.value(podTemplateSpec),
  },
  defaults: (o, features) => defaultPodTemplate(o.template, features),
  validate: (o) => validatePodTemplate(o.template, 'template'),
  warnings: (o) => templateWarnings(o.template, 'template'),
})
export type PodTemplate = ObjectOf<typeof podTemplate>
