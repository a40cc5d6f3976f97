import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { roundResources } from './resources.ts'
import { validateLimitRange } from './validate-limits.ts'

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

/** Defaults for containers follow from one another: limits from the maximum, requests from limits, then from the minimum. */
function defaultItem(item: LimitRangeItem): void {
  roundResources(item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio)
  if (item.type !== 'Container') return
  const limits = { ...item.max, ...item.default }
  const requests = { ...item.min, ...limits, ...item.defaultRequest }
  if (Object.keys(limits).length) item.default = limits
  if (Object.keys(requests).length) item.defaultRequest = requests
}

export const limitRange = defineKind({
  group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges',
  shortNames: ['limits'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.LimitRange',
  onUpdate: ['meta', 'rules'],
  createOnUpdate: true,
  columns: cells.createdAt,
  fields: {
    spec: s.value(limitRangeSpec),
  },
  defaults: ({ spec }) => { for (const item of spec.limits ?? []) defaultItem(item) },
  validate: validateLimitRange,
})
export type LimitRange = ObjectOf<typeof limitRange>
