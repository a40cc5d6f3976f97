import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const leaseSpec = s.object('io.k8s.api.coordination.v1.LeaseSpec', {
  acquireTime: s.microTime(),
  holderIdentity: s.string({ keepEmpty: true }),
  leaseDurationSeconds: s.int({ keepEmpty: true }),
  leaseTransitions: s.int({ keepEmpty: true }),
  preferredHolder: s.string({ keepEmpty: true }),
  renewTime: s.microTime(),
  strategy: s.string({ keepEmpty: true }),
})
export type LeaseSpec = Infer<typeof leaseSpec>

export const lease = defineKind({
  group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases',
  scope: 'Namespaced',
  definition: 'io.k8s.api.coordination.v1.Lease',
  createOnUpdate: true,
  versionRequiredOnUpdate: true,
  columns: [cells.name, { name: 'Holder', value: (o) => o.spec.holderIdentity ?? '' }, cells.age],
  fields: {
    spec: s.value(leaseSpec),
  },
})
export type Lease = ObjectOf<typeof lease>
