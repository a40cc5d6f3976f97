// needs: linux root containerd
// A node's network as its agent runs it: services and names, asked from pods with busybox.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EndpointSlice, Service } from '#kinds'
import { dnsService } from '#network'
import type { AgentTask } from './network-lab/agent.ts'
import { Lab, type LabPod } from './network-lab/lab.ts'

const metadata = (namespace: string, name: string) => ({ namespace, name, uid: name, resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z' })
const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: metadata('demo', name), spec, status: {} }) as Service
const slice = (namespace: string, owner: string, ports: readonly object[], endpoints: readonly object[]): EndpointSlice => {
  const labels = { 'kubernetes.io/service-name': owner }
  const object: object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { ...metadata(namespace, `${owner}-1`), labels }, addressType: 'IPv4', ports, endpoints }
  return object as EndpointSlice
}

describe('a node\'s network', () => {
  let lab: Lab
  let a: LabPod, b: LabPod
  let task: AgentTask
  const elsewhere = createSocket('udp4')
  let stopAgent: (() => Promise<void>) | undefined

  /** Starts the agent on node 0 in place of the one before. */
  const agent = async (more: Partial<AgentTask> = {}) => {
    await stopAgent?.()
    const conditions = process.execArgv.filter((arg) => arg.startsWith('--conditions'))
    const child = lab.start(lab.node(0), [process.execPath, ...conditions, join(import.meta.dirname, 'network-lab/agent.ts'), JSON.stringify({ ...task, ...more })])
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => { resolve() })
      child.once('exit', (code) => { reject(new Error(`the agent ended (${code})`)) })
    })
    stopAgent = () => new Promise((resolve) => { child.once('exit', () => { resolve() }); child.kill() })
  }
  const lookup = (place: LabPod | { netnsPath: string }, name: string) => lab.run(place, ['busybox', 'nslookup', name, lab.plan.dnsAddress]).catch((error: unknown) => String(error))

  before(async () => {
    lab = await Lab.make('nettest-node', ['node-1', 'node-2']);
    [a, b] = await Promise.all([lab.pod(0, 'a'), lab.pod(1, 'b')])
    // A name server that calls everything outside 192.0.2.77, for whoever asks for addresses.
    elsewhere.on('message', (query, peer) => {
      const end = query.indexOf(0, 12) + 5
      const isA = query.readUInt16BE(end - 4) === 1
      const head = Buffer.concat([query.subarray(0, 2), Buffer.from(isA ? '81800001000100000000' : '81800001000000000000', 'hex'), query.subarray(12, end)])
      elsewhere.send(isA ? Buffer.concat([head, Buffer.from('c00c000100010000001e0004c000024d', 'hex')]) : head, peer.port, peer.address)
    })
    await new Promise<void>((resolve) => { elsewhere.bind(0, lab.plan.gateway, resolve) })
    const kubeDns = dnsService(lab.plan.dnsAddress) as Service
    const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }]
    task = {
      plan: lab.plan, node: 0, upstreamPort: elsewhere.address().port,
      services: [
        kubeDns, service('web', { type: 'ClusterIP', clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
        service('db', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'http', port: 8080 }] }), service('far', { type: 'ExternalName', externalName: 'far.example' }),
      ],
      slices: [
        slice('demo', 'web', ports, [{ addresses: [b.address], conditions: { ready: true }, nodeName: 'node-2' }]),
        slice('demo', 'db', ports, [{ addresses: [a.address], hostname: 'db-0', conditions: { ready: true }, nodeName: 'node-1' }, { addresses: [b.address], hostname: 'db-1', conditions: { ready: true }, nodeName: 'node-2' }]),
      ],
    }
    await agent()
  })
  after(async () => {
    elsewhere.close()
    await lab[Symbol.asyncDispose]()
  })

  test('a pod finds a service by its name and reaches it', async () => {
    assert.match(await lookup(a, 'web.demo.svc.cluster.local'), /Address: 10\.96\.1\.1\n/)
    assert.deepEqual(await lab.ask(a, 'tcp', '10.96.1.1', 80), [`b ${a.address}`])
  })

  test('so does the node itself', async () => {
    assert.match(await lookup(lab.node(0), 'web.demo.svc.cluster.local'), /Address: 10\.96\.1\.1\n/)
  })

  test('a headless service is its pods, by name too', async () => {
    const answer = await lookup(a, 'db.demo.svc.cluster.local')
    for (const { address } of [a, b]) assert.ok(answer.includes(`Address: ${address}\n`), answer)
    assert.ok((await lookup(a, 'db-1.db.demo.svc.cluster.local')).includes(`Address: ${b.address}\n`))
  })

  test('an address has a name', async () => {
    assert.match(await lookup(a, '10.96.1.1'), /name = web\.demo\.svc\.cluster\.local/)
  })

  test('names outside are found through the machine\'s name servers, also behind an alias', async () => {
    assert.match(await lookup(a, 'www.example'), /Address: 192\.0\.2\.77\n/)
    assert.match(await lookup(a, 'far.demo.svc.cluster.local'), /Address: 192\.0\.2\.77\n/)
  })

  test('names that are none are none', async () => {
    assert.match(await lookup(a, 'nope.demo.svc.cluster.local'), /NXDOMAIN/)
  })

  test('a DNS that the cluster runs itself gets the questions', async () => {
    await agent({ slices: [...task.slices, slice('kube-system', 'kube-dns', [{ name: 'dns', port: 8080, protocol: 'UDP' }], [{ addresses: [b.address], conditions: { ready: true } }])] })
    assert.deepEqual(await lab.ask(a, 'udp', lab.plan.dnsAddress, 53), [`b ${a.address}`])
    await agent()
    assert.match(await lookup(a, 'web.demo.svc.cluster.local'), /Address: 10\.96\.1\.1\n/)
  })

  test('packets flow while there is no agent', async () => {
    await stopAgent?.()
    stopAgent = undefined
    assert.deepEqual(await lab.ask(a, 'tcp', '10.96.1.1', 80), [`b ${a.address}`])
  })
})
