import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyDefaults, copy, decode } from '#machinery'
import { problems, written } from '../as-written.ts'
import { horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'

const v1 = horizontalPodAutoscaler.alsoServedAs[0]!
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const fromV1 = (body: object): any => { // allowed: tests look at any field
  const read = decode(v1.schema, { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', ...copy(body) }) as object
  applyDefaults(v1.schema, read)
  v1.rules?.defaults?.(read)
  return v1.from(read)
}
const external = { type: 'External', external: { metric: { name: 'q', selector: { matchLabels: { a: 'b' } } }, target: { type: 'AverageValue', averageValue: '30' } } }
const behavior = { scaleUp: { stabilizationWindowSeconds: 5, policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }], selectPolicy: 'Min' } }

test('the one target of v1 is a metric of v2', () => {
  const { spec } = fromV1({ metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef, targetCPUUtilizationPercentage: 70 } })
  assert.deepEqual(spec, { maxReplicas: 3, minReplicas: 1, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }], scaleTargetRef })
})
test('without a target it is 80 percent of the CPU', () => {
  assert.equal(fromV1({ metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef } }).spec.metrics[0].resource.target.averageUtilization, 80)
  assert.equal(written(horizontalPodAutoscaler, { spec: { maxReplicas: 3, scaleTargetRef } }).spec.metrics[0].resource.target.averageUtilization, 80)
})
test('what v1 cannot hold travels in annotations, there and back', () => {
  const made = written(horizontalPodAutoscaler, { metadata: { name: 'h', annotations: { mine: '1' } }, spec: { maxReplicas: 5, scaleTargetRef, metrics: [external], behavior } })
  const old = v1.to(made)
  assert.deepEqual(Object.keys(old.metadata.annotations).sort(), ['autoscaling.alpha.kubernetes.io/behavior', 'autoscaling.alpha.kubernetes.io/metrics', 'mine'])
  assert.equal('targetCPUUtilizationPercentage' in old.spec, false)
  const back = v1.from(old)
  assert.deepEqual(back.spec, made.spec)
  assert.deepEqual(back.metadata.annotations, { mine: '1' })
})
test('a zero that v1 had to write beside an average of an object is no target', () => {
  const target = (more: object) => {
    const metrics = [{ type: 'Object', object: { describedObject: { kind: 'Service', name: 's' }, metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '5', ...more } } }]
    return v1.from(v1.to(written(horizontalPodAutoscaler, { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef, metrics } }))).spec.metrics![0]!.object!.target
  }
  assert.deepEqual(target({}), { type: 'AverageValue', averageValue: '5' })
  assert.deepEqual(target({ value: '2' }), { type: 'AverageValue', averageValue: '5', value: '2' })
})
test('annotations that cannot be read count as absent', () => {
  const { spec } = fromV1({ metadata: { name: 'h', annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '{', 'autoscaling.alpha.kubernetes.io/behavior': '[' } }, spec: { maxReplicas: 1, scaleTargetRef, targetCPUUtilizationPercentage: 5 } })
  assert.equal(spec.metrics.length, 1)
  assert.equal('behavior' in spec, false)
})

for (const [name, spec, ...expected] of [
  ['an autoscaler', { maxReplicas: 3, scaleTargetRef }],
  ['no upper bound', { scaleTargetRef }, 'spec.maxReplicas: Required value: must be set and greater than 0', 'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`'],
  ['a target of no group', { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' } }, 'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group'],
  ['replication controllers have none', { maxReplicas: 3, scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'd' } }],
  ['a metric that is not there', { maxReplicas: 3, scaleTargetRef, metrics: [{ type: 'Resource' }] }, 'spec.metrics[0].resource: Required value: must populate information for the given metric source'],
  ['two metrics in one', { maxReplicas: 3, scaleTargetRef, metrics: [{ ...external, pods: { metric: { name: 'p' }, target: { type: 'AverageValue', averageValue: '1' } } }] }, 'spec.metrics[0].pods: Forbidden: must populate the given metric source only'],
  ['a group of no name', { maxReplicas: 3, scaleTargetRef: { apiVersion: '/v1', kind: 'Deployment', name: 'd' } }, 'spec.scaleTargetRef.apiVersion: Invalid value: "/v1": apiVersion must specify API group'],
  ['an object of a version that is none', { maxReplicas: 3, scaleTargetRef, metrics: [{ type: 'Object', object: { describedObject: { apiVersion: 'a/b/c', kind: 'K', name: 'n' }, metric: { name: 'm' }, target: { type: 'Value' } } }] },
    'spec.metrics[0].object.describedObject.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c', 'spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue'],
  ['pods that are to have nothing', { maxReplicas: 3, scaleTargetRef, metrics: [{ type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '0' } } }] }, 'spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive'],
  ['a resource of an odd container', { maxReplicas: 3, scaleTargetRef, metrics: [{ type: 'ContainerResource', containerResource: { name: 'pods', container: 'a.b', target: { type: 'Utilization', averageUtilization: 1 } } }] },
    'spec.metrics[0].containerResource.name: Invalid value: "pods": must be a standard resource for containers', 'spec.metrics[0].containerResource.container: Invalid value: "a.b": must not contain dots'],
  ['tolerance below nothing', { maxReplicas: 3, scaleTargetRef, behavior: { scaleUp: { tolerance: '-1' } } }, 'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0'],
  ['no policies', { maxReplicas: 3, scaleTargetRef, behavior: { scaleDown: { policies: [] } } }, 'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy'],
] as [string, object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(horizontalPodAutoscaler, { spec }), expected))

for (const [name, metrics, currentMetrics, shown] of [
  ['no metrics', [], [], '<none>'],
  ['a share', [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }], [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 3 } } }], 'cpu: 3%/80%'],
  ['no share yet, of what is found out', [{ type: 'ContainerResource', containerResource: { name: 'cpu', target: {} } }], [], 'cpu: <unknown>/<auto>'],
  ['an amount that is not known', [{ type: 'Resource', resource: { name: 'memory', target: { averageValue: '1Gi' } } }], [{ resource: { current: {} } }], 'memory: <nil>/1Gi'],
  ['per pod', [external], [], '<unknown>/30 (avg)'],
  ['at all', [{ type: 'Object', object: { target: { value: '5' } } }], [{ object: { current: { value: '2' } } }], '2/5'],
  ['three', [external, external, external], [], '<unknown>/30 (avg), <unknown>/30 (avg) + 1 more...'],
] as [string, object[], object[], string][]) test(`targets: ${name}`, () => {
  const { value } = horizontalPodAutoscaler.columns.find((c) => c.name === 'Targets')!
  assert.equal(value({ spec: { metrics }, status: { currentMetrics } } as never, 0), shown)
})
