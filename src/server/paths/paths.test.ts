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

test('health checks: what is left out, what cannot be, what fails and why nobody is told', async () => {
  const { ask, store } = await start()
  const verbose = (await ask('GET /readyz?verbose&exclude=etcd&exclude=nonsense')).text
  assert.match(verbose, /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd excluded: ok\n\[\+\]etcd-readiness ok\n\[\+\]informer-sync ok\n\[\+\]poststarthook\/start-apiserver-admission-initializer ok\n/)
  assert.ok(verbose.endsWith('[+]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "nonsense"\nreadyz check passed\n'))
  assert.equal((await ask('GET /livez/autoregister-completion')).text, 'ok')
  assert.equal((await ask('GET /livez/informer-sync')).status, 404)
  await store.close()
  const failed = await ask('GET /livez')
  assert.equal(failed.status, 500)
  assert.match(failed.text, /\[-\]etcd failed: reason withheld\n[^]*\nlivez check failed\n$/)
  assert.match((await ask('GET /livez/etcd')).text, /^internal server error: /)
  assert.match((await ask('GET /metrics/slis')).text, /kubernetes_healthchecks_total\{name="etcd",status="error",type="livez"\} 1\n/)
})

test('status and flags: text, or an object where that is asked for', async () => {
  const { ask } = await start()
  const { text, headers } = await ask('GET /statusz')
  assert.match(text, /^\nkube-apiserver statusz\nWarning: This endpoint is not meant to be machine parseable, .*\n\nStarted: Thu Jan  1 00:00:00 UTC 2026\nUp: 0 hr 00 min 00 sec\nGo version: node\nBinary version: 1\.36\.2\nEmulation version: 1\.36\nPaths: .*\/healthz \/livez .*\/version\n$/)
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
  const { body } = await ask('GET /statusz', undefined, { accept: 'application/json;v=v1beta1;g=config.k8s.io;as=Statusz' })
  assert.deepEqual([body.kind, body.apiVersion, body.metadata.name, body.startTime], ['Statusz', 'config.k8s.io/v1beta1', 'kube-apiserver', '2026-01-01T00:00:00Z'])
  const yaml = await ask('GET /flagz', undefined, { accept: 'application/yaml;v=v1beta1;g=config.k8s.io;as=Flagz' })
  assert.deepEqual([yaml.headers['content-type'], yaml.text.split('\n')[0]], ['application/yaml', 'apiVersion: config.k8s.io/v1beta1'])
  assert.equal((await ask('GET /statusz', undefined, { accept: 'application/json' })).status, 406)
  assert.match((await ask('GET /flagz', undefined, { accept: 'application/json;v=foo;g=config.k8s.io;as=Flagz,*/*' })).text, /^\nkube-apiserver flagz\n/)
})
