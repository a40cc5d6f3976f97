import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featureGates, featureMetrics } from './features.ts'
import { Metrics } from './metrics.ts'

test('gates are as in the reference unless they were switched; those that nobody looks at are told apart', () => {
  const { on, idle } = featureGates({ KMSv1: true, ComponentFlagz: false })
  assert.deepEqual(['KMSv1', 'ComponentFlagz', 'APIServerTracing', 'CBORServingAndStorage'].map((name) => on.get(name)), [true, false, true, false])
  assert.deepEqual(idle, ['ComponentFlagz'])
})
test('all gates of a stage are switched at once, but those that are named', () => {
  const { on } = featureGates({ AllAlpha: true, CBORServingAndStorage: false })
  assert.equal(on.get('CBORServingAndStorage'), false)
  assert.ok([...on.values()].filter(Boolean).length > [...featureGates({}).on.values()].filter(Boolean).length)
})
test('a gate that is none', () => { assert.throws(() => featureGates({ NoSuchGate: true }), { message: 'unrecognized feature gate: NoSuchGate' }) })
test('each gate is a figure', () => {
  const metrics = new Metrics()
  featureMetrics(metrics, featureGates({}))
  assert.match(metrics.text(), /^kubernetes_feature_enabled\{name="APIServerTracing",stage=""\} 1$/m)
  assert.match(metrics.text(), /^kubernetes_feature_enabled\{name="ComponentFlagz",stage="BETA"\} 1$/m)
})
