import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { Secret } from '#kinds'
import { signed } from './bootstrap-tokens.ts'

const mac = (key: Uint8Array, data: Uint8Array) => createHmac('sha256', key).update(data).digest()
const token = (id: string, data: Record<string, string> = {}) => ({ metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' }, type: 'bootstrap.kubernetes.io/token',
  data: Object.fromEntries(Object.entries({ 'token-id': id, 'token-secret': 's'.repeat(16), 'usage-bootstrap-signing': 'true', ...data }).map(([k, v]) =>
    [k, btoa(v)])) }) as unknown as Secret
const sign = (data: Record<string, string>, ...tokens: Secret[]) => signed(data, tokens, Date.UTC(2030, 0, 1), mac)

test('every token that is meant for it signs; the signature is one that kubeadm checks', () => {
  const next = sign({ kubeconfig: 'k: é', 'jws-kubeconfig-gone00': 'x' }, token('abc123'), token('def456', { 'usage-bootstrap-signing': 'no' }),
    token('old000', { expiration: '2029-01-01T00:00:00Z' }))!
  assert.deepEqual(Object.keys(next), ['kubeconfig', 'jws-kubeconfig-abc123'])
  const [head, content, signature] = next['jws-kubeconfig-abc123']!.split('.')
  assert.deepEqual([JSON.parse(Buffer.from(head!, 'base64url').toString()), content], [{ alg: 'HS256', kid: 'abc123' }, ''])
  assert.equal(signature, mac(Buffer.from('s'.repeat(16)), Buffer.from(`${head}.${Buffer.from('k: é').toString('base64url')}`)).toString('base64url'))
  assert.equal(sign(next, token('abc123')), undefined)
})
test('without a kubeconfig there is nothing to sign', () => { assert.equal(sign({}, token('abc123')), undefined) })
