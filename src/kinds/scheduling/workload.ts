import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { dropGated, podGroupTemplate } from './podgrouptemplate.ts'
import { validateWorkload } from './validate-podgroup.ts'

const controllerReference = s.object('io.k8s.api.scheduling.v1alpha2.TypedLocalObjectReference', {
  apiGroup: s.string(),
  kind: s.required(s.string()),
  name: s.required(s.string()),
})

export const workloadSpec = s.object('io.k8s.api.scheduling.v1alpha2.WorkloadSpec', {
  controllerRef: controllerReference,
  podGroupTemplates: s.required(s.list(podGroupTemplate, { listType: 'map', listKeys: ['name'] })),
})
export type WorkloadSpec = Infer<typeof workloadSpec>

/** KEP-4671: how the pods of a workload are to be scheduled. */
export const workload = defineKind({
  group: 'scheduling.k8s.io', version: 'v1alpha2', kind: 'Workload', plural: 'workloads',
  scope: 'Namespaced',
  definition: 'io.k8s.api.scheduling.v1alpha2.Workload',
  columns: [cells.name, cells.age],
  fields: {
    spec: s.required(s.value(workloadSpec)),
  },
  prepareCreate: ({ spec }, _user, features) => { for (const template of spec.podGroupTemplates ?? []) dropGated(template, features) },
  prepareUpdate: ({ spec }, old, _subresource, _now, features) => { for (const template of spec.podGroupTemplates ?? []) dropGated(template, features, old.spec.podGroupTemplates?.find(({ name }) => name === template.name)) },
  validate: validateWorkload,
})
export type Workload = ObjectOf<typeof workload>
