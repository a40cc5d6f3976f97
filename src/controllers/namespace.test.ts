import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespace, pod } from '#kinds'
import { is } from '#machinery'
import { TestCluster } from '#testing'

test('pods that outlive their grace are what a namespace cannot be rid of, and it says so', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'namespace'], scheduler: false })
  const { client } = cluster, at = { namespace: 'n' }
  await client.create(namespace, { metadata: { name: 'n' } })
  await cluster.settle()
  await client.create(pod, { metadata: { name: 'p', ...at }, spec: { nodeName: 'silent', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } } as never)
  await client.delete(namespace, { name: 'n' })
  const said = async () => (await client.get(namespace, { name: 'n' })).status.conditions?.filter(({ status }) => status === 'True').map(({ reason, message }) => `${reason}: ${message}`)
  const remain = 'SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances'
  await cluster.clock.advance(3_000)
  assert.deepEqual(await said(), [remain])
  await cluster.clock.advance(60_000)
  assert.deepEqual(await said(), ['ContentDeletionFailed: Failed to delete all resource types, 1 remaining: failed to delete pods for namespace: n, err: unexpected items still remain in namespace: n for gvr: /v1, Resource=pods', remain])
  await client.delete(pod, { name: 'p', ...at }, { gracePeriodSeconds: 0 })
  await cluster.clock.advance(60_000)
  await assert.rejects(client.get(namespace, { name: 'n' }), (error) => is(error, 'NotFound'))
})
