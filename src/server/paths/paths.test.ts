// Paths that are no resources.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, type Body } from '../contract-kit.ts'

test('what is no API path is answered as Go\'s router does', async () => {
  const { ask } = await start()
  for (const path of ['/nothing', '/apis/none.example/v1/things', '/API/v1']) {
    const answer = await ask(`GET ${path}`)
    assert.equal(answer.status, 404)
    assert.equal(answer.text, '404 page not found\n')
  }
})

test('discovery names what there is, and the health paths say that it is well', async () => {
  const { ask } = await start()
  assert.deepEqual((await ask('GET /api')).body.versions, ['v1'])
  assert.ok((await ask('GET /apis')).body.groups.some((g: Body) => g.name === 'apps' && g.preferredVersion.groupVersion === 'apps/v1'))
  const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
  const aggregated = await ask('GET /apis', undefined, accept)
  assert.equal(aggregated.body.kind, 'APIGroupDiscoveryList')
  assert.equal((await ask('GET /apis', undefined, { ...accept, 'if-none-match': aggregated.headers.etag as string })).status, 304)
  for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping', '/livez?exclude=etcd']) assert.equal((await ask(`GET ${path}`)).text, 'ok')
  assert.match((await ask('GET /readyz?verbose')).text, /\[\+\]etcd ok[^]*readyz check passed/)
  assert.equal((await ask('GET /version')).body.minor, '36')
})

test('every OpenAPI document is made, and every reference in it leads somewhere', async () => {
  const { ask } = await start()
  const { paths } = (await ask('GET /openapi/v3')).body
  const urls = [...Object.values(paths as Record<string, { serverRelativeURL: string }>).map((p) => p.serverRelativeURL), '/openapi/v2']
  for (const url of urls) {
    const { body, text } = await ask(`GET ${url}`)
    const schemas = body.components?.schemas ?? body.definitions
    for (const [, name] of text.matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)) assert.ok(schemas[name!], `${url}: ${name}`)
  }
  const apps = (await ask('GET /openapi/v3/apis/apps/v1')).body
  const patch = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
  assert.ok(patch.parameters.some((p: Body) => p.name === 'fieldValidation'), 'kubectl looks for this')
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' })
})
