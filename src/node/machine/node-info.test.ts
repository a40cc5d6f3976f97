import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantityValue, seeded } from '#machinery'
import { SimulatedRuntime } from '../runtime/simulated.ts'
import { describeMachine, hugePageResource, osImage } from './node-info.ts'

for (const [text, name] of [
  ['NAME=Debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', 'Debian GNU/Linux 12 (bookworm)'],
  ["PRETTY_NAME='Alpine'\n", 'Alpine'],
  ['PRETTY_NAME=Arch\n', 'Arch'],
  ['', 'Linux'],
] as const) test(`the system is called ${name}`, () => { assert.equal(osImage(text), name) })

for (const [name, count, expected] of [
  ['hugepages-2048kB', 3, ['hugepages-2Mi', '6Mi']],
  ['hugepages-1048576kB', 0, ['hugepages-1Gi', '0']],
  ['other', 1, undefined],
] as const) test(`${count} of ${name}`, () => { assert.deepEqual(hugePageResource(name, count), expected) })

test('a machine gives pods no more than it has', async () => {
  const runtime = new SimulatedRuntime({ clock: { now: () => 0, after: () => () => {} }, random: seeded(1), podCidrs: () => ['10.0.0.0/24'] })
  const { name, capacity, allocatable, nodeInfo, agentPort } = await describeMachine({ name: 'n', addresses: ['10.0.0.1'], agentPort: 10250, podCidr: '10.0.0.0/24', leaseSeconds: 40, runtime })
  assert.deepEqual([name, agentPort, capacity['pods'], nodeInfo.kubeletVersion], ['n', 10250, '110', 'v1.36.2'])
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', 'pods']) {
    const all = quantityValue(capacity[resource]!), free = quantityValue(allocatable[resource]!)
    assert.ok(free > 0 && free <= all, `${resource}: ${free} of ${all}`)
  }
  assert.match(nodeInfo.containerRuntimeVersion, /^\S+:\/\/\S+$/)
})
