import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, node, pod, type Pod, type Taint } from '#kinds'
import { is, type New } from '#machinery'
import { TestCluster } from '#testing'

const at = { namespace: 'default' }
const start = () => TestCluster.start({ nodes: 1, controllers: ['serviceaccount', 'taint-eviction'], scheduler: false })
type Started = Awaited<ReturnType<typeof start>>
const tolerated = (tolerationSeconds?: number) => [{ key: 'k', operator: 'Exists', effect: 'NoExecute', ...(tolerationSeconds !== undefined && { tolerationSeconds }) }]
const make = ({ client }: Started, name: string, tolerations: object[] = []) =>
  client.create(pod, { metadata: { name, ...at }, spec: { nodeName: 'node-1', automountServiceAccountToken: false, tolerations, containers: [{ name: 'c', image: 'i' }] } } as unknown as New<Pod>) // allowed: the rest has defaults
const taint = ({ client }: Started, ...keys: string[]) =>
  client.patch(node, { name: 'node-1' }, 'merge', { spec: { taints: keys.length > 0 ? keys.map((key): Taint => ({ key, effect: 'NoExecute' })) : null } })
const told = async ({ client }: Started) => (await client.list(event)).items.filter(({ reason }) => reason === 'TaintManagerEviction').map(({ message, involvedObject }) => {
  assert.deepEqual(involvedObject, { kind: 'Pod', namespace: 'default', name: involvedObject.name, apiVersion: 'v1' })
  return message
})
const isThere = ({ client }: Started, name: string) => client.get(pod, { name, ...at }).then(() => true, (error: unknown) => { if (is(error, 'NotFound')) return false; throw error })

test('a pod that was to go later goes at once when a taint comes that it does not tolerate: both is told', async () => {
  await using cluster = await start()
  await make(cluster, 'p', tolerated(300))
  await taint(cluster, 'k')
  await cluster.clock.advance(10_000)
  assert.deepEqual(await told(cluster), [])
  await taint(cluster, 'k', 'l')
  await cluster.clock.advance(60_000)
  assert.deepEqual([await told(cluster), await isThere(cluster, 'p')], [['Cancelling deletion of Pod default/p', 'Marking for deletion Pod default/p'], false])
})

test('when a pod goes is decided once: a taint that replaces another does not put it off', async () => {
  await using cluster = await start()
  await make(cluster, 'p', [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 100 }])
  await taint(cluster, 'k')
  await cluster.clock.advance(60_000)
  await taint(cluster, 'l')
  await cluster.clock.advance(75_000)
  assert.deepEqual([await told(cluster), await isThere(cluster, 'p')], [['Marking for deletion Pod default/p'], false])
})

test('who goes by himself is no longer marked, and that is told', async () => {
  await using cluster = await start()
  await make(cluster, 'p', tolerated(300))
  await make(cluster, 'q', tolerated())
  await taint(cluster, 'k')
  await cluster.clock.advance(10_000)
  for (const name of ['p', 'q']) await cluster.client.delete(pod, { name, ...at }, { gracePeriodSeconds: 0 })
  await cluster.settle()
  assert.deepEqual(await told(cluster), ['Cancelling deletion of Pod default/p'])
})

test('pods that have finished go too', async () => {
  await using cluster = await start()
  await make(cluster, 'p')
  await cluster.client.patch(pod, { name: 'p', ...at }, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
  await taint(cluster, 'k')
  await cluster.clock.advance(60_000)
  assert.deepEqual([await told(cluster), await isThere(cluster, 'p')], [['Marking for deletion Pod default/p'], false])
})

test('a pod that comes to a node tainted long ago has its whole patience', async () => {
  await using cluster = await start()
  await taint(cluster, 'k')
  await cluster.clock.advance(600_000)
  await make(cluster, 'p', tolerated(300))
  await cluster.clock.advance(290_000)
  assert.equal(await isThere(cluster, 'p'), true)
  await cluster.clock.advance(60_000)
  assert.equal(await isThere(cluster, 'p'), false)
})
