import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PodAddresses } from './pod-addresses.ts'

const firstTwo: readonly [string, string, string][] = [
  ['10.244.1.0/24', '10.244.1.2', '10.244.1.3'],
  ['10.244.255.128/25', '10.244.255.130', '10.244.255.131'],
  ['fd00:10:244:1::/64', 'fd00:10:244:1::2', 'fd00:10:244:1::3'],
]
for (const [cidr, first, second] of firstTwo) {
  test(`pods on ${cidr} get ${first} and ${second}`, () => {
    const addresses = new PodAddresses(cidr)
    assert.deepEqual([addresses.take(), addresses.take()], [first, second])
  })
}

test('a full network gives nothing, and an address given back is given again, but not at once', () => {
  const addresses = new PodAddresses('10.0.0.0/29')
  const all = Array.from({ length: 5 }, () => addresses.take()!)
  assert.equal(new Set(all).size, 5)
  assert.equal(addresses.take(), undefined)
  addresses.giveBack('10.0.0.4')
  assert.equal(addresses.take(), '10.0.0.4')
  addresses.giveBack('10.0.0.3')
  addresses.giveBack('10.0.0.6')
  assert.equal(addresses.take(), '10.0.0.6')
})

for (const wrong of ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'nonsense/x']) {
  test(`${wrong} is refused`, () => { assert.throws(() => new PodAddresses(wrong), /is not a network/) })
}
