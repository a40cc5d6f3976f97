import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceClass, deviceResourceClaim, event, pod, resourceClaimTemplate, resourceSlice, type Pod } from '#kinds'
import { is, type AnyObject, type Kind, type New } from '#machinery'
import { TestCluster } from '#testing'
import { asks, nodeOf, podOf, StillCluster } from '../still-cluster.ts'

const driver = 'd.example.com', namespace = 'd'
const object = (kind: string, name: string, more: object) => ({ kind, metadata: { name, uid: `uid-${name}`, ...(kind === 'ResourceClaim' && { namespace }) }, ...more }) as unknown as AnyObject // allowed: a test says only what matters to it
const gpus = object('DeviceClass', 'gpus', { spec: { extendedResourceName: 'example.com/gpu' } })
const spec = (count = 1, deviceClassName = 'gpus') => ({ devices: { requests: [{ name: 'gpu', exactly: { deviceClassName, allocationMode: 'ExactCount', count } }] } })
const slice = (node: string, ...names: string[]) => object('ResourceSlice', `${node}-slice`, { spec: { driver, nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices: names.map((name) => ({ name })) } })
const free = object('ResourceClaim', 'claim', { spec: spec(), status: {} })
const onNode = (name: string) => ({ nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] })
const held = (name: string, node: string, status: object = {}) => object('ResourceClaim', name, { spec: spec(), status: { allocation: { devices: { results: [{ request: 'gpu', driver, pool: node, device: 'a' }] }, nodeSelector: onNode(node) }, ...status } })
const asking = (...names: string[]) => podOf({ resourceClaims: names.map((name) => ({ name, resourceClaimName: name })) }, 'p')
const generated = podOf({ resourceClaims: [{ name: 'x', resourceClaimTemplateName: 't' }] }, 'g')
const nodes = [nodeOf('n1'), nodeOf('n2')]
const none = '0/2 nodes are available: '

for (const [what, p, objects, expected] of [
  ['where the devices are', asking('claim'), [gpus, free, slice('n2', 'a')], 'n2'],
  ['no devices', asking('claim'), [gpus, free], `${none}2 cannot allocate all claims. still not schedulable, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['taken devices', asking('claim'), [gpus, free, slice('n2', 'a'), held('other', 'n2')], `${none}2 cannot allocate all claims. still not schedulable, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['where its claim is', asking('claim'), [gpus, held('claim', 'n1'), slice('n2', 'a')], 'n1'],
  ['no such class', asking('claim'), [free], `${none}request gpu: device class gpus does not exist. no new claims to deallocate, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['no such claim', asking('claim'), [gpus], `${none}could not find ResourceClaim "d/claim". no new claims to deallocate, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['a claim yet to be made', generated, [gpus], `${none}pod "d/g": ResourceClaim not created yet. no new claims to deallocate, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['somebody else\'s claim', podOf(generated.spec, 'g', {}, { resourceClaimStatuses: [{ name: 'x', resourceClaimName: 'claim' }] }), [gpus, free], `${none}ResourceClaim d/claim was not created for pod d/g (pod is not owner). no new claims to deallocate, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['a claim with as many users as it may have', asking('claim'), [gpus, held('claim', 'n1', { reservedFor: Array.from({ length: 256 }, (_, i) => ({ resource: 'pods', name: `p${i}`, uid: `${i}` })) })], `${none}resourceclaim in use. no new claims to deallocate, preemption: ${none}2 Preemption is not helpful for scheduling.`],
  ['extended resources that devices give', podOf({ containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '2' } } }] }), [gpus, slice('n2', 'a', 'b')], 'n2'],
  ['by the name of the class', podOf({ containers: [{ name: 'c', resources: { requests: { 'deviceclass.resource.kubernetes.io/gpus': '1' } } }] }), [gpus, slice('n1', 'a')], 'n1'],
  ['extended resources that nobody gives', podOf({ containers: [{ name: 'c', resources: { requests: { 'example.com/other': '2' } } }] }), [gpus, slice('n2', 'a', 'b')], `${none}2 Insufficient example.com/other. no new claims to deallocate, preemption: ${none}2 Preemption is not helpful for scheduling.`],
] as const) test(`devices: ${what}`, async () => { assert.equal(await new StillCluster(nodes, { objects }).outcome(p), expected) })

const made = <T extends AnyObject>(_: Kind<T>, metadata: object, more: object) => ({ metadata, ...more }) as unknown as New<T> // allowed: the rest has defaults
async function start() {
  const cluster = await TestCluster.start({ nodes: 2 }), { client } = cluster
  await cluster.settle()
  await client.create(deviceClass, made(deviceClass, { name: 'gpus' }, { spec: { extendedResourceName: 'example.com/gpu' } }))
  await client.create(resourceClaimTemplate, made(resourceClaimTemplate, { name: 'one', namespace: 'default' }, { spec: { spec: spec() } }))
  return cluster
}
const driverSlice = made(resourceSlice, { name: 'slice' }, { spec: { driver, nodeName: 'node-2', pool: { name: 'node-2', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'a' }] } })
const podAsking = (name: string, more: object = { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one' }] }) => made<Pod>(pod, { name, namespace: 'default' }, { spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i', resources: { claims: [{ name: 'gpu' }] } }], ...more } })

test('a pod gets a device, keeps it while it runs, and the next one gets it then', async () => {
  await using cluster = await start()
  const { client } = cluster, at = (name: string) => client.get(pod, { name, namespace: 'default' })
  const first = await client.create(pod, podAsking('first'))
  await cluster.settle()
  assert.equal((await at('first')).status.conditions?.find(({ type }) => type === 'PodScheduled')?.message, `${none}2 cannot allocate all claims. still not schedulable, preemption: ${none}2 Preemption is not helpful for scheduling.`)
  await client.create(resourceSlice, driverSlice)
  await cluster.settle()
  const now = await at('first'), name = now.status.resourceClaimStatuses![0]!.resourceClaimName!
  assert.equal(now.spec.nodeName, 'node-2')
  const claim = await client.get(deviceResourceClaim, { name, namespace: 'default' })
  assert.deepEqual([claim.status.allocation?.devices.results, claim.status.allocation?.nodeSelector, claim.status.reservedFor, claim.metadata.finalizers, typeof claim.status.allocation?.allocationTimestamp],
    [[{ request: 'gpu', driver, pool: 'node-2', device: 'a' }], onNode('node-2'), [{ resource: 'pods', name: 'first', uid: first.metadata.uid }], ['resource.kubernetes.io/delete-protection'], 'string'])
  await client.create(pod, podAsking('second'))
  await cluster.settle()
  assert.equal((await at('second')).spec.nodeName, undefined)
  await client.delete(pod, { name: 'first', namespace: 'default' })
  await cluster.settle()
  assert.equal((await at('second')).spec.nodeName, 'node-2')
  await assert.rejects(client.get(deviceResourceClaim, { name, namespace: 'default' }), (error) => is(error, 'NotFound'))
})

test('extended resources come from devices, and the pod says which', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceSlice, driverSlice)
  const { metadata } = await client.create(pod, podAsking('p', { containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } } }] }))
  await cluster.settle()
  const { spec: { nodeName }, status } = await client.get(pod, metadata)
  assert.deepEqual([nodeName, status.extendedResourceClaimStatus?.requestMappings], ['node-2', [{ containerName: 'c', resourceName: 'example.com/gpu', requestName: 'container-0-request-0' }]])
  const claim = await client.get(deviceResourceClaim, { name: status.extendedResourceClaimStatus!.resourceClaimName, namespace: 'default' })
  assert.match(claim.metadata.name, /^p-extended-resources-/)
  assert.deepEqual([claim.status.allocation?.devices.results?.[0]?.device, claim.metadata.annotations, claim.status.reservedFor?.[0]?.name], ['a', { 'resource.kubernetes.io/extended-resource-claim': 'true' }, 'p'])
  await client.delete(pod, metadata)
  await cluster.settle()
  assert.deepEqual((await client.list(deviceResourceClaim)).items, [])
})

test('a pod waits until its device is ready, and takes another when it fails', async () => {
  await using cluster = await start()
  const { client } = cluster, devices = ['a', 'b'].map((name) => ({ name, bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'], bindsToNode: true }))
  await client.create(resourceSlice, made(resourceSlice, { name: 'slice' }, { spec: { driver, allNodes: true, pool: { name: 'fabric', generation: 1, resourceSliceCount: 1 }, devices } }))
  const { metadata } = await client.create(pod, podAsking('p'))
  await cluster.settle()
  const claim = async () => client.get(deviceResourceClaim, { name: (await client.get(pod, metadata)).status.resourceClaimStatuses![0]!.resourceClaimName!, namespace: 'default' })
  const say = async (type: string) => {
    const now = await claim(), { device } = now.status.allocation!.devices.results![0]!
    await client.update(deviceResourceClaim, { ...now, status: { ...now.status, devices: [{ driver, pool: 'fabric', device, conditions: [{ type, status: 'True', reason: 'R', message: 'm', lastTransitionTime: '2030-01-01T00:00:00Z' }] }] } }, { subresource: 'status' })
    await cluster.settle()
    return device
  }
  assert.equal((await client.get(pod, metadata)).spec.nodeName, undefined)
  assert.ok((await client.list(event)).items.some(({ reason, message }) => reason === 'BindingConditionsPending' && /^waiting for binding conditions for device on node node-[12]$/.test(message ?? '')))
  await say('Broken')
  assert.equal((await client.get(pod, metadata)).spec.nodeName, undefined)
  await say('Attached')
  assert.match((await client.get(pod, metadata)).spec.nodeName ?? '', /^node-[12]$/)
})

test('a claim that nobody uses is taken back from where the pod cannot go', async () => {
  await using cluster = await start()
  const { client } = cluster, target = { name: 'claim', namespace: 'default' }
  await client.create(resourceSlice, driverSlice)
  const claim = await client.create(deviceResourceClaim, made(deviceResourceClaim, { ...target, finalizers: ['resource.kubernetes.io/delete-protection'] }, { spec: spec() }))
  await client.update(deviceResourceClaim, { ...claim, status: { allocation: { devices: { results: [{ request: 'gpu', driver, pool: 'gone', device: 'a' }] }, nodeSelector: onNode('gone') } } }, { subresource: 'status' })
  const { metadata } = await client.create(pod, podAsking('p', { resourceClaims: [{ name: 'gpu', resourceClaimName: 'claim' }] }))
  await cluster.settle()
  assert.ok((await client.list(event)).items.some(({ message }) => message?.startsWith(`${none}2 resourceclaim not available on the node. deallocation of ResourceClaim completed`)))
  assert.deepEqual([(await client.get(pod, metadata)).spec.nodeName, (await client.get(deviceResourceClaim, target)).status.allocation?.devices.results?.[0]?.pool], ['node-2', 'node-2'])
})

test('a class that comes later gives what nodes have been asked for in vain', async () => {
  const objects: AnyObject[] = [], cluster = new StillCluster([nodeOf('n')], { objects }), gpuPod = () => podOf(asks({ 'example.com/gpu': '1' }))
  assert.match(await cluster.outcome(gpuPod()), /1 Insufficient example\.com\/gpu/)
  objects.push(gpus)
  assert.doesNotMatch(await cluster.outcome(gpuPod()), /Insufficient/)
  objects.length = 0
  assert.match(await cluster.outcome(gpuPod()), /1 Insufficient example\.com\/gpu/)
})
