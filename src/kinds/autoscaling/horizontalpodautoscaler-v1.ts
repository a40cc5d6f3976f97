// autoscaling/v1: the same autoscalers with one CPU target. What it has no fields for travels in annotations.
import { s, wholeObject, type AnyObject, type Infer, type InferFields, type ServedVersion } from '#machinery'
import type { HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerBody, HorizontalPodAutoscalerStatus, HPAScalingRules, MetricSpec } from './horizontalpodautoscaler.ts'
import { fromV1Spec, fromV1Status, toV1Spec, toV1Status } from './metrics-v1.ts'

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

const fields = { spec: s.required(s.value(horizontalPodAutoscalerSpecV1)), status: s.value(horizontalPodAutoscalerStatusV1) }
export type HorizontalPodAutoscalerV1 = AnyObject & InferFields<typeof fields>

const prefix = 'autoscaling.alpha.kubernetes.io/'
const carried = { metrics: `${prefix}metrics`, currentMetrics: `${prefix}current-metrics`, conditions: `${prefix}conditions`, behavior: `${prefix}behavior` }
const defaultCPU: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }
const isCPUTarget = (m: MetricSpec) => m.type === 'Resource' && m.resource?.name === 'cpu' && m.resource.target.averageUtilization !== undefined

function to(hpa: HorizontalPodAutoscalerBody): HorizontalPodAutoscalerV1 {
  const { scaleTargetRef, minReplicas, maxReplicas, metrics = [], behavior } = hpa.spec
  const { currentMetrics, conditions = [], currentReplicas = 0, desiredReplicas, lastScaleTime, observedGeneration } = hpa.status
  const cpu = metrics.find((m) => m.type === 'Resource' && m.resource?.name === 'cpu')?.resource?.target.averageUtilization
  const currentCPU = currentMetrics?.findLast((m) => m.resource?.name === 'cpu' && m.resource.current.averageUtilization !== undefined)?.resource?.current.averageUtilization
  const others = metrics.filter((m) => !isCPUTarget(m))
  const annotations = {
    ...hpa.metadata.annotations,
    ...(others.length && { [carried.metrics]: JSON.stringify(others.map(toV1Spec)) }),
    ...(currentMetrics?.length && { [carried.currentMetrics]: JSON.stringify(currentMetrics.map(toV1Status)) }),
    ...(conditions.length && { [carried.conditions]: JSON.stringify(conditions.map(({ type, status, lastTransitionTime, reason, message }) =>
      ({ type, status, lastTransitionTime: lastTransitionTime ?? null, ...(reason && { reason }), ...(message && { message }) }))) }),
    ...(behavior && { [carried.behavior]: writeBehavior(behavior) }),
  }
  return {
    apiVersion: 'autoscaling/v1', kind: hpa.kind,
    metadata: { ...hpa.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: { maxReplicas, ...(minReplicas !== undefined && { minReplicas }), scaleTargetRef, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...(currentCPU !== undefined && { currentCPUUtilizationPercentage: currentCPU }), currentReplicas, desiredReplicas,
      ...(lastScaleTime !== undefined && { lastScaleTime }), ...(observedGeneration !== undefined && { observedGeneration }),
    },
  }
}

function from(v1: HorizontalPodAutoscalerV1): HorizontalPodAutoscalerBody {
  const { annotations = {}, ...metadata } = v1.metadata
  const { targetCPUUtilizationPercentage: cpu, scaleTargetRef, minReplicas, maxReplicas } = v1.spec
  const { currentCPUUtilizationPercentage: currentCPU, ...status } = v1.status
  const kept = Object.entries(annotations).filter(([key]) => !Object.values(carried).includes(key))
  const metrics = [...read(annotations[carried.metrics], fromV1Spec),
    ...(cpu !== undefined ? [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }] : [])]
  const conditions = read(annotations[carried.conditions], (c) => c as never)
  const currentMetrics = carried.currentMetrics in annotations ? read(annotations[carried.currentMetrics], fromV1Status)
    : currentCPU === undefined ? null : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: currentCPU } } }]
  const behavior = readBehavior(annotations[carried.behavior])
  return {
    apiVersion: 'autoscaling/v2', kind: v1.kind,
    metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) },
    spec: {
      ...(behavior && { behavior }),
      maxReplicas, metrics: metrics.length ? metrics : [defaultCPU], ...(minReplicas !== undefined && { minReplicas }), scaleTargetRef,
    },
    status: { ...(conditions.length > 0 && { conditions }), ...status, currentMetrics } as HorizontalPodAutoscalerStatus,
  }
}

/** Annotations are the user's to break: what cannot be read counts as absent. */
function readOne(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try { return JSON.parse(text) ?? undefined } catch { return undefined }
}
const read = <T>(text: string | undefined, convert: (value: Record<string, unknown>) => T): T[] => {
  const list = readOne(text)
  return Array.isArray(list) ? list.filter((x) => typeof x === 'object' && x !== null).map(convert) : []
}

// The behavior is carried as the reference's own structure, with its field names.
interface GoScalingRules { StabilizationWindowSeconds?: number | null; SelectPolicy?: string | null; Policies?: { Type: string; Value: number; PeriodSeconds: number }[] | null; Tolerance?: string | null }
const scalingRulesOut = (rules: HPAScalingRules | undefined): GoScalingRules | null => (rules ? {
  StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null, SelectPolicy: rules.selectPolicy ?? null,
  Policies: rules.policies?.map((p) => ({ Type: p.type, Value: p.value, PeriodSeconds: p.periodSeconds })) ?? null, Tolerance: rules.tolerance ?? null,
} : null)
const scalingRulesIn = (rules: GoScalingRules | null | undefined): HPAScalingRules | undefined => (rules ? {
  ...(rules.Policies && { policies: rules.Policies.map((p) => ({ periodSeconds: p.PeriodSeconds, type: p.Type, value: p.Value })) }),
  ...(rules.SelectPolicy != null && { selectPolicy: rules.SelectPolicy }),
  ...(rules.StabilizationWindowSeconds != null && { stabilizationWindowSeconds: rules.StabilizationWindowSeconds }),
  ...(rules.Tolerance != null && { tolerance: rules.Tolerance }),
} : undefined)
/** Versions without a field for the behavior keep it in this annotation. */
export const behaviorKey = carried.behavior
export const writeBehavior = ({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): string => JSON.stringify({ ScaleUp: scalingRulesOut(scaleUp), ScaleDown: scalingRulesOut(scaleDown) })
export function readBehavior(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  const behavior = readOne(text) as { ScaleUp?: GoScalingRules; ScaleDown?: GoScalingRules } | undefined
  const up = scalingRulesIn(behavior?.ScaleUp), down = scalingRulesIn(behavior?.ScaleDown)
  return behavior && { ...(down && { scaleDown: down }), ...(up && { scaleUp: up }) }
}

const definition = 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler'
export const horizontalPodAutoscalerV1: ServedVersion<HorizontalPodAutoscalerBody> = {
  group: 'autoscaling', version: 'v1', definition, schema: wholeObject(definition, fields), to, from,
  rules: { defaults: (hpa: HorizontalPodAutoscalerV1) => { hpa.spec.minReplicas ??= 1 } },
}
