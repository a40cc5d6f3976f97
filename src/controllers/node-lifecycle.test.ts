import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, node, type Node } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'

test('nodes that come and go are told of, by name and uid', async () => {
  await using cluster = await TestCluster.start({ controllers: ['node-lifecycle'], scheduler: false })
  const { client } = cluster, { metadata: { uid } } = await client.create(node, { metadata: { name: 'n' } } as New<Node>)
  await cluster.settle()
  await client.delete(node, { name: 'n' })
  await cluster.settle()
  const told = (await client.list(event)).items.map(({ reason, message, involvedObject, source }) => [reason, message, involvedObject, source?.component])
  const involved = { kind: 'Node', name: 'n', uid, apiVersion: 'v1' }
  assert.deepEqual(told, [
    ['RegisteredNode', 'Node n event: Registered Node n in Controller', involved, 'node-controller'],
    ['RemovingNode', 'Node n event: Removing Node n from Controller', involved, 'node-controller'],
  ])
})

test('a node that nobody reports for: what admission tainted it with goes, and comes when its time to start is over', async () => {
  await using cluster = await TestCluster.start({ controllers: ['node-lifecycle'], scheduler: false, controllersOptions: { nodeLifecycle: { startupGracePeriodMs: 30_000 } } })
  const { client } = cluster, shown = ({ spec }: Node) => spec.taints?.map(({ key, effect }) => `${key}:${effect}`) ?? [], taints = async () => shown(await client.get(node, { name: 'n' }))
  assert.deepEqual(shown(await client.create(node, { metadata: { name: 'n' } } as New<Node>)), ['node.kubernetes.io/not-ready:NoSchedule'])
  await cluster.clock.advance(5_000)
  assert.deepEqual(await taints(), [])
  await cluster.clock.advance(30_000)
  assert.deepEqual(await taints(), ['node.kubernetes.io/unreachable:NoSchedule'])
})
