// autoscaling/v2beta2 and v2beta1. The first differs in nothing but a field that came later; the second says of each metric in flat fields
// what v2 says of it in a target, and keeps behavior in an annotation, as autoscaling/v1 does.
import { labelSelector, s, type Fields, type ServedVersion } from '#machinery'
import { horizontalPodAutoscaler, type HorizontalPodAutoscalerBody } from '../autoscaling/horizontalpodautoscaler.ts'
import { behaviorKey, readBehavior, writeBehavior } from '../autoscaling/horizontalpodautoscaler-v1.ts'
import { fromV1Spec, fromV1Status, toV1Spec, toV1Status } from '../autoscaling/metrics-v1.ts'
import { annotated, former, inOrder, without } from './former.ts'

const flat = 'io.k8s.api.autoscaling.v2beta1'
/** Its name alone; the fields are today's. */
const reference = (fields: Fields): Fields[string] => fields.scaleTargetRef ?? fields.describedObject!

interface Flat { spec: Record<string, unknown> & { metrics?: Record<string, unknown>[] }; status: Record<string, unknown> & { currentMetrics?: Record<string, unknown>[] | null } }

export const formerAutoscalers: readonly ServedVersion<any>[] = [ // allowed: one list for versions of many shapes
  former(horizontalPodAutoscaler, { version: 'v2beta2', names: 'io.k8s.api.autoscaling.v2beta2', deprecated: [23, 26], differences: { HPAScalingRules: (fields) => without(fields, 'tolerance') } }),
  former(horizontalPodAutoscaler, {
    version: 'v2beta1', names: flat, deprecated: [22, 25],
    differences: {
      HorizontalPodAutoscalerSpec: (fields) => without(fields, 'behavior'),
      ResourceMetricSource: () => ({ name: s.required(s.string()), targetAverageUtilization: s.int({ keepEmpty: true }), targetAverageValue: s.quantity() }),
      ContainerResourceMetricSource: () => ({ container: s.required(s.string()), name: s.required(s.string()), targetAverageUtilization: s.int({ keepEmpty: true }), targetAverageValue: s.quantity() }),
      PodsMetricSource: () => ({ metricName: s.required(s.string()), selector: labelSelector, targetAverageValue: s.required(s.quantity()) }),
      ObjectMetricSource: (fields) => ({ averageValue: s.quantity(), metricName: s.required(s.string()), selector: labelSelector, target: reference(fields), targetValue: s.required(s.quantity()) }),
      ExternalMetricSource: () => ({ metricName: s.required(s.string()), metricSelector: labelSelector, targetAverageValue: s.quantity(), targetValue: s.quantity() }),
      ResourceMetricStatus: () => ({ currentAverageUtilization: s.int({ keepEmpty: true }), currentAverageValue: s.required(s.quantity()), name: s.required(s.string()) }),
      ContainerResourceMetricStatus: () => ({ container: s.required(s.string()), currentAverageUtilization: s.int({ keepEmpty: true }), currentAverageValue: s.required(s.quantity()), name: s.required(s.string()) }),
      PodsMetricStatus: () => ({ currentAverageValue: s.required(s.quantity()), metricName: s.required(s.string()), selector: labelSelector }),
      ObjectMetricStatus: (fields) => ({ averageValue: s.quantity(), currentValue: s.required(s.quantity()), metricName: s.required(s.string()), selector: labelSelector, target: reference(fields) }),
      ExternalMetricStatus: () => ({ currentAverageValue: s.quantity(), currentValue: s.required(s.quantity()), metricName: s.required(s.string()), metricSelector: labelSelector }),
      HorizontalPodAutoscalerStatus: (fields) => inOrder({ ...fields, currentReplicas: s.required(s.int()), conditions: s.always(fields.conditions!) }),
    },
    defaults: ({ spec }: { spec: { minReplicas?: number; metrics?: object[] } }) => {
      spec.minReplicas ??= 1
      if (!spec.metrics?.length) spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: 80 } }]
    },
    from: (o: HorizontalPodAutoscalerBody & Flat) => {
      const behavior = readBehavior(o.metadata.annotations?.[behaviorKey])
      const { currentMetrics, ...status } = o.status as Flat['status']
      return {
        ...annotated(o, { [behaviorKey]: undefined }), spec: { ...o.spec, ...(behavior && { behavior }), metrics: (o.spec.metrics ?? []).map((m) => fromV1Spec(m as Record<string, unknown>)) },
        status: { ...status, currentMetrics: currentMetrics?.map(fromV1Status) ?? null },
      }
    },
    to: (o: HorizontalPodAutoscalerBody) => {
      const { behavior, metrics = [], ...spec } = o.spec
      return {
        ...(behavior ? annotated(o, { [behaviorKey]: writeBehavior(behavior) }) : o), spec: { ...spec, metrics: metrics.map(toV1Spec) },
        status: { ...o.status, conditions: o.status.conditions ?? null, currentMetrics: o.status.currentMetrics?.map(toV1Status) ?? null, currentReplicas: o.status.currentReplicas ?? 0 },
      }
    },
  }),
]
