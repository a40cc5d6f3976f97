import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, PodDisruptionBudget } from '#kinds'
import { seeded } from '#machinery'
import { schedule } from './cycle.ts'
import type { Nodes } from './framework.ts'
import { explain } from './message.ts'
import { NodeInfo } from './node-info.ts'
import { defaultPlugins } from './plugins/index.ts'
import { planPreemption } from './preemption.ts'

let serial = 0
const podOf = (spec: object, name = `p${++serial}`, more: object = {}): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'd', uid: `u${++serial}`, resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z', ...more }, spec: { containers: [{ name: 'c' }], ...spec } }) as unknown as Pod
const asks = (requests: Record<string, string>, more: object = {}) => ({ containers: [{ name: 'c', resources: { requests } }], ...more })
function nodeOf(name: string, more: { labels?: object; spec?: object; allocatable?: object } = {}, pods: readonly Pod[] = []): NodeInfo {
  const info = new NodeInfo(name)
  info.setNode({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } }, spec: { ...more.spec }, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...more.allocatable } } } as unknown as Node)
  for (const p of pods) info.add(p)
  return info
}
const clusterOf = (all: NodeInfo[]): Nodes => ({ all, get: (name) => all.find((n) => n.name === name), namespaceLabels: () => ({}), claim: () => undefined })
function outcome(pod: Pod, all: NodeInfo[], budgets: PodDisruptionBudget[] = []): string {
  const nodes = clusterOf(all), found = schedule(pod, nodes, defaultPlugins, 0, seeded(1))
  if (found.node !== undefined) return found.node
  const plan = found.nodes && !found.nowhere ? planPreemption(pod, found, nodes, defaultPlugins, budgets) : undefined
  return explain(found, plan?.message) + (plan?.node ? ` -> ${plan.node} -${plan.victims.map((v) => v.metadata.name).join(',')}` : '')
}
const taint = (key: string, effect = 'NoSchedule', value?: string) => ({ spec: { taints: [{ key, effect, ...(value && { value }) }] } })
const preempt = (n: number, what: string) => `no new claims to deallocate, preemption: 0/${n} nodes are available: ${what}.`

const cases: [why: string, pod: Pod, nodes: () => NodeInfo[], expected: string][] = [
  ['no nodes', podOf({}), () => [], 'no nodes available to schedule pods'],
  ['the emptier node', podOf(asks({ cpu: '1' })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }))]), nodeOf('b')], 'b'],
  ['too little cpu, now and ever', podOf(asks({ cpu: '64', memory: '100Gi' })), () => [nodeOf('a')], `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${preempt(1, '1 Preemption is not helpful for scheduling')}`],
  ['nothing to preempt', podOf(asks({ cpu: '3' })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }))])], `0/1 nodes are available: 1 Insufficient cpu. ${preempt(1, '1 No preemption victims found for incoming pod')}`],
  ['a less important pod leaves', podOf(asks({ cpu: '3' }, { priority: 10 })), () => [nodeOf('a', {}, [podOf(asks({ cpu: '3' }), 'low')])], `0/1 nodes are available: 1 Insufficient cpu. ${preempt(1, '1 No preemption victims found for incoming pod')} -> a -low`],
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
  ['away from its siblings', podOf({}, 'w', { ownerReferences: [{ uid: 'rs', controller: true }] }), () => [nodeOf('a', {}, [podOf({}, 'v', { ownerReferences: [{ uid: 'rs', controller: true }] })]), nodeOf('b')], 'b'],
  ['even zones', podOf({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: '1' } } }] }, 'n', { labels: { a: '1' } }),
    () => [nodeOf('a', { labels: { z: '1' } }, [podOf({}, 'o', { labels: { a: '1' } })]), nodeOf('b', { labels: { z: '2' }, spec: { unschedulable: true } })],
    `0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable. ${preempt(2, '1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling')}`],
  ['near another pod', podOf({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'db' } } }] } } }), () => [nodeOf('a'), nodeOf('b', {}, [podOf({}, 'db', { labels: { a: 'db' } })])], 'b'],
  ['not where another does not want it', podOf({}, 'x', { labels: { a: 'web' } }), () => [nodeOf('a', {}, [podOf({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'web' } } }] } } })]), nodeOf('b')], 'b'],
  ['the first of a group that wants to be together', podOf({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'self' } } }] } } }, 's', { labels: { a: 'self' } }), () => [nodeOf('a')], 'a'],
  ['a claim that is not there', podOf({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }), () => [nodeOf('a')], '0/1 nodes are available: persistentvolumeclaim "data" not found.'],
  ['what it asks for in init containers', podOf({ initContainers: [{ name: 'i', resources: { requests: { cpu: '5' } } }] }), () => [nodeOf('a'), nodeOf('b', { allocatable: { cpu: '6' } })], 'b'],
]
for (const [why, pod, nodes, expected] of cases) test(`a pod goes by ${why}`, () => assert.equal(outcome(pod, nodes()), expected))

test('a protected pod is never preempted', () => {
  const victim = podOf(asks({ cpu: '3' }), 'low', { labels: { a: '1' } })
  const budget = { metadata: { name: 'b', namespace: 'd' }, spec: { selector: { matchLabels: { a: '1' } } }, status: { disruptionsAllowed: 0 } } as unknown as PodDisruptionBudget
  assert.match(outcome(podOf(asks({ cpu: '3' }, { priority: 10 })), [nodeOf('a', {}, [victim])], [budget]), /No preemption victims found for incoming pod\.$/)
})

test('a pod that found no nodes at all waits for any plugin to be helped', () => {
  const found = schedule(podOf({}), clusterOf([]), defaultPlugins, 0, seeded(1))
  assert.ok(found.node === undefined && [...found.refusedBy].some((p) => p.wakes.includes('node-added')))
})
