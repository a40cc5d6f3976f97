import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCredential, withoutCredentials } from './credentials.ts'

for (const name of ['authorization', 'impersonate-user', 'impersonate-extra-scopes', 'x-remote-user', 'x-remote-uid', 'x-remote-group',
  'x-remote-extra-a']) test(`${name} goes no further`, () => { assert.equal(isCredential(name), true) })
for (const name of ['accept', 'x-remote', 'x-forwarded-for', 'cookie']) test(`${name} is passed on`, () => { assert.equal(isCredential(name), false) })
test('a token among the subprotocols goes no further', () => {
  assert.equal(withoutCredentials('sec-websocket-protocol', 'v5.channel.k8s.io,base64url.bearer.authorization.k8s.io.abc, v4.channel.k8s.io'),
    'v5.channel.k8s.io, v4.channel.k8s.io')
  assert.equal(withoutCredentials('sec-websocket-protocol', 'a,b'), 'a,b')
  assert.equal(withoutCredentials('accept', 'base64url.bearer.authorization.k8s.io.abc'), 'base64url.bearer.authorization.k8s.io.abc')
})
