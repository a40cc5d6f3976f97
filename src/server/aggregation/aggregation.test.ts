// The rules of aggregation: who is registered, who is available, what comes first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiService, type EndpointSlice, type Service } from '#kinds'
import { start } from '../contract-kit.ts'
import { plan } from './autoregister.ts'
import { judged } from './availability.ts'
import { aggregatedForm } from './extension-documents.ts'
import { identityHeaders } from './identity.ts'

const reference = { service: { namespace: 'n', name: 's', port: 443 } }
const service = (type: string, ports: object[]) => ({ spec: { type, ports } }) as Service
const slice = (endpoints: object[], ports: object[]) => ({ endpoints, ports }) as EndpointSlice
const listening = service('ClusterIP', [{ name: 'https', port: 443 }])
for (const [what, given, slices, wanted] of [
  ['no service', undefined, [], 'ServiceNotFound: service/s in "n" is not present'],
  ['another port', service('ClusterIP', [{ port: 80 }]), [], 'ServicePortError: service/s in "n" is not listening on port 443'],
  ['no slices', listening, [], 'EndpointsNotFound: cannot find endpointslices for service/s in "n"'],
  ['slices of another port', listening, [slice([{ addresses: ['10.0.0.1'] }], [{ name: 'http', port: 80 }])], 'MissingEndpoints: endpointslices for service/s in "n" have no addresses with port name "https"'],
  ['nobody ready', listening, [slice([{ addresses: ['10.0.0.1'], conditions: { ready: false } }], [{ name: 'https', port: 8443 }])], 'MissingEndpoints: endpointslices for service/s in "n" have no addresses with port name "https"'],
  ['somebody ready', listening, [slice([{ addresses: ['10.0.0.1'], conditions: {} }], [{ name: 'https', port: 8443 }])], undefined],
  ['a service that is elsewhere', service('ExternalName', []), [], undefined],
] as const) {
  test(`an API with ${what} is ${wanted ?? 'asked'}`, () => {
    const found = judged(reference, given, [...slices])
    assert.equal(found && `${found.reason}: ${found.message}`, wanted)
  })
}

const label = (value: string) => ({ metadata: { name: 'v1.g', uid: 'u', labels: { 'kube-aggregator.kubernetes.io/automanaged': value } }, spec: { group: 'g', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 } }) as never
for (const [what, manner, there, method] of [
  ['what is new is made', 'true', undefined, 'POST'],
  ['what is as it should be stays', 'true', label('true'), undefined],
  ['what somebody changed is put right', 'true', { ...(label('true') as object), spec: { group: 'g', version: 'v1', groupPriorityMinimum: 5, versionPriority: 100 } } as never, 'PUT'],
  ['what somebody made by hand stays', 'true', { metadata: { name: 'v1.g' }, spec: { groupPriorityMinimum: 5 } } as never, undefined],
  ['what is gone goes', undefined, label('true'), 'DELETE'],
  ['what was made at the start stays until the next', undefined, label('onstart'), undefined],
  ['what was never there does not go', undefined, undefined, undefined],
] as const) test(what, () => { assert.equal(plan('g', 'v1', manner, there)?.method, method) })

test('the user is told in headers whose names hold anything', () => {
  assert.deepEqual(identityHeaders({ name: 'jane', uid: 'u1', groups: ['a', 'b,c'], extra: { 'acme.example/Ab c%': ['x', 'y'] } }),
    { 'x-remote-user': 'jane', 'x-remote-uid': 'u1', 'x-remote-group': ['a', 'b,c'], 'x-remote-extra-acme.example%2Fab%20c%25': ['x', 'y'] })
})

test('a list of resources becomes the aggregated form, subresources with their parents', () => {
  assert.deepEqual(aggregatedForm([{ name: 'a', namespaced: true, kind: 'A', verbs: ['get'], shortNames: ['x'] }, { name: 'a/status', namespaced: true, kind: 'A', verbs: ['update'] }, { name: 'b/scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get'] }]), [
    { resource: 'a', responseKind: { group: '', version: '', kind: 'A' }, scope: 'Namespaced', singularResource: '', verbs: ['get'], shortNames: ['x'], subresources: [{ subresource: 'status', responseKind: { group: '', version: '', kind: 'A' }, verbs: ['update'] }] },
    { resource: 'b', responseKind: { group: '', version: '', kind: '' }, scope: 'Cluster', singularResource: '', verbs: [], subresources: [{ subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] }] },
  ])
})

test('groups stand in the order of their priorities, aggregation\'s own first; versions too', async () => {
  const { ask, api, objects } = await start()
  await api.aggregate()
  const made = objects.list(apiService)
  assert.deepEqual(made.find((a) => a.metadata.name === 'v2.autoscaling')?.spec, { group: 'autoscaling', groupPriorityMinimum: 17_500, version: 'v2', versionPriority: 30 })
  assert.equal(made.find((a) => a.metadata.name === 'v1.')?.status.conditions?.[0]?.reason, 'Local')
  const service = (group: string, version: string, groupPriorityMinimum: number, versionPriority: number) => ask('POST /apis/apiregistration.k8s.io/v1/apiservices',
    { metadata: { name: `${version}.${group}` }, spec: { group, version, groupPriorityMinimum, versionPriority, insecureSkipTLSVerify: true, service: { namespace: 'n', name: 's' } } })
  await service('b.example', 'v1', 100, 10)
  await service('b.example', 'v2', 100, 10)
  await service('a.example', 'v1beta1', 100, 10)
  await service('a.example', 'v1alpha1', 100, 20)
  await service('first.example', 'v1', 20_000, 10)
  const groups = ((await ask('GET /apis')).body.groups as { name: string; versions: { version: string }[] }[]).map(({ name, versions }) => `${name} ${versions.map((v) => v.version).join()}`)
  assert.deepEqual([...groups.slice(0, 3), ...groups.slice(-2)], ['apiregistration.k8s.io v1', 'first.example v1', 'apps v1', 'b.example v2,v1', 'a.example v1alpha1,v1beta1'])
  const items = (await ask('GET /apis', undefined, { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' })).body.items as { metadata: { name: string }; versions: object[] }[]
  assert.deepEqual(items.slice(-2).map((i) => i.metadata.name), ['a.example', 'b.example'], 'equals stand by the names of their groups here')
  assert.deepEqual(items.at(-1)!.versions, [{ version: 'v2', freshness: 'Stale' }, { version: 'v1', freshness: 'Stale' }])
  for (const path of ['/apis/b.example/v1', '/apis/b.example/v1/namespaces/n/things?watch=1']) {
    const answer = await ask(`GET ${path}`)
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [503, 'service unavailable\n', 'text/plain; charset=utf-8'])
  }
  assert.equal((await ask('GET /apis/b.example')).body.preferredVersion.version, 'v2')
  assert.equal((await ask('GET /apis/b.example/v3')).status, 404)
  api.close()
})

test('definitions of custom resources have APIServices as long as they are there', async () => {
  const { ask, api, objects } = await start()
  await api.aggregate()
  const definition = (plural: string, versions: string[]) => ({ metadata: { name: `${plural}.crd.example` }, spec: { group: 'crd.example', scope: 'Namespaced', names: { plural, kind: plural.toUpperCase() },
    versions: versions.map((name, i) => ({ name, served: true, storage: i === 0, schema: { openAPIV3Schema: { type: 'object' } } })) } })
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const registered = () => objects.list(apiService).filter((a) => a.spec.group === 'crd.example').map((a) => `${a.metadata.name} ${a.metadata.labels?.['kube-aggregator.kubernetes.io/automanaged']} ${a.spec.groupPriorityMinimum}/${a.spec.versionPriority}`)
  const settled = async (wanted: string[]) => { for (let i = 0; i < 200 && String(registered()) !== String(wanted); i++) await new Promise(setImmediate); assert.deepEqual(registered(), wanted) }
  await ask(`POST ${crds}`, definition('as', ['v1', 'v1beta1']))
  await ask(`POST ${crds}`, definition('bs', ['v1']))
  await settled(['v1.crd.example true 1000/100', 'v1beta1.crd.example true 1000/100'])
  await ask('DELETE /apis/apiregistration.k8s.io/v1/apiservices/v1.crd.example')
  await settled(['v1.crd.example true 1000/100', 'v1beta1.crd.example true 1000/100'])
  await ask(`DELETE ${crds}/as.crd.example`)
  await settled(['v1.crd.example true 1000/100'])
  await ask(`DELETE ${crds}/bs.crd.example`)
  await settled([])
  api.close()
})
