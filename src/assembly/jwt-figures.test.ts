import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '#machinery'
import { fromFlags, IdentityProviders, Metrics, type Outbound } from '#server'
import { FakeClock } from '#testing'
import { jwtFigures } from './jwt-figures.ts'

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('tokens and keys of identity providers are counted by the hashes of their names', async () => {
  const metrics = new Metrics(), clock = new FakeClock(), issuerUrl = 'https://issuer.example'
  let isAway = false
  const outbound: Outbound = async ({ url }) => {
    if (isAway) throw new Error('away')
    const answer = url.endsWith('/keys') ? { keys: [{ kid: 'k', kty: 'RSA' }] } : { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` }
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) }
  }
  const jwt = fromFlags({ issuerUrl, clientId: 'me', usernameClaim: 'sub', usernamePrefix: '-', groupsClaim: '', groupsPrefix: '', requiredClaims: {} })
  const providers = new IdentityProviders({
    configuration: { jwt: [jwt] }, algorithms: ['RS256'], verify: (_key, _algorithm, _data, signature) => Buffer.from(signature).toString() === 'good', badAuthority: () => undefined, ownIssuers: [],
    outbound, clock, log: silent, figures: jwtFigures(metrics, clock),
  })
  const exp = clock.now() / 1000 + 60, ask = (signature: string, iss = issuerUrl) => providers.authenticateToken(`${part({ alg: 'RS256', kid: 'k' })}.${part({ iss, aud: 'me', sub: 'jane', exp })}.${Buffer.from(signature).toString('base64url')}`, {})
  assert.equal((await ask('good'))?.user.name, 'jane')
  assert.equal(await ask('good', 'https://other.example'), undefined)
  isAway = true
  await assert.rejects(async () => ask('bad'))
  providers.stop()
  const lines = metrics.text().replaceAll(/="sha256:\w{64}"/g, '').split('\n').filter((line) => line && !line.startsWith('#') && !line.includes('_bucket') && !line.includes('_sum'))
  assert.deepEqual(lines, [
    'apiserver_authentication_jwt_authenticator_jwks_fetch_last_key_set_info{apiserver_id_hash,hash,jwt_issuer_hash} 1',
    'apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds{apiserver_id_hash,jwt_issuer_hash,result="failure"} 1.893456e+09',
    'apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds{apiserver_id_hash,jwt_issuer_hash,result="success"} 1.893456e+09',
    'apiserver_authentication_jwt_authenticator_latency_seconds_count{jwt_issuer_hash,result="failure"} 1', 'apiserver_authentication_jwt_authenticator_latency_seconds_count{jwt_issuer_hash,result="success"} 1',
  ])
})
