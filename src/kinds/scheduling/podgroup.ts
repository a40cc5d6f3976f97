import { condition, defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { keepMetadata } from '../status-metadata.ts'
import { claimsGate, dropGated, groupFields } from './podgrouptemplate.ts'
import { validatePodGroup } from './validate-podgroup.ts'

export const podGroupTemplateReference = s.object('io.k8s.api.scheduling.v1alpha2.PodGroupTemplateReference', {
  workload: s.object('io.k8s.api.scheduling.v1alpha2.WorkloadPodGroupTemplateReference', {
    podGroupTemplateName: s.required(s.string()),
    workloadName: s.required(s.string()),
  }),
}, { unions: [{ 'fields-to-discriminateBy': { workload: 'Workload' } }] })
export type PodGroupTemplateReference = Infer<typeof podGroupTemplateReference>

export const podGroupSpec = s.object('io.k8s.api.scheduling.v1alpha2.PodGroupSpec', {
  ...groupFields,
  disruptionMode: s.string({ keepEmpty: true, default: 'Pod' }),
  podGroupTemplateRef: podGroupTemplateReference,
})
export type PodGroupSpec = Omit<Infer<typeof podGroupSpec>, 'disruptionMode'> & { disruptionMode?: string }

export const podGroupStatus = s.object('io.k8s.api.scheduling.v1alpha2.PodGroupStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  resourceClaimStatuses: s.list(s.object('io.k8s.api.scheduling.v1alpha2.PodGroupResourceClaimStatus', {
    name: s.required(s.string()),
    resourceClaimName: s.string({ keepEmpty: true }),
  }), { listType: 'map', listKeys: ['name'], patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' }),
})
export type PodGroupStatus = Infer<typeof podGroupStatus>

/** KEP-5832: pods that are scheduled as one. */
export const podGroup = defineKind({
  group: 'scheduling.k8s.io', version: 'v1alpha2', kind: 'PodGroup', plural: 'podgroups',
  scope: 'Namespaced',
  definition: 'io.k8s.api.scheduling.v1alpha2.PodGroup',
  columns: [cells.name, cells.age],
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(podGroupSpec)),
    status: s.value(podGroupStatus),
  },
  prepareCreate: ({ spec }, _user, features) => dropGated(spec, features),
  prepareUpdate: (o, old, subresource, _now, features) => {
    if (subresource !== 'status') return dropGated(o.spec, features, old.spec)
    keepMetadata(o, old)
    if (!features?.has(claimsGate) && !old.spec.resourceClaims?.length) delete o.status.resourceClaimStatuses
  },
  validate: validatePodGroup,
})
export type PodGroup = ObjectOf<typeof podGroup>
