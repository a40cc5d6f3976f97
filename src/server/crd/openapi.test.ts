import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../contract-kit.ts'
import { definition, definitions, established, version } from './contract-kit.ts'

const properties = { a: { type: 'string', description: 'the first letter', nullable: true }, port: { 'x-kubernetes-int-or-string': true } }

test('a definition is described in both documents as soon as it is served, and anew when it changes', async () => {
  const { ask } = await start()
  const before = (await ask('GET /openapi/v3')).body
  assert.equal(before.paths['apis/x.example/v1'], undefined)
  await established(ask, definition([version(properties)]))
  const index = (await ask('GET /openapi/v3')).body
  const url = index.paths['apis/x.example/v1'].serverRelativeURL as string
  const { components, paths } = (await ask(`GET ${url}`)).body
  const widget = components.schemas['example.x.v1.Widget']
  assert.deepEqual(widget.properties.spec.properties.a, { type: 'string', description: 'the first letter', nullable: true })
  assert.deepEqual(widget.properties.spec.properties.port, { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })
  assert.deepEqual(widget['x-kubernetes-group-version-kind'], [{ group: 'x.example', version: 'v1', kind: 'Widget' }])
  assert.deepEqual(widget.properties.metadata.allOf, [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }])
  assert.ok(components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'].properties.labels)
  assert.ok(components.schemas['example.x.v1.WidgetList'])
  assert.deepEqual(Object.keys(paths['/apis/x.example/v1/namespaces/{namespace}/widgets/{name}'].patch.requestBody.content), ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'])
  const old = (await ask('GET /openapi/v2')).body.definitions['example.x.v1.Widget']
  assert.deepEqual(old.properties.spec.properties, { a: { description: 'the first letter' }, port: { 'x-kubernetes-int-or-string': true } })
  await ask(`PATCH ${definitions}/widgets.x.example`, { spec: { versions: [version({ b: { type: 'integer' } })] } })
  const next = (await ask('GET /openapi/v3')).body.paths['apis/x.example/v1'].serverRelativeURL as string
  assert.notEqual(next, url)
  assert.deepEqual(Object.keys((await ask(`GET ${next}`)).body.components.schemas['example.x.v1.Widget'].properties.spec.properties), ['b'])
})

test('what is discovered changes with definitions: groups, versions, names, categories', async () => {
  const { ask } = await start()
  await established(ask, definition([version({}, { subresources: { status: {} } }), version({}, {}, { name: 'v2beta1', storage: false })], {}, { shortNames: ['wd'], categories: ['all'] }))
  const { body } = await ask('GET /apis/x.example')
  assert.deepEqual(body.versions.map((v: { version: string }) => v.version), ['v1', 'v2beta1'])
  const { body: aggregated } = await ask('GET /apis', undefined, { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' })
  const group = aggregated.items.find((i: { metadata: { name: string } }) => i.metadata.name === 'x.example')
  assert.deepEqual(group.versions[0].resources[0], {
    resource: 'widgets', responseKind: { group: 'x.example', version: 'v1', kind: 'Widget' }, scope: 'Namespaced', singularResource: 'widget', verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    shortNames: ['wd'], categories: ['all'], subresources: [{ subresource: 'status', responseKind: { group: 'x.example', version: 'v1', kind: 'Widget' }, verbs: ['get', 'patch', 'update'] }],
  })
})
