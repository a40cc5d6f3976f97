import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Informers } from '#client'
import { endpointSlice, pod, service } from '#kinds'
import { TestCluster } from '#testing'
import { FakeDataplane } from './dataplane/fake.ts'
import { startNodeNetwork } from './node-network.ts'

const labels = { app: 'web' }

test('from a Service and its pods to the dataplane of a node, through the API server', async () => {
  const cluster = await TestCluster.start({ nodes: 2 })
  const informers = new Informers(cluster.clientAs({ name: 'system:kube-proxy', groups: ['system:authenticated'] }))
  const dataplane = new FakeDataplane()
  try {
    const starting = startNodeNetwork({ node: { name: 'node-1' }, services: informers.of(service), slices: informers.of(endpointSlice), dataplane, clock: cluster.clock })
    await cluster.clock.advance('1s')
    const network = await starting
    await cluster.clock.advance('1s')
    await network.ready
    const made = await cluster.client.create(service, { metadata: { name: 'web', namespace: 'default' }, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } })
    const key = `${made.spec.clusterIP} TCP 80`
    await cluster.clock.advance('2s')
    assert.deepEqual([dataplane.state.frontends.get(key)?.backends, dataplane.state.frontends.get(key)?.whenEmpty], [[], 'reject'])

    for (const name of ['a', 'b']) await cluster.client.create(pod, { metadata: { name, namespace: 'default', labels }, spec: { nodeName: `node-${name === 'a' ? 1 : 2}`, containers: [{ name: 'c', image: 'x' }] } })
    await cluster.clock.advance('10s')
    const ips = (await cluster.client.list(pod, { namespace: 'default' })).items.map(({ status }) => status.podIP)
    assert.equal(new Set(ips).size, 2)
    assert.deepEqual([...dataplane.state.frontends.get(key)?.backends ?? []].sort(), ips.map((ip) => `${ip}:8080`).sort())
    assert.deepEqual([...dataplane.state.local], [ips[0]])

    await cluster.client.delete(service, { name: 'web', namespace: 'default' })
    await cluster.clock.advance('2s')
    assert.equal(dataplane.state.frontends.has(key), false)
    await network.close()
  } finally {
    informers.stop()
    await cluster.stop()
  }
})
