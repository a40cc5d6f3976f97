import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndpointSlice, Service } from '#kinds'
import { FakeClock, rest } from '#testing'
import type { DataplaneState } from './dataplane/dataplane.ts'
import { FakeDataplane } from './dataplane/fake.ts'
import { Proxy } from './proxy.ts'
import { ServiceIndex, type Source } from './services/service-index.ts'

/** Services that a test adds and takes away. */
class Services implements Source<Service> {
  readonly #all = new Map<string, Service>()
  readonly #seen = new Set<Parameters<Source<Service>['watch']>[0]>()
  synced() { return Promise.resolve() }
  watch(seen: Parameters<Source<Service>['watch']>[0]) {
    for (const object of this.#all.values()) seen({ type: 'ADDED', object })
    this.#seen.add(seen)
    return () => { this.#seen.delete(seen) }
  }
  add(name: string, clusterIP: string) {
    const object: Service = {
      apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'demo', uid: name, resourceVersion: '1', creationTimestamp: '' },
      spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' }] }, status: {},
    } as Service
    this.#all.set(name, object)
    for (const seen of this.#seen) seen({ type: 'ADDED', object })
  }
}
const noSlices: Source<EndpointSlice> = { synced: () => Promise.resolve(), watch: () => () => {} }

/** A dataplane that refuses the first `failures` times. */
class Moody extends FakeDataplane {
  failures = 0
  override apply(state: DataplaneState): Promise<void> {
    return this.failures-- > 0 ? Promise.reject(new Error('not now')) : super.apply(state)
  }
}

const make = (more: { minIntervalMs?: number } = {}) => {
  const services = new Services()
  const clock = new FakeClock()
  const dataplane = new Moody()
  services.add('a', '10.96.0.1')
  const proxy = new Proxy({ index: new ServiceIndex(services, noSlices), dataplane, node: { name: 'node-1' }, clock, ...more })
  return { services, clock, dataplane, proxy, keys: () => [...dataplane.state.frontends.keys()] }
}

describe('proxy', () => {
  test('what is there at the start is in force at once', async () => {
    const { clock, proxy, keys } = make()
    await clock.advance(0)
    await proxy.ready
    assert.deepEqual(keys(), ['10.96.0.1 TCP 80'])
  })

  test('changes that come together go together, and one after a pause goes at once', async () => {
    const { services, clock, dataplane } = make({ minIntervalMs: 20 })
    await clock.advance(100)
    for (let i = 2; i < 50; i++) services.add(`s${i}`, `10.96.0.${i}`)
    await clock.advance(0)
    assert.deepEqual([dataplane.applied, dataplane.state.frontends.size], [2, 49])
  })

  test('while changes keep coming the dataplane is changed every 20 ms and not more often', async () => {
    const { services, clock, dataplane } = make({ minIntervalMs: 20 })
    await clock.advance(100)
    for (let i = 0; i < 100; i++) {
      services.add('a', `10.96.1.${i}`)
      await clock.advance(2)
    }
    assert.ok(dataplane.applied >= 10 && dataplane.applied <= 12, String(dataplane.applied))
    await clock.advance(20)
    assert.equal([...dataplane.state.frontends.keys()].join(), '10.96.1.99 TCP 80')
  })

  test('a refusal is tried again with a growing pause, with all that has changed meanwhile', async () => {
    const { services, clock, dataplane, keys } = make()
    await clock.advance(0)
    dataplane.failures = 2
    services.add('b', '10.96.0.2')
    await clock.advance(200)
    services.add('c', '10.96.0.3')
    await clock.advance(200)
    assert.equal(dataplane.applied, 1)
    await clock.advance(600)
    assert.deepEqual([dataplane.applied, keys().length], [2, 3])
  })

  test('with nothing to do there is no timer', async () => {
    const { clock } = make()
    await clock.advance(1000)
    assert.equal(clock.next, undefined)
  })

  test('a closed proxy changes nothing any more and leaves in force what is', async () => {
    const { services, clock, dataplane, proxy } = make()
    await clock.advance(0)
    await proxy.close()
    services.add('b', '10.96.0.2')
    await clock.advance(1000)
    await rest()
    assert.deepEqual([dataplane.applied, dataplane.state.frontends.size], [1, 1])
  })
})
