import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '#kinds'
import { lacksResources, nodeStatus, saysMore, statusPatch, type NodeDescription } from './node-status.ts'

const description = { name: 'n', addresses: ['192.0.2.1'], labels: {}, capacity: { cpu: '2', pods: '110' }, allocatable: { cpu: '1', pods: '110' }, nodeInfo: {} } as unknown as NodeDescription // allowed: the machine does not matter here
const health = { runtimeReady: true, runtimeMessage: '', networkReady: true, networkMessage: '' }
const held = (capacity: object, allocatable: object): Node => ({ metadata: { name: 'n' }, status: { capacity, allocatable } }) as unknown as Node // allowed: the rest does not matter here

for (const [what, capacity, allocatable, expected, lacks] of [
  ['what others add to the capacity may be used', { cpu: '2', 'example.com/fakecpu': '1000' }, { cpu: '1' }, { cpu: '1', pods: '110', 'example.com/fakecpu': '1000' }, true],
  ['what others change is followed', { 'example.com/fakecpu': '5' }, { 'example.com/fakecpu': '1000' }, { cpu: '1', pods: '110', 'example.com/fakecpu': '5' }, true],
  ['what others take away goes', {}, { 'example.com/fakecpu': '5' }, { cpu: '1', pods: '110', 'example.com/fakecpu': null }, true],
  ['what is nobody else\'s business stays the machine\'s', { cpu: '64', 'kubernetes.io/x': '1' }, { cpu: '64' }, { cpu: '1', pods: '110' }, false],
] as const) test(what, () => {
  const node = held(capacity, allocatable), status = nodeStatus(description, health, node, [], 0)
  assert.deepEqual((statusPatch(status, node.status) as { allocatable: object }).allocatable, expected)
  assert.equal(lacksResources(node), lacks)
  assert.equal(saysMore(node.status, status), true)
})
