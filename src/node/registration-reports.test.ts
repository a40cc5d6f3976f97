import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directClient } from '#client'
import { node } from '#kinds'
import { seeded, silent, type Clock } from '#machinery'
import { TestCluster } from '#testing'
import type { NodeDescription, NodeHealth } from './node-status.ts'
import { Registration } from './registration.ts'

const nodeInfo = { machineID: '', systemUUID: '', bootID: '', kernelVersion: '', osImage: '', containerRuntimeVersion: '', kubeletVersion: 'v1.36.2', kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64' }
const description: NodeDescription = { name: 'n', addresses: ['192.0.2.1'], labels: {}, capacity: { cpu: '2', pods: '110' }, allocatable: { cpu: '2', pods: '110' }, nodeInfo }

/** A node whose messages change with every report, and how many timers it waits for. */
async function reporter() {
  const cluster = await TestCluster.start({ scheduler: false, controllers: [] }), waiting = new Set<object>()
  const clock: Clock = {
    now: () => cluster.clock.now(),
    after(ms, run) {
      const one = {}, cancel = cluster.clock.after(ms, () => { waiting.delete(one); run() })
      waiting.add(one)
      return () => { waiting.delete(one); cancel() }
    },
  }
  const client = directClient(cluster.plane.handler, { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }, { clock, random: seeded(1), log: silent, userAgent: 'kubelet' })
  let health: NodeHealth = { runtimeReady: true, runtimeMessage: '', networkReady: true, networkMessage: '' }
  const registration = new Registration({ client, log: silent, description, health: () => health, images: () => [{ names: ['registry.example/app:1', 'registry.example/app@sha256:0'], sizeBytes: 12 }] })
  registration.start()
  await cluster.clock.advance('1s')
  const version = async () => (await cluster.client.get(node, { name: 'n' })).metadata.resourceVersion
  const heartbeat = async () => (await cluster.client.get(node, { name: 'n' })).status.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime
  return {
    cluster, registration, waiting, heartbeat, version, [Symbol.asyncDispose]: async () => { registration.stop(); await cluster.stop() },
    async report(message: string) { health = { ...health, networkReady: false, networkMessage: message }; registration.tell(); await cluster.clock.advance('1s') },
  }
}

test('a node that reports often waits for the next report once, and for its lease', async () => {
  await using t = await reporter()
  const before = t.waiting.size
  for (let i = 0; i < 20; i++) await t.report(`it is ${i}`)
  assert.equal(before, 2)
  assert.equal(t.waiting.size, before)
  t.registration.stop()
  assert.equal(t.waiting.size, 0)
})

test('a node that has nothing new to say writes nothing', async () => {
  await using t = await reporter()
  const before = await t.version()
  for (let i = 0; i < 3; i++) { t.registration.tell(); await t.cluster.clock.advance('1s') }
  assert.equal(await t.version(), before)
})

test('a status that does not change is told five minutes after the last report', async () => {
  await using t = await reporter()
  await t.cluster.clock.advance('3m')
  await t.report('it is down')
  const told = await t.heartbeat()
  await t.cluster.clock.advance('4m58s')
  assert.equal(await t.heartbeat(), told)
  await t.cluster.clock.advance('2s')
  assert.notEqual(await t.heartbeat(), told)
})
