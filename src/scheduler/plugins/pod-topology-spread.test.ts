import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import type { AnyObject } from '#machinery'
import { nodeOf, podOf, StillCluster, type Still } from '../still-cluster.ts'

const zone = (z: string, more: object = {}) => ({ labels: { z, ...more } }), app = (labels = { a: '1' }, metadata: object = {}) => podOf({}, undefined, { labels, ...metadata })
const spread = (more: object = {}, labels: object = { a: '1' }, spec: object = {}): Pod => podOf({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: '1' } }, ...more }], ...spec }, 'p', { labels })
const uneven = "node(s) didn't match pod topology spread constraints"
/** Which nodes would take it. */
async function where(pod: Pod, cluster: StillCluster): Promise<string> {
  const found = await cluster.find(pod)
  if (found.node) return cluster.nodes.list.length === found.feasible ? 'all' : `${found.feasible} of ${cluster.nodes.list.length}: ${found.node.name}`
  return [...found.byNode].map(([node, { reasons }]) => `${node.name} ${reasons.join()}`).join('; ')
}
const three = () => new StillCluster([nodeOf('a', zone('1'), [app(), app()]), nodeOf('b', zone('2'), [app()]), nodeOf('c', zone('3'), [app()])])
const cases: [why: string, pod: Pod, cluster: StillCluster, expected: string][] = [
  ['only where there are fewest', spread(), three(), "2 of 3: "],
  ['a pod that does not match itself may go where it changes nothing', spread({}, { b: '1' }), three(), 'all'],
  ['a larger skew', spread({ maxSkew: 2 }), three(), 'all'],
  ['nodes without the label are none', spread(), new StillCluster([nodeOf('a')]), `a ${uneven} (missing required label)`],
  ['fewer places than there should be', spread({ minDomains: 3 }), new StillCluster([nodeOf('a', zone('1'), [app()]), nodeOf('b', zone('2'), [app()])]), `a ${uneven}; b ${uneven}`],
  ['pods that leave do not count', spread(), new StillCluster([nodeOf('a', zone('1'), [app({ a: '1' }, { deletionTimestamp: '2030-01-01T00:00:00Z' })]), nodeOf('b', zone('2'))]), 'all'],
  ['nor those of other namespaces', spread(), new StillCluster([nodeOf('a', zone('1'), [app({ a: '1' }, { namespace: 'e' })]), nodeOf('b', zone('2'))]), 'all'],
  ['nodes that the pod cannot go to are no places', spread({}, { a: '1' }, { nodeSelector: { disk: 'ssd' } }), new StillCluster([nodeOf('a', zone('1', { disk: 'ssd' }), [app()]), nodeOf('b', zone('2'))]), '1 of 2: a'],
  ['unless all count', spread({ nodeAffinityPolicy: 'Ignore' }, { a: '1' }, { nodeSelector: { disk: 'ssd' } }), new StillCluster([nodeOf('a', zone('1', { disk: 'ssd' }), [app()]), nodeOf('b', zone('2'))]), `a ${uneven}; b node(s) didn't match Pod's node affinity/selector`],
  ['tainted nodes are places', spread(), new StillCluster([nodeOf('a', zone('1'), [app()]), nodeOf('b', { ...zone('2'), spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })]), `a ${uneven}; b node(s) had untolerated taint(s)`],
  ['unless they are not to be', spread({ nodeTaintsPolicy: 'Honor' }), new StillCluster([nodeOf('a', zone('1'), [app()]), nodeOf('b', { ...zone('2'), spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })]), '1 of 2: a'],
  ['only pods with the same value of a key', spread({ matchLabelKeys: ['v'] }, { a: '1', v: '2' }), new StillCluster([nodeOf('a', zone('1'), [app({ a: '1', v: '1' } as never), app({ a: '1', v: '1' } as never)]), nodeOf('b', zone('2'))]), 'all'],
]
for (const [why, pod, cluster, expected] of cases) test(`spreading: ${why}`, async () => { assert.ok((await where(pod, cluster)).startsWith(expected), await where(pod, cluster)) })

const soft = (more: object = {}) => spread({ whenUnsatisfiable: 'ScheduleAnyway', ...more })
test('fewer matching pods score more; a node without the label nothing', () => {
  assert.deepEqual(new StillCluster([nodeOf('a', zone('1'), [app(), app()]), nodeOf('b', zone('2'), [app()]), nodeOf('c', zone('3')), nodeOf('d')]).scores(soft(), 'PodTopologySpread'), { a: 0, b: 33, c: 100, d: 0 })
})
test('hosts are counted by node', () => {
  assert.deepEqual(new StillCluster([nodeOf('a', {}, [app()]), nodeOf('b')]).scores(soft({ topologyKey: 'kubernetes.io/hostname' }), 'PodTopologySpread'), { a: 0, b: 100 })
})
const rs = { kind: 'ReplicaSet', metadata: { name: 'r', namespace: 'd' }, spec: { selector: { matchLabels: { a: '1' } } } } as unknown as AnyObject // allowed: what matters of it
const svc = { kind: 'Service', metadata: { name: 's', namespace: 'd' }, spec: { selector: { a: '1' } } } as unknown as AnyObject // allowed: as above
const owned = podOf({}, 'q', { labels: { a: '1' }, ownerReferences: [{ kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true }] })
const defaults: [why: string, pod: Pod, still: Still, expected: object][] = [
  ['by its set', owned, { objects: [rs] }, { a: 25, b: 100 }],
  ['by its service', app(), { objects: [svc] }, { a: 25, b: 100 }],
  ['by nothing', app(), {}, {}],
  ['by what the profile says', owned, { objects: [rs], profile: { pluginConfig: [{ name: 'PodTopologySpread', args: { defaultingType: 'List', defaultConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'ScheduleAnyway' }] } }] } }, { a: 0, b: 100 }],
]
for (const [why, pod, still, expected] of defaults) test(`a pod without constraints spreads ${why}`, () => { assert.deepEqual(new StillCluster([nodeOf('a', zone('1'), [app(), app(), app(), app()]), nodeOf('b', zone('2'))], still).scores(pod, 'PodTopologySpread'), expected) })
