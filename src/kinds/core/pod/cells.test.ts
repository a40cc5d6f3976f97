import assert from 'node:assert/strict'
import { test } from 'node:test'
import { written } from '../../as-written.ts'
import { podColumns, podRowConditions } from './cells.ts'
import { pod } from './index.ts'

const now = Date.parse('2026-01-01T12:00:00Z'), ended = '2026-01-01T11:55:00Z'
const row = (spec: object, status: object, metadata: object = {}) => podColumns.slice(1, 4).map((c) => c.value(written(pod, { metadata, spec: { containers: [{ name: 'c', image: 'i' }], ...spec }, status }), now)).join(' | ')
const container = (state: object, more: object = {}) => ({ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state, ...more })
const running = { running: { startedAt: ended } }
const init = { initContainers: [{ name: 'a', image: 'i' }, { name: 'b', image: 'i' }] }
const sidecar = { initContainers: [{ name: 'a', image: 'i', restartPolicy: 'Always' }] }
const scheduled = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }]

const rows: [name: string, spec: object, status: object, cells: string, metadata?: object][] = [
  ['a pod that waits for a node', {}, { phase: 'Pending' }, '0/1 | Pending | 0'],
  ['a gated pod', {}, { phase: 'Pending', conditions: scheduled }, '0/1 | SchedulingGated | 0'],
  ['a pod whose image is being pulled', {}, { phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })] }, '0/1 | ContainerCreating | 0'],
  ['a running pod', {}, { phase: 'Running', containerStatuses: [container(running, { ready: true })] }, '1/1 | Running | 0'],
  ['a crashing pod', {}, { phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: ended } } })] }, '0/1 | CrashLoopBackOff | 3 (5m ago)'],
  ['a pod that ended', {}, { phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }, '0/1 | Completed | 0'],
  ['a pod that failed', {}, { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 2, reason: 'Error' } })] }, '0/1 | Error | 0'],
  ['a pod that failed without a reason', {}, { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] }, '0/1 | ExitCode:3 | 0'],
  ['a pod that was killed', {}, { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] }, '0/1 | Signal:9 | 0'],
  ['an evicted pod', {}, { phase: 'Failed', reason: 'Evicted' }, '0/1 | Evicted | 0'],
  ['one container ended, another runs', { containers: [{ name: 'c', image: 'i' }, { name: 'd', image: 'i' }] },
    { phase: 'Running', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } }), container(running, { name: 'd', ready: true })] }, '1/2 | NotReady | 0'],
  ['the first of two init containers runs', init, { phase: 'Pending', initContainerStatuses: [container(running, { name: 'a' })] }, '0/1 | Init:0/2 | 0'],
  ['the second init container failed', init, { phase: 'Pending', initContainerStatuses: [container({ terminated: { exitCode: 0 } }, { name: 'a' }), container({ terminated: { exitCode: 1, reason: 'Error' } }, { name: 'b', restartCount: 1 })] }, '0/1 | Init:Error | 1'],
  ['an init container crashes again and again', init, { phase: 'Pending', initContainerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { name: 'a', restartCount: 4 })] }, '0/1 | Init:CrashLoopBackOff | 4'],
  ['a sidecar counts as a container', sidecar, { phase: 'Running', initContainerStatuses: [container(running, { name: 'a', ready: true, started: true, restartCount: 1 })], containerStatuses: [container(running, { ready: true })] }, '2/2 | Running | 1'],
  ['a pod being deleted', {}, { phase: 'Running', containerStatuses: [container(running, { ready: true })] }, '1/1 | Terminating | 0', { deletionTimestamp: ended }],
  ['a pod that ended and is being deleted', {}, { phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }, '0/1 | Completed | 0', { deletionTimestamp: ended }],
  ['a deleted pod on a lost node', {}, { phase: 'Running', reason: 'NodeLost' }, '0/1 | Unknown | 0', { deletionTimestamp: ended }],
]
for (const [name, spec, status, cells, metadata] of rows) test(`${name}: ${cells}`, () => assert.equal(row(spec, status, metadata), cells))

test('wide cells: address, node, nominated node, readiness gates', () => {
  const shown = (spec: object, status: object) => podColumns.slice(5).map((c) => c.value(written(pod, { spec: { containers: [], ...spec }, status }), now))
  assert.deepEqual(shown({}, {}), ['<none>', '<none>', '<none>', '<none>'])
  assert.deepEqual(shown({ nodeName: 'n', readinessGates: [{ conditionType: 'a/x' }, { conditionType: 'a/y' }] },
    { podIPs: [{ ip: '10.0.0.9' }], nominatedNodeName: 'm', conditions: [{ type: 'a/x', status: 'True' }] }), ['10.0.0.9', 'n', 'm', '1/2'])
})
test('a row says that its pod has ended', () => {
  assert.deepEqual(podRowConditions({ status: { phase: 'Running' } } as never), [])
  assert.equal(podRowConditions({ status: { phase: 'Failed' } } as never)[0]!.reason, 'Failed')
})
