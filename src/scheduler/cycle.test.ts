import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { feasibleToFind } from './search.ts'
import { asks, nodeOf, podOf, StillCluster, type Placed, type Still } from './still-cluster.ts'

const taint = (key: string, effect = 'NoSchedule', value?: string) => ({ spec: { taints: [{ key, effect, ...(value && { value }) }] } })
const preempt = (n: number, what: string) => `no new claims to deallocate, preemption: 0/${n} nodes are available: ${what}.`

const cases: [why: string, pod: Pod, nodes: () => Placed[], expected: string, still?: Still][] = [
  ['no nodes', podOf({}), () => [], 'no nodes available to schedule pods'],
  ['the emptier node', podOf(asks({ cpu: '1' })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }))]), nodeOf('b')], 'b'],
  ['too little cpu, now and ever', podOf(asks({ cpu: '64', memory: '100Gi' })), () => [nodeOf('a')], `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${preempt(1, '1 Preemption is not helpful for scheduling')}`],
  ['nothing to preempt', podOf(asks({ cpu: '3' })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }))])], `0/1 nodes are available: 1 Insufficient cpu. ${preempt(1, '1 No preemption victims found for incoming pod')}`],
  ['a less important pod leaves', podOf(asks({ cpu: '3' }, { priority: 10 })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }), 'low')])], `0/1 nodes are available: 1 Insufficient cpu. -> a -low`],
  ['preemption is not wanted', podOf(asks({ cpu: '3' }, { priority: 10, preemptionPolicy: 'Never' })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }), 'low')])], '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.'],
  ['an extended resource', podOf(asks({ 'a.b/gpu': '1' })), () => [nodeOf('a'), nodeOf('b', { allocatable: { 'a.b/gpu': '1' } })], 'b'],
  ['room for one more pod', podOf({}), () => [nodeOf('a', { allocatable: { pods: '1' } }, [podOf({})])], `0/1 nodes are available: 1 Too many pods. ${preempt(1, '1 No preemption victims found for incoming pod')}`],
  ['a cordoned node and a taint', podOf({}), () => [nodeOf('a', { spec: { unschedulable: true } }), nodeOf('b', taint('x'))], `0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${preempt(2, '2 Preemption is not helpful for scheduling')}`],
  ['a tolerated taint', podOf({ tolerations: [{ key: 'x', operator: 'Exists' }] }), () => [nodeOf('b', taint('x'))], 'b'],
  ['a toleration of another value', podOf({ tolerations: [{ key: 'x', value: '2' }] }), () => [nodeOf('b', taint('x', 'NoSchedule', '1')), nodeOf('c')], 'c'],
  ['a preferred taint only counts against', podOf({}), () => [nodeOf('a', taint('x', 'PreferNoSchedule')), nodeOf('b')], 'b'],
  ['a node selector', podOf({ nodeSelector: { disk: 'ssd' } }), () => [nodeOf('a'), nodeOf('b', { labels: { disk: 'ssd' } })], 'b'],
  ['node affinity by name', podOf({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }] } } } }), () => [nodeOf('a'), nodeOf('b')], 'b'],
  ['preferred node affinity', podOf({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, preference: { matchExpressions: [{ key: 'n', operator: 'Gt', values: ['5'] }] } }] } } }), () => [nodeOf('a', { labels: { n: '4' } }), nodeOf('b', { labels: { n: '6' } })], 'b'],
  ['a host port in use', podOf({ containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80 }] }] }), () => [nodeOf('a', {}, [podOf({ containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.1' }] }] })]), nodeOf('b')], 'b'],
  ['away from its siblings', podOf({}, 'w', { labels: { a: '1' }, ownerReferences: [{ kind: 'ReplicaSet', name: 'rs', uid: 'rs', controller: true }] }), () => [nodeOf('a', {}, [podOf({}, 'v', { labels: { a: '1' } })]), nodeOf('b', {}, [podOf({}, 'x')])], 'b',
    { objects: [{ kind: 'ReplicaSet', metadata: { name: 'rs', namespace: 'd' }, spec: { selector: { matchLabels: { a: '1' } } } } as never] }],
  ['even zones', podOf({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: '1' } } }] }, 'n', { labels: { a: '1' } }),
    () => [nodeOf('a', { labels: { z: '1' } }, [podOf({}, 'o', { labels: { a: '1' } })]), nodeOf('b', { labels: { z: '2' }, spec: { unschedulable: true } })],
    `0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable. ${preempt(2, '1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling')}`],
  ['near another pod', podOf({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'db' } } }] } } }), () => [nodeOf('a'), nodeOf('b', {}, [podOf({}, 'db', { labels: { a: 'db' } })])], 'b'],
  ['not where another does not want it', podOf({}, 'x', { labels: { a: 'web' } }), () => [nodeOf('a', {}, [podOf({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'web' } } }] } } })]), nodeOf('b')], 'b'],
  ['the first of a group that wants to be together', podOf({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'self' } } }] } } }, 's', { labels: { a: 'self' } }), () => [nodeOf('a')], 'a'],
  ['a claim that is not there', podOf({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }), () => [nodeOf('a')], `0/1 nodes are available: persistentvolumeclaim "data" not found. ${preempt(1, '1 Preemption is not helpful for scheduling')}`],
  ['what it asks for in init containers', podOf({ initContainers: [{ name: 'i', resources: { requests: { cpu: '5' } } }] }), () => [nodeOf('a'), nodeOf('b', { allocatable: { cpu: '6' } })], 'b'],
]
for (const [why, pod, nodes, expected, still] of cases) test(`a pod goes by ${why}`, async () => assert.equal(await new StillCluster(nodes(), still).outcome(pod), expected))

test('a search over many nodes ends when enough will do', () => {
  const cases: [nodes: number, percentage: number | undefined, enough: number][] = [[10, undefined, 10], [99, 30, 99], [100, undefined, 100], [1000, undefined, 420], [5000, undefined, 500], [6000, undefined, 300], [1000, 40, 400], [1000, 5, 100], [1000, 100, 1000]]
  for (const [nodes, percentage, enough] of cases) assert.equal(feasibleToFind(nodes, percentage), enough, `${nodes} ${percentage}`)
})
test('the search goes on where the last one ended, and zones take turns', async () => {
  const zone = (z: string) => ({ labels: { 'topology.kubernetes.io/zone': z } }), cluster = new StillCluster([nodeOf('a1', zone('a')), nodeOf('a2', zone('a')), nodeOf('b1', zone('b'))])
  assert.deepEqual(cluster.nodes.list.map((n) => n.name), ['a1', 'b1', 'a2'])
  const found = await cluster.find(podOf({}))
  assert.equal(found.looked, 3)
})
