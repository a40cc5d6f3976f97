// Lists in pieces, and as tables.
import assert from 'node:assert/strict'
import { conformance, type Body } from './stage.ts'

const count = 40
conformance('[sig-api-machinery] Servers with support for API chunking', { controllers: [], plane: { compactionIntervalMs: 60_000 } }, (behaviour) => {
  const template = (i: number) => ({ metadata: { name: `template-${String(i).padStart(4, '0')}` }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } })
  const templates = (namespace: string) => `/api/v1/namespaces/${namespace}/podtemplates`
  const name = (i: number) => template(i).metadata.name, named = (list: Body) => list['items'].map((o: Body) => o['metadata'].name)

  behaviour('should return chunks of results for list calls', async (stage, namespace) => {
    for (let i = 0; i < count; i++) await stage.make(templates(namespace), template(i))
    for (const limit of [1, 7, 13, count + 1]) {
      let token = '', found = 0, version: string | undefined
      do {
        const list = await stage.get(`${templates(namespace)}?limit=${limit}${token && `&continue=${encodeURIComponent(token)}`}`)
        version ??= list['metadata'].resourceVersion
        assert.equal(list['metadata'].resourceVersion, version)
        assert.deepEqual(named(list), Array.from({ length: Math.min(limit, count - found) }, (_, i) => name(found + i)))
        found += list['items'].length
        token = list['metadata'].continue ?? ''
        assert.equal(list['metadata'].remainingItemCount, token === '' ? undefined : count - found)
      } while (token !== '')
      assert.equal(found, count)
    }
    assert.equal((await stage.items(templates(namespace))).length, count)
  })

  behaviour('should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow]', async (stage, namespace) => {
    for (let i = 0; i < count; i++) await stage.make(templates(namespace), template(i))
    const limit = 10, first = await stage.get(`${templates(namespace)}?limit=${limit}`), page = (token: string) => `${templates(namespace)}?limit=${limit}&continue=${encodeURIComponent(token)}`
    assert.deepEqual([first['items'].length, first['metadata'].remainingItemCount], [limit, count - limit])
    // Something else is written, so that there is something to forget.
    let expired: Body | undefined
    for (let minute = 0; minute < 5 && !expired; minute++) {
      await stage.merge(`${templates(namespace)}/${name(0)}`, { metadata: { annotations: { minute: String(minute) } } })
      await stage.cluster.clock.advance('60s')
      const { status, body } = await stage.ask(`GET ${page(first['metadata'].continue)}`)
      if (status === 410) expired = body
    }
    assert.equal(expired?.['reason'], 'Expired')
    let token: string = expired!['metadata'].continue, found = limit, version: string | undefined
    assert.ok(token, 'what expired tells how to go on')
    while (token) {
      const list = await stage.get(page(token))
      version ??= list['metadata'].resourceVersion
      assert.equal(list['metadata'].resourceVersion, version)
      assert.deepEqual(named(list), Array.from({ length: limit }, (_, i) => name(found + i)))
      found += limit
      token = list['metadata'].continue ?? ''
      assert.equal(list['metadata'].remainingItemCount, token ? count - found : undefined)
    }
    assert.equal(found, count)
    assert.notEqual(version, first['metadata'].resourceVersion)
  })
})

conformance('[sig-api-machinery] Servers with support for Table transformation', { controllers: [] }, (behaviour) => {
  behaviour('should return a 406 for a backend which does not implement metadata', async (stage) => {
    const { status, body } = await stage.ask('POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { nonResourceAttributes: { path: '/', verb: 'get' } } }, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    assert.deepEqual([status, body['reason']], [406, 'NotAcceptable'])
  })
})
