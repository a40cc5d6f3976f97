import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExtenderConfiguration } from '../config/schema.ts'
import { asks, nodeOf, podOf, StillCluster } from '../still-cluster.ts'
import { httpExtender } from './http-extender.ts'

type Answers = Readonly<Record<string, (body: Record<string, unknown>) => unknown>>
/** A cluster whose extender answers so, and what it was asked. */
function withExtender(config: ExtenderConfiguration, answers: Answers, nodes = [nodeOf('a'), nodeOf('b')]) {
  const asked: string[] = []
  const extender = httpExtender({ urlPrefix: 'http://x/', weight: 1, ...config }, async (_, url, body, timeoutMs) => {
    asked.push(`${url} ${timeoutMs}`)
    const answer = answers[url.split('/').at(-1)!]
    return answer ? { status: 200, body: answer(body as Record<string, unknown>) } : { status: 500, body: undefined }
  })
  return { cluster: new StillCluster(nodes, { extenders: [extender] }), asked, extender }
}
const names = (body: Record<string, unknown>) => (body['NodeNames'] as string[] | null) ?? (body['Nodes'] as { items: { metadata: { name: string } }[] }).items.map((n) => n.metadata.name)

test('an extender narrows the nodes, whole or by name, and says why', async () => {
  for (const nodeCacheCapable of [true, false]) {
    const { cluster, asked } = withExtender({ filterVerb: 'filter', nodeCacheCapable, httpTimeout: '2s' }, { filter: (body) => ({ ...(nodeCacheCapable ? { nodenames: ['b'] } : { Nodes: { items: [{ metadata: { name: 'b' } }] } }), FailedNodes: { a: 'no licence' }, seen: names(body) }) })
    assert.equal(await cluster.outcome(podOf({})), 'b')
    assert.deepEqual(asked, ['http://x/filter 2000'])
  }
  const { cluster } = withExtender({ filterVerb: 'filter', nodeCacheCapable: true }, { filter: () => ({ NodeNames: [], FailedNodes: { a: 'no licence' }, FailedAndUnresolvableNodes: { b: 'broken' } }) })
  assert.equal(await cluster.outcome(podOf({})), '0/2 nodes are available: 1 broken, 1 no licence. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.')
})
test('one that cannot be asked is passed over only when that is allowed', async () => {
  assert.equal(await withExtender({ filterVerb: 'filter', ignorable: true }, {}, [nodeOf('a')]).cluster.outcome(podOf({})), 'a')
  await assert.rejects(withExtender({ filterVerb: 'filter' }, {}).cluster.outcome(podOf({})), { message: 'failed filter with extender at URL http://x/filter, code 500' })
  await assert.rejects(withExtender({ filterVerb: 'filter' }, { filter: () => ({ Error: 'out of order' }) }).cluster.outcome(podOf({})), { message: 'out of order' })
  await assert.rejects(withExtender({ filterVerb: 'filter', nodeCacheCapable: true }, { filter: () => ({ NodeNames: ['z'] }) }).cluster.outcome(podOf({})), { message: 'extender "http://x/" claims a filtered node "z" which is not found in the input node list' })
})
test('its scores weigh against the others', async () => {
  const { cluster } = withExtender({ prioritizeVerb: 'like', weight: 5 }, { like: () => [{ Host: 'a', Score: 1 }, { Host: 'b', Score: 9 }] }, [nodeOf('a'), nodeOf('b', {}, [podOf(asks({ cpu: '3' }))])])
  assert.equal(await cluster.outcome(podOf(asks({ cpu: '1' }))), 'b')
})
test('it is asked only about pods that want what it manages', async () => {
  const { cluster, asked } = withExtender({ filterVerb: 'filter', managedResources: [{ name: 'a.b/c' }] }, { filter: (body) => ({ Nodes: body['Nodes'] }) }, [nodeOf('a', { allocatable: { 'a.b/c': '1' } })])
  assert.equal(await cluster.outcome(podOf({})), 'a')
  assert.equal(asked.length, 0)
  assert.equal(await cluster.outcome(podOf(asks({ 'a.b/c': '1' }))), 'a')
  assert.equal(asked.length, 1)
})
test('it chooses among the nodes where room could be made', async () => {
  const { cluster } = withExtender({ preemptVerb: 'preempt', nodeCacheCapable: true }, { preempt: ({ NodeNameToMetaVictims }) => ({ NodeNameToMetaVictims: { b: (NodeNameToMetaVictims as Record<string, unknown>)['b'] } }) },
    [nodeOf('a', {}, [podOf(asks({ cpu: '4' }), 'x')]), nodeOf('b', {}, [podOf(asks({ cpu: '4' }, { priority: 5 }), 'y')])])
  assert.equal(await cluster.outcome(podOf(asks({ cpu: '4' }, { priority: 10 }))), '0/2 nodes are available: 2 Insufficient cpu. -> b -y')
})
test('it binds', async () => {
  let given: unknown
  const { extender, cluster } = withExtender({ bindVerb: 'bind' }, { bind: (body) => { given = body; return {} } }), found = await cluster.find(podOf({}, 'p', { uid: 'u' }))
  assert.ok(found.node)
  await extender.bind!({ ...(await import('../pod-info.ts')).podInfoOf(podOf({}, 'p', { uid: 'u' })) }, 'a')
  assert.deepEqual(given, { PodName: 'p', PodNamespace: 'd', PodUID: 'u', Node: 'a' })
})
