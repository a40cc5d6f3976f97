import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { ServiceAccount } from '#kinds'
import { seeded, type AnyObject, type Kind } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { legacyToken, legacyTokens } from './legacy-tokens.ts'
import { ServiceAccountTokens, tokenSigner, type TokenSubject } from './service-account-tokens.ts'
import { toBase64Url } from './base64url.ts'
import type { TokenKeys, VerifyingKey } from './web-tokens.ts'

const key = (keyId: string): VerifyingKey & { sign(data: Uint8Array): Uint8Array } => {
  const mac = (data: Uint8Array) => createHmac('sha256', keyId).update(data).digest()
  return { keyId, algorithm: 'RS256', jwk: { kty: 'RSA', n: keyId }, sign: mac, verify: (data, signature) => mac(data).equals(signature) }
}
const keys: TokenKeys = { signer: key('a'), verifying: [key('a'), key('b')] }
/** Objects by kind and name; all in the namespace demo. */
const world = (objects: Record<string, { uid?: string; deletionTimestamp?: string; labels?: Record<string, string> } & Record<string, unknown>>): ObjectReader => ({
  get: <T extends AnyObject>(kind: Kind<T>, name: string) =>
    { const o = objects[`${kind.kind}/${name}`]; return o && { metadata: { name, namespace: 'demo', uid: 'u-1', ...o }, ...o } as unknown as T }, list: () => [],
    follow: () => () => {},
})
const everything = { 'ServiceAccount/web': {}, 'Pod/p': {}, 'Node/n': {}, 'Secret/s': {} }
let now = Date.UTC(2030, 0, 1)
const make = (objects: Parameters<typeof world>[0] = everything) =>
  new ServiceAccountTokens({ issuers: ['https://new', 'https://old'], audiences: ['api', 'b'], keys, now: () => now, objects: world(objects) })
const account = { name: 'web', uid: 'u-1' }
const issue = (subject: Partial<TokenSubject> = {}, more: { audiences?: string[]; seconds?: number; warnAfter?: number } = {}) =>
  make().issue({ namespace: 'demo', serviceAccount: account, ...subject }, { audiences: [], seconds: 600, id: 'id-1', ...more })
const extra = (entries: Record<string, string>) => Object.fromEntries(Object.entries(entries).map(([k, v]) => [`authentication.kubernetes.io/${k}`, [v]]))
const who = { name: 'system:serviceaccount:demo:web', uid: 'u-1', groups: ['system:serviceaccounts', 'system:serviceaccounts:demo'] }

for (const [what, subject, known] of [
  ['nothing', {}, {}], ['a pod', { pod: { name: 'p', uid: 'u-1' } }, { 'pod-name': 'p', 'pod-uid': 'u-1' }], ['a secret', { secret: { name: 's', uid: 'u-1' } }, {}],
  ['a node', { node: { name: 'n', uid: 'u-1' } }, { 'node-name': 'n', 'node-uid': 'u-1' }],
  ['a pod on a node that is gone', { pod: { name: 'p', uid: 'u-1' }, node: { name: 'gone', uid: '' } }, { 'node-name': 'gone', 'pod-name': 'p', 'pod-uid': 'u-1' }],
] as const) test(`a token bound to ${what} is its service account`, async () => {
  assert.deepEqual(make().authenticateToken(await issue(subject), {}), { user: { ...who, extra: extra({ 'credential-id': 'JTI=id-1', ...known }) }, audiences: ['api', 'b'] })
})

const old = '2029-12-31T23:58:59Z', young = '2029-12-31T23:59:30Z'
const refusals: [why: string, subject: Partial<TokenSubject>, objects: Parameters<typeof world>[0], message: string][] = [
  ['its account is gone', {}, {}, 'serviceaccounts "web" not found'],
  ['its account was deleted', {}, { 'ServiceAccount/web': { deletionTimestamp: old } }, 'service account demo/web has been deleted'],
  ['its account was made anew', {}, { 'ServiceAccount/web': { uid: 'u-2' } }, 'service account UID (u-2) does not match claim (u-1)'],
  ['its pod is gone', { pod: account }, { 'ServiceAccount/web': {} }, 'service account token has been invalidated'],
  ['its pod was deleted', { pod: account }, { 'ServiceAccount/web': {}, 'Pod/web': { deletionTimestamp: old } }, 'service account token has been invalidated'],
  ['its pod was made anew', { pod: account }, { 'ServiceAccount/web': {}, 'Pod/web': { uid: 'u-2' } }, 'pod UID (u-2) does not match service account pod ref claim (u-1)'],
  ['its secret is gone', { secret: account }, { 'ServiceAccount/web': {} }, 'service account token has been invalidated'],
  ['its secret was made anew', { secret: account }, { 'ServiceAccount/web': {}, 'Secret/web': { uid: 'u-2' } },
    'secret UID (u-2) does not match service account secret ref claim (u-1)'],
  ['its node is gone', { node: account }, { 'ServiceAccount/web': {} }, 'service account token has been invalidated'],
  ['its node was made anew', { node: account }, { 'ServiceAccount/web': {}, 'Node/web': { uid: 'u-2' } }, 'node UID (u-2) does not match service account node ref claim (u-1)'],
]
for (const [why, subject, objects, message] of refusals) test(`a token is refused: ${why}`, async () => {
  const made = await issue(subject)
  assert.throws(() => make(objects).authenticateToken(made, {}), { message })
})

test('what was deleted a moment ago still counts', async () => {
  assert.ok(make({ 'ServiceAccount/web': {}, 'Pod/p': { deletionTimestamp: young } }).authenticateToken(await issue({ pod: { name: 'p', uid: 'u-1' } }), {}))
})
test('a token ends, a minute late: clocks differ', async (t) => {
  const started = now
  t.after(() => { now = started })
  const made = await issue()
  for (const [seconds, message] of [[660, undefined], [661, 'service account token has expired'], [-60, undefined], [-61, 'service account token is not valid yet']] as const) {
    now = started + seconds * 1000
    if (message === undefined) assert.ok(make().authenticateToken(made, {}), String(seconds))
    else assert.throws(() => make().authenticateToken(made, {}), { message }, String(seconds))
  }
})
test('a token is for its audiences', async () => {
  const made = await issue({}, { audiences: ['vault', 'b'] })
  assert.deepEqual(make().authenticateToken(made, {})?.audiences, ['b'])
  assert.deepEqual(make().authenticateToken(made, { audiences: ['vault', 'x'] })?.audiences, ['vault'])
  assert.throws(() => make().authenticateToken(made, { audiences: ['x', 'y'] }), { message: 'token audiences ["vault" "b"] is invalid for the target audiences ["x" "y"]' })
})
test('use after the time asked for is noted, not refused', async () => {
  const noted: string[] = [], made = await issue({}, { seconds: 10_000, warnAfter: 600 })
  const asked = { annotate: (k: string, v: string) => { noted.push(`${k}: ${v}`) } }
  make().authenticateToken(made, asked)
  now += 700_000
  make().authenticateToken(made, asked)
  now -= 700_000
  assert.deepEqual(noted, ['authentication.k8s.io/stale-token: subject: system:serviceaccount:demo:web, seconds after warning threshold: 100'])
})

const jwt = (claims: object, head: object = { alg: 'RS256', kid: 'a' }, signing = key('a')) => {
  const data = [head, claims].map((part) => toBase64Url(Buffer.from(JSON.stringify(part)))).join('.')
  return `${data}.${toBase64Url(signing.sign(Buffer.from(data)))}`
}
const claims = { iss: 'https://old', sub: 's', aud: 'api', 'kubernetes.io': { namespace: 'demo', serviceaccount: account } }
test('every issuer and every key is believed', () => {
  assert.deepEqual(make().authenticateToken(jwt(claims, { alg: 'RS256', kid: 'b' }, key('b')), {})?.user, who)
  assert.deepEqual(make().authenticateToken(jwt(claims, { alg: 'RS256' }, key('b')), {})?.user, who)
})
const crypto = 'go-jose/go-jose: error in cryptographic primitive'
for (const [why, text, message] of [
  ['no token', 'zz', undefined], ['two parts', 'a.b', undefined], ['of somebody else', jwt({ ...claims, iss: 'https://other' }), undefined], ['not JSON', 'a.b.c', undefined],
    ['a list', `a.${toBase64Url(Buffer.from('[]'))}.c`, undefined],
  ['another key', jwt(claims, { alg: 'RS256', kid: 'a' }, key('c')), crypto], ['an unknown key id', jwt(claims, { alg: 'RS256', kid: 'c' }), 'invalid signature, no keys found'],
  ['no algorithm', jwt(claims, { alg: 'none', kid: 'a' }), crypto], ['another algorithm', jwt(claims, { alg: 'HS256', kid: 'a' }), crypto],
    ['changed', jwt(claims).replace(/\.(.)/, (_, c: string) => `.${c === 'e' ? 'e' : 'f'}`).slice(0, -2) + 'AA', crypto],
  ['without claims of ours', jwt({ iss: 'https://old' }), 'serviceaccounts "" not found'],
] as const) test(`a text is not believed: ${why}`, () => {
  if (message === undefined) assert.equal(make().authenticateToken(text, {}), undefined)
  else assert.throws(() => make().authenticateToken(text, {}), { message })
})

test('the issuer tells its keys, where its name is a URL', async () => {
  const options = { random: seeded(1), now: () => now, advertised: 'https://10.0.0.1:6443' }
  assert.deepEqual(await tokenSigner(make(), { ...options, issuers: ['https://new', 'https://old'] }).issuer!(),
    { url: 'https://new', jwksUri: 'https://10.0.0.1:6443/openid/v1/jwks', algorithms: ['RS256'],
    keys: ['a', 'b'].map((kid) => ({ use: 'sig', kid, alg: 'RS256', kty: 'RSA', n: kid })) })
  assert.equal(tokenSigner(make(), { ...options, issuers: ['kubernetes'] }).issuer, undefined)
})
test('keys may come later: whoever signs waits', async () => {
  const given = Promise.withResolvers<TokenKeys>()
  const tokens = new ServiceAccountTokens({ issuers: ['https://new'], audiences: ['api'], keys: given.promise, now: () => now, objects: world(everything) })
  const signing = tokens.issue({ namespace: 'demo', serviceAccount: account }, { audiences: [], seconds: 600, id: 'x' })
  given.resolve(keys)
  assert.equal(tokens.authenticateToken(await signing, {})?.user.name, who.name)
})

// Tokens in Secrets.
const sa = { metadata: { name: 'web', namespace: 'demo', uid: 'u-1' } } as ServiceAccount
const inSecret = legacyToken(keys, sa, 's')
const noted: string[] = []
const legacy = (objects: Parameters<typeof world>[0]) =>
  legacyTokens({ keys, audiences: ['api'], now: () => now, objects: world(objects), note: (ns, name, labels) => { noted.push(`${ns}/${name} ${JSON.stringify(labels)}`) } })
const held = (more: object = {}) => ({ 'ServiceAccount/web': {}, 'Secret/s': { type: 'kubernetes.io/service-account-token', data: { token: btoa(inSecret) }, ...more } })
test('a token in a Secret is its service account, and its use is noted once a day', () => {
  noted.length = 0
  assert.deepEqual(legacy(held()).authenticateToken(inSecret, {}), { user: who, audiences: ['api'] })
  legacy(held({ labels: { 'kubernetes.io/legacy-token-last-used': '2030-01-01' } })).authenticateToken(inSecret, {})
  legacy(held({ labels: { 'kubernetes.io/legacy-token-last-used': '2029-12-31' } })).authenticateToken(inSecret, {})
  assert.deepEqual(noted, Array(2).fill('demo/s {"kubernetes.io/legacy-token-last-used":"2030-01-01"}'))
})
test('a Secret that was made by itself warns', () => {
  const warnings: string[] = []
  legacy({ ...held(), 'ServiceAccount/web': { secrets: [{ name: 's' }] } }).authenticateToken(inSecret, { warn: (text) => { warnings.push(text) } })
  assert.deepEqual(warnings, ['Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.'])
})
for (const [why, objects, message] of [
  ['its Secret is gone', { 'ServiceAccount/web': {} }, 'Token has been invalidated'],
    ['its Secret is being deleted', held({ deletionTimestamp: young }), 'Token has been invalidated'],
  ['its Secret holds another', held({ data: { token: btoa('x') } }), "Token does not match server's copy"],
    ['its account is gone', { 'Secret/s': held()['Secret/s'] }, 'serviceaccounts "web" not found'],
  ['its account was made anew', { ...held(), 'ServiceAccount/web': { uid: 'u-2' } }, 'ServiceAccount UID (u-2) does not match claim (u-1)'],
  ['it was marked', held({ labels: { 'kubernetes.io/legacy-token-invalid-since': '2029-01-01' } }),
    'the token in secret demo/s for service account demo/web has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the \'kubernetes.io/legacy-token-invalid-since\' label from the secret to temporarily allow use of this token'],
] as const) test(`a token in a Secret is refused: ${why}`, () => { assert.throws(() => legacy(objects).authenticateToken(inSecret, {}), { message }) })
test('a token in a Secret is for this server only', () => {
  assert.throws(() => legacy(held()).authenticateToken(inSecret, { audiences: ['vault'] }), { message: 'token audiences ["api"] is invalid for the target audiences ["vault"]' })
  assert.equal(legacy(held()).authenticateToken('zz', {}), undefined)
})
