import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node, pod } from '#kinds'
import { silent } from '#machinery'
import { TestCluster } from '#testing'
import { backend } from './backend.ts'
import { kubeletConnector } from './kubelet-connector.ts'
import { nobodyAt } from './nobody-at.ts'
import { startSimulatedNodes } from './simulated-nodes.ts'

test('simulated nodes and their pods are not called: their addresses may be somebody else\'s', async () => {
  await using cluster = await TestCluster.start()
  const { client, plane } = cluster, nodes = startSimulatedNodes(plane, 2, silent)
  try {
    await client.create(pod, { metadata: { name: 'p', namespace: 'default' }, spec: { nodeName: 'node-2', containers: [{ name: 'c', image: 'x' }] } })
    await cluster.clock.advance('5s')
    const { status: { podIP } } = await client.get(pod, { name: 'p', namespace: 'default' }), nobody = nobodyAt(() => plane.objects)
    assert.equal(nobody('10.200.0.3'), 'node node-2 is simulated and runs no containers')
    assert.equal(nobody(podIP!), 'the pod is on the simulated node node-2, which runs no containers')
    await client.create(node, { metadata: { name: 'real' }, spec: { podCIDR: '10.9.0.0/24', podCIDRs: ['10.9.0.0/24'] }, status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] } })
    assert.deepEqual(['192.0.2.7', '10.9.0.4', 'a.example', '::1'].map(nobody), [undefined, undefined, undefined, undefined])
    const agents = kubeletConnector({ client: { certificate: '', key: '' }, authority: '', nobodyAt: nobody }), carrier = backend({}, nobody)
    await assert.rejects(agents.get({ node: 'node-2', host: '10.200.0.3', port: 10250 }, '/containerLogs/n/p/c'), { message: 'dial tcp 10.200.0.3:10250: node node-2 is simulated and runs no containers' })
    await assert.rejects(carrier({ method: 'GET', scheme: 'http', host: podIP!, port: 80, path: '/', headers: {}, trust: {} }), { message: `dial tcp ${podIP}:80: the pod is on the simulated node node-2, which runs no containers` })
    agents.close()
    carrier.close()
  } finally { await nodes.stop() }
})
