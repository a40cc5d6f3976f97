// needs: linux root containerd
// Real packets through the nftables dataplane, from pods, nodes and outside.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inNamespace, NftablesDataplane, type Frontend, type NodeHost } from '#network'
import { silent, type Log } from '#machinery'
import { Lab, type LabPod } from './network-lab/lab.ts'

const vip = '10.96.5.5'
const frontend = (fields: Partial<Frontend>): Frontend => ({
  service: 'default/test:80', address: vip, protocol: 'TCP', port: 80, backends: [], whenEmpty: 'reject', masquerade: false, affinitySeconds: 0, ...fields,
})
const names = (answers: readonly string[]) => [...new Set(answers.map((answer) => answer.split(' ')[0]!))].sort()

describe('nftables dataplane', () => {
  let lab: Lab
  let planes: NftablesDataplane[]
  let a: LabPod, b: LabPod, c: LabPod
  const at = (pod: LabPod) => `${pod.address}:8080`

  /** A change that is refused and then loaded anew would pass the other tests, only slower and forgetting clients. */
  const complaints: string[] = []
  const log: Log = { ...silent, warn: (message, fields) => { complaints.push(`${message} ${JSON.stringify(fields)}`) }, named: () => log }

  const planeOf = (node: NodeHost) => new NftablesDataplane({
    log,    enter: inNamespace(node.netnsPath), podCidr: lab.plan.podCidr, localPodCidr: node.podCidr, serviceCidr: lab.plan.serviceCidr, nodeCidrs: [lab.plan.nodeCidr],
  })
  /** Puts the same frontends in force on both nodes. */
  const apply = async (...frontends: Frontend[]) => {
    const pods = [a, b, c]
    await Promise.all(planes.map((plane, index) => plane.apply({
      frontends: new Map(frontends.map((value) => [`${value.address} ${value.protocol} ${value.port}`, value])),
      local: new Set(pods.filter(({ node }) => node === lab.node(index)).map(({ address }) => address)),
    })))
  }

  before(async () => {
    lab = await Lab.make('nettest-packets', ['node-1', 'node-2'])
    planes = lab.plan.nodes.map(planeOf);
    [a, b, c] = await Promise.all([lab.pod(0, 'a'), lab.pod(0, 'b'), lab.pod(1, 'c')])
  })
  after(async () => { await lab[Symbol.asyncDispose]() })

  test('a pod reaches every backend of a service, on its node and on another, and they see its own address', async () => {
    await apply(frontend({ backends: [at(b), at(c)] }))
    const answers = await lab.ask(a, 'tcp', vip, 80, 30)
    assert.deepEqual(names(answers), ['b', 'c'])
    assert.deepEqual([...new Set(answers.map((answer) => answer.split(' ')[1]))], [a.address])
  })

  test('a node reaches a service', async () => {
    await apply(frontend({ backends: [at(a), at(c)] }))
    assert.deepEqual(names(await lab.ask(lab.node(0), 'tcp', vip, 80, 20)), ['a', 'c'])
  })

  test('a pod that reaches itself through a service gets an answer', async () => {
    await apply(frontend({ backends: [at(a)] }))
    assert.deepEqual(await lab.ask(a, 'tcp', vip, 80), [`a ${a.node.podGateway}`])
    assert.deepEqual(await lab.ask(b, 'tcp', vip, 80), [`a ${b.address}`])
  })

  test('a service without endpoints refuses at once, over TCP and UDP, and so does an address that is no service', async () => {
    await apply(frontend({}), frontend({ protocol: 'UDP' }))
    const begin = process.hrtime.bigint()
    for (const place of [a, lab.node(0)]) {
      assert.deepEqual(await lab.ask(place, 'tcp', vip, 80), ['ECONNREFUSED'])
      assert.deepEqual(await lab.ask(place, 'udp', vip, 80), ['ECONNREFUSED'])
      assert.deepEqual(await lab.ask(place, 'tcp', '10.96.77.77', 80), ['ECONNREFUSED'])
    }
    assert.ok(process.hrtime.bigint() - begin < 6_000_000_000n)
  })

  test('traffic that must stay on a node is dropped where the node has nothing', async () => {
    await apply(frontend({ whenEmpty: 'drop' }))
    assert.deepEqual(await lab.ask(a, 'tcp', vip, 80), ['ETIMEDOUT'])
  })

  test('a node port is reached from outside, from pods and from the node, on every node', async () => {
    await apply(frontend({ address: undefined, port: 30080, backends: [at(b), at(c)], masquerade: true }))
    for (const place of [undefined, a, lab.node(0)]) {
      for (const node of lab.plan.nodes) assert.deepEqual(names(await lab.ask(place, 'tcp', node.address, 30080, 20)), ['b', 'c'])
    }
  })

  test('a node port for local traffic keeps the address of a client outside, and uses only endpoints of its node', async () => {
    const port = frontend({ address: undefined, port: 30081, backends: [at(b), at(c)] })
    await planes[0]!.apply({ frontends: new Map([['x', { ...port, outside: [at(b)] }]]), local: new Set([a.address, b.address]) })
    await planes[1]!.apply({ frontends: new Map([['x', { ...port, outside: [] }]]), local: new Set([c.address]) })
    assert.deepEqual([...new Set(await lab.ask(undefined, 'tcp', lab.node(0).address, 30081, 10))], [`b ${lab.plan.gateway}`])
    assert.deepEqual(await lab.ask(undefined, 'tcp', lab.node(1).address, 30081), ['ETIMEDOUT'])
    assert.deepEqual(names(await lab.ask(a, 'tcp', lab.node(0).address, 30081, 20)), ['b', 'c'])
  })

  test('with session affinity a client stays with its backend until that is gone, also under another agent', async () => {
    const sticky = frontend({ backends: [at(a), at(b), at(c)], affinitySeconds: 60 })
    await apply(sticky)
    const first = names(await lab.ask(a, 'tcp', vip, 80, 12))
    assert.equal(first.length, 1)
    assert.deepEqual(names(await lab.ask(a, 'tcp', vip, 80, 12)), first)
    const rest = [a, b, c].filter(({ name }) => name !== first[0])
    await apply({ ...sticky, backends: rest.map(at) })
    const second = names(await lab.ask(a, 'tcp', vip, 80, 12))
    assert.equal(second.length, 1)
    assert.notDeepEqual(second, first)
    await apply(sticky)
    assert.deepEqual(names(await lab.ask(a, 'tcp', vip, 80, 12)), second)
    planes = lab.plan.nodes.map(planeOf)
    await apply(sticky)
    assert.deepEqual(names(await lab.ask(a, 'tcp', vip, 80, 12)), second)
  })

  test('a UDP client that keeps its port moves on when its backend is gone', async () => {
    await apply(frontend({ protocol: 'UDP', port: 53, backends: [at(b)] }))
    assert.deepEqual(names(await lab.ask(a, 'udp', vip, 53, 1, 40000)), ['b'])
    await apply(frontend({ protocol: 'UDP', port: 53, backends: [at(c)] }))
    assert.deepEqual(names(await lab.ask(a, 'udp', vip, 53, 1, 40000)), ['c'])
  })

  test('so does one that began before there was a service, or whose backend went while no agent was there', async () => {
    const port = frontend({ address: undefined, protocol: 'UDP', port: 30053, masquerade: true })
    await apply()
    assert.deepEqual(await lab.ask(a, 'udp', lab.node(0).address, 30053, 1, 40001), ['ECONNREFUSED'])
    await apply({ ...port, backends: [at(b)] })
    assert.deepEqual(names(await lab.ask(a, 'udp', lab.node(0).address, 30053, 1, 40001)), ['b'])
    planes = lab.plan.nodes.map(planeOf)
    await apply({ ...port, backends: [at(c)] })
    assert.deepEqual(names(await lab.ask(a, 'udp', lab.node(0).address, 30053, 1, 40001)), ['c'])
  })

  test('an external address lets in only those whom it may', async () => {
    const external = frontend({ address: '198.51.100.7', backends: [at(c)], masquerade: true })
    await apply({ ...external, sources: [`${a.address}/32`] })
    assert.deepEqual(names(await lab.ask(a, 'tcp', '198.51.100.7', 80)), ['c'])
    assert.deepEqual(await lab.ask(b, 'tcp', '198.51.100.7', 80), ['ETIMEDOUT'])
    await apply(external)
    assert.deepEqual(names(await lab.ask(b, 'tcp', '198.51.100.7', 80)), ['c'])
  })

  test('machines outside reach node ports, and pods reach them with the host\'s address', async () => {
    const outside = await lab.outside()
    await apply(frontend({ address: undefined, port: 30080, backends: [at(b), at(c)], masquerade: true }))
    for (const node of lab.plan.nodes) assert.deepEqual(names(await lab.ask(outside, 'tcp', node.address, 30080, 20)), ['b', 'c'])
    await lab.backend(outside, 'outside', 8080)
    assert.deepEqual(await lab.ask(a, 'tcp', outside.address, 8080), [`outside ${outside.hostAddress}`])
    await lab.backend(undefined, 'host', 18080)
    assert.deepEqual(await lab.ask(a, 'tcp', lab.plan.gateway, 18080), [`host ${a.address}`])
  })

  test('a host port leads to its pod, from outside, from the node and from pods', async () => {
    const d = await lab.pod(1, 'd', 18081)
    for (const place of [undefined, lab.node(0), lab.node(1), a, c, d]) assert.deepEqual(names(await lab.ask(place, 'tcp', lab.node(1).address, 18081)), ['d'])
    assert.deepEqual(names(await lab.ask(lab.node(1), 'tcp', '127.0.0.1', 18081)), ['d'])
  })

  test('a machine that sends to a service through a node is answered through that node', async () => {
    await apply(frontend({ backends: [at(c)] }))
    await lab.run(undefined, ['ip', 'route', 'add', `${vip}/32`, 'via', lab.node(0).address])
    assert.deepEqual(await lab.ask(undefined, 'tcp', vip, 80), [`c ${lab.node(0).address}`])
  })

  test('no change so far was refused, and the whole can be listed', async () => {
    assert.deepEqual(complaints, [])
    assert.match(await lab.run(lab.node(0), ['nft', 'list', 'ruleset']), /map endpoints/)
  })

  test('rules that somebody flushed are back with the next change', async () => {
    await apply(frontend({ backends: [at(b)] }))
    await lab.run(lab.node(0), ['nft', 'flush', 'ruleset'])
    await apply(frontend({ backends: [at(c)] }))
    assert.deepEqual(names(await lab.ask(a, 'tcp', vip, 80)), ['c'])
  })

  test('the agent that follows takes over without a gap, and in the end nothing is left', async () => {
    await apply(frontend({ backends: [at(b)] }))
    planes = lab.plan.nodes.map(planeOf)
    await apply(frontend({ backends: [at(c)] }))
    assert.deepEqual(names(await lab.ask(a, 'tcp', vip, 80, 5)), ['c'])
    await Promise.all(planes.map((plane) => plane.close()))
    assert.equal(await lab.run(lab.node(0), ['nft', 'list', 'tables']), '')
  })
})
