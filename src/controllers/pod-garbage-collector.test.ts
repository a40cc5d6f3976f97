import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node, pod, type Pod } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'
import { evictedAndOldFirst } from './pod-garbage-collector.ts'

test('of finished pods those go first that were evicted, then the old ones, then by name', () => {
  const podOf = (name: string, creationTimestamp: string, phase: string, reason?: string) => ({ metadata: { name, creationTimestamp }, status: { phase, reason } }) as unknown as Pod // allowed: a test says only what matters to it
  const pods = [podOf('b', '2030-01-01T00:00:00Z', 'Failed'), podOf('a', '2030-01-01T00:00:00Z', 'Failed'), podOf('d', '2030-01-02T00:00:00Z', 'Failed', 'Evicted'), podOf('c', '2029-01-01T00:00:00Z', 'Succeeded', 'Evicted')]
  assert.deepEqual(pods.toSorted(evictedAndOldFirst).map(({ metadata }) => metadata.name), ['d', 'c', 'a', 'b'])
})

test('pods of a node out of service end by force; only those of a node that is gone were disrupted', async () => {
  await using cluster = await TestCluster.start({ nodes: 2, controllers: ['serviceaccount', 'pod-garbage-collector'], scheduler: false })
  const { client } = cluster, seen: string[] = []
  for (const i of [1, 2]) await client.create(pod, { metadata: { name: `p${i}`, namespace: 'default', finalizers: ['example.com/keep'] }, spec: { nodeName: `node-${i}`, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } } as unknown as New<Pod>) // allowed: the rest has defaults
  await cluster.settle()
  for (const i of [1, 2]) cluster.nodes.cutOff(`node-${i}`)
  await client.patch(node, { name: 'node-1' }, 'merge', { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } })
  await client.patch(node, { name: 'node-1' }, 'strategic', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, { subresource: 'status' })
  await client.delete(pod, { name: 'p1', namespace: 'default' })
  await client.delete(node, { name: 'node-2' })
  await cluster.clock.advance(120_000)
  for (const { metadata, status } of (await client.list(pod)).items) seen.push(`${metadata.name} ${status.phase} ${status.conditions?.filter(({ type }) => type === 'DisruptionTarget').map(({ reason, message }) => `${reason} ${message}`).join() ?? ''}`)
  assert.deepEqual(seen, ['p1 Failed ', 'p2 Failed DeletionByPodGC PodGC: node no longer exists'])
})
