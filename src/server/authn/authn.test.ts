import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent, type ApiRequest } from '#machinery'
import { authenticatorChain, forAudiences, type Authenticator, type TokenAuthenticator } from './authn.ts'
import { bearerAuthenticator } from './bearer.ts'

const request = (headers: Record<string, string> = {}, path = '/'): ApiRequest => ({ method: 'GET', path, query: '', headers, body: undefined })
const knows = (name: string, ...groups: string[]): Authenticator => ({ name, authenticate: () => ({ user: { name, groups } }) })
const ignores: Authenticator = { name: 'i', authenticate: () => undefined }
const refuses = (why: string): Authenticator => ({ name: 'r', authenticate: () => { throw new Error(why) } })
const chain = (all: readonly Authenticator[], anonymous: (path: string) => boolean = () => true) => authenticatorChain(all, { anonymous, log: silent })

test('the first who knows wins, also after one who refuses', async () => {
  assert.deepEqual((await chain([ignores, refuses('no'), knows('a', 'g'), knows('b')]).authenticate(request())).user, { name: 'a', groups: ['g', 'system:authenticated'] })
})
test('whoever shows nothing is anonymous, where that is allowed', async () => {
  assert.deepEqual((await chain([ignores]).authenticate(request())).user, { name: 'system:anonymous', groups: ['system:unauthenticated'] })
  const health = chain([ignores], (path) => path === '/healthz')
  assert.equal((await health.authenticate(request({}, '/healthz'))).user.name, 'system:anonymous')
  await assert.rejects(async () => health.authenticate(request({}, '/api')), { name: 'NotAuthenticated', message: '' })
})
test('refused credentials are not anonymous; the reasons are told together', async () => {
  await assert.rejects(async () => chain([refuses('x'), refuses('y'), refuses('x')]).authenticate(request()), { name: 'NotAuthenticated', message: '[x, y]' })
  await assert.rejects(async () => chain([refuses('x')]).authenticate(request()), { message: 'x' })
})
test('a token that nobody knows is refused; one that somebody knows to be wrong says why', async () => {
  const static_: TokenAuthenticator = { name: 's', authenticateToken: (token) => (token === 't' ? { user: { name: 'u', groups: [] } } : undefined) }
  const strict: TokenAuthenticator = { name: 'j', authenticateToken: async (token) => { if (token === 'old') throw new Error('too old'); return undefined } }
  const all = chain([bearerAuthenticator([static_, strict])])
  assert.equal((await all.authenticate(request({ authorization: 'Bearer t' }))).user.name, 'u')
  await assert.rejects(async () => all.authenticate(request({ authorization: 'Bearer x' })), { message: 'invalid bearer token' })
  await assert.rejects(async () => all.authenticate(request({ authorization: 'Bearer old' })), { message: 'too old' })
})
test('users of authenticators that know no audiences are meant for this server', async () => {
  const tokens = forAudiences(['api', 'b'], { name: 's', authenticateToken: () => ({ user: { name: 'u', groups: [] } }) })
  assert.deepEqual(await tokens.authenticateToken('t', { audiences: ['b', 'c'] }), { user: { name: 'u', groups: [] }, audiences: ['b'] })
  assert.equal(await tokens.authenticateToken('t', { audiences: ['c'] }), undefined)
  assert.deepEqual(await tokens.authenticateToken('t', {}), { user: { name: 'u', groups: [] } })
})
