import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceClass, deviceResourceClaim, event, pod, resourceSlice, type DeviceTaint, type DeviceToleration } from '#kinds'
import { is, parseTime, type AnyObject, type Kind, type New } from '#machinery'
import { TestCluster } from '#testing'
import { evictionAt } from './device-taint-eviction.ts'

const effect = 'NoExecute', added = '2030-01-01T00:00:00Z', taint: DeviceTaint = { key: 'sick', value: 'very', effect, timeAdded: added }
for (const [what, tolerations, expected] of [
  ['not tolerated', [], [0]], ['tolerated for good', [{ operator: 'Exists', effect }], []], ['for a while', [{ key: 'sick', operator: 'Exists', effect, tolerationSeconds: 60 }], [60]],
  ['the shortest while counts', [{ operator: 'Exists', effect, tolerationSeconds: 60 }, { key: 'sick', operator: 'Equal', value: 'very', effect, tolerationSeconds: 30 }], [30]],
  ['another effect', [{ operator: 'Exists', effect: 'NoSchedule' }], [0]], ['another value', [{ key: 'sick', operator: 'Equal', value: 'a bit', effect }], [0]], ['no effect is none here', [{ operator: 'Exists' }], [0]],
] as const) test(`a taint of a device: ${what}`, () => {
  assert.deepEqual(evictionAt(taint, tolerations as readonly DeviceToleration[]).map((at) => (at - parseTime(added)!) / 1000), expected)
})

const driver = 'd.example.com', namespace = 'default'
const made = <T extends AnyObject>(_: Kind<T>, object: object) => object as unknown as New<T> // allowed: the rest has defaults

test('a pod goes when its device is tainted, after as long as its claim tolerates that', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const { client } = cluster, devices = (...tainted: string[]) => ['a', 'b'].map((name) => ({ name, ...(tainted.includes(name) && { taints: [{ key: 'sick', effect: 'NoExecute' }] }) }))
  await cluster.settle()
  await client.create(deviceClass, made(deviceClass, { metadata: { name: 'gpus' }, spec: {} }))
  const slice = await client.create(resourceSlice, made(resourceSlice, { metadata: { name: 's' }, spec: { driver, allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: devices() } }))
  for (const [name, tolerations] of [['firm', [{ key: 'sick', operator: 'Exists', effect, tolerationSeconds: 100 }]], ['soft', []]] as const) {
    await client.create(deviceResourceClaim, made(deviceResourceClaim, { metadata: { name, namespace }, spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpus', tolerations } }] } } }))
    await client.create(pod, made(pod, { metadata: { name, namespace }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], resourceClaims: [{ name: 'gpu', resourceClaimName: name }] } }))
    await cluster.settle()
  }
  const at = (name: string) => client.get(pod, { name, namespace }), gone = (name: string) => assert.rejects(at(name), (error) => is(error, 'NotFound'))
  assert.deepEqual([(await at('firm')).spec.nodeName, (await at('soft')).spec.nodeName], ['node-1', 'node-1'])
  const taintAll = async (...tainted: string[]) => { await client.update(resourceSlice, { ...await client.get(resourceSlice, slice.metadata), spec: { ...slice.spec, devices: devices(...tainted) } }) }
  await taintAll('a')
  await cluster.clock.advance('10s')
  await at('firm')
  await taintAll()
  await cluster.clock.advance('120s')
  await at('firm')
  await taintAll('a', 'b')
  await cluster.clock.advance('40s')
  await gone('soft')
  await at('firm')
  await cluster.clock.advance('120s')
  await gone('firm')
  const said = (await client.list(event)).items.filter(({ reason }) => reason === 'DeviceTaintManagerEviction')
  assert.deepEqual(said.map(({ involvedObject, message, source }) => [involvedObject.name, involvedObject.resourceVersion, message, source?.component]),
    [['firm', undefined, 'Cancelling deletion', 'device-taint-eviction-controller'], ['firm', undefined, 'Marking for deletion', 'device-taint-eviction-controller'], ['soft', undefined, 'Marking for deletion', 'device-taint-eviction-controller']])
})
