import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { fromBase64Url, ServiceAccountTokens, toBase64Url, type TokenKeys, type TokenSource } from './tokens.ts'

const mac = (data: Uint8Array) => createHmac('sha256', 'k').update(data).digest()
const keys: TokenKeys = { algorithm: 'ES256', keyId: 'a', sign: mac, verify: (data, signature, kid, alg) => kid === 'a' && alg === 'ES256' && mac(data).equals(Buffer.from(signature)) }
const world = (change: Partial<Record<'sa' | 'pod' | 'deleted', string>> = {}): TokenSource => ({
  serviceAccount: () => ({ uid: change.sa ?? 'sa-1' }), secret: () => undefined, node: () => ({ uid: 'n-1' }),
  pod: () => ({ uid: change.pod ?? 'p-1', ...(change.deleted && { deletionTimestamp: change.deleted }) }),
})
let now = Date.UTC(2030, 0, 1)
const tokens = new ServiceAccountTokens({ issuer: 'https://kubernetes.default.svc', audiences: ['api'], keys, now: () => now })
const subject = { namespace: 'demo', serviceAccount: { name: 'web', uid: 'sa-1' }, pod: { name: 'p', uid: 'p-1' } }

test('a token is its service account until it ends', () => {
  const { token } = tokens.issue(subject, [], 600, 'id-1')
  assert.deepEqual(tokens.verify(token, world())?.user, {
    name: 'system:serviceaccount:demo:web', uid: 'sa-1', groups: ['system:serviceaccounts', 'system:serviceaccounts:demo'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=id-1'], 'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/pod-uid': ['p-1'] } })
  now += 600_000
  assert.equal(tokens.verify(token, world()), undefined)
})
for (const [why, break_] of [
  ['another account of the same name', { sa: 'sa-2' }], ['another pod of the same name', { pod: 'p-2' }], ['a pod deleted long ago', { deleted: '2029-01-01T00:00:00Z' }],
] as const)
  test(`a token is refused for ${why}`, () => assert.equal(tokens.verify(tokens.issue(subject, [], 600, 'x').token, world(break_)), undefined))

test('a changed, foreign or garbled token is refused', () => {
  const { token } = tokens.issue(subject, [], 600, 'x'), [head, body, signature] = token.split('.') as [string, string, string]
  const other = toBase64Url(new TextEncoder().encode(new TextDecoder().decode(fromBase64Url(body)!).replace('demo:web', 'demo:adm')))
  for (const bad of [`${head}.${other}.${signature}`, `${head}.${body}.AAAA`, `${head}.${body}`, 'a.b.c', '', `${head}.${body}.${signature}!`])
    assert.equal(tokens.verify(bad, world()), undefined, bad)
})
test('a token for another audience is refused', () => assert.equal(tokens.verify(tokens.issue(subject, ['vault'], 600, 'x').token, world()), undefined))
test('base64url goes both ways', () => {
  for (let n = 0; n < 40; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255)
    assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString('base64url'))
    assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes)
  }
})
