import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node } from '#kinds'
import { silent } from '#machinery'
import { TestCluster } from '#testing'
import type { NodeDescription } from './node-status.ts'
import { Registration } from './registration.ts'

const nodeInfo = { architecture: 'amd64', operatingSystem: 'linux', kubeletVersion: 'v1.36.2' }
const description = { name: 'n', addresses: ['192.0.2.1'], labels: {}, capacity: { cpu: '2', pods: '110' }, allocatable: { cpu: '1', pods: '110' }, nodeInfo } as unknown as NodeDescription // allowed: the machine does not matter here

test('a node that is new says at once how it is: it is never there without a word, so that nothing is placed on it too early', async () => {
  await using cluster = await TestCluster.start({ controllers: ['node-lifecycle'], scheduler: false })
  const client = cluster.clientAs({ name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }), seen: string[] = []
  const stop = cluster.client.watch(node, {}, ({ object: { status, spec } }) => seen.push(`${status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'silent'} ${spec.taints?.map(({ key }) => key.replace('node.kubernetes.io/', '')).join() ?? ''}`), () => {})
  let ready = false
  const registration = new Registration({ client, log: silent, description, health: () => ({ runtimeReady: true, runtimeMessage: '', networkReady: ready, networkMessage: 'not yet' }), images: () => [] })
  registration.start()
  await cluster.clock.advance(2_000)
  ready = true
  registration.tell()
  await cluster.clock.advance(2_000)
  registration.stop()
  stop()
  assert.deepEqual([...new Set(seen)], ['False not-ready', 'True not-ready', 'True '])
})
