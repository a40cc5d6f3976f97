import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, Service } from '#kinds'
import { subsetsOf } from './subsets.ts'

const service = { metadata: { name: 's', namespace: 'd' }, spec: { ports: [{ port: 80, targetPort: 'web' }] } } as unknown as Service // allowed: a test says only what matters to it
const pods = (count: number, port: number, ready: boolean): Pod[] => Array.from({ length: count }, (_, i) => ({
  metadata: { name: `p${port}-${i}`, namespace: 'd', uid: `${port}-${i}-${ready}` }, spec: { containers: [{ name: 'c', ports: [{ name: 'web', containerPort: port }] }] },
  status: { podIP: `10.${port % 250}.${ready ? 0 : 128}.${i}`, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } }) as unknown as Pod) // allowed: as above
const counts = (given: Pod[]) => { const { subsets, truncated } = subsetsOf(service, given); return [...subsets.map(({ addresses = [], notReadyAddresses = [] }) => [addresses.length, notReadyAddresses.length]).toSorted(([a], [b]) => b! - a!), truncated] }

test('of more addresses than fit each subset keeps its part, ready ones first', () => {
  assert.deepEqual(counts([...pods(600, 80, true), ...pods(400, 81, true)]), [[600, 0], [400, 0], false])
  assert.deepEqual(counts([...pods(1500, 80, true), ...pods(500, 81, true), ...pods(9, 80, false)]), [[750, 0], [250, 0], true])
  assert.deepEqual(counts([...pods(900, 80, true), ...pods(150, 81, false), ...pods(50, 80, false)]), [[900, 25], [0, 75], true])
})

test('ports are in the order of their hashes, as the reference has those of its DNS', () => {
  const dns = { ...service, spec: { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'dns-tcp', port: 53, protocol: 'TCP' }, { name: 'metrics', port: 9153, protocol: 'TCP' }] } } as unknown as Service // allowed: as above
  assert.deepEqual(subsetsOf(dns, pods(2, 80, true)).subsets.map(({ ports }) => ports?.map(({ name }) => name)), [['dns-tcp', 'dns', 'metrics']])
})
