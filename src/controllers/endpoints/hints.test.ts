import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointSlice, Service } from '#kinds'
import { isAutomatic, nearHints } from './hints.ts'

const endpoint = (more: Partial<Endpoint> = {}): Endpoint => ({ addresses: ['10.0.0.1'], conditions: { ready: true }, zone: 'a', nodeName: 'n', ...more })
const service = (trafficDistribution?: string, annotations?: Record<string, string>) => ({ metadata: { annotations }, spec: { trafficDistribution } }) as unknown as Service // allowed: a test says only what matters to it
const zone = { forZones: [{ name: 'a' }] }, both = { forNodes: [{ name: 'n' }], forZones: [{ name: 'a' }] }

const cases: [rule: string, distribution: string | undefined, endpoint: Endpoint, expected: Endpoint['hints']][] = [
  ['PreferClose is the zone', 'PreferClose', endpoint(), zone],
  ['PreferSameZone is the zone', 'PreferSameZone', endpoint(), zone],
  ['PreferSameNode is the node, or else the zone', 'PreferSameNode', endpoint(), both],
  ['without a zone there is the node', 'PreferSameNode', { addresses: ['10.0.0.1'], conditions: { ready: true }, nodeName: 'n' }, { forNodes: [{ name: 'n' }] }],
  ['what is not ready is for nobody', 'PreferSameZone', endpoint({ conditions: { ready: false } }), undefined],
  ['hints go with what asked for them', undefined, endpoint({ hints: zone }), undefined],
]
for (const [rule, distribution, given, expected] of cases) test(`hints: ${rule}`, () => {
  const slice = { metadata: { name: 's' }, endpoints: [given] } as unknown as EndpointSlice // allowed: as above
  const { update, unchanged } = nearHints({ create: [], update: [], remove: [], unchanged: [slice] }, service(distribution))
  assert.deepEqual([...update, ...unchanged].map(({ endpoints }) => endpoints?.[0]?.hints), [expected])
})

test('the older of two annotations comes first', () => {
  const older = 'service.kubernetes.io/topology-aware-hints', newer = 'service.kubernetes.io/topology-mode'
  assert.deepEqual([{ [newer]: 'Auto' }, { [newer]: 'auto' }, { [older]: 'disabled', [newer]: 'Auto' }, { [older]: 'auto' }, {}].map((annotations) => isAutomatic(service(undefined, annotations))), [true, true, false, true, false])
})
