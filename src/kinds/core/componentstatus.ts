import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const componentCondition = s.object('io.k8s.api.core.v1.ComponentCondition', {
  error: s.string(),
  message: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type ComponentCondition = Infer<typeof componentCondition>

const healthy = (o: { conditions?: readonly ComponentCondition[] }) => o.conditions?.find((c) => c.type === 'Healthy')

export const componentStatus = defineKind({
  group: '', version: 'v1', kind: 'ComponentStatus', plural: 'componentstatuses',
  shortNames: ['cs'], scope: 'Cluster',
  definition: 'io.k8s.api.core.v1.ComponentStatus',
  deprecated: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    cells.name,
    { name: 'Status', value: (o) => ({ True: 'Healthy', undefined: 'Unknown' })[String(healthy(o)?.status)] ?? 'Unhealthy' },
    { name: 'Message', value: (o) => healthy(o)?.message ?? '' },
    { name: 'Error', value: (o) => healthy(o)?.error ?? '' },
  ],
  verbs: ['get', 'list'],
  fields: {
    conditions: s.list(componentCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  },
})
export type ComponentStatus = ObjectOf<typeof componentStatus>
