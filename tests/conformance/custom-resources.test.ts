// Definitions of new kinds: their own life, defaults, watches, selection by fields, conversion.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { HookServer } from './hook-server.ts'
import { conformance, type Body, type Stage } from './stage.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const version = (name: string, more: object = {}, schema: object = open) => ({ name, served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more })
let made = 0
interface Given { readonly versions?: readonly object[]; readonly scope?: string; readonly metadata?: object; readonly more?: object }
const definition = ({ versions = [version('v1')], scope = 'Cluster', metadata = {}, more = {} }: Given = {}) => {
  const plural = `things${++made}`
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.example.com`, ...metadata }, spec: { group: 'example.com', scope, names: { plural, singular: plural.replace('s', ''), kind: `Thing${made}`, listKind: `Thing${made}List` }, versions, ...more } }
}
/** Created and served; where its objects are, in a version and namespace. */
async function define(stage: Stage, given: ReturnType<typeof definition>): Promise<(version: string, namespace?: string) => string> {
  await stage.make(definitions, given)
  await stage.until(`${definitions}/${given.metadata.name}`, ({ status }) => status.conditions?.some((c: Body) => c['type'] === 'Established' && c['status'] === 'True'))
  return (name, namespace) => `/apis/example.com/${name}${namespace ? `/namespaces/${namespace}` : ''}/${given.spec.names.plural}`
}

conformance('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('Simple CustomResourceDefinition creating/deleting custom resource definition objects works', async (stage) => {
    const given = definition()
    await define(stage, given)
    await stage.remove(`${definitions}/${given.metadata.name}`)
    await stage.gone(`${definitions}/${given.metadata.name}`)
  })
  behaviour('Simple CustomResourceDefinition listing custom resource definition objects works', async (stage) => {
    const names: string[] = [], metadata = { labels: { 'e2e-list-test': 'ten' } }
    for (let i = 0; i < 10; i++) {
      const given = definition()
      names.push(given.metadata.name)
      await define(stage, { ...given, metadata: { ...given.metadata, ...metadata } })
    }
    const other = definition()
    await define(stage, other)
    assert.deepEqual(await stage.names(`${definitions}?labelSelector=e2e-list-test%3Dten`), names.toSorted())
    await stage.ok(`DELETE ${definitions}?labelSelector=e2e-list-test%3Dten`)
    for (const name of names) await stage.gone(`${definitions}/${name}`)
    assert.ok((await stage.names(definitions)).includes(other.metadata.name))
  })
  behaviour('Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works', async (stage) => {
    const given = definition(), path = `${definitions}/${given.metadata.name}`, condition = (message: string) => ({ type: message, status: 'True', reason: 'E2E', message, lastTransitionTime: '2030-01-01T00:00:00Z' })
    await define(stage, given)
    const read = await stage.get(`${path}/status`)
    assert.equal(read['kind'], 'CustomResourceDefinition')
    await stage.put(`${path}/status`, { ...read, status: { ...read['status'], conditions: [...read['status'].conditions, condition('updated')] } })
    const has = (now: Body, type: string) => now['status'].conditions.some((c: Body) => c['type'] === type && c['message'] === type)
    assert.ok(has(await stage.get(path), 'updated'))
    const patched = await stage.ok(`PATCH ${path}/status`, [{ op: 'add', path: '/status/conditions', value: [condition('patched')] }], { 'content-type': 'application/json-patch+json' })
    assert.ok(has(patched, 'patched'))
    assert.ok(has(await stage.get(path), 'patched'))
  })
  behaviour('custom resource defaulting for requests and from storage works', async (stage) => {
    const schema = (properties: object) => ({ type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' }, ...properties } })
    const given = definition({ versions: [version('v1', {}, schema({}))] }), path = `${definitions}/${given.metadata.name}`
    const objects = (await define(stage, given))('v1'), object = (name: string) => ({ apiVersion: 'example.com/v1', kind: given.spec.names.kind, metadata: { name } })
    const defaults = (properties: object) => stage.ok(`PATCH ${path}`, [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: schema(properties) }], { 'content-type': 'application/json-patch+json' })
    assert.equal('a' in await stage.make(objects, object('first')), false)
    await defaults({ a: { type: 'string', default: 'A' } })
    await stage.until(`${objects}/first`, ({ a }) => a === 'A')
    assert.equal((await stage.make(objects, object('second')))['a'], 'A')
    await defaults({ b: { type: 'string', default: 'B' } })
    await stage.until(`${objects}/second`, ({ b }) => b === 'B')
    const [first, second] = [await stage.get(`${objects}/first`), await stage.get(`${objects}/second`)]
    assert.deepEqual([[first['a'], first['b']], [second['a'], second['b']]], [[undefined, 'B'], ['A', 'B']], 'what a request was defaulted to is stored; what a read was is not')
  })
})

conformance('[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('CustomResourceDefinition Watch watch on custom resource definition objects', async (stage) => {
    const given = definition(), objects = (await define(stage, given))('v1'), object = (name: string) => ({ apiVersion: 'example.com/v1', kind: given.spec.names.kind, metadata: { name } })
    const byName = async (name: string) => stage.watch(`${objects}?fieldSelector=metadata.name%3D${name}`)
    const a = await byName('name1'), b = await byName('name2')
    await stage.make(objects, object('name1'))
    await stage.make(objects, object('name2'))
    await stage.merge(`${objects}/name1`, { dummy: 'test' })
    await stage.merge(`${objects}/name2`, { dummy: 'test' })
    await stage.remove(`${objects}/name1`)
    await stage.remove(`${objects}/name2`)
    assert.deepEqual([await a.see(3), await b.see(3)], [['ADDED name1', 'MODIFIED name1', 'DELETED name1'], ['ADDED name2', 'MODIFIED name2', 'DELETED name2']])
    for (const watch of [a, b]) watch.stop()
  })
})

/** v1 says "hostPort: host:port", v2 says host and port. */
const convert = (desired: string, object: Body): Body => {
  const { hostPort, host, port, ...rest } = object, apiVersion = desired
  if (object['apiVersion'] === desired) return object
  if (desired.endsWith('/v2')) { const [h, p] = String(hostPort ?? '').split(':'); return { ...rest, apiVersion, ...(h && { host: h }), ...(p && { port: p }) } }
  return { ...rest, apiVersion, hostPort: `${host ?? ''}:${port ?? ''}` }
}
const hooks = await HookServer.start({ '/crdconvert': ({ desiredAPIVersion, objects }) => ({ result: { status: 'Success' }, convertedObjects: objects.map((o: Body) => convert(desiredAPIVersion, o)) }) })
after(() => hooks.stop())
const converted = (namespace: string) => ({ conversion: { strategy: 'Webhook', webhook: { clientConfig: hooks.clientConfig(namespace, '/crdconvert'), conversionReviewVersions: ['v1', 'v1beta1'] } } })
const text = { type: 'string' }, fields = (...names: string[]) => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, text])) })
const twoVersions = [version('v1', {}, fields('hostPort')), version('v2', { storage: false }, fields('host', 'port'))]

conformance('[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin]', { plane: { outbound: hooks.outbound } }, (behaviour) => {
  behaviour('should be able to convert from CR v1 to CR v2', async (stage, namespace) => {
    await hooks.serveIn(stage, namespace)
    const given = definition({ scope: 'Namespaced', versions: twoVersions, more: converted(namespace) }), objects = await define(stage, given)
    await stage.make(objects('v1', namespace), { apiVersion: 'example.com/v1', kind: given.spec.names.kind, metadata: { name: 'cr' }, hostPort: 'localhost:8080' })
    const read = await stage.get(`${objects('v2', namespace)}/cr`)
    assert.deepEqual([read['apiVersion'], read['host'], read['port'], read['hostPort']], ['example.com/v2', 'localhost', '8080', undefined])
  })
  behaviour('should be able to convert a non homogeneous list of CRs', async (stage, namespace) => {
    await hooks.serveIn(stage, namespace)
    const given = definition({ scope: 'Namespaced', versions: twoVersions, more: converted(namespace) }), objects = await define(stage, given), kind = given.spec.names.kind
    await stage.make(objects('v1', namespace), { apiVersion: 'example.com/v1', kind, metadata: { name: 'cr1' }, hostPort: 'localhost:8080' })
    await stage.ok(`PATCH ${definitions}/${given.metadata.name}`, [{ op: 'replace', path: '/spec/versions/0/storage', value: false }, { op: 'replace', path: '/spec/versions/1/storage', value: true }], { 'content-type': 'application/json-patch+json' })
    await stage.cluster.settle()
    await stage.make(objects('v1', namespace), { apiVersion: 'example.com/v1', kind, metadata: { name: 'cr2' }, hostPort: 'localhost:9090' })
    const v1 = await stage.items(objects('v1', namespace)), v2 = await stage.items(objects('v2', namespace))
    assert.deepEqual(v1.map((o) => [o['apiVersion'], o['hostPort']]), [['example.com/v1', 'localhost:8080'], ['example.com/v1', 'localhost:9090']])
    assert.deepEqual(v2.map((o) => [o['apiVersion'], o['host'], o['port'], o['hostPort']]), [['example.com/v2', 'localhost', '8080', undefined], ['example.com/v2', 'localhost', '9090', undefined]])
  })
})

conformance('[sig-api-machinery] CustomResourceFieldSelectors [Privileged:ClusterAdmin]', { plane: { outbound: hooks.outbound } }, (behaviour) => {
  behaviour('CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector', async (stage, namespace) => {
    await hooks.serveIn(stage, namespace)
    const selectable = (...paths: string[]) => ({ selectableFields: paths.map((jsonPath) => ({ jsonPath })) })
    const given = definition({ scope: 'Namespaced', more: converted(namespace), versions: [version('v1', selectable('.hostPort'), fields('hostPort')), version('v2', { storage: false, ...selectable('.host', '.port') }, fields('host', 'port'))] })
    const objects = await define(stage, given), v1 = objects('v1', namespace), v2 = objects('v2', namespace)
    const by = (path: string, selector: string) => `${path}?fieldSelector=${encodeURIComponent(selector)}`
    const watches = [await stage.watch(by(v2, 'host=host1')), await stage.watch(by(v2, 'host=host1,port=80')), await stage.watch(by(v1, 'hostPort=host1:80'))] as const
    for (const [name, spec] of [['a', { host: 'host1', port: '80' }], ['b', { host: 'host1', port: '8080' }], ['c', { host: 'host2' }]] as const) await stage.make(v2, { apiVersion: 'example.com/v2', kind: given.spec.names.kind, metadata: { name }, ...spec })
    assert.deepEqual([await stage.names(by(v2, 'host=host1')), await stage.names(by(v2, 'host=host1,port=80')), await stage.names(by(v1, 'hostPort=host1:80')), await stage.names(by(v1, 'hostPort=host1:8080'))], [['a', 'b'], ['a'], ['a'], ['b']])
    await watches[0].see(2)
    assert.deepEqual(watches.map((w) => w.seen()), [['ADDED a', 'ADDED b'], ['ADDED a'], ['ADDED a']])
    await stage.ok(`DELETE ${by(v2, 'host=host1,port=80')}&gracePeriodSeconds=0`)
    await stage.put(`${v2}/b`, { ...await stage.get(`${v2}/b`), host: 'host2' })
    assert.deepEqual([await stage.names(by(v2, 'host=host1')), await stage.names(by(v2, 'host=host1,port=80'))], [[], []])
    await watches[0].see(4)
    assert.deepEqual(watches.map((w) => w.seen()), [['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b'], ['ADDED a', 'DELETED a'], ['ADDED a', 'DELETED a']])
    for (const watch of watches) watch.stop()
  })
})
