import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customResourceDefinition, daemonSet, job, pod, podDisruptionBudget } from '#kinds'
import { formatTime } from '#machinery'
import { TestCluster } from '#testing'

const target = { name: 'b', namespace: 'default' }, labels = { app: 'x' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
const budget = { metadata: target, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } }

test('a budget whose pods have a controller that cannot be scaled says so and allows nothing', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const said = async () => (await cluster.client.get(podDisruptionBudget, target)).status.conditions?.map((c) => `${c.reason ?? ''}: ${c.message ?? ''}`)
  await cluster.client.create(podDisruptionBudget, budget)
  await cluster.client.create(daemonSet, { metadata: { name: 'ds', namespace: 'default' }, spec: { selector: { matchLabels: labels }, template } })
  await cluster.settle()
  assert.deepEqual(await said(), ['SyncFailed: daemonsets.apps does not implement the scale subresource'])
  await cluster.client.delete(daemonSet, { name: 'ds', namespace: 'default' })
  await cluster.client.create(job, { metadata: { name: 'j', namespace: 'default' }, spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } })
  await cluster.settle()
  assert.deepEqual(await said(), ['SyncFailed: jobs.batch does not implement the scale subresource'])
})

test('a budget counts on the size that any controller with a scale subresource tells', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  await cluster.client.create(customResourceDefinition, { metadata: { name: 'crews.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'crews', kind: 'Crew' },
    versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } }, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } }, status: { type: 'object', properties: { size: { type: 'integer' } } } } } } }] } })
  await cluster.settle()
  const crew = await cluster.client.raw('POST', '/apis/example.com/v1/namespaces/default/crews', { body: { apiVersion: 'example.com/v1', kind: 'Crew', metadata: { name: 'crew' }, spec: { size: 4 } } }) as { metadata: { uid: string } }
  await cluster.client.create(pod, { ...template, metadata: { name: 'p', namespace: 'default', labels, ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Crew', name: 'crew', uid: crew.metadata.uid, controller: true }] } })
  await cluster.client.create(podDisruptionBudget, budget)
  await cluster.settle()
  const { status } = await cluster.client.get(podDisruptionBudget, target)
  assert.deepEqual([status.expectedPods, status.desiredHealthy, status.currentHealthy], [4, 3, 1])
})

test('a pod that was to be disrupted and is still there after two minutes is no longer said to be', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const p = { name: 'p', namespace: 'default' }, condition = async () => (await cluster.client.get(pod, p)).status.conditions?.find((c) => c.type === 'DisruptionTarget')
  await cluster.client.create(pod, { ...template, metadata: { ...p, labels } })
  await cluster.settle()
  await cluster.client.patch(pod, p, 'strategic', { status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'm', lastTransitionTime: formatTime(cluster.clock.now()) }] } }, { subresource: 'status' })
  await cluster.clock.advance('119s')
  assert.equal((await condition())?.status, 'True')
  await cluster.clock.advance('3s')
  const { status, reason } = (await condition())!
  assert.deepEqual([status, reason], ['False', 'EvictionByEvictionAPI'])
})
