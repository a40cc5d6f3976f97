import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '#client'
import { clusterRole, clusterRoleBinding, serviceAccount, subjectAccessReview, type SubjectAccessReview } from '#kinds'
import { silent, type ClientCertificate } from '#machinery'
import { componentPages, Metrics } from '#server'
import { TestCluster } from '#testing'
import { componentHandler } from './component-handler.ts'
import { DelegatedReviews } from './delegated-reviews.ts'

test('figures are for whom the API server allows them, asked with all that it knows of the caller; health is for everybody', async () => {
  await using cluster = await TestCluster.start({ controllers: [], scheduler: false })
  const { client } = cluster, reviews: SubjectAccessReview['spec'][] = [], target = { name: 'scraper', namespace: 'default' }
  /** The cluster's client, and what it was asked about access. */
  const seen: Client = Object.assign(Object.create(client) as Client, { create: ((kind, object) => {
    if (kind.resource === subjectAccessReview.resource) reviews.push((object as SubjectAccessReview).spec)
    return client.create(kind, object)
  }) satisfies Client['create'] })
  const metrics = new Metrics(), { clock, log } = client, never = { checks: new Map([['healthz', [{ name: 'ping', check() {} }]], ['livez', []]]), flags: { v: '2' }, build: undefined }
  const handler = componentHandler({ reviews: new DelegatedReviews({ client: seen, metrics, clock, log, anchors: () => new Set(['believed']) }), pages: componentPages({ name: 'kube-x', clock, log, metrics, ...never }), open: ['/healthz', '/livez*'] })
  const get = async (path: string, token?: string, method: 'GET' | 'POST' = 'GET', certificate?: ClientCertificate) =>
    (await handler({ method, path, query: '', headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, body: undefined, ...(certificate && { certificate }) })).status
  await client.create(serviceAccount, { metadata: target })
  const { status: { token } } = await client.post(serviceAccount, target, 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [], expirationSeconds: 3600 } }) as { status: { token: string } }
  assert.deepEqual([await get('/healthz'), await get('/livez', 'nonsense'), await get('/metrics'), await get('/metrics', 'nonsense'), await get('/metrics', token), await get('/healthz', undefined, 'POST')], [200, 200, 403, 401, 403, 200])
  await client.create(clusterRole, { metadata: { name: 'scraper' }, rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] })
  await client.create(clusterRoleBinding, { metadata: { name: 'scraper' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'scraper' }, subjects: [{ kind: 'ServiceAccount', ...target }] })
  const before = reviews.length
  assert.deepEqual([await get('/metrics', token), await get('/metrics'), reviews.length], [403, 403, before], 'what was answered is remembered')
  await cluster.clock.advance(10_001)
  assert.deepEqual([await get('/metrics', token), await get('/other', token), await get('/metrics'), await get('/metrics', token)], [200, 403, 403, 200])
  assert.equal(reviews.length, before + 3)
  const asked = reviews.find(({ user }) => user === 'system:serviceaccount:default:scraper')!, { metadata: { uid } } = await client.get(serviceAccount, target)
  assert.deepEqual([asked.uid, Object.keys(asked.extra ?? {})], [uid, ['authentication.kubernetes.io/credential-id']])
  const of = (name: string, group: string, chain: readonly string[]): ClientCertificate => ({ commonName: name, organizations: [group], uids: [], fingerprint: 'f', notBefore: 0, notAfter: clock.now() + 1000, chain })
  assert.deepEqual([await get('/other', undefined, 'GET', of('admin', 'system:masters', ['f', 'believed'])), await get('/metrics', undefined, 'GET', of('admin', 'system:masters', ['f', 'other'])), await get('/flagz', undefined, 'GET', of('admin', 'system:masters', ['believed']))], [404, 401, 200])
  const shown = metrics.text()
  assert.match(shown, /apiserver_delegated_authn_request_total\{code="201"\} 3\n/)
  assert.match(shown, /apiserver_delegated_authz_request_total\{code="201"\} \d+\n/)
})

test('an API server that does not answer is nobody\'s word: the caller is not believed, or not let in', async () => {
  const gone = { create: async () => { throw new Error('connection refused') } } as object as Client, metrics = new Metrics(), clock = { now: () => 0 }
  const handler = componentHandler({ reviews: new DelegatedReviews({ client: gone, metrics, clock, log: silent }), pages: async () => { throw new Error('not reached') }, open: [] })
  const ask = async (headers: Record<string, string>) => {
    const { status, body } = await handler({ method: 'GET', path: '/metrics', query: '', headers, body: undefined })
    return [status, body.type === 'bytes' ? Buffer.concat(body.chunks).toString() : '']
  }
  assert.equal((await ask({ authorization: 'Bearer x' }))[0], 401)
  assert.deepEqual(await ask({}), [500, 'Internal Server Error: "/metrics": connection refused\n'])
  assert.match(metrics.text(), /apiserver_delegated_authz_request_total\{code="<error>"\} 1\n/)
})
