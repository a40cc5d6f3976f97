// OpenAPI as clients ask for it: forms, hashes, what custom resources look like in it; and its types against the recorded facts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import facts from '../../../tests/facts/definitions.json' with { type: 'json' }
import { start, type Body } from '../contract-kit.ts'

const apps = '/openapi/v3/apis/apps/v1'

test('a document is sent once, and found under its hash for ever', async () => {
  const { ask } = await start()
  const url = (await ask('GET /openapi/v3')).body.paths['apis/apps/v1'].serverRelativeURL as string
  const hash = /hash=(.*)$/.exec(url)![1]!
  assert.match(hash, /^[0-9A-F]{128}$/)
  const found = await ask(`GET ${url}`)
  assert.deepEqual([found.status, found.headers['etag'], found.headers['cache-control'], found.headers['vary']], [200, `"${hash}"`, 'public, immutable', 'Accept'])
  assert.equal(new Date(found.headers['expires'] as string).getTime() - Date.UTC(2026, 0, 1), 365 * 86_400_000)
  const plain = await ask(`GET ${apps}`)
  assert.deepEqual([plain.headers['etag'], plain.headers['cache-control'], plain.headers['expires']], [`"${hash}"`, 'no-cache, private', undefined])
  assert.equal((await ask(`GET ${apps}`, undefined, { 'if-none-match': `"other", "${hash}"` })).status, 304)
  const moved = await ask(`GET ${apps}?hash=ABC`)
  assert.deepEqual([moved.status, moved.headers['location'], moved.text], [301, url, ''])
})

for (const [path, accept, status, type] of [
  [apps, undefined, 200, 'application/json'],
  [apps, '*/*', 200, 'application/json'],
  [apps, 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf', 200, 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf'],
  [apps, 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf;q=0.5, application/json', 200, 'application/json'],
  [apps, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 406, undefined],
  [apps, 'application/yaml', 406, undefined],
  ['/openapi/v2', 'application/*', 200, 'application/json'],
  ['/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 200, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'],
  ['/openapi/v2', 'text/html', 406, undefined],
  ['/openapi/v3/apis/none/v1', undefined, 404, undefined],
  ['/openapi/v3/version', undefined, 200, 'application/json'],
  ['/openapi/v3/apis/apps', undefined, 200, 'application/json'],
] as const) {
  test(`${path} as ${accept ?? 'nothing in particular'} is ${status} ${type ?? ''}`, async () => {
    const { send } = await start()
    const answer = await send(`GET ${path}`, undefined, accept === undefined ? {} : { accept })
    assert.deepEqual([answer.status, answer.headers['content-type']], [status, type])
  })
}

test('fields that hold one of a few words say which, in both versions', async () => {
  const { ask } = await start()
  const v3 = (await ask('GET /openapi/v3/api/v1')).body.components.schemas, v2 = (await ask('GET /openapi/v2')).body.definitions
  for (const definitions of [v3, v2]) {
    const { restartPolicy } = definitions['io.k8s.api.core.v1.PodSpec'].properties, { accessModes } = definitions['io.k8s.api.core.v1.PersistentVolumeSpec'].properties
    assert.deepEqual([restartPolicy.type, restartPolicy.enum], ['string', ['Always', 'Never', 'OnFailure']])
    assert.deepEqual(accessModes.items.enum, ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'])
  }
  const { usages } = (await ask('GET /openapi/v3/apis/certificates.k8s.io/v1')).body.components.schemas['io.k8s.api.certificates.v1.CertificateSigningRequestSpec'].properties
  assert.deepEqual([usages.items.enum.length, usages.items.enum.slice(0, 3), usages.enum], [23, ['any', 'cert sign', 'client auth'], undefined])
  const devices = (await ask('GET /openapi/v3/apis/resource.k8s.io/v1')).body.components.schemas, words = (type: string, field: string) => devices[`io.k8s.api.resource.v1.${type}`].properties[field].enum
  assert.deepEqual([words('ExactDeviceRequest', 'allocationMode'), words('DeviceSubRequest', 'allocationMode'), words('DeviceAllocationConfiguration', 'source')], [['All', 'ExactCount'], ['All', 'ExactCount'], ['FromClaim', 'FromClass']])
  assert.deepEqual([words('DeviceTaint', 'effect'), words('DeviceToleration', 'effect'), words('DeviceToleration', 'operator')], [['NoExecute', 'NoSchedule', 'None'], ['NoExecute', 'NoSchedule', 'None'], ['Equal', 'Exists']])
})

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const definition = (schema: object) => ({
  metadata: { name: 'widgets.shop.example' },
  spec: { group: 'shop.example', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget', listKind: 'WidgetList' }, versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } }, schema: { openAPIV3Schema: schema } }] },
})
const schema = {
  type: 'object', description: 'A widget.', properties: {
    spec: { type: 'object', required: ['n'], properties: { n: { type: 'integer', minimum: 1, default: 3 }, port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, maybe: { type: 'string', nullable: true }, open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
      inner: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } } } },
    status: { type: 'object', properties: { n: { type: 'integer' } } },
  },
}
const settle = async (isThere: () => Promise<boolean>) => { for (let i = 0; i < 100 && !await isThere(); i++) await new Promise(setImmediate) }

test('a custom resource is in the documents as soon as it is served, and follows its definition', async () => {
  const { ask } = await start()
  assert.equal((await ask(`POST ${crds}`, definition(schema))).status, 201)
  await settle(async () => (await ask('GET /openapi/v3/apis/shop.example/v1')).status === 200)
  const before = (await ask('GET /openapi/v3')).body.paths['apis/shop.example/v1'].serverRelativeURL
  const { paths, components } = (await ask('GET /openapi/v3/apis/shop.example/v1')).body
  const item = '/apis/shop.example/v1/namespaces/{namespace}/widgets/{name}'
  assert.deepEqual(Object.keys(paths), ['/apis/shop.example/v1/namespaces/{namespace}/widgets', item, `${item}/scale`, `${item}/status`, '/apis/shop.example/v1/widgets'])
  assert.deepEqual([paths[item].patch.operationId, paths[item].patch.tags, Object.keys(paths[item].patch.requestBody.content)], ['patchShopExampleV1NamespacedWidget', ['shopExample_v1'], ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']])
  const widget = components.schemas['example.shop.v1.Widget']
  assert.deepEqual(widget.properties.spec.properties.n, { type: 'integer', minimum: 1, default: 3 })
  assert.deepEqual(Object.keys(widget.properties.spec.properties.inner.properties), ['spec', 'apiVersion', 'kind', 'metadata'])
  assert.deepEqual([widget.description, widget['x-kubernetes-group-version-kind'], widget.properties.metadata.allOf], ['A widget.', [{ group: 'shop.example', kind: 'Widget', version: 'v1' }], [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }]])
  assert.ok(components.schemas['example.shop.v1.WidgetList'] && components.schemas['io.k8s.api.autoscaling.v1.Scale'] && components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'])
  const { spec } = (await ask('GET /openapi/v2')).body.definitions['example.shop.v1.Widget'].properties
  assert.deepEqual([spec.properties.port, spec.properties.maybe, spec.properties.open], [{ 'x-kubernetes-int-or-string': true }, {}, { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }])

  const { body: stored } = await ask(`GET ${crds}/widgets.shop.example`)
  stored.spec.versions[0].schema.openAPIV3Schema.description = 'Another widget.'
  assert.equal((await ask(`PUT ${crds}/widgets.shop.example`, stored)).status, 200)
  const after = (await ask('GET /openapi/v3')).body.paths['apis/shop.example/v1'].serverRelativeURL
  assert.notEqual(after, before)
  assert.equal((await ask(`GET ${after}`)).body.components.schemas['example.shop.v1.Widget'].description, 'Another widget.')
  await ask(`DELETE ${crds}/widgets.shop.example`)
  await settle(async () => (await ask('GET /openapi/v3/apis/shop.example/v1')).status === 404)
  assert.equal((await ask('GET /openapi/v2')).body.definitions['example.shop.v1.Widget'], undefined)
})

/** As the facts have it: short references, no descriptions, no wrapping; they were recorded without the words of fields (`OpenAPIEnums=false`). */
function bare(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(bare)
  const { description: _d, enum: _e, allOf, $ref, ...rest } = value as Body
  const wrapped = (allOf as Body[] | undefined)?.[0]?.['$ref'] as string | undefined ?? $ref as string | undefined
  return { ...Object.fromEntries(Object.entries(rest).map(([key, held]) => [key, key === 'properties' ? Object.fromEntries(Object.entries(held as Body).map(([name, field]) => [name, bare(field)])) : bare(held)])), ...(wrapped && { $ref: wrapped.replace('#/components/schemas/', '') }) }
}

test('every type in the version 3 documents is what the reference has', async () => {
  const { ask } = await start()
  const seen = new Set<string>()
  for (const { serverRelativeURL } of Object.values((await ask('GET /openapi/v3')).body.paths as Record<string, { serverRelativeURL: string }>)) {
    for (const [name, schema] of Object.entries(((await ask(`GET ${serverRelativeURL}`)).body.components.schemas ?? {}) as Body)) {
      if (seen.has(name)) continue
      seen.add(name)
      const fact = (facts as Body)[name] as Body | undefined
      assert.ok(fact, name)
      const made = bare(schema) as Body
      for (const each of [made, fact]) if (/\.(?:DeleteOptions|WatchEvent)$/.test(name)) delete each['x-kubernetes-group-version-kind'] // all versions there are
      const sorted = (value: Body) => ({ ...value, ...(value['required'] && { required: [...value['required'] as string[]].sort() }) })
      assert.deepEqual(sorted(made), sorted(structuredClone(fact)), name)
    }
  }
  assert.ok(seen.size > 500)
})

test('operations are called and described as in the reference', async () => {
  const { ask } = await start()
  const { paths } = (await ask('GET /openapi/v3/api/v1')).body
  const ids = Object.values(paths as Record<string, Body>).flatMap((item) => Object.values(item)).flatMap((operation: Body) => operation['operationId'] ?? []) as string[]
  assert.equal(new Set(ids).size, ids.length, 'each once')
  for (const id of ['listCoreV1NamespacedPod', 'deleteCoreV1CollectionNamespacedPod', 'listCoreV1PodForAllNamespaces', 'watchCoreV1NamespacedPodList', 'watchCoreV1NamespacedPod', 'watchCoreV1PodListForAllNamespaces', 'connectCoreV1GetNamespacedPodExec', 'connectCoreV1PostNamespacedServiceProxyWithPath',
    'createCoreV1NamespacedPodEviction', 'createCoreV1NamespacedServiceAccountToken', 'readCoreV1NamespacedPodLog', 'replaceCoreV1NamespaceFinalize', 'createCoreV1Node', 'watchCoreV1NodeList', 'createCoreV1NamespacedPodBinding', 'getCoreV1APIResources', 'connectCoreV1HeadNodeProxy']) assert.ok(ids.includes(id), id)
  const log = paths['/api/v1/namespaces/{namespace}/pods/{name}/log']
  assert.deepEqual([log.get.description, log.get.tags, log.parameters.map((p: Body) => p['name'])], ['read log of the specified Pod', ['core_v1'], ['container', 'follow', 'insecureSkipTLSVerifyBackend', 'limitBytes', 'name', 'namespace', 'pretty', 'previous', 'sinceSeconds', 'stream', 'tailLines', 'timestamps']])
  const eviction = paths['/api/v1/namespaces/{namespace}/pods/{name}/eviction'].post
  assert.deepEqual([eviction['x-kubernetes-group-version-kind'], eviction.requestBody.content['*/*'].schema.$ref], [{ group: 'policy', version: 'v1', kind: 'Eviction' }, '#/components/schemas/io.k8s.api.policy.v1.Eviction'])
})
