import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overlap, parseRange } from '../ipv4.ts'
import { checkClusterNetwork, chooseClusterNetwork, namesOf, planHosts, withNodes, type ClusterNetwork } from './plan.ts'

const request = { cluster: 'proa', dataDirectory: '/data', taken: [] as string[] }

test('a cluster gets the same network each time, and clusters of one name in two directories get two', () => {
  const first = chooseClusterNetwork(request)
  assert.deepEqual(chooseClusterNetwork(request), first)
  assert.notEqual(chooseClusterNetwork({ ...request, dataDirectory: '/other' }).mark, first.mark)
  assert.match(first.nodeCidr, /^172\.30\.\d+\.0\/24$/)
  assert.equal(first.serviceCidr, '10.96.0.0/16')
  assert.equal(first.dnsAddress, '10.96.0.10')
})

test('what the host uses is passed over', () => {
  const first = chooseClusterNetwork(request)
  const second = chooseClusterNetwork({ ...request, taken: [first.nodeCidr, first.podCidr, '0.0.0.0/0', '192.0.2.2/24'] })
  for (const [a, b] of [[first.nodeCidr, second.nodeCidr], [first.podCidr, second.podCidr]] as const) assert.equal(overlap(parseRange(a), parseRange(b)), false)
})

test('a hundred clusters side by side have a hundred networks', () => {
  const taken: string[] = []
  for (let i = 0; i < 100; i++) {
    const network = chooseClusterNetwork({ cluster: `c${i}`, dataDirectory: '/data', taken })
    for (const range of [network.nodeCidr, network.podCidr]) {
      assert.ok(!taken.some((other) => overlap(parseRange(other), parseRange(range))), range)
      taken.push(range)
    }
  }
})

test('a host without a free network says so', () => {
  assert.throws(() => chooseClusterNetwork({ ...request, taken: Array.from({ length: 256 }, (_, i) => `172.30.${i}.0/24`) }), /no free network left in 172\.30\.0\.0\/16/)
})

test('ranges given by the user are taken, unless they cannot work', () => {
  const network = chooseClusterNetwork({ ...request, podCidr: '10.1.0.0/20', serviceCidr: '10.2.0.0/24' })
  assert.deepEqual([network.podCidr, network.serviceCidr, network.dnsAddress], ['10.1.0.0/20', '10.2.0.0/24', '10.2.0.10'])
  assert.throws(() => chooseClusterNetwork({ ...request, podCidr: '10.96.0.0/12' }), /overlap/)
  assert.throws(() => chooseClusterNetwork({ ...request, podCidr: '10.1.0.0/16', taken: ['10.1.3.0/24'] }), /in use on this machine \(10\.1\.3\.0\/24\): give another one with --cluster-cidr/)
  assert.equal(chooseClusterNetwork({ ...request, podCidr: '10.1.0.0/16', taken: ['10.0.0.0/8'] }).podCidr, '10.1.0.0/16')
  assert.throws(() => chooseClusterNetwork({ ...request, serviceCidr: '10.2.0.0/30' }), /too small/)
  assert.throws(() => chooseClusterNetwork({ ...request, podCidr: '10.1.0.0' }), /not an IPv4 range/)
})

test('a cluster that comes up again is told when its network is no longer free', () => {
  const network = chooseClusterNetwork(request)
  checkClusterNetwork(network, ['192.0.2.0/24'])
  assert.throws(() => checkClusterNetwork(network, [network.nodeCidr]), /in use on this machine/)
})

test('nodes keep their slots while others come and go', () => {
  const three = withNodes(chooseClusterNetwork(request), ['node-1', 'node-2', 'node-3'])
  assert.deepEqual(three.slots, { 'node-1': 0, 'node-2': 1, 'node-3': 2 })
  const less = withNodes(three, ['node-1', 'node-3'])
  assert.deepEqual(less.slots, { 'node-1': 0, 'node-3': 2 })
  assert.deepEqual(withNodes(less, ['node-1', 'node-3', 'node-9']).slots, { 'node-1': 0, 'node-3': 2, 'node-9': 1 })
})

test('a cluster takes as many nodes as its ranges hold, and not one more', () => {
  const small = chooseClusterNetwork({ ...request, podCidr: '10.1.0.0/22' })
  assert.equal(planHosts(withNodes(small, ['a', 'b', 'c', 'd'])).nodes.length, 4)
  assert.throws(() => withNodes(small, ['a', 'b', 'c', 'd', 'e']), /no room for node e: .* hold 4 nodes/)
})

test('a node has an address, a part of the pods\' range, and a way to the pods of the others', () => {
  const network: ClusterNetwork = { mark: 'abc123', nodeCidr: '172.30.4.0/24', podCidr: '10.200.0.0/16', serviceCidr: '10.96.0.0/16', dnsAddress: '10.96.0.10', podCidrBits: 24, slots: { one: 0, two: 1 } }
  const plan = planHosts(network)
  assert.equal(plan.bridge, 'pbabc123')
  assert.equal(plan.gateway, '172.30.4.1')
  const { netns, netnsPath, veth, ...one } = plan.nodes[0]!
  assert.deepEqual(one, { name: 'one', address: '172.30.4.11', mac: '0a:58:ac:1e:04:0b', podCidr: '10.200.0.0/24', podGateway: '10.200.0.1', routes: [{ to: '10.200.1.0/24', via: '172.30.4.12' }] })
  assert.equal(netnsPath, `/run/netns/${netns}`)
  assert.match(veth, /^pvabc123-/)
  assert.deepEqual(plan.routes, [{ to: '10.200.0.0/24', via: '172.30.4.11' }, { to: '10.200.1.0/24', via: '172.30.4.12' }, { to: '172.30.4.128/25', via: '172.30.4.11' }])
  assert.deepEqual(planHosts(network, ['198.51.100.0/24']).routes.at(-1), { to: '198.51.100.0/24', via: '172.30.4.11' })
})

test('names fit into an interface\'s 15 characters, whatever the node is called', () => {
  for (const node of ['a', 'n'.repeat(253), 'node.with.dots']) {
    const { netns, veth } = namesOf('abc123', node)
    assert.ok(netns.length <= 15 && veth.length <= 15 && /^[a-z0-9-]+$/.test(netns + veth))
  }
})
