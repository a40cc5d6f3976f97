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
const refusals: readonly [Readonly<Record<string, boolean>>, string][] = [
  [{ NoSuchGate: true }, 'unrecognized feature gate: NoSuchGate'],
  [{ APIServerTracing: false }, 'cannot set feature gate APIServerTracing to false, feature is locked to true'],
  [{ APIServerTracing: false, SidecarContainers: false }, '[cannot set feature gate APIServerTracing to false, feature is locked to true, cannot set feature gate SidecarContainers to false, feature is locked to true]'],
  [{ GangScheduling: true }, 'GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]'],
  [{ AllBeta: true, ClusterTrustBundle: false }, 'ClusterTrustBundleProjection is enabled, but depends on features that are disabled: [ClusterTrustBundle]'],
  [{ 'other:KMSv1': true }, 'component not registered: other'],
]
for (const [given, message] of refusals) test(`refused: ${message}`, () => { assert.throws(() => featureGates(given), { message }) })
test('stable and deprecated gates are warned of, those of a stage are not', () => {
  assert.deepEqual(featureGates({ APIServerTracing: true, KMSv1: true, AllAlpha: true, AllBeta: true, ComponentFlagz: true }).warnings,
    ['Setting GA feature gate APIServerTracing=true. It will be removed in a future release.', 'Setting deprecated feature gate KMSv1=true. It will be removed in a future release.'])
})
test('a gate may be named with its component', () => { assert.equal(featureGates({ 'kube:KMSv1': true }).on.get('KMSv1'), true) })
test('each gate is a figure', () => {
  const metrics = new Metrics()
  featureMetrics(metrics, featureGates({}))
  assert.match(metrics.text(), /^kubernetes_feature_enabled\{name="APIServerTracing",stage=""\} 1$/m)
  assert.match(metrics.text(), /^kubernetes_feature_enabled\{name="ComponentFlagz",stage="BETA"\} 1$/m)
})
