// minutes: 1
// OpenID Connect with a real provider over HTTPS: by flags and by file, keys turned over, a provider that comes late, a file that changes.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Pki, type Certificate } from '../../src/assembly/pki.ts'
import { Issuer } from './issuer.ts'
import { ServerProcess } from './server-process.ts'

let home: string, authority: Certificate, issuer: Issuer
const admin = 'admintoken'
const file = (name: string, text: string) => { const path = join(home, name); writeFileSync(path, text); return path }
const common = () => ['--token-auth-file', file('tokens.csv', `${admin},admin,uid1,system:masters\n`)]
before(async () => {
  home = mkdtempSync(join(tmpdir(), 'proa-oidc-'))
  authority = await new Pki(join(home, 'issuer-pki')).authority('ca', 'issuers')
  issuer = await Issuer.start(authority)
})
after(async () => {
  await issuer.stop()
  rmSync(home, { recursive: true, force: true })
})
const everybody = ['system:authenticated']

test('by flags', async (t) => {
  const server = await ServerProcess.start(home, [...common(), '--oidc-issuer-url', issuer.url, '--oidc-client-id', 'cluster', '--oidc-ca-file',
    file('ca.pem', authority.certificate), '--oidc-username-claim', 'email',
    '--oidc-groups-claim', 'groups', '--oidc-groups-prefix', 'oidc:', '--oidc-required-claim', 'hd=example.com', '--oidc-signing-algs', 'RS256,ES256'], 'flags')
  t.after(() => server.stop())
  const jane = { aud: 'cluster', email: 'jane@example.com', email_verified: true, groups: ['a', 'b'], hd: 'example.com' }
  for (const algorithm of ['RS256', 'ES256'] as const)
    assert.deepEqual(await server.who(issuer.token(jane, { algorithm })), { username: 'jane@example.com', groups: ['oidc:a', 'oidc:b', ...everybody] }, algorithm)
  assert.deepEqual(await server.who(issuer.token({ ...jane, groups: 'one', aud: ['x', 'cluster'] })), { username: 'jane@example.com', groups: ['oidc:one', ...everybody] })
  assert.deepEqual(await server.who(issuer.token({ ...jane, groups: undefined })), { username: 'jane@example.com', groups: everybody })

  const seconds = Math.floor(Date.now() / 1000)
  for (const [what, token, why] of [
    ['another audience', issuer.token({ ...jane, aud: 'other' }), 'oidc: verify token: oidc: expected audience "cluster" got ["other"]'],
    ['over', issuer.token({ ...jane, exp: seconds - 1 }), /^oidc: verify token: oidc: token is expired \(Token Expiry: /],
      ['not yet', issuer.token({ ...jane, nbf: seconds + 120 }), /before the nbf/],
    ['not verified', issuer.token({ ...jane, email_verified: false }), 'oidc: email not verified'],
      ['no e-mail address', issuer.token({ ...jane, email: undefined }), 'oidc: parse username claims "email": claim not present'],
    ['another domain', issuer.token({ ...jane, hd: 'evil.example' }), 'oidc: required claim hd value does not match. Got = evil.example, want = example.com'],
    ['no domain', issuer.token({ ...jane, hd: undefined }), 'oidc: required claim hd not present in ID token'],
    ['an algorithm that is not allowed', issuer.token(jane, { algorithm: 'PS256' }),
      'oidc: verify token: oidc: id token signed with unsupported algorithm, expected ["RS256" "ES256"] got "PS256"'],
    ['an unknown key', issuer.token(jane, { kid: 'nobody' }), 'oidc: verify token: failed to verify signature: failed to verify id token signature'],
    ['another token\'s signature', issuer.token(jane).replace(/[^.]+$/, issuer.token({ aud: 'x' }).split('.')[2]!),
      'oidc: verify token: failed to verify signature: failed to verify id token signature'],
  ] as const) {
    assert.equal(await server.who(token), 401, what)
    const told = await server.why(token, admin) ?? ''
    if (typeof why === 'string') assert.equal(told, why, what)
    else assert.match(told, why, what)
  }

  issuer.turnKeys()
  assert.deepEqual(await server.who(issuer.token(jane)), { username: 'jane@example.com', groups: ['oidc:a', 'oidc:b', ...everybody] }, 'the provider has new keys')
  const groups = issuer.token({ groups: ['far'], aud: 'cluster' })
  issuer.pages.set('/groups', { body: groups })
  const distributed = { ...jane, groups: undefined, _claim_names: { groups: 'src' }, _claim_sources: { src: { endpoint: `${issuer.url}/groups`, access_token: 'x' } } }
  assert.deepEqual(await server.who(issuer.token(distributed)), { username: 'jane@example.com', groups: ['oidc:far', ...everybody] }, 'groups that stand elsewhere')
  issuer.pages.set('/groups', { status: 500, body: '' })
  assert.match(await server.why(issuer.token({ ...distributed, jti: '2' }), admin) ?? '', /^oidc: could not expand distributed claims: while getting distributed claim "groups"/)
})

test('by file, which may change', async (t) => {
  const other = await Issuer.start(authority, '/realm')
  t.after(() => other.stop())
  const entry = ({ url }: Issuer, more: object = {}) =>
    ({ issuer: { url, audiences: ['a', 'b'], audienceMatchPolicy: 'MatchAny', certificateAuthority: authority.certificate },
    claimMappings: { username: { claim: 'sub', prefix: 'x:' } }, ...more })
  const configuration = (...jwt: object[]) => JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt,
    anonymous: { enabled: true, conditions: [{ path: '/livez' }] } })
  const path = file('authn.json', configuration(entry(issuer)))
  const server = await ServerProcess.start(home, [...common(), '--authentication-config', path], 'file')
  t.after(() => server.stop())
  const user = (name: string) => ({ username: name, groups: everybody })
  for (const algorithm of ['RS256', 'RS512', 'PS256', 'ES256'] as const) assert.deepEqual(await server.who(issuer.token({ aud: 'b', sub: algorithm }, { algorithm })),
    user(`x:${algorithm}`))
  assert.equal(await server.why(issuer.token({ aud: 'c', sub: 's' }), admin), 'oidc: verify token: oidc: expected audience in ["a" "b"] got ["c"]')
  assert.equal(await server.why(other.token({ aud: 'a', sub: 's' }), admin), 'invalid bearer token')
  assert.deepEqual([(await server.ask('GET /livez')).status, (await server.ask('GET /healthz')).status], [200, 401])

  const until = async (what: () => Promise<boolean>) => { for (const end = Date.now() + 20_000; !await what();) { if (Date.now() > end)
    throw new Error('it did not happen'); await new Promise((resolve) => { setTimeout(resolve, 50) }) } }
  writeFileSync(path, configuration(entry(issuer), entry(other, { claimMappings: { username: { expression: '"y:" + claims.sub' }, uid: { claim: 'id' } } })))
  await until(async () => await server.who(other.token({ aud: 'a', sub: 's', id: '7' })) !== 401)
  assert.deepEqual(await server.who(other.token({ aud: 'a', sub: 's', id: '7' })), { ...user('y:s'), uid: '7' })
  assert.deepEqual(await server.who(issuer.token({ aud: 'a', sub: 's' })), user('x:s'))
  writeFileSync(path, configuration({ ...entry(issuer), issuer: {} })) // wrong: what was there stays
  writeFileSync(path, configuration(entry(other)))
  await until(async () => await server.who(issuer.token({ aud: 'a', sub: String(Date.now()) })) === 401)
  assert.deepEqual(await server.who(other.token({ aud: 'a', sub: 's' })), user('x:s'))
})

test('a provider that comes late is asked again, and a document elsewhere is found', async (t) => {
  const late = await Issuer.start(authority)
  t.after(() => late.stop())
  late.pages.set('/.well-known/openid-configuration', { status: 404, body: 'not yet' })
  late.pages.set('/elsewhere', { body: JSON.stringify({ issuer: late.url, jwks_uri: `${late.url}/keys` }) })
  const path = file('late.json', JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt: [
    { issuer: { url: late.url, audiences: ['a'], certificateAuthority: authority.certificate, discoveryURL: `${late.url}/elsewhere` },
      claimMappings: { username: { claim: 'sub', prefix: '' } } },
    { issuer: { url: issuer.url, audiences: ['a'] }, claimMappings: { username: { claim: 'sub', prefix: '' } } } ] }))
  const server = await ServerProcess.start(home, [...common(), '--authentication-config', path], 'late')
  t.after(() => server.stop())
  assert.deepEqual(await server.who(late.token({ aud: 'a', sub: 's' })), { username: 's', groups: everybody })
  assert.equal(await server.why(issuer.token({ aud: 'a', sub: 's' }), admin), 'oidc: authenticator not initialized') // its authority is not believed
})

for (const [what, args, message] of [
  ['half of the flags', ['--oidc-client-id', 'x'], 'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set'],
  ['plain HTTP', ['--oidc-issuer-url', 'http://x', '--oidc-client-id', 'x'],
    'invalid authentication configuration: jwt[0].issuer.url: Invalid value: "http://x": URL scheme must be https'],
  ['an algorithm that nobody knows', ['--oidc-issuer-url', 'https://x', '--oidc-client-id', 'x', '--oidc-signing-algs', 'HS256'], 'oidc: unsupported signing alg: "HS256"'],
  ['our own issuer', ['--oidc-issuer-url', 'https://own', '--oidc-client-id', 'x', '--service-account-issuer', 'https://own'],
    'URL must not overlap with disallowed issuers: [https://own]'],
] as const) test(`a server does not start with ${what}`, async () => {
  await assert.rejects(ServerProcess.start(home, args, 'wrong'), (error: Error) => error.message.includes(message) || assert.fail(error.message))
})
