// The whole server in one process: what clients with tokens see.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { TestCluster } from '#testing'
import type { ApiRequest } from '#machinery'

type Body = Record<string, any> // allowed: whatever JSON came back
let cluster: TestCluster
const admin = { name: 'admin', groups: ['system:masters'] }
async function send(line: string, body?: object, more: Partial<ApiRequest> = { user: admin }): Promise<{ status: number; body: Body; warnings: string[] }> {
  const [method, path] = line.split(' ') as [ApiRequest['method'], string]
  const answer = await cluster.plane.handler({ method, path, query: '', headers: { 'user-agent': 'test' }, body: body && { object: body }, direct: true, ...more })
  const { warning } = answer.headers
  return { status: answer.status, body: (answer.body.type === 'value' ? answer.body.value : {}) as Body, warnings: [...(typeof warning === 'string' ? [warning] : warning ?? [])] }
}
const as = (token: string): Partial<ApiRequest> => ({ headers: { authorization: `Bearer ${token}` } })
const core = '/api/v1/namespaces/d', accounts = `${core}/serviceaccounts`
const request = (spec: object, metadata: object = {}) => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec })
const ask = (spec: object, metadata: object = {}) => send(`POST ${accounts}/web/token`, request(spec, metadata))
const review = (spec: object) => send('POST /apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec })
const whoAmI = (token: string) => send('POST /apis/authentication.k8s.io/v1/selfsubjectreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }, as(token))

before(async () => {
  cluster = await TestCluster.start({ controllers: ['serviceaccount'], scheduler: false })
  await send('POST /api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'd' } })
  await cluster.settle()
  for (const name of ['web', 'other']) await send(`POST ${accounts}`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })
  await send('POST /api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } })
  for (const name of ['p', 'q']) await send(`POST ${core}/pods`,
    { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { serviceAccountName: 'web', nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] } })
  await send(`POST ${core}/secrets`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } })
})
test.after(() => cluster.stop())

const uid = async (path: string) => (await send(`GET ${path}`)).body['metadata'].uid as string

test('a token request is answered with what was decided', async () => {
  const { status, body } = await ask({})
  assert.equal(status, 201)
  const { metadata, spec, status: { token, expirationTimestamp } } = body
  assert.deepEqual({ name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, { name: 'web', namespace: 'd', uid: await uid(`${accounts}/web`) })
  assert.deepEqual(spec, { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 3600, boundObjectRef: null })
  assert.equal(Date.parse(expirationTimestamp) - Date.parse(metadata.creationTimestamp), 3_600_000)
  assert.equal((await whoAmI(token)).body['status'].userInfo.username, 'system:serviceaccount:d:web')
})
test('what a pod is given by default lives for a year, and says an hour', async () => {
  const bound = { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' }, expirationSeconds: 3607 }
  const claims = async (spec: object) => JSON.parse(Buffer.from((await ask(spec)).body['status'].token.split('.')[1],
    'base64url').toString()) as { exp: number; iat: number; 'kubernetes.io': Body }
  const extended = await claims(bound), node = { name: 'n1', uid: await uid('/api/v1/nodes/n1') }
  assert.deepEqual([extended.exp - extended.iat, extended['kubernetes.io']['warnafter'] - extended.iat], [365 * 24 * 3600, 3607])
  assert.deepEqual(extended['kubernetes.io']['node'], node)
  for (const other of [{ ...bound, expirationSeconds: 3606 }, { ...bound, audiences: ['vault'] }, { expirationSeconds: 3607 }]) {
    const plain = await claims(other)
    assert.deepEqual([plain.exp - plain.iat, plain['kubernetes.io']['warnafter']], [other.expirationSeconds, undefined])
  }
})

const refusals: [what: string, spec: object, metadata: object, status: number, message: string][] = [
  ['another name', {}, { name: 'other' }, 422,
    'TokenRequest.authentication.k8s.io "web" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified'],
  ['another namespace', {}, { namespace: 'x' }, 400, 'the namespace of the provided object does not match the namespace sent on the request'],
  ['another uid', {}, { uid: 'u' }, 409,
    'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "web": the UID in the token request (u) does not match the UID of the service account (UID)'],
  ['too short', { expirationSeconds: 599 }, {}, 422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes'],
  ['too long', { expirationSeconds: 2 ** 32 + 1 }, {}, 422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds'],
  ['a kind that tokens cannot be bound to', { boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } }, {}, 400,
    'cannot bind token to object of type /v1, Kind=ConfigMap'],
  ['a group that tokens cannot be bound to', { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Pod', name: 'x' } }, {}, 400,
    'cannot bind token to object of type apps/v1, Kind=Pod'],
  ['no such pod', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'x' } }, {}, 404, 'pods "x" not found'],
  ['another pod of that name', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' } }, {}, 409,
    'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (u) does not match the UID in record. The object might have been deleted and then recreated'],
  ['no such node', { boundObjectRef: { apiVersion: 'v1', kind: 'Node', name: 'x' } }, {}, 404, 'nodes "x" not found'],
]
for (const [what, spec, metadata, status, message] of refusals) test(`a token request is refused: ${what}`, async () => {
  const answer = await ask(spec, metadata)
  assert.deepEqual([answer.status, answer.body['message']], [status, message.replace('(UID)', `(${await uid(`${accounts}/web`)})`)])
})
test('a token is not bound to a pod of another account, nor made for an account that is not there', async () => {
  const bound = request({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' } })
  assert.equal((await send(`POST ${accounts}/other/token`, bound)).body['message'],
    'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.')
  assert.equal((await send(`POST ${accounts}/none/token`, bound)).body['message'], 'serviceaccounts "none" not found')
})

test('a token ends with what it is bound to, and says why to who may review it', async () => {
  const { token } = (await ask({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'q' } })).body['status']
  assert.equal((await whoAmI(token)).status, 201)
  assert.deepEqual(Object.keys((await review({ token })).body['status'].user.extra).map((k) => k.split('/')[1]), ['credential-id', 'node-name', 'node-uid', 'pod-name', 'pod-uid'])
  await send(`DELETE ${core}/pods/q`, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 })
  assert.equal((await whoAmI(token)).status, 401)
  assert.deepEqual((await review({ token })).body['status'], { user: {}, error: 'service account token has been invalidated' })
})
test('a review is about audiences too', async () => {
  const { token } = (await ask({ audiences: ['vault', 'x'] })).body['status']
  assert.deepEqual((await review({ token, audiences: ['y', 'vault'] })).body['status'].audiences, ['vault'])
  assert.deepEqual((await review({ token })).body['status'].error, 'token audiences ["vault" "x"] is invalid for the target audiences ["https://kubernetes.default.svc"]')
  assert.equal((await whoAmI(token)).status, 401)
})
test('a review of a token with a space in front is one of nobody, with a warning', async () => {
  const { body, warnings } = await review({ token: ' x' })
  assert.deepEqual([body['status'].authenticated, body['status'].user.username], [true, 'system:anonymous'])
  assert.deepEqual(warnings, ['299 - "the provided Authorization header contains extra space before the bearer token, and is ignored"'])
})
test('what is counted about tokens stands in the metrics', async () => {
  const { token } = (await ask({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' }, expirationSeconds: 3607 })).body['status']
  await whoAmI(token)
  const answer = await cluster.plane.handler({ method: 'GET', path: '/metrics', query: '', headers: {}, body: undefined, user: admin })
  const text = answer.body.type === 'bytes' ? answer.body.chunks.map((c) => new TextDecoder().decode(c)).join('') : ''
  assert.match(text, /^serviceaccount_valid_tokens_total 1$/m)
  assert.match(text, /^serviceaccount_legacy_tokens_total 0$/m)
})
