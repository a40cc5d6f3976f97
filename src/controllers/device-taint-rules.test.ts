// Rules that taint devices: what pods and the rules themselves see of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceClass, deviceResourceClaim, loadSwitchedOff, pod, resourceSlice, type DeviceTaintRule } from '#kinds'
import { is, type AnyObject, type Kind, type New } from '#machinery'
import { TestCluster } from '#testing'

const namespace = 'default', driver = 'd.example.com'
const made = <T extends AnyObject>(_: Kind<T>, object: object) => object as unknown as New<T> // allowed: the rest has defaults
async function begin() {
  const kind: Kind<DeviceTaintRule> = (await loadSwitchedOff()).furtherKinds.find((one) => one.kind === 'DeviceTaintRule')!
  const cluster = await TestCluster.start({ nodes: 1, plane: { runtimeConfig: { 'api/all': 'true' }, features: new Set(['DRADeviceTaintRules']) }, controllersOptions: { rootCa: 'x', further: { deviceTaintRule: kind } } }), { client } = cluster
  await client.create(deviceClass, made(deviceClass, { metadata: { name: 'gpus' }, spec: {} }))
  await client.create(resourceSlice, made(resourceSlice, { metadata: { name: 's' }, spec: { driver, allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'a' }, { name: 'b' }] } }))
  const run = async (name: string, tolerations: object[] = []) => {
    await client.create(deviceResourceClaim, made(deviceResourceClaim, { metadata: { name, namespace }, spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpus', tolerations } }] } } }))
    await client.create(pod, made(pod, { metadata: { name, namespace }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], resourceClaims: [{ name: 'gpu', resourceClaimName: name }] } }))
    await cluster.settle()
  }
  return {
    cluster, client, run,
    rule: async (name: string, deviceSelector: object | undefined, effect: string) => { await client.create(kind, made(kind, { metadata: { name }, spec: { ...(deviceSelector && { deviceSelector }), taint: { key: 'sick', effect } } })); await cluster.settle() },
    unrule: async (name: string) => { await client.delete(kind, { name }); await cluster.settle() },
    said: async (name: string) => (await client.get(kind, { name })).status.conditions?.map((one) => `${one.type} ${one.status} ${one.reason} ${one.observedGeneration} ${one.message}`),
    deviceOf: async (name: string) => (await client.get(deviceResourceClaim, { name, namespace })).status.allocation?.devices.results?.[0]?.device,
    isThere: (name: string) => client.get(pod, { name, namespace }).then(() => true, (error: unknown) => { assert.ok(is(error, 'NotFound')); return false }),
  }
}

for (const [what, selector, expected] of [
  ['all', {}, undefined], ['one by its name', { device: 'a' }, 'b'], ['of another driver', { driver: 'e.example.com' }, 'a'], ['of a pool', { pool: 'p', driver }, undefined], ['of no selector', undefined, 'a'],
] as const) test(`devices that a rule taints are given to nobody: ${what}`, async () => {
  const { cluster, run, rule, unrule, deviceOf } = await begin()
  await using _ = cluster
  await rule('r', selector, 'NoSchedule')
  await run('p')
  assert.equal(await deviceOf('p'), expected)
  await run('tough', [{ key: 'sick', operator: 'Exists' }])
  assert.ok(await deviceOf('tough'))
  if (expected) return
  await unrule('r')
  await cluster.clock.advance('60s')
  assert.equal(await deviceOf('p'), 'b', 'the one that is left')
})

test('a rule drives pods off, as long as it is there, and says how far it is', async () => {
  const { cluster, run, rule, unrule, said, isThere } = await begin()
  await using _ = cluster
  await run('soft')
  await run('firm', [{ key: 'sick', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }])
  await rule('what-if', {}, 'None')
  assert.deepEqual(await said('what-if'), ['EvictionInProgress False NoEffect 1 2 published devices selected. 2 allocated devices selected. 2 pods would be evicted in 1 namespace if the effect was NoExecute. This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.'])
  await rule('r', { driver }, 'NoExecute')
  await cluster.clock.advance('30s')
  assert.deepEqual([await isThere('soft'), await isThere('firm')], [false, true])
  assert.deepEqual(await said('r'), ['EvictionInProgress True PodsPendingEviction 1 1 pod needs to be evicted in 1 namespace. 1 pod evicted since starting the controller.'])
  await unrule('r')
  await cluster.clock.advance('400s')
  assert.equal(await isThere('firm'), true)
  await rule('again', { device: 'b' }, 'NoExecute')
  await cluster.clock.advance('400s')
  assert.equal(await isThere('firm'), false)
  assert.deepEqual(await said('again'), ['EvictionInProgress False Completed 1 1 pod evicted since starting the controller.'])
})
