// Removed API versions, asked for by clients of their time.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadFormer } from '#kinds'
import { loadProtobuf } from '#machinery'
import { start, type Ask, type Body } from './contract-kit.ts'
import { formerVersionNames } from './former-versions.ts'
import { podPresetPlugin } from './admission/pod-preset.ts'
import { nodeRequest, nodeRequestWithHost } from '../../tests/facts/certificates.ts'

let ask: Ask
before(async () => { await loadProtobuf(); ({ ask } = await start({ former: await loadFormer(), admission: [podPresetPlugin] })) })

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
const made = async (path: string, body: object): Promise<Body> => {
  const { status, body: object, text } = await ask(`POST ${path}`, body)
  assert.equal(status, 201, text)
  return object
}
const got = async (path: string): Promise<Body> => {
  const { status, body, text } = await ask(`GET ${path}`)
  assert.equal(status, 200, text)
  return body
}

test('every former version is known by name, and none that is served today', async () => {
  const { formerKinds, formerVersions } = await loadFormer()
  const names = new Set([...formerKinds.map((k) => k.apiVersion), ...[...formerVersions.values()].flat().map((v) => `${v.group}/${v.version}`)])
  assert.deepEqual([...names].sort(), [...formerVersionNames].sort())
})
test('a server that is not asked to does not serve them', async () => {
  const plain = await start()
  assert.equal((await plain.ask('GET /apis/extensions/v1beta1/deployments')).text, '404 page not found\n')
  assert.equal((await plain.ask('GET /apis/apps/v1beta1/deployments')).body.message, 'the server could not find the requested resource')
})
test('what a workload made stays when it is deleted through a version of its time', async () => {
  const at = (version: string) => `/apis/apps/${version}/namespaces/kept/deployments`, spec = { selector: { matchLabels: { app: 'web' } }, template }
  for (const [version, kept] of [['v1beta1', ['orphan']], ['v1beta2', undefined], ['v1', undefined]] as const) {
    await made(at('v1'), { metadata: { name: `d-${version}`, finalizers: ['a.example/hold'] }, spec })
    const { finalizers } = (await ask(`DELETE ${at(version)}/d-${version}`)).body.metadata
    assert.deepEqual(finalizers, ['a.example/hold', ...(kept ?? [])], version)
  }
})
test('they are never preferred', async () => {
  const groups = (await got('/apis')).groups as { name: string; preferredVersion: { version: string }; versions: object[] }[]
  for (const [name, version] of [['apps', 'v1'], ['batch', 'v1'], ['autoscaling', 'v2'], ['networking.k8s.io', 'v1'], ['apiextensions.k8s.io', 'v1'], ['flowcontrol.apiserver.k8s.io', 'v1']])
    assert.equal(groups.find((g) => g.name === name)?.preferredVersion.version, version, name)
  assert.deepEqual(((await got('/apis/extensions/v1beta1')).resources as { name: string }[]).map((r) => r.name).filter((n) => !n.includes('/')),
    ['daemonsets', 'deployments', 'ingresses', 'networkpolicies', 'podsecuritypolicies', 'replicasets', 'replicationcontrollers'])
})

test('whatever is listed can be listed in messages', async () => {
  const { groups } = await got('/apis') as { groups: { versions: { groupVersion: string }[] }[] }
  for (const { groupVersion } of groups.flatMap((g) => g.versions)) for (const { name, verbs, namespaced } of (await got(`/apis/${groupVersion}`)).resources as { name: string; verbs: string[]; namespaced: boolean }[]) {
    if (!verbs.includes('list')) continue
    const { status, headers } = await ask(`GET /apis/${groupVersion}/${namespaced ? 'namespaces/none/' : ''}${name}`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
    assert.deepEqual([status, headers['content-type']], [200, 'application/vnd.kubernetes.protobuf'], `${groupVersion} ${name}`)
  }
})

test('a Deployment of extensions/v1beta1 has the defaults of its time and is one of apps/v1', async () => {
  const { status, body, headers, text } = await ask('POST /apis/extensions/v1beta1/namespaces/n/deployments', { apiVersion: 'extensions/v1beta1', kind: 'Deployment', metadata: { name: 'old' }, spec: { template } })
  assert.equal(status, 201, text)
  assert.deepEqual(headers.warning, ['299 - "extensions/v1beta1 Deployment is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 Deployment"'])
  assert.equal(body.apiVersion, 'extensions/v1beta1')
  assert.deepEqual(body.metadata.labels, { app: 'web' })
  assert.deepEqual(body.spec.selector, { matchLabels: { app: 'web' } })
  assert.deepEqual(body.spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } })
  assert.deepEqual([body.spec.revisionHistoryLimit, body.spec.progressDeadlineSeconds], [2147483647, 2147483647])
  for (const version of ['apps/v1', 'apps/v1beta1', 'apps/v1beta2']) {
    const same = await got(`/apis/${version}/namespaces/n/deployments/old`)
    assert.equal(same.apiVersion, version)
    assert.deepEqual(same.spec, body.spec)
  }
  assert.equal((await got('/apis/apps/v1/namespaces/n/deployments')).items.length, 1)
})
test('its selector may change; that of apps/v1beta2 may not', async () => {
  const labels = { app: 'web', more: 'x' }
  await made('/apis/extensions/v1beta1/namespaces/n/deployments', { metadata: { name: 'sel' }, spec: { selector: { matchLabels: { app: 'web' } }, template: { ...template, metadata: { labels } } } })
  const patch = { spec: { selector: { matchLabels: { more: 'x' } } } }
  assert.equal((await ask('PATCH /apis/apps/v1beta2/namespaces/n/deployments/sel', patch)).status, 422)
  assert.equal((await ask('PATCH /apis/extensions/v1beta1/namespaces/n/deployments/sel', patch)).status, 200)
})
test('its scale is of its own version, with labels where they are enough to say what it selects', async () => {
  for (const version of ['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2']) {
    const { apiVersion, kind, spec, status } = await got(`/apis/${version}/namespaces/n/deployments/old/scale`)
    assert.deepEqual([apiVersion, kind, spec, status], [version, 'Scale', { replicas: 1 }, { replicas: 0, selector: { app: 'web' }, targetSelector: 'app=web' }])
  }
  assert.equal((await got('/apis/apps/v1/namespaces/n/deployments/old/scale')).apiVersion, 'autoscaling/v1')
  const path = '/apis/extensions/v1beta1/namespaces/n/deployments/old/scale'
  const put = await ask(`PUT ${path}`, { apiVersion: 'extensions/v1beta1', kind: 'Scale', metadata: { name: 'old' }, spec: { replicas: 3 } })
  assert.deepEqual([put.status, put.body.spec], [200, { replicas: 3 }], put.text)
  assert.match((await ask(`PUT ${path}`, { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'old' }, spec: { replicas: 3 } })).body.message, /cannot be handled as a Scale|does not match the expected API version/)
  assert.equal((await ask(`PATCH ${path}`, { spec: { replicas: -1 } })).body.message, 'Scale.autoscaling "old" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0')
  const applied = await ask(`PATCH ${path}?fieldManager=me&force=true`, { apiVersion: 'extensions/v1beta1', kind: 'Scale', metadata: { name: 'old' }, spec: { replicas: 1 } }, { 'content-type': 'application/apply-patch+yaml' })
  assert.deepEqual([applied.status, applied.body.spec], [200, { replicas: 1 }], applied.text)
  const expressions = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'x'] }] }
  await made('/apis/apps/v1/namespaces/n/replicasets', { metadata: { name: 'r' }, spec: { selector: expressions, template } })
  assert.deepEqual((await got('/apis/extensions/v1beta1/namespaces/n/replicasets/r/scale')).status, { replicas: 0, targetSelector: 'app in (web,x)' })
})
test('replication controllers have nothing but their scale there', async () => {
  await made('/api/v1/namespaces/n/replicationcontrollers', { metadata: { name: 'rc' }, spec: { selector: { app: 'web' }, template } })
  const path = '/apis/extensions/v1beta1/namespaces/n/replicationcontrollers'
  assert.deepEqual((await got(`${path}/rc/scale`)).status, { replicas: 0, selector: { app: 'web' }, targetSelector: 'app=web' })
  assert.deepEqual((await ask(`PATCH ${path}/rc/scale`, { spec: { replicas: 2 } })).body.spec, { replicas: 2 })
  assert.equal((await got('/api/v1/namespaces/n/replicationcontrollers/rc')).spec.replicas, 2)
  assert.equal((await ask(`GET ${path}/rc`)).status, 404)
  const shown = ((await got('/apis/extensions/v1beta1')).resources as Body[]).filter((r) => r.name.startsWith('replicationcontrollers'))
  assert.deepEqual(shown.map(({ name, kind, verbs, group, categories }) => [name, kind, verbs, group, categories]), [['replicationcontrollers', 'ReplicationControllerDummy', [], undefined, undefined], ['replicationcontrollers/scale', 'Scale', ['get', 'patch', 'update'], 'extensions', undefined]])
})
test('a rollback is noted for the controller and shown in its field', async () => {
  const { status, body } = await ask('POST /apis/extensions/v1beta1/namespaces/n/deployments/old/rollback', { name: 'old', rollbackTo: { revision: 3 }, updatedAnnotations: { why: 'broken' } })
  assert.deepEqual([status, body.message], [200, 'rollback request for deployment "old" succeeded'])
  assert.deepEqual((await got('/apis/extensions/v1beta1/namespaces/n/deployments/old')).spec.rollbackTo, { revision: 3 })
  assert.equal((await got('/apis/apps/v1/namespaces/n/deployments/old')).metadata.annotations['deprecated.deployment.rollback.to'], '3')
})
test('daemons and stateful sets of then wait for their pods to be deleted', async () => {
  const daemon = await made('/apis/extensions/v1beta1/namespaces/n/daemonsets', { metadata: { name: 'd' }, spec: { template } })
  assert.deepEqual([daemon.spec.updateStrategy.type, daemon.spec.templateGeneration], ['OnDelete', 1])
  const set = await made('/apis/apps/v1beta1/namespaces/n/statefulsets', { metadata: { name: 's' }, spec: { serviceName: 's', template } })
  assert.deepEqual([set.spec.updateStrategy.type, set.spec.selector], ['OnDelete', { matchLabels: { app: 'web' } }])
})
test('an autoscaler is the same in v2beta1, v2beta2, v2 and v1', async () => {
  const metrics = [{ type: 'Resource', resource: { name: 'memory', targetAverageValue: '100Mi' } }, { type: 'Pods', pods: { metricName: 'cpu_system', targetAverageValue: '20m' } }]
  await made('/apis/autoscaling/v2beta1/namespaces/n/horizontalpodautoscalers', { metadata: { name: 'h' }, spec: { scaleTargetRef: { apiVersion: 'extensions/v1beta1', kind: 'Deployment', name: 'old' }, maxReplicas: 10, metrics } })
  assert.deepEqual((await got('/apis/autoscaling/v2beta1/namespaces/n/horizontalpodautoscalers/h')).spec.metrics, metrics)
  const today = [{ type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } } },
    { type: 'Pods', pods: { metric: { name: 'cpu_system' }, target: { type: 'AverageValue', averageValue: '20m' } } }]
  for (const version of ['v2', 'v2beta2']) assert.deepEqual((await got(`/apis/autoscaling/${version}/namespaces/n/horizontalpodautoscalers/h`)).spec.metrics, today)
  assert.match((await got('/apis/autoscaling/v1/namespaces/n/horizontalpodautoscalers/h')).metadata.annotations['autoscaling.alpha.kubernetes.io/metrics'], /cpu_system/)
})
test('an Ingress names service and port side by side', async () => {
  const spec = { backend: { serviceName: 'web', servicePort: 80 }, rules: [{ host: 'a.b', http: { paths: [{ backend: { serviceName: 'web', servicePort: 'http' } }] } }] }
  const old = await made('/apis/extensions/v1beta1/namespaces/n/ingresses', { metadata: { name: 'i' }, spec })
  assert.deepEqual(old.spec, { ...spec, rules: [{ host: 'a.b', http: { paths: [{ pathType: 'ImplementationSpecific', backend: { serviceName: 'web', servicePort: 'http' } }] } }] })
  const { spec: now } = await got('/apis/networking.k8s.io/v1/namespaces/n/ingresses/i')
  assert.deepEqual(now.defaultBackend, { service: { name: 'web', port: { number: 80 } } })
  assert.deepEqual(now.rules[0].http.paths[0].backend, { service: { name: 'web', port: { name: 'http' } } })
})
test('an empty selector of a budget chose nothing', async () => {
  await made('/apis/policy/v1beta1/namespaces/n/poddisruptionbudgets', { metadata: { name: 'none' }, spec: { minAvailable: 1, selector: {} } })
  assert.deepEqual((await got('/apis/policy/v1/namespaces/n/poddisruptionbudgets/none')).spec.selector, { matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'Exists' }] })
  assert.deepEqual((await got('/apis/policy/v1beta1/namespaces/n/poddisruptionbudgets/none')).spec.selector, {})
})
test('roles and bindings of v1beta1 and v1alpha1 become those of today', async () => {
  const beta = await made('/apis/rbac.authorization.k8s.io/v1beta1/clusterrolebindings', { metadata: { name: 'tiller' }, roleRef: { apiGroup: '', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: 'tiller', namespace: 'kube-system' }] })
  assert.equal(beta.roleRef.apiGroup, 'rbac.authorization.k8s.io')
  await made('/apis/rbac.authorization.k8s.io/v1alpha1/clusterrolebindings', { metadata: { name: 'all' }, roleRef: { kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'User', name: '*' }] })
  assert.deepEqual((await got('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/all')).subjects, [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }])
})
test('a review of v1beta1 says group and is answered in its version', async () => {
  const review = await made('/apis/authorization.k8s.io/v1beta1/subjectaccessreviews', { spec: { user: 'system:anonymous', group: ['system:unauthenticated'], nonResourceAttributes: { path: '/', verb: 'get' } } })
  assert.deepEqual([review.apiVersion, review.spec.group, review.status.allowed], ['authorization.k8s.io/v1beta1', ['system:unauthenticated'], true])
})
test('a definition of v1beta1 has one schema for all versions and keeps unknown fields', async () => {
  const definition = await made('/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions', {
    metadata: { name: 'things.example.com' },
    spec: { group: 'example.com', version: 'v1', names: { plural: 'things', kind: 'Thing' }, scope: 'Namespaced', additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }], subresources: { status: {} },
      validation: { openAPIV3Schema: { properties: { spec: { properties: { size: { type: 'integer' } } } } } } },
  })
  assert.deepEqual([definition.spec.version, definition.spec.additionalPrinterColumns], ['v1', [{ JSONPath: '.spec.size', name: 'Size', type: 'integer' }]])
  const { versions } = (await got('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com')).spec
  assert.deepEqual(versions[0].schema.openAPIV3Schema, {
    type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { size: { type: 'integer' } } } },
  })
  assert.deepEqual([versions[0].additionalPrinterColumns, versions[0].subresources], [[{ jsonPath: '.spec.size', name: 'Size', type: 'integer' }], { status: {} }])
})
test('small differences: runtime classes, priority levels, endpoint slices, signing requests, webhooks', async () => {
  await made('/apis/node.k8s.io/v1alpha1/runtimeclasses', { metadata: { name: 'r' }, spec: { runtimeHandler: 'runsc' } })
  assert.equal((await got('/apis/node.k8s.io/v1/runtimeclasses/r')).handler, 'runsc')
  await made('/apis/flowcontrol.apiserver.k8s.io/v1beta2/prioritylevelconfigurations', { metadata: { name: 'p' }, spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } })
  assert.equal((await got('/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/p')).spec.limited.nominalConcurrencyShares, 30)
  assert.equal((await got('/apis/flowcontrol.apiserver.k8s.io/v1beta1/prioritylevelconfigurations/p')).spec.limited.assuredConcurrencyShares, 30)
  const topology = { 'topology.kubernetes.io/zone': 'z1', 'kubernetes.io/hostname': 'n1', rack: '7' }
  await made('/apis/discovery.k8s.io/v1beta1/namespaces/n/endpointslices', { metadata: { name: 'e' }, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n1', topology }] })
  const endpoint = (await got('/apis/discovery.k8s.io/v1/namespaces/n/endpointslices/e')).endpoints[0]
  assert.deepEqual([endpoint.zone, endpoint.nodeName, endpoint.deprecatedTopology], ['z1', 'n1', { rack: '7' }])
  assert.deepEqual((await got('/apis/discovery.k8s.io/v1beta1/namespaces/n/endpointslices/e')).endpoints[0].topology, topology)
  const hook = await made('/apis/admissionregistration.k8s.io/v1beta1/validatingwebhookconfigurations', { metadata: { name: 'w' }, webhooks: [{ name: 'a.b.c', clientConfig: { url: 'https://a.b' } }] })
  const { failurePolicy, matchPolicy, sideEffects, timeoutSeconds, admissionReviewVersions } = hook.webhooks[0]
  assert.deepEqual([failurePolicy, matchPolicy, sideEffects, timeoutSeconds, admissionReviewVersions], ['Ignore', 'Exact', 'Unknown', 30, ['v1beta1']])
})
test('the signer of a request of v1beta1 follows from what it asks for', async () => {
  const signer = async (name: string, request: string, usages?: string[]) =>
    (await made('/apis/certificates.k8s.io/v1beta1/certificatesigningrequests', { metadata: { name }, spec: { request, ...(usages && { usages }) } })).spec.signerName
  assert.equal(await signer('client', nodeRequest, ['digital signature', 'key encipherment', 'client auth']), 'kubernetes.io/kube-apiserver-client-kubelet')
  assert.equal(await signer('serving', nodeRequestWithHost, ['digital signature', 'server auth']), 'kubernetes.io/kubelet-serving')
  assert.equal(await signer('with-a-host', nodeRequestWithHost, ['digital signature', 'client auth']), 'kubernetes.io/legacy-unknown')
  assert.equal(await signer('no-usages', nodeRequest), 'kubernetes.io/legacy-unknown')
})
test('a PodPreset is put into the pods it selects, init containers too; a conflict is told', async () => {
  await made('/apis/settings.k8s.io/v1alpha1/namespaces/n/podpresets', { metadata: { name: 'db' }, spec: { selector: { matchLabels: { role: 'db' } }, env: [{ name: 'PORT', value: '3306' }], volumes: [{ name: 'cache', emptyDir: {} }], volumeMounts: [{ name: 'cache', mountPath: '/cache' }] } })
  const pod = (name: string, value?: string) => ({ metadata: { name, labels: { role: 'db' } }, spec: { initContainers: [{ name: 'i', image: 'x' }], containers: [{ name: 'c', image: 'x', ...(value && { env: [{ name: 'PORT', value }] }) }] } })
  const { spec, metadata } = await made('/api/v1/namespaces/n/pods', pod('one'))
  for (const container of [spec.initContainers[0], spec.containers[0]]) assert.deepEqual([container.env, container.volumeMounts], [[{ name: 'PORT', value: '3306' }], [{ name: 'cache', mountPath: '/cache' }]])
  assert.ok('podpreset.admission.kubernetes.io/podpreset-db' in metadata.annotations)
  const { body, headers } = await ask('POST /api/v1/namespaces/n/pods', pod('two', '1'))
  assert.deepEqual(body.spec.containers[0].env, [{ name: 'PORT', value: '1' }])
  assert.match(String(headers.warning), /PodPreset was not applied: merging env for c has a conflict on PORT/)
})
