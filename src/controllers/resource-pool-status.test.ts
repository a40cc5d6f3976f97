import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceResourceClaim, loadSwitchedOff, resourceSlice, type ResourcePoolStatusRequest } from '#kinds'
import type { AnyObject, Kind, New } from '#machinery'
import { TestCluster } from '#testing'

const made = <T extends AnyObject>(_: Kind<T>, object: object) => object as unknown as New<T> // allowed: the rest has defaults
const driver = 'd.example.com'
const slice = (name: string, pool: string, devices: object[], more: object = { allNodes: true }, generation = 1, resourceSliceCount = 1) => made(resourceSlice, { metadata: { name }, spec: { driver, pool: { name: pool, generation, resourceSliceCount }, devices, ...more } })
const a = { driver, poolName: 'a', generation: 2, nodeName: 'n1', resourceSliceCount: 1, totalDevices: 3, allocatedDevices: 1, unavailableDevices: 1, availableDevices: 1 }
const b = { driver, poolName: 'b', generation: 1, validationError: 'pool is incomplete: 1 of 2 slices are published' }
for (const [what, spec, poolCount, pools] of [
  ['of a driver', { driver }, 2, [a, b]], ['of one pool', { driver, poolName: 'b' }, 1, [b]], ['not more than asked for', { driver, limit: 1 }, 2, [a]], ['of a driver that nobody has', { driver: 'e.example.com' }, 0, undefined],
] as const) test(`a request is told of the pools ${what}`, async () => {
  const kind: Kind<ResourcePoolStatusRequest> = (await loadSwitchedOff()).furtherKinds.find((one) => one.kind === 'ResourcePoolStatusRequest')!
  await using cluster = await TestCluster.start({ plane: { runtimeConfig: { 'api/all': 'true' }, features: new Set(['DRAResourcePoolStatus']) }, controllersOptions: { rootCa: 'x', further: { resourcePoolStatusRequest: kind } } })
  const { client } = cluster
  await client.create(resourceSlice, slice('old', 'a', [{ name: 'x' }], { nodeName: 'n1' }))
  await client.create(resourceSlice, slice('new', 'a', [{ name: 'x' }, { name: 'y', taints: [{ key: 'k', effect: 'NoSchedule' }] }, { name: 'z', taints: [{ key: 'k', effect: 'None' }] }], { nodeName: 'n1' }, 2))
  await client.create(resourceSlice, slice('half', 'b', [{ name: 'x' }], undefined, 1, 2))
  const claim = await client.create(deviceResourceClaim, made(deviceResourceClaim, { metadata: { name: 'c', namespace: 'default' }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'k' } }] } } }))
  await client.update(deviceResourceClaim, { ...claim, status: { allocation: { devices: { results: [{ request: 'r', driver, pool: 'a', device: 'x' }] } } } } as typeof claim, { subresource: 'status' })
  await cluster.settle()
  await client.create(kind, made(kind, { metadata: { name: 'q' }, spec }))
  await cluster.settle()
  const { status } = await client.get(kind, { name: 'q' })
  assert.deepEqual([status?.poolCount, status?.pools, status?.conditions?.map((one) => `${one.type} ${one.status} ${one.message}`)], [poolCount, pools, [`Complete True Calculated status for ${poolCount} pools`]])
})
