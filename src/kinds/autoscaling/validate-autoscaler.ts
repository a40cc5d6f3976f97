// What is wrong with an autoscaler.
import { compareQuantities, forbiddenValue, invalidValue, notSupported, requiredValue, type FieldError } from '#machinery'
import { atLeastZero, oneOf, validateDNSLabel, validatePathSegment } from '../checks.ts'
import { validateContainerResourceName } from '../core/validate-resources.ts'
import type {
  CrossVersionObjectReference, HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus, HPAScalingRules, MetricIdentifier, MetricSpec, MetricTarget,
} from './horizontalpodautoscaler.ts'

interface Autoscaler { readonly spec: HorizontalPodAutoscalerSpec; readonly status: HorizontalPodAutoscalerStatus }

export function validateAutoscaler({ spec, status }: Autoscaler, old?: Autoscaler, subresource?: string): FieldError[] {
  if (old && subresource === 'status') return [...atLeastZero(status.currentReplicas, 'status.currentReplicas'), ...atLeastZero(status.desiredReplicas, 'status.desiredReplicas')]
  const { minReplicas: min, maxReplicas: max, scaleTargetRef, metrics = [], behavior } = spec, errors: FieldError[] = []
  const least = old?.spec.minReplicas === 0 ? 0 : 1
  if (min !== undefined && min < least) errors.push(invalidValue('spec.minReplicas', min, `must be greater than or equal to ${least}`))
  if (max === 0) errors.push(requiredValue('spec.maxReplicas', 'must be set and greater than 0'))
  else if (max < 0) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'))
  if (min !== undefined && max < min) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  const before = old?.spec.scaleTargetRef
  errors.push(...validateTarget(scaleTargetRef, 'spec.scaleTargetRef', { anyGroup: before !== undefined && groupless(before), anyVersion: before !== undefined && malformed(before) }))
  const described = old?.spec.metrics?.some(({ object }) => object && malformed(object.describedObject)) ?? false
  for (const [i, metric] of metrics.entries()) errors.push(...validateMetric(metric, described, `spec.metrics[${i}]`))
  if (min === 0 && !metrics.some((m) => m.type === 'Object' || m.type === 'External'))
    errors.push(forbiddenValue('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'))
  return [...errors, ...validateBehavior(behavior?.scaleUp, 'spec.behavior.scaleUp'), ...validateBehavior(behavior?.scaleDown, 'spec.behavior.scaleDown')]
}

/** What is scaled is of a group; only replication controllers are not. */
const groupless = ({ apiVersion = '', kind }: CrossVersionObjectReference): boolean => apiVersion.indexOf('/') <= 0 && kind !== 'ReplicationController'
const malformed = ({ apiVersion = '' }: CrossVersionObjectReference): boolean => apiVersion.split('/').length > 2
interface Lenience { readonly anyGroup: boolean; readonly anyVersion: boolean }
function validateTarget(ref: CrossVersionObjectReference, at: string, { anyGroup, anyVersion }: Lenience): FieldError[] {
  const { kind, name, apiVersion = '' } = ref
  const errors = [...(kind ? validatePathSegment(kind, `${at}.kind`) : [requiredValue(`${at}.kind`)]),
    ...(name ? validatePathSegment(name, `${at}.name`) : [requiredValue(`${at}.name`)])]
  if (malformed(ref)) return anyVersion ? errors : [...errors, invalidValue(`${at}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  return groupless(ref) && !anyGroup ? [...errors, invalidValue(`${at}.apiVersion`, apiVersion, 'apiVersion must specify API group')] : errors
}

const sorts = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
function validateMetric(metric: MetricSpec, anyVersion: boolean, at: string): FieldError[] {
  const { type, object, external, pods, resource, containerResource } = metric
  const unknown = notSupported(`${at}.type`, type, sorts)
  const errors: FieldError[] = [...(type ? [] : [requiredValue(`${at}.type`, 'must specify a metric source type')]), ...(sorts.includes(type) ? [] : [unknown])]
  const present: string[] = []
  const look = (name: string, source: object | undefined, check: (at: string) => FieldError[]) => { if (source && present.push(name) === 1) errors.push(...check(`${at}.${name}`)) }
  look('object', object, (here) => [...validateTarget(object!.describedObject, `${here}.describedObject`, { anyGroup: true, anyVersion }), ...validateIdentifier(object!.metric, here),
    ...validateMetricTarget(object!.target, here), ...either(object!.target, 'must set either a target value or averageValue', here)])
  look('external', external, (here) => [...validateIdentifier(external!.metric, here), ...validateMetricTarget(external!.target, here),
    ...either(external!.target, 'must set either a target value for metric or a per-pod target', here, true)])
  look('pods', pods, (here) => [...validateIdentifier(pods!.metric, here), ...validateMetricTarget(pods!.target, here),
    ...(pods!.target.averageValue !== undefined ? [] : [requiredValue(`${here}.target.averageValue`, 'must specify a positive target averageValue')])])
  look('resource', resource, (here) => [...(resource!.name ? [] : [requiredValue(`${here}.name`, 'must specify a resource name')]), ...validateMetricTarget(resource!.target, here),
    ...rawOrShare(resource!.target, here)])
  look('containerResource', containerResource, (here) => [
    ...(containerResource!.name ? validateContainerResourceName(containerResource!.name, `${here}.name`) : [requiredValue(`${here}.name`, 'must specify a resource name')]),
    ...(containerResource!.container ? validateDNSLabel(containerResource!.container, `${here}.container`) : [requiredValue(`${here}.container`, 'must specify a container')]),
    ...validateMetricTarget(containerResource!.target, here), ...rawOrShare(containerResource!.target, here)])
  const expected = type && sorts.includes(type) ? type[0]!.toLowerCase() + type.slice(1) : ''
  if (!expected) errors.push(unknown)
  else if (!present.includes(expected)) errors.push(requiredValue(`${at}.${expected}`, 'must populate information for the given metric source'))
  if (present.length > 1) for (const name of present) if (name !== expected) errors.push(forbiddenValue(`${at}.${name}`, 'must populate the given metric source only'))
  return errors
}
const positive = (amount: string | undefined): boolean => amount !== undefined && compareQuantities(amount, '0') > 0
const validateIdentifier = ({ name }: MetricIdentifier, at: string): FieldError[] =>
  (name ? validatePathSegment(name, `${at}.metric.name`) : [requiredValue(`${at}.metric.name`, 'must specify a metric name')])
function validateMetricTarget({ type, value, averageValue, averageUtilization }: MetricTarget, source: string): FieldError[] {
  const at = `${source}.target`
  return [
    ...(type ? [] : [requiredValue(`${at}.type`, 'must specify a metric target type')]),
    ...(['Utilization', 'Value', 'AverageValue'].includes(type) ? [] : [invalidValue(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue')]),
    ...(value === undefined || positive(value) ? [] : [invalidValue(`${at}.value`, value, 'must be positive')]),
    ...(averageValue === undefined || positive(averageValue) ? [] : [invalidValue(`${at}.averageValue`, averageValue, 'must be positive')]),
    ...(averageUtilization === undefined || averageUtilization >= 1 ? [] : [invalidValue(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0')]),
  ]
}
const either = ({ value, averageValue }: MetricTarget, why: string, at: string, exclusive = false): FieldError[] =>
  (value === undefined && averageValue === undefined ? [requiredValue(`${at}.target.averageValue`, why)]
    : exclusive && value !== undefined && averageValue !== undefined ? [forbiddenValue(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target')]
      : [])
const rawOrShare = ({ averageUtilization, averageValue }: MetricTarget, at: string): FieldError[] =>
  (averageUtilization === undefined && averageValue === undefined ? [requiredValue(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization')]
    : averageUtilization !== undefined && averageValue !== undefined ? [forbiddenValue(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization')]
      : [])

const longestWindow = 3600, longestPeriod = 1800
function validateBehavior(rules: HPAScalingRules | undefined, at: string): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules
  return [
    ...(window < 0 ? [invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero')] : []),
    ...(window > longestWindow ? [invalidValue(`${at}.stabilizationWindowSeconds`, window, `must be less than or equal to ${longestWindow}`)] : []),
    ...(selectPolicy === undefined ? [] : oneOf(selectPolicy, ['Disabled', 'Max', 'Min'], `${at}.selectPolicy`)),
    ...(policies.length ? [] : [requiredValue(`${at}.policies`, 'must specify at least one Policy')]),
    ...policies.flatMap(({ type, value, periodSeconds }, i) => [
      ...oneOf(type, ['Percent', 'Pods'], `${at}.policies[${i}].type`),
      ...(value > 0 ? [] : [invalidValue(`${at}.policies[${i}].value`, value, 'must be greater than zero')]),
      ...(periodSeconds > 0 ? [] : [invalidValue(`${at}.policies[${i}].periodSeconds`, periodSeconds, 'must be greater than zero')]),
      ...(periodSeconds > longestPeriod ? [invalidValue(`${at}.policies[${i}].periodSeconds`, periodSeconds, `must be less than or equal to ${longestPeriod}`)] : []),
    ]),
    ...(tolerance !== undefined && compareQuantities(tolerance, '0') < 0 ? [invalidValue(`${at}.tolerance`, tolerance, 'must be greater than or equal to 0')] : []),
  ]
}
