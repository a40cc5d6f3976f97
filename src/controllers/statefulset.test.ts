import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statefulSet, type StatefulSet } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'

test('a pod that is told to go for an update is current no more in the status that tells of the update', async () => {
  await using cluster = await TestCluster.start({ nodes: 1, controllers: ['serviceaccount', 'node-lifecycle', 'statefulset'] })
  const { client } = cluster, set = { name: 'db', namespace: 'default' }, labels = { app: 'db' }, template = (image: string) => ({ metadata: { labels }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image }] } })
  await client.create(statefulSet, { metadata: set, spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: labels }, template: template('a') } } as unknown as New<StatefulSet>) // allowed: the rest has defaults
  await cluster.settle()
  const { metadata: { resourceVersion }, status: { updateRevision } } = await client.get(statefulSet, set), seen: (number | undefined)[] = []
  const stop = client.watch(statefulSet, { namespace: 'default', resourceVersion }, ({ object: { status } }) => { if (status.updateRevision !== updateRevision) seen.push(status.currentReplicas) }, () => {})
  await client.patch(statefulSet, set, 'merge', { spec: { template: template('b') } })
  await cluster.settle()
  stop()
  assert.equal(seen[0], 2)
  assert.equal((await client.get(statefulSet, set)).status.currentReplicas, 3)
})
