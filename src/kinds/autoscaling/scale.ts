import { defineType, s, type Infer } from '#machinery'

export const scaleSpec = s.object('io.k8s.api.autoscaling.v1.ScaleSpec', {
  replicas: s.int({ shownDefault: 0 }),
})
export type ScaleSpec = Infer<typeof scaleSpec>

export const scaleStatus = s.object('io.k8s.api.autoscaling.v1.ScaleStatus', {
  replicas: s.required(s.int()),
  selector: s.string(),
})
export type ScaleStatus = Infer<typeof scaleStatus>

export const scale = defineType('autoscaling/v1', 'Scale', 'io.k8s.api.autoscaling.v1.Scale', {
  spec: s.value(scaleSpec),
  status: s.value(scaleStatus),
})
export type Scale = Infer<(typeof scale)['schema']>
