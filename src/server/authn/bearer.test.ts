import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearerToken, parseTokenFile, webSocketToken } from './bearer.ts'

for (const [header, token, warned] of [
  ['Bearer abc', 'abc', 0], ['bearer abc', 'abc', 0], ['  BEARER abc  ', 'abc', 0], ['bearer  abc', undefined, 1], ['Bearer a b', 'a', 0], ['Basic abc', undefined, 0],
    [undefined, undefined, 0], ['Bearer ', undefined, 0], ['Bearer', undefined, 0], ['zzz', undefined, 0],
] as const)
  test(`the token of ${JSON.stringify(header)} is ${token}`, () => {
    let warnings = 0
    assert.equal(bearerToken(header, { warn: () => { warnings++ } }), token)
    assert.equal(warnings, warned)
  })

const encoded = `base64url.bearer.authorization.k8s.io.${Buffer.from('t-1_2').toString('base64url')}`
const protocols = (value: string, upgrade = 'websocket') =>
  ({ method: 'GET' as const, path: '/', query: '', headers: { 'sec-websocket-protocol': value, upgrade }, body: undefined })
test('a WebSocket brings its token among its protocols', () => {
  assert.equal(webSocketToken(protocols(`v5.channel.k8s.io, ${encoded}`)), 't-1_2')
  assert.equal(webSocketToken(protocols('v5.channel.k8s.io')), undefined)
  assert.equal(webSocketToken(protocols(`v5.channel.k8s.io, ${encoded}`, 'spdy/3.1')), undefined)
})
for (const [value, why] of [[encoded, 'missing additional subprotocol'], [`v5, ${encoded}, ${encoded}`, 'multiple base64.bearer.authorization tokens specified'],
  ['v5, base64url.bearer.authorization.k8s.io.***', 'invalid base64.bearer.authorization token encoding'],
    [`v5, base64url.bearer.authorization.k8s.io.${Buffer.from([0xff, 0xfe]).toString('base64url')}`, 'invalid base64.bearer.authorization token']] as const)
  test(`a WebSocket token is refused: ${why}`, () => { assert.throws(() => webSocketToken(protocols(value)), { message: why }) })

test('a token file has users, uids and quoted groups', () => {
  const users = parseTokenFile('admintoken,admin,uid1,system:masters\n\nt2,bob,uid2,"a, b"\nt3,eve,uid3\n', 'f')
  assert.deepEqual(users.get('admintoken'), { name: 'admin', uid: 'uid1', groups: ['system:masters'] })
  assert.deepEqual(users.get('t2'), { name: 'bob', uid: 'uid2', groups: ['a', 'b'] })
  assert.deepEqual(users.get('t3'), { name: 'eve', uid: 'uid3', groups: [] })
})
test('a token file line that is too short is named', () => assert.throws(() => parseTokenFile('a,b,c\nx,y', 'tokens.csv'), /tokens.csv:2: a token file has at least 3 columns/))
