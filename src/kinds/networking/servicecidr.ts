import { condition, defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const serviceCIDRSpec = s.object('io.k8s.api.networking.v1.ServiceCIDRSpec', {
  cidrs: s.list(s.string(), { listType: 'atomic' }),
})
export type ServiceCIDRSpec = Infer<typeof serviceCIDRSpec>

export const serviceCIDRStatus = s.object('io.k8s.api.networking.v1.ServiceCIDRStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
})
export type ServiceCIDRStatus = Infer<typeof serviceCIDRStatus>

export const serviceCIDR = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR', plural: 'servicecidrs',
  scope: 'Cluster',
  definition: 'io.k8s.api.networking.v1.ServiceCIDR',
  columns: [cells.name, { name: 'CIDRs', value: (o) => (o.spec.cidrs ?? []).join(',') }, cells.age],
  subresources: { status: true },
  fields: {
    spec: s.value(serviceCIDRSpec),
    status: s.value(serviceCIDRStatus),
  },
})
export type ServiceCIDR = ObjectOf<typeof serviceCIDR>
