// Metrics as autoscaling/v1 writes them into annotations: the flat form of v2beta1. Key order is that of the reference, since clients see the text.
import type { LabelSelector } from '#machinery'
import { byCodeUnit } from '../cells.ts'
import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './horizontalpodautoscaler.ts'

type Flat = Record<string, unknown>
interface Reference { kind: string; name: string; apiVersion?: string }

const given = (o: Flat): Flat => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== ''))
const reference = ({ kind, name, apiVersion }: Reference): Flat => given({ kind, name, apiVersion })
function sorted(selector: LabelSelector | undefined): unknown {
  if (!selector?.matchLabels) return selector
  return { ...selector, matchLabels: Object.fromEntries(Object.entries(selector.matchLabels).sort(([a], [b]) => byCodeUnit(a, b))) }
}

export function toV1Spec({ type, object, pods, resource, containerResource, external }: MetricSpec): Flat {
  const flat = (name: string, t: MetricTarget) => ({ name, targetAverageUtilization: t.averageUtilization, targetAverageValue: t.averageValue })
  return given({
    type,
    object: object && given({ target: reference(object.describedObject), metricName: object.metric.name, targetValue: object.target.value ?? '0',
      selector: sorted(object.metric.selector), averageValue: object.target.averageValue }),
    pods: pods && given({ metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0', selector: sorted(pods.metric.selector) }),
    resource: resource && given(flat(resource.name, resource.target)),
    containerResource: containerResource && given({ ...flat(containerResource.name, containerResource.target), container: containerResource.container }),
    external: external && given({ metricName: external.metric.name, metricSelector: sorted(external.metric.selector), targetValue: external.target.value,
      targetAverageValue: external.target.averageValue }),
  })
}

export function toV1Status({ type, object, pods, resource, containerResource, external }: MetricStatus): Flat {
  const flat = (name: string, c: MetricValueStatus) => ({ name, currentAverageUtilization: c.averageUtilization, currentAverageValue: c.averageValue ?? '0' })
  return given({
    type,
    object: object && given({ target: reference(object.describedObject), metricName: object.metric.name, currentValue: object.current.value ?? '0',
      selector: sorted(object.metric.selector), averageValue: object.current.averageValue }),
    pods: pods && given({ metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? '0', selector: sorted(pods.metric.selector) }),
    resource: resource && given(flat(resource.name, resource.current)),
    containerResource: containerResource && given({ ...flat(containerResource.name, containerResource.current), container: containerResource.container }),
    external: external && given({ metricName: external.metric.name, metricSelector: sorted(external.metric.selector), currentValue: external.current.value ?? '0',
      currentAverageValue: external.current.averageValue }),
  })
}

const metric = (f: Flat, selector: unknown): MetricIdentifier => ({ name: String(f.metricName ?? ''), ...(selector ? { selector: selector as LabelSelector } : {}) })
const oneOf = (utilization: unknown, averageValue: unknown): MetricTarget => ({
  ...(utilization != null && { averageUtilization: Number(utilization) }), ...(averageValue != null && { averageValue: String(averageValue) }),
  type: utilization != null ? 'Utilization' : 'AverageValue',
})
const isZero = (amount: unknown): boolean => amount == null || !/[1-9]/.test(String(amount).replace(/[eE][-+]?\d+$/, ''))
const part = (f: Flat, name: string): Flat | undefined => (typeof f[name] === 'object' && f[name] !== null ? f[name] as Flat : undefined)

export function fromV1Spec(f: Flat): MetricSpec {
  const object = part(f, 'object'), pods = part(f, 'pods'), resource = part(f, 'resource'), containerResource = part(f, 'containerResource'), external = part(f, 'external')
  const average = object?.averageValue
  return {
    ...(containerResource && { containerResource: { container: String(containerResource.container ?? ''), name: String(containerResource.name),
      target: oneOf(containerResource.targetAverageUtilization, containerResource.targetAverageValue) } }),
    ...(external && { external: { metric: metric(external, external.metricSelector), target: external.targetValue != null
      ? { ...(external.targetAverageValue != null && { averageValue: String(external.targetAverageValue) }), type: 'Value', value: String(external.targetValue) }
        : oneOf(undefined, external.targetAverageValue) } }),
    ...(object && { object: { describedObject: object.target as Reference, metric: metric(object, object.selector),
      target: average == null ? { type: 'Value', value: String(object.targetValue ?? '0') }
        // v1 cannot leave the value out and writes a zero, which means nothing beside an average.
        : { averageValue: String(average), type: 'AverageValue', ...(!isZero(object.targetValue) && { value: String(object.targetValue) }) } } }),
    ...(pods && { pods: { metric: metric(pods, pods.selector), target: { averageValue: String(pods.targetAverageValue ?? '0'), type: 'AverageValue' } } }),
    ...(resource && { resource: { name: String(resource.name), target: oneOf(resource.targetAverageUtilization, resource.targetAverageValue) } }),
    type: String(f.type ?? ''),
  }
}

export function fromV1Status(f: Flat): MetricStatus {
  const object = part(f, 'object'), pods = part(f, 'pods'), resource = part(f, 'resource'), containerResource = part(f, 'containerResource'), external = part(f, 'external')
  const current = (utilization: unknown, averageValue: unknown, value?: unknown): MetricValueStatus => ({
    ...(utilization != null && { averageUtilization: Number(utilization) }), ...(averageValue != null && { averageValue: String(averageValue) }),
      ...(value != null && { value: String(value) }),
  })
  return {
    ...(containerResource && { containerResource: { container: String(containerResource.container ?? ''),
      current: current(containerResource.currentAverageUtilization, containerResource.currentAverageValue), name: String(containerResource.name) } }),
    ...(external && { external: { current: current(undefined, external.currentAverageValue, external.currentValue), metric: metric(external, external.metricSelector) } }),
    ...(object && { object: { current: current(undefined, object.averageValue, object.currentValue), describedObject: object.target as Reference,
      metric: metric(object, object.selector) } }),
    ...(pods && { pods: { current: current(undefined, pods.currentAverageValue), metric: metric(pods, pods.selector) } }),
    ...(resource && { resource: { current: current(resource.currentAverageUtilization, resource.currentAverageValue), name: String(resource.name) } }),
    type: String(f.type ?? ''),
  }
}
