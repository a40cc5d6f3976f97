import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment, pod, replicaSet } from '#kinds'
import { TestCluster } from '#testing'
import { newSetFor } from './deployment/revision.ts'

const target = { name: 'web', namespace: 'default' }
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } }

test('a ReplicaSet of another that has the name makes the Deployment take another name', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const { client } = cluster
  const paused = await client.create(deployment, { metadata: target, spec: { paused: true, replicas: 2, selector: { matchLabels: { app: 'web' } }, template } })
  const name = newSetFor(paused, 1n, 0).metadata.name ?? ''
  await client.create(replicaSet, { metadata: { name, namespace: 'default' }, spec: { replicas: 0, selector: { matchLabels: { app: 'other' } }, template: { ...template, metadata: { labels: { app: 'other' } } } } })
  await client.patch(deployment, target, 'merge', { spec: { paused: false } })
  await cluster.settle()
  const d = await client.get(deployment, target), sets = (await client.list(replicaSet)).items
  assert.deepEqual([d.status.collisionCount, d.status.availableReplicas, sets.length], [1, 2, 2])
})

test('a ReplicaSet that nobody controls is adopted when it matches, and used when its template does', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const { client } = cluster
  const made = await client.create(replicaSet, { metadata: { name: 'old', namespace: 'default', labels: { app: 'web' } }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template } })
  await cluster.settle()
  await client.create(deployment, { metadata: target, spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template } })
  await cluster.settle()
  const sets = (await client.list(replicaSet)).items, d = await client.get(deployment, target)
  assert.deepEqual(sets.map((rs) => [rs.metadata.uid, rs.metadata.ownerReferences?.[0]?.uid, rs.spec.replicas]), [[made.metadata.uid, d.metadata.uid, 3]])
  assert.equal(d.status.conditions?.find((c) => c.type === 'Progressing')?.reason, 'NewReplicaSetAvailable')
})

test('revisions go on after the largest of an adopted ReplicaSet, whatever its size', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const { client } = cluster, annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' }, other = { metadata: template.metadata, spec: { containers: [{ name: 'c', image: 'web:0' }] } }
  await client.create(replicaSet, { metadata: { name: 'old', namespace: 'default', labels: { app: 'web' }, annotations }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: other } })
  await cluster.settle()
  await client.create(deployment, { metadata: target, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template } })
  await cluster.settle()
  assert.equal((await client.get(deployment, target)).metadata.annotations?.['deployment.kubernetes.io/revision'], '3546343826724305833')
})

test('a Deployment that cannot make its ReplicaSet says why, and goes on when it can', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const { client } = cluster
  await client.create(deployment, { metadata: target, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { ...template, spec: { ...template.spec, serviceAccountName: 'late' } } } })
  await cluster.settle()
  assert.match((await client.get(deployment, target)).status.conditions?.find((c) => c.type === 'ReplicaFailure')?.message ?? '', /serviceaccount "late" not found/)
  await client.raw('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'late' } } })
  await cluster.clock.advance('20m')
  const d = await client.get(deployment, target)
  assert.deepEqual([d.status.availableReplicas, d.status.conditions?.some((c) => c.type === 'ReplicaFailure')], [1, false])
  assert.equal((await client.list(pod)).items.length, 1)
})
