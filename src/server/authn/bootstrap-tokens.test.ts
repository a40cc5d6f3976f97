import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent, type AnyObject, type Kind } from '#machinery'
import { bootstrapTokens } from './bootstrap-tokens.ts'

const good = { 'token-id': 'abc123', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }
function found(data: Record<string, string> | undefined, more: object = {}, token = 'abc123.0123456789abcdef') {
  const encoded = data && Object.fromEntries(Object.entries(data).map(([k, v]) => [k, btoa(v)]))
  const objects = {
    get: <T extends AnyObject>(_: Kind<T>, name: string, namespace = '') =>
      (data && `${namespace}/${name}` === 'kube-system/bootstrap-token-abc123'
        ? { metadata: { name }, type: 'bootstrap.kubernetes.io/token', data: encoded, ...more } as unknown as T : undefined), list: () => [], follow: () => () => {},
  }
  return bootstrapTokens({ objects, now: () => Date.UTC(2030, 0, 1), log: silent }).authenticateToken(token, {})
}
const user = (...groups: string[]) => ({ user: { name: 'system:bootstrap:abc123', groups } })
for (const [what, data, expected] of [
  ['as it is', good, user('system:bootstrappers')],
  ['with groups', { ...good, 'auth-extra-groups': 'system:bootstrappers:z,system:bootstrappers:a' },
    user('system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:z')],
  ['that still holds', { ...good, expiration: '2030-01-01T00:00:01Z' }, user('system:bootstrappers')], ['that is over', { ...good, expiration: '2029-12-31T23:59:59Z' }, undefined],
  ['whose end cannot be read', { ...good, expiration: 'soon' }, undefined], ['with another secret', { ...good, 'token-secret': 'fedcba9876543210' }, undefined],
    ['with a longer secret', { ...good, 'token-secret': '0123456789abcdef0' }, undefined],
  ['without a secret', { 'token-id': 'abc123' }, undefined], ['with another id', { ...good, 'token-id': 'abc124' }, undefined],
    ['not for authentication', { ...good, 'usage-bootstrap-authentication': 'yes' }, undefined],
  ['with a group that is too much', { ...good, 'auth-extra-groups': 'system:masters' }, undefined], ['that is not there', undefined, undefined],
] as const) test(`a bootstrap token ${what}`, () => { assert.deepEqual(found(data), expected) })

test('a Secret of another type, or on its way out, is no bootstrap token', () => {
  assert.equal(found(good, { type: 'Opaque' }), undefined)
  assert.equal(found(good, { metadata: { name: 'x', deletionTimestamp: '2029-01-01T00:00:00Z' } }), undefined)
})
for (const token of ['abc123', 'abc123.short', 'ABC123.0123456789abcdef', 'abc123.0123456789abcdef.x']) test(`${token} is no bootstrap token`,
  () => { assert.equal(found(good, {}, token), undefined) })
