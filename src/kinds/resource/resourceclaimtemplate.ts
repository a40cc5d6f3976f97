import { defineKind, objectMeta, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultRequests, resourceClaimSpec } from './resourceclaim.ts'
import { validateClaimTemplate, validateClaimTemplateChange } from './validate-claim.ts'

export const resourceClaimTemplateSpec = s.object('io.k8s.api.resource.v1.ResourceClaimTemplateSpec', {
  metadata: s.value(objectMeta),
  spec: s.required(s.value(resourceClaimSpec)),
})
export type ResourceClaimTemplateSpec = Infer<typeof resourceClaimTemplateSpec>

export const resourceClaimTemplate = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaimTemplate', plural: 'resourceclaimtemplates',
  scope: 'Namespaced',
  definition: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
  returnsDeleted: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  columns: [cells.name, cells.age],
  fields: {
    spec: s.required(s.value(resourceClaimTemplateSpec)),
  },
  defaults: ({ spec }) => defaultRequests(spec.spec),
  validate: validateClaimTemplate,
  validateChange: validateClaimTemplateChange,
})
export type ResourceClaimTemplate = ObjectOf<typeof resourceClaimTemplate>
