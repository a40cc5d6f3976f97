import { defineKind, s, type Infer, type ObjectOf } from '#machinery'

export const crossVersionObjectReferenceV1 = s.object('io.k8s.api.autoscaling.v1.CrossVersionObjectReference', {
  apiVersion: s.string(),
  kind: s.required(s.string()),
  name: s.required(s.string()),
}, { mapType: 'atomic' })
export type CrossVersionObjectReferenceV1 = Infer<typeof crossVersionObjectReferenceV1>

export const horizontalPodAutoscalerSpecV1 = s.object('io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec', {
  maxReplicas: s.required(s.int()),
  minReplicas: s.int({ keepEmpty: true }),
  scaleTargetRef: s.required(s.value(crossVersionObjectReferenceV1)),
  targetCPUUtilizationPercentage: s.int({ keepEmpty: true }),
})
export type HorizontalPodAutoscalerSpecV1 = Infer<typeof horizontalPodAutoscalerSpecV1>

export const horizontalPodAutoscalerStatusV1 = s.object('io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus', {
  currentCPUUtilizationPercentage: s.int({ keepEmpty: true }),
  currentReplicas: s.required(s.int()),
  desiredReplicas: s.required(s.int()),
  lastScaleTime: s.time(),
  observedGeneration: s.int64(),
})
export type HorizontalPodAutoscalerStatusV1 = Infer<typeof horizontalPodAutoscalerStatusV1>

export const horizontalPodAutoscalerV1 = defineKind({
  group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(horizontalPodAutoscalerSpecV1)),
    status: s.value(horizontalPodAutoscalerStatusV1),
  },
})
export type HorizontalPodAutoscalerV1 = ObjectOf<typeof horizontalPodAutoscalerV1>
