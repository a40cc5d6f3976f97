import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoints, endpointSlice, event, node, pod, service, type Pod, type Service } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'

const at = { namespace: 'default' }, trigger = 'endpoints.kubernetes.io/last-change-trigger-time'
const start = (nodes = 2) => TestCluster.start({ nodes, controllers: ['serviceaccount', 'endpointslice', 'endpoints', 'endpointslice-mirroring'], scheduler: false })
type Started = Awaited<ReturnType<typeof start>>
const make = async ({ client }: Started, name: string, nodeName: string | undefined) => {
  const spec = { ...(nodeName && { nodeName }), automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] }
  await client.create(pod, { metadata: { name, ...at, labels: { app: 'web' } }, spec } as unknown as New<Pod>) // allowed: the rest has defaults
}
const serve = ({ client }: Started, more: object = {}, annotations: Record<string, string> = {}) =>
  client.create(service, { metadata: { name: 'web', ...at, annotations }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...more } } as unknown as New<Service>) // allowed: as above
const slices = async ({ client }: Started) => (await client.list(endpointSlice, at)).items.filter(({ metadata }) => metadata.name.startsWith('web'))
const told = async ({ client }: Started) => (await client.list(event)).items.filter(({ involvedObject }) => involvedObject.kind === 'Service').map(({ type, reason, message }) => `${type} ${reason} ${message}`)

test('slices and endpoints tell when the change came that they show', async () => {
  await using cluster = await start()
  const { metadata: { creationTimestamp } } = await serve(cluster)
  await cluster.settle()
  assert.equal((await slices(cluster))[0]?.metadata.annotations?.[trigger], creationTimestamp)
  await cluster.clock.advance(5_000)
  await make(cluster, 'p', 'node-1')
  await cluster.settle()
  const ready = (await cluster.client.get(pod, { name: 'p', ...at })).status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
  assert.notEqual(ready, creationTimestamp)
  assert.deepEqual([(await slices(cluster))[0]?.metadata.annotations?.[trigger], (await cluster.client.get(endpoints, { name: 'web', ...at })).metadata.annotations?.[trigger]], [ready, ready])
})

test('what others write on a slice stays', async () => {
  await using cluster = await start()
  await serve(cluster)
  await cluster.settle()
  const { metadata: { name } } = (await slices(cluster))[0]!
  await cluster.client.patch(endpointSlice, { name, ...at }, 'merge', { metadata: { annotations: { mine: 'yes' } } })
  await make(cluster, 'p', 'node-1')
  await cluster.settle()
  const now = (await slices(cluster))[0]!
  assert.deepEqual([now.metadata.name, now.metadata.annotations?.['mine'], now.endpoints?.length], [name, 'yes', 1])
})

test('a pod whose node is not there is left out, and that is told', async () => {
  await using cluster = await start(1)
  await make(cluster, 'p', 'node-1')
  await cluster.settle()
  await cluster.client.delete(node, { name: 'node-1' })
  cluster.nodes.cutOff('node-1')
  await serve(cluster)
  await cluster.settle()
  assert.deepEqual((await slices(cluster)).map(({ endpoints: found }) => found?.length ?? 0), [0])
  assert.deepEqual(await told(cluster), ['Warning FailedToUpdateEndpointSlices Error updating Endpoint Slices for Service default/web: skipping Pod p for Service default/web: Node node-1 Not Found'])
  await cluster.client.patch(service, { name: 'web', ...at }, 'merge', { spec: { publishNotReadyAddresses: true } })
  await cluster.settle()
  assert.deepEqual((await slices(cluster)).map(({ endpoints: found }) => found?.length ?? 0), [1])
})

test('a service that goes slowly keeps its endpoints up to date', async () => {
  await using cluster = await start()
  await make(cluster, 'p', 'node-1')
  await serve(cluster)
  await cluster.settle()
  await cluster.client.patch(service, { name: 'web', ...at }, 'merge', { metadata: { finalizers: ['example.com/keep'] } })
  await cluster.client.delete(service, { name: 'web', ...at })
  await cluster.client.delete(pod, { name: 'p', ...at }, { gracePeriodSeconds: 0 })
  await cluster.settle()
  assert.deepEqual([(await slices(cluster)).map(({ endpoints: found }) => found?.length ?? 0), (await cluster.client.get(endpoints, { name: 'web', ...at })).subsets ?? []], [[0], []])
})

test('"Auto" topology shares endpoints out among zones, and tells when it begins and ends', async () => {
  await using cluster = await start()
  for (const [name, zone] of [['node-1', 'a'], ['node-2', 'b']] as const) await cluster.client.patch(node, { name }, 'merge', { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } })
  for (const [name, on] of [['p', 'node-1'], ['q', 'node-1'], ['r', 'node-1'], ['s', 'node-2']] as const) await make(cluster, name, on)
  await cluster.settle()
  await serve(cluster, {}, { 'service.kubernetes.io/topology-mode': 'Auto' })
  await cluster.settle()
  assert.deepEqual((await slices(cluster)).flatMap(({ endpoints: found = [] }) => found.map(({ hints }) => hints?.forZones?.[0]?.name)).toSorted(), ['a', 'a', 'b', 'b'])
  await cluster.client.patch(service, { name: 'web', ...at }, 'merge', { metadata: { annotations: { 'service.kubernetes.io/topology-mode': null } } })
  await cluster.settle()
  assert.deepEqual((await slices(cluster)).flatMap(({ endpoints: found = [] }) => found.flatMap(({ hints }) => hints ?? [])), [])
  assert.deepEqual(await told(cluster), ['Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4', 'Warning TopologyAwareHintsDisabled Topology Aware Hints has been disabled, addressType: IPv4'])
})

test('mirrored slices go with the addresses, and with the endpoints', async () => {
  await using cluster = await start()
  await cluster.client.create(service, { metadata: { name: 'web', ...at }, spec: { ports: [{ port: 80 }] } } as unknown as New<Service>) // allowed: as above
  await cluster.client.create(endpoints, { metadata: { name: 'web', ...at }, subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 80 }] }] })
  await cluster.settle()
  assert.equal((await slices(cluster)).length, 1)
  await cluster.client.patch(endpoints, { name: 'web', ...at }, 'merge', { subsets: null })
  await cluster.settle()
  assert.equal((await slices(cluster)).length, 0)
  await cluster.client.patch(endpoints, { name: 'web', ...at }, 'merge', { subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 80 }] }] })
  await cluster.settle()
  assert.equal((await slices(cluster)).length, 1)
  await cluster.client.delete(endpoints, { name: 'web', ...at })
  await cluster.settle()
  assert.equal((await slices(cluster)).length, 0)
})
