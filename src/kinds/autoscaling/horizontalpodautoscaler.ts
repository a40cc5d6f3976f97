import { defineKind, labelSelector, s, type AnyObject, type Infer, type InferFields, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { horizontalPodAutoscalerV1 } from './horizontalpodautoscaler-v1.ts'
import { validateAutoscaler } from './validate-autoscaler.ts'

export const metricTarget = s.object('io.k8s.api.autoscaling.v2.MetricTarget', {
  averageUtilization: s.int({ keepEmpty: true }),
  averageValue: s.quantity(),
  type: s.required(s.string()),
  value: s.quantity(),
})
export type MetricTarget = Infer<typeof metricTarget>

export const containerResourceMetricSource = s.object('io.k8s.api.autoscaling.v2.ContainerResourceMetricSource', {
  container: s.required(s.string()),
  name: s.required(s.string()),
  target: s.required(s.value(metricTarget)),
})
export type ContainerResourceMetricSource = Infer<typeof containerResourceMetricSource>

export const metricValueStatus = s.object('io.k8s.api.autoscaling.v2.MetricValueStatus', {
  averageUtilization: s.int({ keepEmpty: true }),
  averageValue: s.quantity(),
  value: s.quantity(),
})
export type MetricValueStatus = Infer<typeof metricValueStatus>

export const containerResourceMetricStatus = s.object('io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus', {
  container: s.required(s.string()),
  current: s.required(s.value(metricValueStatus)),
  name: s.required(s.string()),
})
export type ContainerResourceMetricStatus = Infer<typeof containerResourceMetricStatus>

export const crossVersionObjectReference = s.object('io.k8s.api.autoscaling.v2.CrossVersionObjectReference', {
  apiVersion: s.string(),
  kind: s.required(s.string()),
  name: s.required(s.string()),
})
export type CrossVersionObjectReference = Infer<typeof crossVersionObjectReference>

export const metricIdentifier = s.object('io.k8s.api.autoscaling.v2.MetricIdentifier', {
  name: s.required(s.string()),
  selector: labelSelector,
})
export type MetricIdentifier = Infer<typeof metricIdentifier>

export const externalMetricSource = s.object('io.k8s.api.autoscaling.v2.ExternalMetricSource', {
  metric: s.required(s.value(metricIdentifier)),
  target: s.required(s.value(metricTarget)),
})
export type ExternalMetricSource = Infer<typeof externalMetricSource>

export const externalMetricStatus = s.object('io.k8s.api.autoscaling.v2.ExternalMetricStatus', {
  current: s.required(s.value(metricValueStatus)),
  metric: s.required(s.value(metricIdentifier)),
})
export type ExternalMetricStatus = Infer<typeof externalMetricStatus>

export const hpaScalingPolicy = s.object('io.k8s.api.autoscaling.v2.HPAScalingPolicy', {
  periodSeconds: s.required(s.int()),
  type: s.required(s.string()),
  value: s.required(s.int()),
})
export type HPAScalingPolicy = Infer<typeof hpaScalingPolicy>

export const hpaScalingRules = s.object('io.k8s.api.autoscaling.v2.HPAScalingRules', {
  policies: s.list(hpaScalingPolicy, { listType: 'atomic', keepEmpty: true }),
  selectPolicy: s.string({ keepEmpty: true }),
  stabilizationWindowSeconds: s.int({ keepEmpty: true }),
  tolerance: s.quantity(),
})
export type HPAScalingRules = Infer<typeof hpaScalingRules>

export const horizontalPodAutoscalerBehavior = s.object('io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior', {
  scaleDown: hpaScalingRules,
  scaleUp: hpaScalingRules,
})
export type HorizontalPodAutoscalerBehavior = Infer<typeof horizontalPodAutoscalerBehavior>

export const objectMetricSource = s.object('io.k8s.api.autoscaling.v2.ObjectMetricSource', {
  describedObject: s.required(s.value(crossVersionObjectReference)),
  metric: s.required(s.value(metricIdentifier)),
  target: s.required(s.value(metricTarget)),
})
export type ObjectMetricSource = Infer<typeof objectMetricSource>

export const podsMetricSource = s.object('io.k8s.api.autoscaling.v2.PodsMetricSource', {
  metric: s.required(s.value(metricIdentifier)),
  target: s.required(s.value(metricTarget)),
})
export type PodsMetricSource = Infer<typeof podsMetricSource>

export const resourceMetricSource = s.object('io.k8s.api.autoscaling.v2.ResourceMetricSource', {
  name: s.required(s.string()),
  target: s.required(s.value(metricTarget)),
})
export type ResourceMetricSource = Infer<typeof resourceMetricSource>

export const metricSpec = s.object('io.k8s.api.autoscaling.v2.MetricSpec', {
  containerResource: containerResourceMetricSource,
  external: externalMetricSource,
  object: objectMetricSource,
  pods: podsMetricSource,
  resource: resourceMetricSource,
  type: s.required(s.string()),
})
export type MetricSpec = Infer<typeof metricSpec>

export const horizontalPodAutoscalerSpec = s.object('io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec', {
  behavior: horizontalPodAutoscalerBehavior,
  maxReplicas: s.required(s.int()),
  metrics: s.list(metricSpec, { listType: 'atomic' }),
  minReplicas: s.int({ keepEmpty: true }),
  scaleTargetRef: s.required(s.value(crossVersionObjectReference)),
})
export type HorizontalPodAutoscalerSpec = Infer<typeof horizontalPodAutoscalerSpec>

export const horizontalPodAutoscalerCondition = s.object('io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type HorizontalPodAutoscalerCondition = Infer<typeof horizontalPodAutoscalerCondition>

export const objectMetricStatus = s.object('io.k8s.api.autoscaling.v2.ObjectMetricStatus', {
  current: s.required(s.value(metricValueStatus)),
  describedObject: s.required(s.value(crossVersionObjectReference)),
  metric: s.required(s.value(metricIdentifier)),
})
export type ObjectMetricStatus = Infer<typeof objectMetricStatus>

export const podsMetricStatus = s.object('io.k8s.api.autoscaling.v2.PodsMetricStatus', {
  current: s.required(s.value(metricValueStatus)),
  metric: s.required(s.value(metricIdentifier)),
})
export type PodsMetricStatus = Infer<typeof podsMetricStatus>

export const resourceMetricStatus = s.object('io.k8s.api.autoscaling.v2.ResourceMetricStatus', {
  current: s.required(s.value(metricValueStatus)),
  name: s.required(s.string()),
})
export type ResourceMetricStatus = Infer<typeof resourceMetricStatus>

export const metricStatus = s.object('io.k8s.api.autoscaling.v2.MetricStatus', {
  containerResource: containerResourceMetricStatus,
  external: externalMetricStatus,
  object: objectMetricStatus,
  pods: podsMetricStatus,
  resource: resourceMetricStatus,
  type: s.required(s.string()),
})
export type MetricStatus = Infer<typeof metricStatus>

const up: HPAScalingRules = {
  policies: [{ periodSeconds: 15, type: 'Pods', value: 4 }, { periodSeconds: 15, type: 'Percent', value: 100 }], selectPolicy: 'Max', stabilizationWindowSeconds: 0,
}
const down: HPAScalingRules = { policies: [{ periodSeconds: 15, type: 'Percent', value: 100 }], selectPolicy: 'Max' }
/** Given rules replace the defaults one by one; fresh lists, since objects are changed in place. */
const withDefaults = (given: HPAScalingRules | undefined, { policies = [], ...rest }: HPAScalingRules): HPAScalingRules =>
  ({ ...rest, ...given, policies: given?.policies ?? policies.map((p) => ({ ...p })) })

export const horizontalPodAutoscalerStatus = s.object('io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus', {
  conditions: s.list(horizontalPodAutoscalerCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  currentMetrics: s.list(metricStatus, { listType: 'atomic', always: true }),
  currentReplicas: s.int(),
  desiredReplicas: s.required(s.int()),
  lastScaleTime: s.time(),
  observedGeneration: s.int64(),
})
export type HorizontalPodAutoscalerStatus = Infer<typeof horizontalPodAutoscalerStatus>

const fields = { spec: s.required(s.value(horizontalPodAutoscalerSpec)), status: s.value(horizontalPodAutoscalerStatus) }
/** An autoscaler as it is stored, whichever version it came in. */
export type HorizontalPodAutoscalerBody = AnyObject & InferFields<typeof fields>

export const horizontalPodAutoscaler = defineKind({
  group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  subresources: { status: true },
  fields,
  columns: [
    cells.name,
    { name: 'Reference', value: ({ spec: { scaleTargetRef: ref } }) => `${ref.kind}/${ref.name}` },
    { name: 'Targets', value: (o) => targets(o.spec.metrics ?? [], o.status.currentMetrics ?? []) },
    { name: 'MinPods', value: (o) => String(o.spec.minReplicas ?? '<unset>') },
    { name: 'MaxPods', value: (o) => o.spec.maxReplicas },
    { name: 'Replicas', value: (o) => o.status.currentReplicas ?? 0 },
    cells.age,
  ],
  alsoServedAs: [horizontalPodAutoscalerV1],
  defaults: ({ spec }) => {
    spec.minReplicas ??= 1
    if (!spec.metrics?.length) spec.metrics = [{ resource: { name: 'cpu', target: { averageUtilization: 80, type: 'Utilization' } }, type: 'Resource' }]
    if (spec.behavior) spec.behavior = { scaleDown: withDefaults(spec.behavior.scaleDown, down), scaleUp: withDefaults(spec.behavior.scaleUp, up) }
  },
  validate: validateAutoscaler,
})
export type HorizontalPodAutoscaler = ObjectOf<typeof horizontalPodAutoscaler>

/** The first two metrics as current/target, then how many more. */
function targets(metrics: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (!metrics.length) return '<none>'
  const all = metrics.map((m, i) => target(m, statuses[i]))
  return all.length > 2 ? `${all.slice(0, 2).join(', ')} + ${all.length - 2} more...` : all.join(', ')
}
const unknown = '<unknown>', unset = '<nil>'
type Measured = { readonly current: MetricValueStatus } | undefined
function target(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External': return ofValue(spec.external?.target, status?.external)
    case 'Object': return ofValue(spec.object?.target, status?.object)
    case 'Pods': return `${status?.pods ? status.pods.current.averageValue ?? unset : unknown}/${spec.pods?.target.averageValue ?? unset}`
    case 'Resource': return ofResource(spec.resource, status?.resource)
    case 'ContainerResource': return ofResource(spec.containerResource, status?.containerResource)
    default: return '<unknown type>'
  }
}
const ofValue = (goal: MetricTarget | undefined, status: Measured): string =>
  (goal?.averageValue !== undefined ? `${status?.current.averageValue ?? unknown}/${goal.averageValue} (avg)`
  : `${status ? status.current.value ?? unset : unknown}/${goal?.value ?? unset}`)
function ofResource(source: { name: string; target: MetricTarget } | undefined, status: Measured): string {
  const { averageValue, averageUtilization: share } = source?.target ?? {}, current = status?.current.averageUtilization
  if (averageValue !== undefined) return `${source!.name}: ${status ? status.current.averageValue ?? unset : unknown}/${averageValue}`
  return `${source?.name ?? ''}: ${current === undefined ? unknown : `${current}%`}/${share === undefined ? '<auto>' : `${share}%`}`
}
