import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import type { AnyObject } from '#machinery'
import { asks, nodeOf, podOf, StillCluster, type Placed, type Still } from '../still-cluster.ts'

const low = (cpu: string, name: string, more: object = {}, metadata: object = {}, startTime = '2030-01-01T00:00:00Z') => podOf(asks({ cpu }, more), name, metadata, { startTime })
const budget = (allowed: number, matchLabels: object, disruptedPods?: object) => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b', namespace: 'd', resourceVersion: '1' }, spec: { selector: { matchLabels } }, status: { disruptionsAllowed: allowed, ...(disruptedPods && { disruptedPods }) } }) as unknown as AnyObject // allowed: what matters of a budget
const high = (cpu: string, more: object = {}, status?: object) => podOf(asks({ cpu }, { priority: 10, schedulerName: 'default-scheduler', ...more }), 'high', {}, status)
const short = (n: number) => `0/${n} nodes are available: ${n} Insufficient cpu.`, labels = { labels: { a: '1' } }

const cases: [why: string, pod: Pod, nodes: Placed[], expected: string, still?: Still][] = [
  ['the least important', high('2'), [nodeOf('n', {}, [low('2', 'x', { priority: 5 }), low('2', 'y', { priority: 1 })])], `${short(1)} -> n -y`],
  ['of equals the one that came last', high('2'), [nodeOf('n', {}, [low('2', 'x'), low('2', 'y', {}, {}, '2030-01-02T00:00:00Z')])], `${short(1)} -> n -y`],
  ['as few as will do', high('1'), [nodeOf('n', {}, [low('3', 'x', { priority: 1 }), low('1', 'y', { priority: 5 })])], `${short(1)} -> n -x`],
  ['the node where the most important victim is the least so', high('4'), [nodeOf('a', {}, [low('4', 'x', { priority: 5 })]), nodeOf('b', {}, [low('4', 'y', { priority: 2 })])], `${short(2)} -> b -y`],
  ['then where fewer go', high('4'), [nodeOf('a', {}, [low('2', 'x'), low('2', 'y')]), nodeOf('b', {}, [low('4', 'z')])], `${short(2)} -> b -z`],
  ['then where they have run for less long', high('4'), [nodeOf('a', {}, [low('4', 'x')]), nodeOf('b', {}, [low('4', 'y', {}, {}, '2030-01-03T00:00:00Z')])], `${short(2)} -> b -y`],
  ['not where a budget forbids it, if there is a choice', high('4'), [nodeOf('a', {}, [low('4', 'x', { priority: 1 }, labels)]), nodeOf('b', {}, [low('4', 'y', { priority: 5 })])], `${short(2)} -> b -y`, { objects: [budget(0, { a: '1' })] }],
  ['protected ones stay longest on a node', high('2'), [nodeOf('n', {}, [low('2', 'x', { priority: 1 }, labels), low('2', 'y', { priority: 5 })])], `${short(1)} -> n -y`, { objects: [budget(0, { a: '1' })] }],
  ['against a budget when there is no other way', high('4'), [nodeOf('n', {}, [low('4', 'x', {}, labels)])], `${short(1)} -> n -x`, { objects: [budget(0, { a: '1' })] }],
  ['what a budget counts as gone is no violation', high('4'), [nodeOf('a', {}, [low('4', 'x', { priority: 1 }, labels)]), nodeOf('b', {}, [low('4', 'y', { priority: 5 })])], `${short(2)} -> a -x`, { objects: [budget(0, { a: '1' }, { x: '2030-01-01T00:00:00Z' })] }],
  ['an empty selector of a budget means nobody', high('4'), [nodeOf('a', {}, [low('4', 'x', { priority: 1 }, labels)]), nodeOf('b', {}, [low('4', 'y', { priority: 5 })])], `${short(2)} -> a -x`, { objects: [budget(0, {})] }],
  ['not while its victims are leaving', high('4', {}, { nominatedNodeName: 'n' }), [nodeOf('n', {}, [podOf(asks({ cpu: '4' }), 'x', { deletionTimestamp: '2030-01-01T00:00:00Z' }, { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] })])],
    `${short(1)} no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.`],
  ['only for who may', high('4', { preemptionPolicy: 'Never' }), [nodeOf('n', {}, [low('4', 'x')])], `${short(1)} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.`],
  ['what does not help is told node by node', high('3'), [nodeOf('a', { labels: { s: '1' } }, [podOf(asks({ cpu: '3' }, { priority: 10 }))]), nodeOf('b', { spec: { unschedulable: true } }), nodeOf('c', {}, [podOf(asks({ cpu: '2' }, { priority: 20 })), low('1', 'z')])],
    '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.'],
]
for (const [why, pod, nodes, expected, still] of cases) test(`pods leave for a more important one: ${why}`, async () => { assert.equal(await new StillCluster(nodes, still).outcome(pod), expected) })

test('room that is promised to a more important pod is not free for others', async () => {
  const promised = high('3'), cluster = new StillCluster([nodeOf('n')], { nominated: [[promised, 'n']] })
  assert.match(await cluster.outcome(podOf(asks({ cpu: '2' }))), /^0\/1 nodes are available: 1 Insufficient cpu\. /)
  assert.equal(await cluster.outcome(podOf(asks({ cpu: '2' }, { priority: 20 }))), 'n')
  assert.equal(await cluster.outcome(promised), 'n')
})
