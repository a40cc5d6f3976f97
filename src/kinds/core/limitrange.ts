import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const limitRangeItem = s.object('io.k8s.api.core.v1.LimitRangeItem', {
  default: s.map(s.quantity()),
  defaultRequest: s.map(s.quantity()),
  max: s.map(s.quantity()),
  maxLimitRequestRatio: s.map(s.quantity()),
  min: s.map(s.quantity()),
  type: s.required(s.string()),
})
export type LimitRangeItem = Infer<typeof limitRangeItem>

export const limitRangeSpec = s.object('io.k8s.api.core.v1.LimitRangeSpec', {
  limits: s.required(s.list(limitRangeItem, { listType: 'atomic' })),
})
export type LimitRangeSpec = Infer<typeof limitRangeSpec>

export const limitRange = defineKind({
  group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges',
  shortNames: ['limits'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.LimitRange',
  createOnUpdate: true,
  columns: cells.createdAt,
  fields: {
    spec: s.value(limitRangeSpec),
  },
})
export type LimitRange = ObjectOf<typeof limitRange>
