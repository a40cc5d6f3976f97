import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lease, loadSwitchedOff, type LeaseCandidate } from '#kinds'
import { formatMicroTime, is, type AnyObject, type Kind, type New } from '#machinery'
import { TestCluster } from '#testing'
import { best } from './leader-election.ts'

const candidate = (name: string, emulationVersion: string, binaryVersion: string, creationTimestamp = '') => ({ metadata: { name, creationTimestamp }, spec: { leaseName: 'l', emulationVersion, binaryVersion, strategy: 'OldestEmulationVersion' } }) as LeaseCandidate
for (const [what, candidates, expected] of [
  ['the oldest that is emulated', [candidate('a', '1.36.0', '1.36.0'), candidate('b', '1.35.0', '1.36.0')], 'b'], ['then the oldest program', [candidate('a', '1.35.0', '1.36.0'), candidate('b', '1.35.0', '1.35.0')], 'b'],
  ['then who was first', [candidate('a', '1.35.0', '1.36.0', '2026-01-02T00:00:00Z'), candidate('b', '1.35.0', '1.36.0', '2026-01-01T00:00:00Z')], 'b'], ['then the first by name', [candidate('b', '1.9.0', '1.36.0'), candidate('a', '1.9.0', '1.36.0'), candidate('c', '1.10.0', '1.36.0')], 'a'],
] as const) test(`chosen is ${what}`, () => { assert.equal(best(candidates)?.metadata.name, expected) })

const namespace = 'kube-system'
async function begin() {
  const kind: Kind<LeaseCandidate> = (await loadSwitchedOff()).furtherKinds.find((one) => one.kind === 'LeaseCandidate')!
  const cluster = await TestCluster.start({ controllers: [], scheduler: false, plane: { runtimeConfig: { 'api/all': 'true' }, features: new Set(['CoordinatedLeaderElection']) }, controllersOptions: { rootCa: 'x', further: { leaseCandidate: kind } } }), { client, clock } = cluster
  const now = () => formatMicroTime(clock.now())
  const of = <T extends AnyObject>(object: object) => object as New<T> // allowed: the rest has defaults
  return {
    cluster, clock,
    /** A candidate that answers when it is asked, as long as it lives. */
    async stands(name: string, emulationVersion: string) {
      await client.create(kind, of({ metadata: { name, namespace }, spec: { leaseName: 'l', emulationVersion, binaryVersion: '1.36.0', strategy: 'OldestEmulationVersion', renewTime: now() } }))
      return client.watch(kind, {}, ({ object }) => {
        const { pingTime = '', renewTime = '' } = object.spec
        if (object.metadata.name === name && pingTime > renewTime) void client.update(kind, { ...object, spec: { ...object.spec, renewTime: now() } }).catch((error: unknown) => { assert.ok(is(error, 'Conflict') || is(error, 'NotFound')) })
      }, () => {})
    },
    holder: async () => { const { spec, metadata } = await client.get(lease, { name: 'l', namespace }); return [spec.holderIdentity, spec.preferredHolder, spec.strategy, metadata.annotations?.['coordination.k8s.io/elected-by']] },
    renew: async () => { const held = await client.get(lease, { name: 'l', namespace }); await client.update(lease, { ...held, spec: { ...held.spec, renewTime: now() } }) },
    names: async () => (await client.list(kind)).items.map(({ metadata }) => metadata.name),
  }
}

test('a lease is given to the best candidate, who is told when a better one comes, and to the next when nobody renews it', async () => {
  const { cluster, clock, stands, holder, renew, names } = await begin()
  await using _ = cluster
  const dies = await stands('new', '1.36.0')
  await clock.advance('6s')
  assert.deepEqual(await holder(), ['new', undefined, 'OldestEmulationVersion', 'leader-election-controller'])
  await renew()
  const stops = await stands('old', '1.35.0')
  for (let i = 0; i < 5; i++) { await clock.advance('3s'); await renew() }
  assert.deepEqual(await holder(), ['new', 'old', 'OldestEmulationVersion', 'leader-election-controller'])
  dies()
  await clock.advance('30s')
  assert.deepEqual(await holder(), ['old', undefined, 'OldestEmulationVersion', 'leader-election-controller'])
  stops()
  await clock.advance('31m')
  assert.deepEqual(await names(), [])
})
