// Webhooks as clients see them: the server in the process, a function as the webhook.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Metrics } from '../metrics/metrics.ts'
import { map, maps, start, type Body } from '../contract-kit.ts'
import { definition, established, version, widgets } from '../crd/contract-kit.ts'
import type { OutboundRequest } from '../outbound.ts'
import { mutatingAdmissionWebhook } from './webhook-mutating.ts'
import { validatingAdmissionWebhook } from './webhook-validating.ts'

type Answer = Body | string | number | Error
const everything = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }
const hook = (name: string, more: object = {}) => ({ name: `${name}.example.com`, clientConfig: { url: `https://hooks.example/${name}` }, rules: [{ ...everything, resources: ['configmaps'] }], sideEffects: 'None', admissionReviewVersions: ['v1'], ...more })
const patched = (...patch: object[]) => ({ allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) })

/** A server whose webhooks answer as told: by the last step of their path. */
async function withHooks(answers: Readonly<Record<string, (request: Body) => Answer | Promise<Answer>>>, mutating = mutatingAdmissionWebhook()) {
  const calls: { name: string; request: Body; url: string; sent: OutboundRequest }[] = []
  const metrics = new Metrics()
  const outbound = async (sent: OutboundRequest) => {
    const { request, apiVersion } = JSON.parse(new TextDecoder().decode(sent.body)) as Body
    const name = /([^/]*)\?/.exec(sent.url)![1]!
    calls.push({ name, request, url: sent.url, sent })
    const answer = await answers[name]!(request)
    if (answer instanceof Error) throw answer
    const text = typeof answer === 'string' ? answer : typeof answer === 'number' ? '' : JSON.stringify({ kind: 'AdmissionReview', apiVersion, response: { uid: request.uid, ...answer } })
    return { status: typeof answer === 'number' ? answer : 200, headers: {}, body: new TextEncoder().encode(text) }
  }
  const server = await start({ admission: [mutating, validatingAdmissionWebhook()], outbound, metrics })
  const { ask } = server
  const configure = async (sort: 'Mutating' | 'Validating', name: string, ...webhooks: object[]) => {
    const { status, text } = await ask(`POST /apis/admissionregistration.k8s.io/v1/${sort.toLowerCase()}webhookconfigurations`, { apiVersion: 'admissionregistration.k8s.io/v1', kind: `${sort}WebhookConfiguration`, metadata: { name }, webhooks })
    assert.equal(status, 201, text)
  }
  await ask('POST /api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: { team: 'a' } } })
  return { ...server, configure, calls, metrics }
}

test('a webhook is told of a creation what the reference tells it', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }) })
  await configure('Validating', 'c', hook('a', { timeoutSeconds: 7 }))
  await ask(`POST ${maps}?dryRun=All&fieldManager=m&fieldValidation=Strict`, map('x'))
  const [{ request, url, sent }] = calls as [typeof calls[number]]
  assert.equal(url, 'https://hooks.example/a?timeout=7s')
  assert.equal(sent.timeoutMs, 7000)
  const { uid, object, ...rest } = request
  assert.match(uid as string, /^[0-9a-f-]{36}$/)
  assert.equal(object.kind, 'ConfigMap')
  assert.equal(object.metadata.namespace, 'n')
  assert.deepEqual(rest, {
    kind: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: { group: '', version: 'v1', resource: 'configmaps' }, requestKind: { group: '', version: 'v1', kind: 'ConfigMap' }, requestResource: { group: '', version: 'v1', resource: 'configmaps' },
    name: 'x', namespace: 'n', operation: 'CREATE', userInfo: { username: 'system:anonymous', groups: ['system:unauthenticated'] }, oldObject: null, dryRun: true,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'], fieldManager: 'm', fieldValidation: 'Strict' },
  })
})

test('updates carry both objects, deletions the old one', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }) })
  await ask(`POST ${maps}`, map('x'))
  await configure('Validating', 'c', hook('a'))
  await ask(`PATCH ${maps}/x`, { data: { k: 'v' } })
  await ask(`DELETE ${maps}/x?gracePeriodSeconds=3`)
  assert.deepEqual(calls.map(({ request: { operation, object, oldObject, options } }) => [operation, object?.data, oldObject?.metadata.name, options.kind, options.gracePeriodSeconds]),
    [['UPDATE', { k: 'v' }, 'x', 'UpdateOptions', undefined], ['DELETE', undefined, 'x', 'DeleteOptions', 3]])
})

for (const [what, answer, status, message, reason] of [
  ['says no', { allowed: false, status: { message: 'not today', code: 403, reason: 'Forbidden' } }, 403, 'admission webhook "a.example.com" denied the request: not today', 'Forbidden'],
  ['says no without more', { allowed: false }, 400, 'admission webhook "a.example.com" denied the request without explanation', undefined],
  ['cannot be reached', new Error('dial tcp 10.0.0.9:443: connect: connection refused'), 500, 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hooks.example/a?timeout=10s": dial tcp 10.0.0.9:443: connect: connection refused', 'InternalError'],
  ['hangs', new Error('context deadline exceeded'), 500, 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hooks.example/a?timeout=10s": context deadline exceeded', 'InternalError'],
  ['sends elsewhere', 302, 500, 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: the server responded with the status code 302 but did not return more information', 'InternalError'],
  ['is not there', 404, 500, 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: the server could not find the requested resource', 'InternalError'],
  ['breaks', 500, 500, 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: an error on the server ("") has prevented the request from succeeding', 'InternalError'],
  ['answers something else', { uid: 'other', allowed: true }, 500, /received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "other"$/, 'InternalError'],
] as const) {
  for (const sort of ['Mutating', 'Validating'] as const) test(`a ${sort.toLowerCase()} webhook that ${what}`, async () => {
    const { ask, configure, metrics } = await withHooks({ a: () => answer as Answer })
    await configure(sort, 'c', hook('a'))
    const { status: got, body } = await ask(`POST ${maps}`, map('x'))
    assert.deepEqual([got, body.reason], [status, reason], body.message)
    if (typeof message === 'string') assert.equal(body.message, message)
    else assert.match(body.message, message)
    assert.equal((await ask(`GET ${maps}/x`)).status, 404)
    assert.match(metrics.text(), new RegExp(`apiserver_admission_webhook_rejection_count\\{error_type="${status === 500 ? 'calling_webhook_error' : 'no_error'}",name="a.example.com",operation="CREATE",`))
  })
}

test('a webhook whose failures are to be ignored is passed over, but its refusals count', async () => {
  let answer: Answer = new Error('EOF')
  const { ask, configure, metrics } = await withHooks({ a: () => answer })
  await configure('Validating', 'c', hook('a', { failurePolicy: 'Ignore' }))
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 201)
  assert.match(metrics.text(), /apiserver_admission_webhook_fail_open_count\{name="a.example.com",type="validating"\} 1/)
  answer = { allowed: false }
  assert.equal((await ask(`POST ${maps}`, map('y'))).status, 400)
})

test('patches are applied in order of the configurations, defaulted, and stored', async () => {
  const { ask, configure, calls } = await withHooks({
    a: () => patched({ op: 'add', path: '/data', value: { a: '1' } }), b: (request) => patched({ op: 'add', path: '/data/b', value: `after ${Object.keys(request.object.data ?? {})}` }),
  })
  await configure('Mutating', 'z', hook('b'))
  await configure('Mutating', 'c', hook('a'))
  const { body } = await ask(`POST ${maps}`, map('x'))
  assert.deepEqual(body.data, { a: '1', b: 'after a' })
  assert.deepEqual((await ask(`GET ${maps}/x`)).body.data, body.data)
  assert.deepEqual(calls.map((c) => c.name), ['a', 'b'])
})

test('who wants to be called again is, when somebody later has changed the object', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }), b: () => patched({ op: 'add', path: '/data', value: { b: '1' } }), never: () => ({ allowed: true }) })
  await configure('Mutating', 'c', hook('a', { reinvocationPolicy: 'IfNeeded' }), hook('never'), hook('b', { reinvocationPolicy: 'IfNeeded' }))
  await ask(`POST ${maps}`, map('x'))
  assert.deepEqual(calls.map((c) => c.name), ['a', 'never', 'b', 'a'])
})

for (const [what, patch, message] of [
  ['does not fit', [{ op: 'remove', path: '/data/none' }], 'Internal error occurred: remove operation does not apply: doc is missing path: "/data/none": missing value'],
  ['makes no object', [{ op: 'add', path: '/data', value: 7 }], 'Internal error occurred: json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string'],
  ['makes an object of a kind that nobody knows', [{ op: 'replace', path: '/kind', value: 'Foo' }], 'Internal error occurred: no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
  ['makes an object of another kind', [{ op: 'replace', path: '/kind', value: 'Secret' }], 'converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
  ['is no patch', { op: 'add' }, 'Internal error occurred: failed calling webhook "a.example.com": received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
] as const) test(`a patch that ${what} refuses the write`, async () => {
  const { ask, configure } = await withHooks({ a: () => ({ allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) }) })
  await configure('Mutating', 'c', hook('a'))
  const { status, body } = await ask(`POST ${maps}`, map('x'))
  assert.equal(status, 500)
  if (typeof message === 'string') assert.equal(body.message, message)
  else assert.match(body.message, message)
})

test('a patch where there is no object is refused', async () => {
  const { ask, configure } = await withHooks({ a: ({ operation }) => (operation === 'DELETE' ? patched({ op: 'add', path: '/data', value: {} }) : { allowed: true }) })
  await configure('Mutating', 'c', hook('a'))
  await ask(`POST ${maps}`, map('x'))
  assert.equal((await ask(`DELETE ${maps}/x`)).body.message, 'Internal error occurred: admission webhook "a.example.com" attempted to modify the object, which is not supported for this operation')
})

test('dry runs are refused where a webhook may have side effects', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }) })
  const api = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  await configure('Validating', 'c', hook('a', { sideEffects: 'NoneOnDryRun' }))
  assert.equal((await ask(`POST ${maps}?dryRun=All`, map('x'))).status, 201)
  assert.equal(calls.length, 1)
  assert.equal((await ask(`PATCH ${api}/c`, { webhooks: [hook('a', { sideEffects: 'Some' })] })).status, 422)
})

test('warnings and audit annotations of webhooks are passed on', async () => {
  const { ask, configure } = await withHooks({ a: () => ({ allowed: true, warnings: ['mind the gap'], auditAnnotations: { k: 'v' } }) })
  await configure('Validating', 'c', hook('a'))
  assert.deepEqual((await ask(`POST ${maps}`, map('x'))).headers.warning, ['299 - "mind the gap"'])
})

test('a webhook for another version is shown the objects in that version', async () => {
  const scaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'x' }, spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] } }
  const rules = [{ ...everything, apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'] }]
  const { ask, configure, calls } = await withHooks({ a: () => patched({ op: 'replace', path: '/spec/maxReplicas', value: 5 }), b: () => ({ allowed: true }) })
  await configure('Mutating', 'c', hook('a', { rules }), hook('b', { rules, matchPolicy: 'Exact' }))
  const { body, status } = await ask('POST /apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers', scaler)
  assert.equal(status, 201, body.message)
  assert.equal(body.spec.maxReplicas, 5)
  assert.equal(body.spec.metrics[0].resource.target.averageUtilization, 50)
  assert.deepEqual(calls.map((c) => c.name), ['a'])
  const { kind, requestKind, object } = calls[0]!.request
  assert.deepEqual([kind.version, requestKind.version, object.apiVersion, object.spec.targetCPUUtilizationPercentage], ['v1', 'v2', 'autoscaling/v1', 50])
})

test('webhooks see namespaces by their labels, and namespaces themselves by their own', async () => {
  const rules = [everything], { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }) })
  await configure('Validating', 'c', hook('a', { rules, namespaceSelector: { matchLabels: { team: 'b' } } }))
  await ask(`POST ${maps}`, map('x'))
  assert.equal(calls.length, 0)
  await ask('POST /api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'm', labels: { team: 'b' } } })
  await ask('PATCH /api/v1/namespaces/n', { metadata: { labels: { team: 'b' } } })
  await ask(`POST ${maps}`, map('x'))
  await ask('DELETE /api/v1/namespaces/m')
  await ask('POST /api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } })
  assert.deepEqual(calls.map(({ request }) => `${request.operation} ${request.resource.resource} ${request.namespace ?? '-'}/${request.name}`),
    ['CREATE namespaces m/m', 'UPDATE namespaces n/n', 'CREATE configmaps n/x', 'DELETE namespaces m/m', 'CREATE nodes -/node'])
})

test('configurations take effect at once and are never their own subject', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: false }) })
  await configure('Validating', 'c', hook('a', { rules: [everything] }))
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 400)
  assert.equal((await ask('DELETE /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/c')).status, 200)
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 201)
  assert.equal(calls.length, 1)
})

test('a service is called at one of its endpoints, under its own name', async () => {
  const { ask, configure, calls } = await withHooks({ v: () => ({ allowed: true }) })
  const clientConfig = { service: { namespace: 'n', name: 's', path: '/x/v' }, caBundle: btoa('PEM') }
  await configure('Validating', 'c', hook('v', { clientConfig }))
  const none = await ask(`POST ${maps}`, map('x'))
  assert.equal(none.body.message, 'Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://s.n.svc:443/x/v?timeout=10s": service "s" not found')
  await ask('POST /api/v1/namespaces/n/services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 443, targetPort: 8443 }], clusterIP: 'None' } })
  await ask('POST /apis/discovery.k8s.io/v1/namespaces/n/endpointslices', { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 's-1', labels: { 'kubernetes.io/service-name': 's' } }, addressType: 'IPv4', endpoints: [{ addresses: ['10.9.9.9'] }], ports: [{ port: 8443 }] })
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 201)
  const { sent } = calls.at(-1)!
  assert.deepEqual([sent.connect, sent.serverName, sent.ca], [{ host: '10.9.9.9', port: 8443 }, 's.n.svc', 'PEM'])
})

test('subresources are matched by their own names and carry their own kinds', async () => {
  const rules = [{ ...everything, resources: ['pods/eviction', '*/status'] }], { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }) })
  await ask('POST /api/v1/namespaces/n/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  await configure('Validating', 'c', hook('a', { rules }))
  await ask('PATCH /api/v1/namespaces/n/pods/p/status', { status: { reason: 'r' } })
  await ask('POST /api/v1/namespaces/n/pods/p/eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } })
  assert.deepEqual(calls.map(({ request: { kind, resource, subResource, name, object } }) => [kind.kind, resource.resource, subResource, name, object.kind, object.apiVersion]),
    [['Pod', 'pods', 'status', 'p', 'Pod', 'v1'], ['Eviction', 'pods', 'eviction', 'p', 'Eviction', 'policy/v1']])
})

test('match conditions leave a webhook out; one that fails refuses, or leaves it out where failures are ignored', async () => {
  const { ask, configure, calls, metrics } = await withHooks({ a: () => ({ allowed: true }), b: () => ({ allowed: true }) })
  const matchConditions = [{ name: 'data', expression: "object.data.k == 'v'" }, { name: 'name', expression: "object.metadata.name != 'no'" }]
  await configure('Validating', 'a', hook('a', { matchConditions, failurePolicy: 'Ignore' }))
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 201)
  assert.equal((await ask(`POST ${maps}`, { ...map('y'), data: { k: 'v' } })).status, 201)
  assert.deepEqual(calls.map(({ request }) => request.name), ['y'])
  await configure('Mutating', 'b', hook('b', { matchConditions }))
  const { status, body } = await ask(`POST ${maps}`, map('z'))
  assert.deepEqual([status, body.message], [403, `configmaps "z" is forbidden: expression 'object.data.k == 'v'' resulted in error: no such key: data`])
  assert.equal((await ask(`POST ${maps}`, map('no'))).status, 201)
  const counted = (rest: string) => metrics.text((name) => name.startsWith('apiserver_admission_match_condition')).match(new RegExp(`(?<=match_condition_)${rest}.*[{].*`, 'g'))
  const labels = (name: string, type: string) => `{kind="webhook",name="${name}.example.com",operation="CREATE",type="${type}"}`
  assert.deepEqual(counted('exclusions'), [`exclusions_total${labels('a', 'validating')} 1`, `exclusions_total${labels('b', 'admit')} 1`])
  assert.deepEqual(counted('evaluation_errors'), [`evaluation_errors_total${labels('a', 'validating')} 2`, `evaluation_errors_total${labels('b', 'admit')} 2`])
  assert.deepEqual(counted('evaluation_seconds_count'), [`evaluation_seconds_count${labels('a', 'validating')} 3`, `evaluation_seconds_count${labels('b', 'admit')} 2`])
})

test('the scale of an object is what webhooks see and change, not the object', async () => {
  const { ask, configure, calls } = await withHooks({ a: ({ object }) => patched({ op: 'replace', path: '/spec/replicas', value: object.spec.replicas + 10 }), b: () => ({ allowed: true }) })
  const rules = [{ ...everything, resources: ['deployments/scale'] }], api = '/apis/apps/v1/namespaces/n/deployments'
  const labels = { a: 'b' }
  await ask(`POST ${api}`, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } } })
  await configure('Mutating', 'c', hook('a', { rules }))
  await configure('Validating', 'c', hook('b', { rules }))
  assert.equal((await ask(`PATCH ${api}/d/scale`, { spec: { replicas: 3 } })).body.spec.replicas, 13)
  assert.deepEqual(calls.map(({ request: { kind, object, oldObject } }) => [kind.kind, object.kind, object.spec.replicas, oldObject.spec.replicas]), [['Scale', 'Scale', 3, 1], ['Scale', 'Scale', 13, 1]])
})

test('connecting is asked about with what the client wants', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: false, status: { message: 'no shells' } }) })
  await ask('POST /api/v1/namespaces/n/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { nodeName: 'x', containers: [{ name: 'c', image: 'i' }] } })
  await configure('Validating', 'c', hook('a', { rules: [{ ...everything, operations: ['CONNECT'], resources: ['pods/exec'] }] }))
  const { body } = await ask('POST /api/v1/namespaces/n/pods/p/exec?command=sh&command=-c&stdin=true&container=c')
  assert.equal(body.message, 'admission webhook "a.example.com" denied the request: no shells')
  const { kind, object, operation, options, subResource, name } = calls[0]!.request
  assert.deepEqual([kind.kind, operation, options, subResource, name], ['PodExecOptions', 'CONNECT', null, 'exec', 'p'])
  assert.deepEqual(object, { kind: 'PodExecOptions', apiVersion: 'v1', stdin: true, container: 'c', command: ['sh', '-c'] })
})

test('what a webhook changes of a connection counts', async () => {
  const { send, ask, configure } = await withHooks({ a: () => patched({ op: 'replace', path: '/container', value: 'other' }, { op: 'replace', path: '/command', value: ['true'] }) })
  await ask('POST /api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' }, status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }], daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } } })
  await ask('POST /api/v1/namespaces/n/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { nodeName: 'x', containers: [{ name: 'c', image: 'i' }, { name: 'other', image: 'i' }] } })
  await configure('Mutating', 'c', hook('a', { rules: [{ ...everything, operations: ['CONNECT'], resources: ['pods/exec'] }] }))
  const { body } = await send('POST /api/v1/namespaces/n/pods/p/exec?command=sh&command=-c&stdin=true&container=c', undefined, { upgrade: 'websocket' })
  assert.ok(body.type === 'upgrade')
  assert.equal((body.target as Body).path, '/exec/n/p/other?input=1&command=true')
})

test('a webhook has no more time than the request', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: true }) })
  await configure('Validating', 'c', hook('a', { timeoutSeconds: 20 }))
  await ask(`POST ${maps}?timeout=3s`, map('x'))
  assert.deepEqual([calls[0]!.url, calls[0]!.sent.timeoutMs], ['https://hooks.example/a?timeout=3s', 3000])
})

test('a webhook that says when to come again is asked again, within its time', async () => {
  const answers: Body[] = [{ status: 503, after: '2' }, { status: 429, after: '0' }]
  let asked = 0
  const outbound = async ({ body }: OutboundRequest) => {
    const { request } = JSON.parse(new TextDecoder().decode(body)) as Body, next = answers[asked++]
    const text = next ? '' : JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: request.uid, allowed: true } })
    return { status: next?.status ?? 200, headers: next ? { 'retry-after': next.after as string } : {} as Record<string, string>, body: new TextEncoder().encode(text) }
  }
  const { ask, clock } = await start({ admission: [validatingAdmissionWebhook()], outbound })
  await ask('POST /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'c' }, webhooks: [hook('a', { timeoutSeconds: 5 })] })
  const turns = async (ms: number) => { for (let i = 0; i < 20; i++) { await new Promise((resolve) => setImmediate(resolve)); clock.pass(ms / 20) } }
  const first = ask(`POST ${maps}`, map('x'))
  await turns(2_400)
  assert.deepEqual([(await first).status, asked], [201, 3])
  answers.push(...Array.from({ length: 9 }, () => ({ status: 503, after: '2' })))
  const second = ask(`POST ${maps}`, map('y'))
  await turns(8_000)
  assert.equal((await second).body.message, 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: context deadline exceeded')
})

test('a webhook that makes nonsense of managed fields is told so, and they stay as they were', async () => {
  const { ask, configure } = await withHooks({ a: () => patched({ op: 'add', path: '/metadata/managedFields', value: [{ manager: 'm', operation: 'Own' }] }) })
  await configure('Mutating', 'c', hook('a'))
  const { body, headers } = await ask(`POST ${maps}?fieldManager=me`, { ...map('x'), data: { a: 'b' } })
  assert.deepEqual(body.metadata.managedFields.map((entry: Body) => entry.manager), ['me'])
  assert.match(String(headers.warning), /managedFields was in an invalid state after admission/)
})

test('of a collection that is deleted, objects are told but no names', async () => {
  const { ask, configure, calls } = await withHooks({ a: () => ({ allowed: false, status: { message: 'no' } }) })
  await ask(`POST ${maps}`, map('x'))
  await configure('Validating', 'c', hook('a', { rules: [{ ...everything, operations: ['DELETE'], resources: ['configmaps'] }] }))
  assert.equal((await ask(`DELETE ${maps}`)).body.message, 'admission webhook "a.example.com" denied the request: no')
  assert.deepEqual(calls.map(({ request }) => [request.name, request.oldObject.metadata.name]), [[undefined, 'x']])
})

test('a patch may not write a whole number with a point, and the audit log has it as it was written', async () => {
  let value = '1.0'
  const written = () => ({ allowed: true, patchType: 'JSONPatch', patch: btoa(`[{"value":${value},"path":"/spec/activeDeadlineSeconds","op":"add"},{"op":"add","path":"/metadata/labels","value":{"a":"1.0"}}]`) })
  const annotations = new Map<string, string>(), plugin = mutatingAdmissionWebhook()
  const { ask, configure } = await withHooks({ a: written }, { ...plugin, mutate: (attributes) => plugin.mutate!({ ...attributes, annotate: (key, text) => { annotations.set(key, text) } }) })
  await configure('Mutating', 'c', hook('a', { rules: [{ ...everything, resources: ['pods'] }] }))
  const post = () => ask('POST /api/v1/namespaces/n/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  for (value of ['1.0', '1e0', '1E+1']) assert.equal((await post()).body.message, `Internal error occurred: json: cannot unmarshal number ${value} into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64`)
  value = '7'
  assert.equal((await post()).body.spec.activeDeadlineSeconds, 7)
  assert.equal(annotations.get('patch.webhook.admission.k8s.io/round_0_index_0'), '{"configuration":"c","webhook":"a.example.com","patch":[{"op":"add","path":"/spec/activeDeadlineSeconds","value":7},{"op":"add","path":"/metadata/labels","value":{"a":"1.0"}}],"patchType":"JSONPatch"}')
})

test('whether a patch changes anything is judged before defaults are put back', async () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }, seen = new Map<string, string>(), plugin = mutatingAdmissionWebhook()
  let patch: object[] = []
  const { ask, configure } = await withHooks({ a: () => patched(...patch) }, { ...plugin, mutate: (attributes) => plugin.mutate!({ ...attributes, annotate: (key, text) => { seen.set(key, text) } }) })
  await configure('Mutating', 'c', hook('a', { rules: [{ ...everything, resources: ['pods'] }] }))
  const mutated = async (...operations: object[]) => {
    patch = operations
    assert.equal((await ask('POST /api/v1/namespaces/n/pods?dryRun=All', pod)).body.spec.dnsPolicy, 'ClusterFirst')
    return (JSON.parse(seen.get('mutation.webhook.admission.k8s.io/round_0_index_0')!) as Body)['mutated']
  }
  assert.equal(await mutated({ op: 'remove', path: '/spec/dnsPolicy' }), true)
  assert.equal(await mutated({ op: 'add', path: '/metadata/labels', value: {} }, { op: 'add', path: '/nothing', value: 1 }), false)
  assert.equal(await mutated({ op: 'remove', path: '/kind' }), false)
})

test('a custom resource takes a number of a patch by its value', async () => {
  const { ask, configure } = await withHooks({ a: () => ({ allowed: true, patchType: 'JSONPatch', patch: btoa('[{"op":"add","path":"/spec","value":{"n":1.0,"x":"<"}}]') }) })
  await established(ask, definition([version({ n: { type: 'integer' }, x: { type: 'string' } })]))
  await configure('Mutating', 'c', hook('a', { rules: [{ ...everything, resources: ['widgets'] }] }))
  assert.deepEqual((await ask(`POST ${widgets}`, { apiVersion: 'x.example/v1', kind: 'Widget', metadata: { name: 'w' } })).body.spec, { n: 1, x: '<' })
})

test('what a webhook makes of an eviction must be one', async () => {
  const { ask, configure } = await withHooks({ a: () => patched({ op: 'add', path: '/deleteOptions', value: 'x' }) })
  await ask('POST /api/v1/namespaces/n/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  await configure('Mutating', 'c', hook('a', { rules: [{ ...everything, resources: ['pods/eviction'] }] }))
  const { status, body } = await ask('POST /api/v1/namespaces/n/pods/p/eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } })
  assert.deepEqual([status, body.message], [500, 'Internal error occurred: json: cannot unmarshal string into Go struct field Eviction.deleteOptions of type v1.DeleteOptions'])
})

test('whatever a webhook answers, the client gets an answer of ours', async () => {
  let answer: Answer = {}
  const { ask, configure } = await withHooks({ a: () => answer })
  await configure('Mutating', 'c', hook('a', { rules: [{ ...everything, resources: ['configmaps', 'pods', 'services'] }] }))
  const path = fc.constantFrom('', '/metadata', '/metadata/labels', '/metadata/name', '/metadata/managedFields', '/metadata/ownerReferences', '/spec', '/spec/containers', '/spec/containers/0/env', '/spec/ports', '/data', '/kind', '/status', '/x')
  const operation = fc.record({ op: fc.constantFrom('add', 'remove', 'replace', 'copy', 'move', 'test', 'x'), path, from: path, value: fc.jsonValue({ maxDepth: 3 }) })
  const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)), fc.record({ allowed: fc.boolean(), patchType: fc.constant('JSONPatch'), patch: fc.array(operation, { maxLength: 4 }).map((patch) => Buffer.from(JSON.stringify(patch)).toString('base64')) }, { requiredKeys: ['allowed'] }),
    fc.record({ allowed: fc.constant(false), status: fc.dictionary(fc.constantFrom('code', 'reason', 'message', 'details', 'status'), fc.jsonValue({ maxDepth: 2 })) }), fc.dictionary(fc.constantFrom('uid', 'allowed', 'warnings', 'auditAnnotations', 'patch', 'patchType'), fc.jsonValue({ maxDepth: 2 })))
  const bodies = [['configmaps', map('x')], ['pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } }], ['services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: 1 }] } }]] as const
  await fc.assert(fc.asyncProperty(anything, fc.constantFrom(...bodies), async (given, [resource, body]) => {
    answer = given as Answer
    const { status, body: got } = await ask(`POST /api/v1/namespaces/n/${resource}?dryRun=All`, body)
    assert.ok(status === 201 || (got.kind === 'Status' && status >= 400 && status < 600 && got.code === status), JSON.stringify([status, got]))
    assert.doesNotMatch(got.message ?? '', /Cannot read|is not a function|is not iterable|of undefined|of null|Invalid array|object Object/, JSON.stringify([given, got]))
  }), { numRuns: 300 })
})
