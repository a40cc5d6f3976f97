import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiRequest, ClientCertificate } from '#machinery'
import { certificateAuthenticator, frontProxyAuthenticator } from './certificates.ts'

const jane: ClientCertificate = { commonName: 'jane', organizations: ['a', 'b'], uids: [], fingerprint: 'f1', chain: ['f1', 'ca'], notBefore: 100, notAfter: 200 }
const request = (certificate: Partial<ClientCertificate> | undefined, headers: Record<string, string> = {}): ApiRequest =>
  ({ method: 'GET', path: '/', query: '', headers, body: undefined, ...(certificate && { certificate: { ...jane, ...certificate } }) })
let now = 150, anchors = new Set(['ca'])
const x509 = certificateAuthenticator({ anchors: () => anchors, now: () => now })

test('CN is the name, each O a group, the element of the CNCF the uid', () => {
  assert.deepEqual(x509.authenticate(request({ uids: ['u-7'] }), {}),
    { user: { name: 'jane', uid: 'u-7', groups: ['a', 'b'], extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=f1'] } } })
  assert.equal(x509.authenticate(request(undefined), {}), undefined)
  assert.equal(x509.authenticate(request({ commonName: '' }), {}), undefined)
})
for (const [why, change, message] of [
  ['TLS did not believe it', { problem: 'x509: SELF_SIGNED_CERT_IN_CHAIN' }, /SELF_SIGNED/], ['another authority', { chain: ['f1', 'front'] }, /signed by unknown authority/],
  ['not yet valid', { notBefore: 151 }, /expired or is not yet valid/], ['no longer valid', { notAfter: 149 }, /expired or is not yet valid/],
    ['two uids', { uids: ['1', '2'] }, /multiple/],
] as const) test(`a certificate is refused: ${why}`, () => { assert.throws(() => x509.authenticate(request(change), {}), message) })

test('authorities and time are looked at on every request', () => {
  anchors = new Set()
  assert.throws(() => x509.authenticate(request({}), {}), /unknown authority/)
  anchors = new Set(['ca'])
  now = 201
  assert.throws(() => x509.authenticate(request({}), {}), /expired/)
  now = 150
})

const proxy = frontProxyAuthenticator({ anchors: () => new Set(['front']), allowedNames: () => ['front-proxy-client'], now: () => 150,
  headers: () => ({ username: ['x-remote-user', 'x-user'], uid: ['x-remote-uid'], group: ['x-remote-group', 'x-team'], extraPrefix: ['x-remote-extra-'] }) })
const front = { commonName: 'front-proxy-client', chain: ['f2', 'front'] }
test('a proxy says whom it speaks for', () => {
  const headers = { 'x-user': 'eve', 'x-remote-uid': '7', 'x-remote-group': 'a, b', 'x-team': 'c', 'x-remote-extra-acme.com%2fp': 'q' }
  assert.deepEqual(proxy.authenticate(request(front, headers), {}), { user: { name: 'eve', uid: '7', groups: ['a', 'b', 'c'], extra: { 'acme.com/p': ['q'] } } })
  assert.equal(proxy.authenticate(request(front), {}), undefined)
  assert.equal(proxy.authenticate(request(undefined, headers), {}), undefined)
})
test('nobody else may', () => {
  assert.throws(() => proxy.authenticate(request({}, { 'x-remote-user': 'eve' }), {}), /unknown authority/)
  assert.throws(() => proxy.authenticate(request({ ...front, commonName: 'jane' }, { 'x-remote-user': 'eve' }), {}),
    { message: 'x509: subject with cn=jane is not in the allowed list' })
})
