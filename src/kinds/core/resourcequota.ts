import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { roundResources } from './resources.ts'
import { validateQuota } from './validate-limits.ts'

export const scopedResourceSelectorRequirement = s.object('io.k8s.api.core.v1.ScopedResourceSelectorRequirement', {
  operator: s.required(s.string()),
  scopeName: s.required(s.string()),
  values: s.list(s.string(), { listType: 'atomic' }),
})
export type ScopedResourceSelectorRequirement = Infer<typeof scopedResourceSelectorRequirement>

export const scopeSelector = s.object('io.k8s.api.core.v1.ScopeSelector', {
  matchExpressions: s.list(scopedResourceSelectorRequirement, { listType: 'atomic' }),
}, { mapType: 'atomic' })
export type ScopeSelector = Infer<typeof scopeSelector>

export const resourceQuotaSpec = s.object('io.k8s.api.core.v1.ResourceQuotaSpec', {
  hard: s.map(s.quantity()),
  scopeSelector: scopeSelector,
  scopes: s.list(s.string(), { listType: 'atomic' }),
})
export type ResourceQuotaSpec = Infer<typeof resourceQuotaSpec>

export const resourceQuotaStatus = s.object('io.k8s.api.core.v1.ResourceQuotaStatus', {
  hard: s.map(s.quantity()),
  used: s.map(s.quantity()),
})
export type ResourceQuotaStatus = Infer<typeof resourceQuotaStatus>

/** "pods: 1/2, services: 0/5" of the amounts that are limits, or of the others. */
const used = (status: ResourceQuotaStatus, limits: boolean): string =>
  Object.keys(status.hard ?? {}).sort(cells.byCodeUnit).filter((r) => r.startsWith('limits.') === limits)
    .map((r) => `${r}: ${status.used?.[r] ?? '0'}/${status.hard![r]}`).join(', ')

export const resourceQuota = defineKind({
  group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas',
  shortNames: ['quota'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.ResourceQuota',
  returnsDeleted: true,
  columns: [
    cells.name,
    { name: 'Request', value: (o) => used(o.status, false) },
    { name: 'Limit', value: (o) => used(o.status, true) },
    cells.age,
  ],
  subresources: { status: true },
  fields: {
    spec: s.value(resourceQuotaSpec),
    status: s.value(resourceQuotaStatus),
  },
  defaults: ({ spec, status }) => roundResources(spec.hard, status.hard, status.used),
  validate: validateQuota,
})
export type ResourceQuota = ObjectOf<typeof resourceQuota>
