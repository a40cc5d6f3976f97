import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceResourceClaim, event, pod, resourceClaimTemplate, type DeviceResourceClaim, type Pod, type ResourceClaimTemplate } from '#kinds'
import { is, type New } from '#machinery'
import { TestCluster } from '#testing'
import { generateName } from './resourceclaims/claims-of-pods.ts'

const finalizer = 'resource.kubernetes.io/delete-protection', namespace = 'default'
const spec = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpus' } }] } }
const template = { metadata: { name: 'one-gpu', namespace }, spec: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec } } as unknown as New<ResourceClaimTemplate> // allowed: the rest has defaults
const asking = (name: string, claim: object = { resourceClaimTemplateName: 'one-gpu' }, more: object = {}) => ({ metadata: { name, namespace },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], resourceClaims: [{ name: 'gpu', ...claim }], ...more } }) as unknown as New<Pod> // allowed: the rest has defaults
const start = () => TestCluster.start({ controllers: ['serviceaccount', 'resourceclaim'], scheduler: false })
const allocation = { devices: { results: [{ request: 'gpu', driver: 'd.example.com', pool: 'p', device: 'x' }] } }

test('a claim is made from the template of a pod, once, and again when somebody deletes it', async () => {
  await using cluster = await start()
  const { client } = cluster, claims = async () => (await client.list(deviceResourceClaim, { namespace })).items
  await cluster.settle()
  const made = await client.create(pod, asking('a'))
  await cluster.settle()
  const [said] = (await client.list(event)).items
  assert.deepEqual([said?.reason, said?.message, said?.source?.component], ['FailedResourceClaimCreation', 'PodResourceClaim gpu: resource claim template "one-gpu": resourceclaimtemplate.resource.k8s.io "one-gpu" not found', 'resource_claim'])
  await client.create(resourceClaimTemplate, template)
  await cluster.settle()
  const [claim, ...others] = await claims()
  assert.equal(others.length, 0)
  assert.match(claim!.metadata.name, /^a-gpu-[a-z0-9]{5}$/)
  assert.deepEqual([claim!.metadata.annotations, claim!.metadata.labels, claim!.metadata.ownerReferences, claim!.spec.devices.requests?.[0]?.exactly],
    [{ c: 'd', 'resource.kubernetes.io/pod-claim-name': 'gpu' }, { a: 'b' }, [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: made.metadata.uid, controller: true }], { deviceClassName: 'gpus', allocationMode: 'ExactCount', count: 1 }])
  const now = await client.get(pod, made.metadata)
  assert.deepEqual(now.status.resourceClaimStatuses, [{ name: 'gpu', resourceClaimName: claim!.metadata.name }])
  assert.ok(now.metadata.managedFields?.some(({ manager, operation, subresource }) => manager === 'ResourceClaimController' && operation === 'Apply' && subresource === 'status'))
  await client.delete(deviceResourceClaim, claim!.metadata)
  await cluster.settle()
  const [again] = await claims()
  assert.notEqual(again!.metadata.uid, claim!.metadata.uid)
  assert.deepEqual((await client.get(pod, made.metadata)).status.resourceClaimStatuses, [{ name: 'gpu', resourceClaimName: again!.metadata.name }])
})

test('a claim is given back when the last pod that it is reserved for is done', async () => {
  await using cluster = await start()
  const { client } = cluster, target = { name: 'shared', namespace }, get = () => client.get(deviceResourceClaim, target)
  await cluster.settle()
  const pods = []
  for (const name of ['a', 'b', 'bound']) pods.push(await client.create(pod, asking(name, { resourceClaimName: 'shared' }, name === 'bound' ? { nodeName: 'n' } : {})))
  const made = await client.create(deviceResourceClaim, { metadata: { ...target, finalizers: [finalizer] }, spec } as unknown as New<DeviceResourceClaim>) // allowed: the rest has defaults
  await client.update(deviceResourceClaim, { ...made, status: { allocation, reservedFor: pods.slice(0, 2).map(({ metadata: { name, uid } }) => ({ resource: 'pods', name, uid })) } }, { subresource: 'status' })
  await cluster.settle()
  assert.deepEqual((await get()).status.reservedFor?.map(({ name }) => name), ['a', 'b', 'bound'])
  await client.delete(pod, { name: 'a', namespace })
  await client.delete(pod, { name: 'bound', namespace }, { gracePeriodSeconds: 0 })
  await cluster.settle()
  const one = await get()
  assert.deepEqual([one.status.reservedFor?.map(({ name }) => name), Boolean(one.status.allocation), one.metadata.finalizers], [['b'], true, [finalizer]])
  await client.patch(pod, { name: 'b', namespace }, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
  await cluster.settle()
  const none = await get()
  assert.deepEqual([none.status, none.metadata.finalizers], [{}, undefined])
})

test('a claim that was made for a pod goes when the pod is done, and one that is deleted when nobody uses it', async () => {
  await using cluster = await start()
  const { client } = cluster
  await cluster.settle()
  await client.create(resourceClaimTemplate, template)
  const { metadata } = await client.create(pod, asking('a'))
  await cluster.settle()
  const name = (await client.get(pod, metadata)).status.resourceClaimStatuses![0]!.resourceClaimName!
  await client.patch(pod, metadata, 'merge', { status: { phase: 'Failed' } }, { subresource: 'status' })
  await cluster.settle()
  await assert.rejects(client.get(deviceResourceClaim, { name, namespace }), (error) => is(error, 'NotFound'))
  const alone = await client.create(deviceResourceClaim, { metadata: { name: 'alone', namespace, finalizers: [finalizer] }, spec } as unknown as New<DeviceResourceClaim>) // allowed: the rest has defaults
  await client.update(deviceResourceClaim, { ...alone, status: { allocation } }, { subresource: 'status' })
  await client.delete(deviceResourceClaim, alone.metadata)
  await cluster.settle()
  await assert.rejects(client.get(deviceResourceClaim, alone.metadata), (error) => is(error, 'NotFound'))
})

for (const [podName, entry, expected] of [['a', 'b', 'a-b-'], ['p'.repeat(60), 'c'.repeat(20), `${'p'.repeat(41)}-${'c'.repeat(13)}`], ['p'.repeat(54), 'c', `${'p'.repeat(54)}-c-`.slice(0, 57)]] as const)
  test(`names of claims stay within bounds: ${podName.length} and ${entry.length}`, () => { assert.equal(generateName(podName, entry), expected) })
