import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '#client'
import { clusterRole, clusterRoleBinding, serviceAccount, subjectAccessReview, type SubjectAccessReview } from '#kinds'
import { Metrics } from '#server'
import { TestCluster } from '#testing'
import { componentHandler } from './component-handler.ts'

test('figures are for whom the API server allows them, asked with all that it knows of the caller; health is for everybody', async () => {
  await using cluster = await TestCluster.start({ controllers: [], scheduler: false })
  const { client } = cluster, reviews: SubjectAccessReview['spec'][] = [], target = { name: 'scraper', namespace: 'default' }
  /** The cluster's client, and what it was asked about access. */
  const seen: Client = Object.assign(Object.create(client) as Client, { create: ((kind, object) => {
    if (kind.resource === subjectAccessReview.resource) reviews.push((object as SubjectAccessReview).spec)
    return client.create(kind, object)
  }) satisfies Client['create'] })
  const handler = componentHandler({ client: seen, metrics: new Metrics() })
  const get = async (path: string, token?: string, method: 'GET' | 'POST' = 'GET') => (await handler({ method, path, query: '', headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, body: undefined })).status
  await client.create(serviceAccount, { metadata: target })
  const { status: { token } } = await client.post(serviceAccount, target, 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [], expirationSeconds: 3600 } }) as { status: { token: string } }
  assert.deepEqual([await get('/healthz'), await get('/livez', 'nonsense'), await get('/metrics'), await get('/metrics', 'nonsense'), await get('/metrics', token), await get('/healthz', undefined, 'POST')], [200, 200, 403, 401, 403, 405])
  await client.create(clusterRole, { metadata: { name: 'scraper' }, rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] })
  await client.create(clusterRoleBinding, { metadata: { name: 'scraper' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'scraper' }, subjects: [{ kind: 'ServiceAccount', ...target }] })
  assert.deepEqual([await get('/metrics', token), await get('/other', token), await get('/metrics')], [200, 403, 403])
  const asked = reviews.find(({ user }) => user === 'system:serviceaccount:default:scraper')!, { metadata: { uid } } = await client.get(serviceAccount, target)
  assert.deepEqual([asked.uid, Object.keys(asked.extra ?? {})], [uid, ['authentication.kubernetes.io/credential-id']])
})
