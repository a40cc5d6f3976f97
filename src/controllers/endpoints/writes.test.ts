// How often the endpoints of a service are looked at and written: agents of every node read each of these writes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoints, endpointSlice, pod, service, type Pod, type Service } from '#kinds'
import { silent, type New } from '#machinery'
import { TestCluster } from '#testing'
import { noFigures } from '../figures.ts'

const at = { namespace: 'default' }
async function counting(podMs = (): number => 100) {
  const counts = { slices: 0, endpoints: 0, looks: 0 }
  const figures = { ...noFigures, slicesSynced() { counts.looks++ } }
  const cluster = await TestCluster.start({ nodes: 2, podMs, controllers: ['serviceaccount', 'endpointslice', 'endpoints', 'endpointslice-mirroring'], scheduler: false, log: silent, controllersOptions: { figures } })
  const isOurs = ({ metadata: { labels } }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }) => labels?.['team'] === 'a'
  cluster.client.watch(endpointSlice, at, ({ type, object }) => { if (type !== 'BOOKMARK' && isOurs(object)) counts.slices++ }, () => {})
  cluster.client.watch(endpoints, at, ({ type, object }) => { if (type !== 'BOOKMARK' && isOurs(object)) counts.endpoints++ }, () => {})
  const make = (i: number) => cluster.client.create(pod, { metadata: { name: `p-${i}`, ...at, labels: { app: 'web' } }, spec: { nodeName: `node-${i % 2 + 1}`, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } } as unknown as New<Pod>) // allowed: the rest has defaults
  await cluster.client.create(service, { metadata: { name: 'web', ...at, labels: { team: 'a' } }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } } as unknown as New<Service>) // allowed: as above
  await cluster.settle()
  return { cluster, counts, make, [Symbol.asyncDispose]: () => cluster.stop() }
}

test('each change is looked at once and written once: what was written is no reason to look again', async () => {
  await using t = await counting()
  assert.deepEqual(t.counts, { slices: 1, endpoints: 1, looks: 1 })
  await t.make(1)
  await t.cluster.settle()
  assert.deepEqual(t.counts, { slices: 2, endpoints: 2, looks: 2 })
  await t.cluster.client.patch(pod, { name: 'p-1', ...at }, 'strategic', { metadata: { annotations: { of: 'no interest' } }, status: { conditions: [{ type: 'Ready', status: 'False' }] } }, { subresource: 'status' })
  await t.cluster.settle()
  assert.deepEqual(t.counts, { slices: 3, endpoints: 3, looks: 3 })
})

test('what others make of a slice is put right', async () => {
  await using t = await counting()
  await t.make(1)
  await t.cluster.settle()
  const [slice] = (await t.cluster.client.list(endpointSlice, at)).items.filter(({ metadata }) => metadata.generateName === 'web-')
  await t.cluster.client.update(endpointSlice, { ...slice!, endpoints: [] })
  await t.cluster.client.patch(endpoints, { name: 'web', ...at }, 'merge', { subsets: null })
  await t.cluster.settle()
  assert.equal((await t.cluster.client.get(endpointSlice, { name: slice!.metadata.name, ...at })).endpoints?.length, 1)
  assert.equal((await t.cluster.client.get(endpoints, { name: 'web', ...at })).subsets?.[0]?.addresses?.length, 1)
})

test('a service of many pods that become ready one after the other gathers them: it is not written for each', async () => {
  const pods = 200
  let next = 0
  await using t = await counting(() => 500 + next++)
  for (let i = 0; i < pods; i++) await t.make(i)
  await t.cluster.settle()
  const shown = (await t.cluster.client.list(endpointSlice, at)).items.filter(({ metadata }) => metadata.generateName === 'web-').flatMap(({ endpoints: found = [] }) => found)
  assert.equal(shown.filter(({ conditions }) => conditions?.ready).length, pods)
  assert.ok(t.counts.slices < pods / 4, `${t.counts.slices} writes of slices`)
  assert.ok(t.counts.endpoints < pods / 4, `${t.counts.endpoints} writes of endpoints`)
})
