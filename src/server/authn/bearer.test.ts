import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearerToken, parseTokenFile } from './bearer.ts'

const request = (headers: Record<string, string>) => ({ method: 'GET' as const, path: '/', query: '', headers, body: undefined })
for (const [headers, token] of [
  [{ authorization: 'Bearer abc' }, 'abc'], [{ authorization: 'bearer  abc' }, 'abc'], [{ authorization: 'Basic abc' }, undefined], [{}, undefined], [{ authorization: 'Bearer ' }, undefined],
  [{ 'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('t-1_2').toString('base64url')}` }, 't-1_2'],
] as const)
  test(`the token of ${JSON.stringify(headers)} is ${token}`, () => assert.equal(bearerToken(request(headers)), token))

test('a token file has users, uids and quoted groups', () => {
  const users = parseTokenFile('admintoken,admin,uid1,system:masters\n\nt2,bob,uid2,"a, b"\nt3,eve,uid3\n', 'f')
  assert.deepEqual(users.get('admintoken'), { name: 'admin', uid: 'uid1', groups: ['system:masters'] })
  assert.deepEqual(users.get('t2'), { name: 'bob', uid: 'uid2', groups: ['a', 'b'] })
  assert.deepEqual(users.get('t3'), { name: 'eve', uid: 'uid3', groups: [] })
})
test('a token file line that is too short is named', () => assert.throws(() => parseTokenFile('a,b,c\nx,y', 'tokens.csv'), /tokens.csv:2: a token file has at least 3 columns/))
