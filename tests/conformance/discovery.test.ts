// What a server says of itself: its version, its groups and resources, in both forms of discovery.
import assert from 'node:assert/strict'
import { conformance, discovered, type Body } from './stage.ts'

conformance('[sig-api-machinery] server version', {}, (behaviour) => {
  behaviour('should find the server version', async (stage) => {
    const version = await stage.get('/version')
    assert.match(version['major'], /^\d+$/)
    assert.match(version['minor'], /^\d+$/)
  })
})

conformance('[sig-api-machinery] Discovery', {}, (behaviour) => {
  behaviour('should validate PreferredVersion for each APIGroup', async (stage) => {
    for (const { name, preferredVersion, versions } of (await stage.get('/apis'))['groups']) {
      assert.ok(versions.some((v: Body) => v['groupVersion'] === preferredVersion.groupVersion && v['version'] === preferredVersion.version), `the preferred version of ${name} is one of its versions`)
      const group = await stage.get(`/apis/${name}`)
      assert.deepEqual([group['name'], group['preferredVersion'], group['versions']], [name, preferredVersion, versions])
    }
  })
  behaviour('should locate the groupVersion and a resource within each APIGroup', async (stage) => {
    for (const { name, versions } of (await stage.get('/apis'))['groups']) for (const { groupVersion } of versions) {
      const list = await stage.get(`/apis/${groupVersion}`)
      assert.equal(list['groupVersion'], groupVersion)
      assert.ok(list['resources'].length > 0, `${name} has resources`)
    }
    for (const [path, resource] of [
      ['/api/v1', 'namespaces'], ['/apis/admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'], ['/apis/apiextensions.k8s.io/v1', 'customresourcedefinitions'], ['/apis/apiregistration.k8s.io/v1', 'apiservices'],
      ['/apis/apps/v1', 'deployments'], ['/apis/authentication.k8s.io/v1', 'tokenreviews'], ['/apis/authorization.k8s.io/v1', 'selfsubjectaccessreviews'], ['/apis/autoscaling/v1', 'horizontalpodautoscalers'],
      ['/apis/autoscaling/v2', 'horizontalpodautoscalers'], ['/apis/batch/v1', 'jobs'], ['/apis/certificates.k8s.io/v1', 'certificatesigningrequests'], ['/apis/coordination.k8s.io/v1', 'leases'],
      ['/apis/discovery.k8s.io/v1', 'endpointslices'], ['/apis/events.k8s.io/v1', 'events'], ['/apis/networking.k8s.io/v1', 'ingresses'], ['/apis/node.k8s.io/v1', 'runtimeclasses'], ['/apis/policy/v1', 'poddisruptionbudgets'],
      ['/apis/scheduling.k8s.io/v1', 'priorityclasses'], ['/apis/storage.k8s.io/v1', 'csinodes'], ['/apis/flowcontrol.apiserver.k8s.io/v1', 'flowschemas'], ['/apis/rbac.authorization.k8s.io/v1', 'roles'],
    ] as const) assert.ok((await stage.get(path))['resources'].some((r: Body) => r['name'] === resource), `${resource} is in ${path}`)
  })
})

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const builtIn = [
  ['', 'v1', 'namespaces'], ['', 'v1', 'pods'], ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations'], ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'], ['apiregistration.k8s.io', 'v1', 'apiservices'],
  ['apps', 'v1', 'deployments'], ['authentication.k8s.io', 'v1', 'tokenreviews'], ['authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'], ['autoscaling', 'v1', 'horizontalpodautoscalers'], ['autoscaling', 'v2', 'horizontalpodautoscalers'],
  ['batch', 'v1', 'jobs'], ['certificates.k8s.io', 'v1', 'certificatesigningrequests'], ['coordination.k8s.io', 'v1', 'leases'], ['discovery.k8s.io', 'v1', 'endpointslices'], ['events.k8s.io', 'v1', 'events'],
  ['networking.k8s.io', 'v1', 'ingresses'], ['node.k8s.io', 'v1', 'runtimeclasses'], ['policy', 'v1', 'poddisruptionbudgets'], ['scheduling.k8s.io', 'v1', 'priorityclasses'], ['storage.k8s.io', 'v1', 'csinodes'],
] as const
const definition = (group: string) => ({ metadata: { name: `things.${group}` }, spec: { group, scope: 'Namespaced', names: { plural: 'things', singular: 'thing', kind: 'Thing' },
  versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }] } })
const has = (list: Body, [group, version, resource]: readonly [string, string, string]) =>
  list['items'].some((g: Body) => (g['metadata']?.name ?? '') === group && g['versions'].some((v: Body) => v['version'] === version && v['resources'].some((r: Body) => r['resource'] === resource)))

conformance('[sig-api-machinery] AggregatedDiscovery', {}, (behaviour) => {
  behaviour('should support raw aggregated discovery endpoint Accept headers', async (stage) => {
    for (const path of ['/api', '/apis']) {
      const { status, headers, body } = await stage.ask(`GET ${path}`, undefined, { accept: v2 })
      assert.deepEqual([status, headers['content-type'], body['kind'], body['apiVersion']], [200, v2, 'APIGroupDiscoveryList', 'apidiscovery.k8s.io/v2'])
    }
    const apis = await stage.ok('GET /apis', undefined, { accept: v2 }), api = await stage.ok('GET /api', undefined, { accept: v2 })
    for (const one of builtIn) assert.ok(has(one[0] === '' ? api : apis, one), one.join('/'))
  })
  behaviour('should support raw aggregated discovery request for CRDs', async (stage) => {
    await stage.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition('raw.example.com'))
    await stage.cluster.settle()
    assert.ok(has(await stage.ok('GET /apis', undefined, { accept: v2 }), ['raw.example.com', 'v1', 'things']))
  })
  // What client-go's discovery client asks for: the newest form first, and the old one if need be.
  const clientGo = `${v2},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`
  behaviour('should support aggregated discovery interface', async (stage) => {
    const api = await stage.ask('GET /api', undefined, { accept: clientGo }), apis = await stage.ask('GET /apis', undefined, { accept: clientGo })
    assert.deepEqual([api.headers['content-type'], apis.headers['content-type']], [v2, v2])
    for (const one of builtIn) assert.ok(has(one[0] === '' ? api.body : apis.body, one), one.join('/'))
  })
  behaviour('should support aggregated discovery interface for CRDs', async (stage) => {
    await stage.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition('client.example.com'))
    await stage.cluster.settle()
    assert.ok(has(await stage.ok('GET /apis', undefined, { accept: clientGo }), ['client.example.com', 'v1', 'things']))
  })
})

conformance('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('should include custom resource definition resources in discovery documents', (stage) => discovered(stage, 'apiextensions.k8s.io', 'v1', ['customresourcedefinitions', 'customresourcedefinitions/status']))
})
conformance('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('should include webhook resources in discovery documents', (stage) => discovered(stage, 'admissionregistration.k8s.io', 'v1', ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']))
})
