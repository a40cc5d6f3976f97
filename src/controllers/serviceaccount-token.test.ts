import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secret, serviceAccount, type Secret } from '#kinds'
import { TestCluster } from '#testing'

const tokenSecret = (name: string, account: string, more: object = {}) =>
  ({ metadata: { name, namespace: 'default', annotations: { 'kubernetes.io/service-account.name': account } }, type: 'kubernetes.io/service-account-token', ...more })
const text = (held: Secret, key: string) => atob(held.data?.[key] ?? '')

test('a Secret that asks for a token gets one that works until the Secret or its account goes', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'serviceaccount-token'], scheduler: false })
  const { client } = cluster, at = { name: 's', namespace: 'default' }
  await cluster.settle()
  await client.create(serviceAccount, { metadata: { name: 'web', namespace: 'default' } })
  await client.create(secret, tokenSecret('s', 'web'))
  await client.create(secret, tokenSecret('orphan', 'none'))
  await cluster.settle()
  const held = await client.get(secret, at), account = await client.get(serviceAccount, { name: 'web', namespace: 'default' })
  assert.deepEqual([text(held, 'ca.crt'), text(held, 'namespace'), held.metadata.annotations?.['kubernetes.io/service-account.uid']],
    ['certificate', 'default', account.metadata.uid])
  await assert.rejects(client.get(secret, { ...at, name: 'orphan' }), /not found/)

  const ask = () => cluster.plane.handler({ method: 'GET', path: '/version', query: '', headers: { authorization: `Bearer ${text(held, 'token')}` }, body: undefined })
  assert.equal((await ask()).status, 200)
  await cluster.settle()
  assert.match((await client.get(secret, at)).metadata.labels?.['kubernetes.io/legacy-token-last-used'] ?? '', /^\d{4}-\d\d-\d\d$/)

  await client.delete(serviceAccount, { name: 'web', namespace: 'default' })
  assert.equal((await ask()).status, 401)
  await cluster.settle()
  await assert.rejects(client.get(secret, at), /not found/)
})
test('what is missing in such a Secret comes back, what is there stays', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'serviceaccount-token'], scheduler: false })
  const { client } = cluster, at = { name: 's', namespace: 'default' }
  await cluster.settle()
  await client.create(secret, tokenSecret('s', 'default', { data: { token: btoa('mine'), more: btoa('x') } }))
  await cluster.settle()
  const { data, ...held } = await client.get(secret, at)
  assert.deepEqual([atob(data!['token']!), atob(data!['more']!), atob(data!['namespace']!)], ['mine', 'x', 'default'])
  await client.update(secret, { ...held, data: { more: data!['more']! } })
  await cluster.settle()
  assert.deepEqual(Object.keys((await client.get(secret, at)).data ?? {}).sort(), ['ca.crt', 'more', 'namespace', 'token'])
})
test('an account that lists a token\'s Secret lists it no more when that is gone; other Secrets stay in the list', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount', 'serviceaccount-token'], scheduler: false })
  const { client } = cluster, web = { name: 'web', namespace: 'default' }
  await client.create(serviceAccount, { metadata: web, secrets: [{ name: 's' }, { name: 'plain' }] })
  await client.create(secret, tokenSecret('s', 'web'))
  await client.create(secret, { metadata: { name: 'plain', namespace: 'default' } })
  await cluster.settle()
  for (const name of ['s', 'plain']) await client.delete(secret, { name, namespace: 'default' })
  await cluster.settle()
  assert.deepEqual((await client.get(serviceAccount, web)).secrets, [{ name: 'plain' }])
})
