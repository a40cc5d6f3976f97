import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoints, EndpointSlice } from '#kinds'
import { planMirror } from './mirrored.ts'
import type { Frame } from './slices.ts'

const frameOf = (addressType: Frame['addressType']): Frame => ({ addressType, metadata: { generateName: 'web-', namespace: 'default', labels: { team: 'a' } } })
const addresses = (ips: string) => ips.split(' ').filter(Boolean).map((ip) => ({ ip }))
const subset = (ready: string, waiting = '', port = 80): NonNullable<Endpoints['subsets']>[number] => ({ addresses: addresses(ready), notReadyAddresses: addresses(waiting), ports: [{ port, protocol: 'TCP' }] })
const slice = (name: string, ips: string, { port = 80, labels = { team: 'a' } as Record<string, string>, family = 'IPv4' } = {}): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: family, metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '', labels },
  endpoints: addresses(ips).map(({ ip }) => ({ addresses: [ip], conditions: { ready: true } })), ports: [{ name: '', port, protocol: 'TCP' }] })

const cases: [rule: string, subsets: NonNullable<Endpoints['subsets']>, existing: EndpointSlice[], expected: string][] = [
  ['a subset is a slice, however many it has', [subset('1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4')], [], 'create 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4'],
  ['each family has its own', [subset('1.1.1.1 2001:db8::1')], [], 'create 1.1.1.1; create 2001:db8::1'],
  ['subsets with the same ports are one', [subset('1.1.1.1'), subset('1.1.1.2')], [], 'create 1.1.1.1 1.1.1.2'],
  ['what is right stays', [subset('1.1.1.1')], [slice('a', '1.1.1.1')], ''],
  ['what is not ready is said to be', [subset('', '1.1.1.1')], [slice('a', '1.1.1.1')], 'update a: 1.1.1.1'],
  ['labels that are new are copied', [subset('1.1.1.1')], [slice('a', '1.1.1.1', { labels: { team: 'b' } })], 'update a: 1.1.1.1'],
  ['of two slices for the same one goes', [subset('1.1.1.1')], [slice('a', '1.1.1.1'), slice('b', '1.1.1.2')], 'remove b'],
  ['other ports turn the slice into another', [subset('1.1.1.1', '', 81)], [slice('a', '1.1.1.1')], 'update a: 1.1.1.1'],
  ['no addresses are no slices', [], [slice('a', '1.1.1.1')], 'remove a'],
]
for (const [rule, subsets, existing, expected] of cases) test(`mirrored: ${rule}`, () => {
  const plan = planMirror({ subsets }, existing, frameOf, 1000), shown = (one: { endpoints?: readonly { addresses?: readonly (string | undefined)[] | undefined }[] | undefined }) => (one.endpoints ?? []).map(({ addresses: [ip] = [] }) => ip).join(' ')
  assert.equal([...plan.create.map((one) => `create ${shown(one)}`), ...plan.update.map((one) => `update ${one.metadata.name}: ${shown(one)}`), ...plan.remove.map((one) => `remove ${one.metadata.name}`)].join('; '), expected)
})

test('of a subset only so many addresses are mirrored, ready ones first, both families together', () => {
  const plan = planMirror({ subsets: [subset('1.1.1.1 2001:db8::1', '1.1.1.2 1.1.1.3')] }, [], frameOf, 3)
  assert.deepEqual([plan.skipped, plan.create.map(({ endpoints }) => endpoints?.length)], [1, [2, 1]])
})
