import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { podInfoOf } from '../pod-info.ts'
import { podRequests } from '../resources.ts'
import { asks, nodeOf, podOf, StillCluster, type Still } from '../still-cluster.ts'

const preemption = (what: string) => `no new claims to deallocate, preemption: 0/1 nodes are available: ${what}.`
const never = preemption('1 Preemption is not helpful for scheduling'), nobody = preemption('1 No preemption victims found for incoming pod')
const withArgs = (args: object): Still => ({ profile: { pluginConfig: [{ name: 'NodeResourcesFit', args }] } })
const cases: [why: string, pod: Pod, there: Pod[], allocatable: object, expected: string, still?: Still][] = [
  ['all that is short is told', podOf(asks({ cpu: '3', memory: '7Gi', 'ephemeral-storage': '2Gi' })), [podOf(asks({ cpu: '2', memory: '2Gi', 'ephemeral-storage': '1Gi' }))], { 'ephemeral-storage': '2Gi' }, `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient ephemeral-storage, 1 Insufficient memory. ${nobody}`],
  ['more than there will ever be', podOf(asks({ cpu: '5' })), [], {}, `0/1 nodes are available: 1 Insufficient cpu. ${never}`],
  ['an extended resource that no node has', podOf(asks({ 'a.b/c': '1' })), [], {}, `0/1 nodes are available: 1 Insufficient a.b/c. ${never}`],
  ['an ignored one', podOf(asks({ 'a.b/c': '1' })), [], {}, 'n', withArgs({ ignoredResources: ['a.b/c'] })],
  ['a group of ignored ones', podOf(asks({ 'a.b/c': '1' })), [], {}, 'n', withArgs({ ignoredResourceGroups: ['a.b'] })],
  ['huge pages', podOf(asks({ 'hugepages-2Mi': '4Mi' })), [podOf(asks({ 'hugepages-2Mi': '6Mi' }))], { 'hugepages-2Mi': '8Mi' }, `0/1 nodes are available: 1 Insufficient hugepages-2Mi. ${nobody}`],
  ['nothing asked fits where the cpu is given away', podOf({}), [podOf(asks({ cpu: '9' }))], {}, 'n'],
  ['but needs a place', podOf({}), [podOf({})], { pods: '1' }, `0/1 nodes are available: 1 Too many pods. ${nobody}`],
  ['overhead counts', podOf(asks({ cpu: '3900m' }, { overhead: { cpu: '200m' } })), [], {}, `0/1 nodes are available: 1 Insufficient cpu. ${never}`],
  ['a resize that is granted counts with what is in force', podOf(asks({ cpu: '2' })), [podOf(asks({ cpu: '1' }), 'r', {}, { containerStatuses: [{ name: 'c', resources: { requests: { cpu: '3' } }, allocatedResources: { cpu: '1' } }] })], {}, `0/1 nodes are available: 1 Insufficient cpu. ${nobody}`],
  ['an infeasible resize counts with what is held', podOf(asks({ cpu: '2' })), [podOf(asks({ cpu: '4' }), 'r', {}, { conditions: [{ type: 'PodResizePending', reason: 'Infeasible', status: 'True' }], containerStatuses: [{ name: 'c', resources: { requests: { cpu: '1' } }, allocatedResources: { cpu: '1' } }] })], {}, 'n'],
]
for (const [why, pod, there, allocatable, expected, still] of cases)
  test(`room on a node: ${why}`, async () => { assert.equal(await new StillCluster([nodeOf('n', { allocatable }, there)], still).outcome(pod), expected) })

const requests: [why: string, spec: object, cpu: number][] = [
  ['containers together', { containers: [{ name: 'a', resources: { requests: { cpu: '1' } } }, { name: 'b', resources: { requests: { cpu: '500m' } } }] }, 1500],
  ['the largest init container', { containers: [{ name: 'a', resources: { requests: { cpu: '1' } } }], initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }, { name: 'j', resources: { requests: { cpu: '3' } } }] }, 3000],
  ['init containers with the sidecars before them', { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }, { name: 'i', resources: { requests: { cpu: '2' } } }] }, 3000],
  ['sidecars with containers', { containers: [{ name: 'a', resources: { requests: { cpu: '2' } } }], initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }, { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }] }, 3000],
  ['the pod as a whole', { resources: { requests: { cpu: '5' } }, containers: [{ name: 'a', resources: { requests: { cpu: '2' } } }], overhead: { cpu: '100m' } }, 5100],
]
test('what a version of a pod asks for follows from the one before, unless its status says otherwise', () => {
  const first = podOf(asks({ cpu: '1' })), with_ = (status: object): Pod => ({ ...first, status }) as Pod, of = (pod: Pod) => podInfoOf(pod, first).requests
  const { requests } = podInfoOf(first)
  assert.equal(of(with_({ conditions: [{ type: 'Ready', status: 'True' }] })), requests)
  assert.equal(of(with_({ containerStatuses: [{ name: 'c', resources: { requests: { cpu: '3' } }, allocatedResources: { cpu: '1' } }] })).cpu, 3000)
  assert.equal(of({ ...first, spec: { ...first.spec, ...asks({ cpu: '2' }) } } as Pod).cpu, 2000)
})
for (const [why, spec, cpu] of requests) test(`what a pod asks for: ${why}`, () => { assert.equal(podRequests(podOf(spec)).cpu, cpu) })

const spread = (scoringStrategy?: object) => new StillCluster([nodeOf('a', {}, [podOf(asks({ cpu: '1', memory: '2Gi' }))]), nodeOf('b', {}, [podOf(asks({ cpu: '3', memory: '2Gi' }))]), nodeOf('c', { allocatable: { 'a.b/c': '4' } })], scoringStrategy ? withArgs({ scoringStrategy }) : {})
const scores: [why: string, strategy: object | undefined, requests: Record<string, string>, expected: object][] = [
  ['the emptier the better', undefined, { cpu: '1', memory: '2Gi' }, { a: 50, b: 25, c: 75 }],
  ['the fuller the better', { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }] }, { cpu: '1', memory: '2Gi' }, { a: 50, b: 75, c: 25 }],
  ['by weight', { type: 'LeastAllocated', resources: [{ name: 'cpu', weight: 3 }, { name: 'memory', weight: 1 }] }, { cpu: '1', memory: '2Gi' }, { a: 50, b: 12, c: 75 }],
  ['along a shape', { type: 'RequestedToCapacityRatio', resources: [{ name: 'cpu', weight: 1 }], requestedToCapacityRatio: { shape: [{ utilization: 0, score: 0 }, { utilization: 50, score: 10 }, { utilization: 100, score: 0 }] } }, { cpu: '1' }, { a: 100, b: 0, c: 50 }],
  ['what is not asked for does not matter', { type: 'MostAllocated', resources: [{ name: 'a.b/c', weight: 5 }, { name: 'cpu', weight: 1 }] }, { cpu: '1' }, { a: 50, b: 100, c: 25 }],
]
for (const [why, strategy, requested, expected] of scores) test(`how full nodes should be: ${why}`, () => { assert.deepEqual(spread(strategy).scores(podOf(asks(requested)), 'NodeResourcesFit'), expected) })
test('what asks for nothing counts as a little', () => { assert.deepEqual(new StillCluster([nodeOf('a'), nodeOf('b', {}, [podOf({})])]).scores(podOf({}), 'NodeResourcesFit'), { a: 97, b: 95 }) })
test('even use is better', () => {
  assert.deepEqual(spread().scores(podOf(asks({ cpu: '1', memory: '2Gi' })), 'NodeResourcesBalancedAllocation'), { a: 100, b: 75, c: 100 })
  assert.deepEqual(spread().scores(podOf({}), 'NodeResourcesBalancedAllocation'), {})
})
