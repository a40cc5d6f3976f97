import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyValue } from '#store'
import { Metrics } from '../metrics/metrics.ts'
import { TransformationMetrics } from './figures.ts'
import { EncryptionAtRest, resourceNames, type SealingProvider } from './at-rest.ts'

const bytes = (text: string) => new TextEncoder().encode(text), text = (value: Uint8Array) => new TextDecoder().decode(value)
/** Seals by turning letters round and putting the secret in front: a cipher that can be read in a test. */
const provider = (type: string, ...keys: readonly (readonly [name: string, secret: string])[]): SealingProvider =>
  ({ prefix: `k8s:enc:${type}:v1:`, noKey: `no key of ${type}`, keys: keys.map(([name, secret]) => ({
  prefix: `${name}:`, seal: (path, value) => bytes(`${secret}/${path}/${[...text(value)].reverse().join('')}`),
  open(path, data) { const front = `${secret}/${path}/`, all = text(data); if (!all.startsWith(front))
    throw new Error(`${name} does not fit`); return bytes([...all.slice(front.length)].reverse().join('')) },
})) })
const identity: SealingProvider = { prefix: '', keys: [], noKey: '' }
const resourceOf = resourceNames([{ group: '', resource: 'secrets', storagePrefix: '/registry/secrets/' }])
const rules = (...providers: SealingProvider[]) => [{ group: '', resource: 'secrets', providers }]
const path = '/registry/secrets/n/s'
const row = (value: string, more: Partial<KeyValue> = {}): KeyValue => ({ key: path, value: bytes(value), createRevision: 2, modRevision: 2, version: 1, lease: 0, ...more })
const [a1, a2, other] = [['k1', 'one'], ['k2', 'two'], ['k1', 'other']] as const

test('a value is sealed by the first key of the first provider; others are kept as they are', () => {
  const atRest = new EncryptionAtRest(rules(provider('x', a1, a2), identity), resourceOf)
  assert.equal(text(atRest.seal(row('{abc}')).value), `k8s:enc:x:v1:k1:one/${path}/}cba{`)
  for (const plain of [row('{abc}', { key: '/registry/configmaps/n/s' }), row('', { version: 0 })]) assert.equal(atRest.seal(plain), plain)
})
for (const [what, stored, providers, expected, stale] of [
  ['the first key', `k8s:enc:x:v1:k1:one/${path}/a`, [provider('x', a1)], 'a', false], ['another key', `k8s:enc:x:v1:k1:one/${path}/a`, [provider('x', a2, a1)], 'a', true],
    ['another provider', `k8s:enc:x:v1:k1:one/${path}/a`, [provider('y', a1), provider('x', a1)], 'a', true],
  ['the same provider again with other keys', `k8s:enc:x:v1:k1:one/${path}/a`, [provider('x', other), provider('x', a1)], 'a', false],
    ['nothing, though it should be sealed', '{a}', [provider('x', a1), identity], '{a}', true], ['nothing, as it should', '{a}', [identity, provider('x', a1)], '{a}', false],
  ['a key that is on its way out', `k8s:enc:x:v1:k1:one/${path}/a`, [identity, provider('x', a1)], 'a', true],
  ['a key with another secret', `k8s:enc:x:v1:k1:one/${path}/a`, [provider('x', other), identity], new Error('k1 does not fit'), false],
    ['a key that is not there', `k8s:enc:x:v1:k9:one/${path}/a`, [provider('x', a1)], new Error('no key of x'), false],
  ['a provider that is not there', `k8s:enc:z:v1:k1:one/${path}/a`, [provider('x', a1), identity], new Error('no matching prefix found'), false],
    ['several that do not fit', `k8s:enc:x:v1:k1:one/${path}/a`, [provider('x', other), provider('x', ['k2', 'two'])], new Error('[k1 does not fit, no key of x]'), false],
] as const) test(`a value kept with ${what}`, async () => {
  const atRest = new EncryptionAtRest(rules(...providers), resourceOf), [kv] = await atRest.open([row(stored)])
  if (typeof expected === 'string') assert.deepEqual([text(kv!.value), atRest.problem(kv!), atRest.isStale(kv!)], [expected, undefined, stale])
  else assert.deepEqual([text(kv!.value), atRest.problem(kv!)], [stored, expected.message])
})
test('sealed data of a resource that is not configured is told so', async () => {
  const atRest = new EncryptionAtRest(rules(identity), resourceOf), [kv] = await atRest.open([row('k8s:enc:x:v1:k1:a', { key: '/registry/pods/n/p' })])
  assert.equal(atRest.problem(kv!), 'identity transformer tried to read encrypted data')
})
test('the newest form of a key counts, and a deleted key has none', async () => {
  const atRest = new EncryptionAtRest(rules(provider('x', a1)), resourceOf), sealed = `k8s:enc:x:v1:k1:one/${path}/a`
  const all = await atRest.open([row('{a}'), row(sealed, { modRevision: 3, version: 2 })])
  assert.equal(atRest.isStale(all[1]!), false)
  atRest.seal(row('', { version: 0 }))
  assert.equal(atRest.isStale(row('x')), true)
})
test('other rules make what was current stale and what was unreadable readable, for whoever holds it', async () => {
  const atRest = new EncryptionAtRest(rules(provider('x', a2), identity), resourceOf)
  const [lost, fine] = await atRest.open([row(`k8s:enc:x:v1:k1:one/${path}/a`), row(`k8s:enc:x:v1:k2:two/${path}2/b`, { key: `${path}2` })])
  assert.deepEqual([atRest.problem(lost!), atRest.isStale(fine!)], ['no key of x', false])
  await atRest.replace(rules(provider('x', a1, a2)))
  assert.deepEqual([atRest.problem(lost!), text(lost!.value), atRest.isStale(lost!), atRest.isStale(fine!)], [undefined, 'a', false, true])
})
test('what is configured is counted: by providers and keys, and by what it led to', async () => {
  const metrics = new Metrics(), atRest = new EncryptionAtRest(rules(provider('x', a1), identity), resourceOf, new TransformationMetrics(metrics, () => 0))
  atRest.seal(row('{a}'))
  atRest.seal(row('{a}', { key: '/registry/configmaps/n/s' }))
  await atRest.open([row('{a}'), row(`k8s:enc:x:v1:k1:other/${path}/a`)])
  const series = (type: string, prefix: string, status: string) => `apiserver_storage_transformation_operations_total{resource="secrets",status="${status}",transformation_type="${type}",transformer_prefix="${prefix}"} 1`
  assert.deepEqual(metrics.text((name) => name.endsWith('operations_total')).split('\n').filter((line) => line && !line.startsWith('#')).sort(), [
    series('from_storage', 'identity', 'OK'), series('to_storage', 'k1:', 'OK'), series('to_storage', 'k8s:enc:x:v1:', 'OK'),
    series('from_storage', 'k1:', 'unknown-non-grpc'), series('from_storage', 'k8s:enc:x:v1:', 'unknown-non-grpc'),
  ])
})

test('what lies under a key is known by the kinds, and by the names of custom resources', () => {
  const of = resourceNames([{ group: 'apps', resource: 'deployments', storagePrefix: '/registry/deployments/' },
    { group: '', resource: 'services', storagePrefix: '/registry/services/specs/' }, { group: 'events.k8s.io', resource: 'events', storagePrefix: '/registry/events/' },
    { group: '', resource: 'events', storagePrefix: '/registry/events/' }])
  for (const [key, expected] of [['/registry/deployments/n/d', 'deployments.apps'], ['/registry/services/specs/n/s', 'services.'], ['/registry/events/n/e', 'events.'],
    ['/registry/example.com/widgets/n/w', 'widgets.example.com']] as const) assert.equal(`${of(key).resource}.${of(key).group}`, expected)
})
