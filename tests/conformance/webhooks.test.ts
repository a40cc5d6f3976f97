// Admission by webhooks behind a service, over real HTTPS: what they deny, change, are not asked about, and what they cannot answer.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { HookServer } from './hook-server.ts'
import { conformance, type Body, type Stage } from './stage.ts'

const api = '/apis/admissionregistration.k8s.io/v1', kinds = { Validating: `${api}/validatingwebhookconfigurations`, Mutating: `${api}/mutatingwebhookconfigurations` } as const
const core = (namespace: string, resource: string) => `/api/v1/namespaces/${namespace}/${resource}`
const map = (name: string, data: object = {}) => ({ metadata: { name }, data })
const pod = (name: string, more: Body = {}) => ({ metadata: { name, labels: more['labels'] ?? {} }, spec: { containers: [{ name: more['container'] ?? 'webhook-ok', image: 'pause' }] } })

const denied = (message: string) => ({ allowed: false, status: { status: 'Failure', message, reason: 'Forbidden', code: 403 } }), allowed = { allowed: true }
const patched = (...patch: object[]) => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') })
const bad = 'webhook-disallow'
const hooks = await HookServer.start({
  '/always-deny': () => denied('this webhook denies all requests'),
  '/pods': ({ object }) => {
    if (object.metadata.labels?.hang) return new Promise(() => {})
    const wrong = [object.spec.containers.some((c: Body) => c['name'].includes(bad)) && 'the pod contains unwanted container name', object.metadata.labels?.['webhook-e2e-test'] === bad && 'the pod contains unwanted label'].filter(Boolean)
    return wrong.length ? denied(wrong.join('; ')) : allowed
  },
  '/configmaps': ({ object }) => (object?.data?.['webhook-e2e-test'] === bad ? denied('the configmap contains unwanted key and value') : allowed),
  '/pods/attach': ({ name }) => (name === 'to-be-attached-pod' ? denied("attaching to pod 'to-be-attached-pod' is not allowed") : allowed),
  '/crd': ({ object }) => (object.metadata.labels?.['webhook-e2e-test'] === bad ? denied('the crd contains unwanted label') : allowed),
  '/custom-resource': ({ object, oldObject }) => ((object ?? oldObject).data?.['webhook-e2e-test'] === bad ? denied('the custom resource contains unwanted data') : allowed),
  '/mutating': ({ object }) => {
    const data = object.data ?? {}
    if (data['mutation-start'] === 'yes' && !data['mutation-stage-1']) return patched({ op: 'add', path: '/data/mutation-stage-1', value: 'yes' })
    return data['mutation-stage-1'] === 'yes' && !data['mutation-stage-2'] ? patched({ op: 'add', path: '/data/mutation-stage-2', value: 'yes' }) : allowed
  },
  '/mutating-pods': () => patched({ op: 'add', path: '/spec/initContainers', value: [{ name: 'webhook-added-init-container', image: 'webhook-added-image', resources: {} }] }),
  '/add-label': ({ object }) => patched(...(object.metadata.labels ? [] : [{ op: 'add', path: '/metadata/labels', value: {} }]), { op: 'add', path: '/metadata/labels/added-label', value: 'yes' }),
  '/always-allow-delay-5s': () => new Promise((resolve) => { setTimeout(() => { resolve(allowed) }, 1500).unref() }),
})
after(() => hooks.stop())

interface Hook { readonly path: string; readonly rules: readonly object[]; readonly more?: object }
const rule = (operations: readonly string[], resources: readonly string[], apiGroups: readonly string[] = [''], apiVersions: readonly string[] = ['v1']) => ({ operations, apiGroups, apiVersions, resources })
const configuration = (name: string, namespace: string, given: readonly Hook[], metadata: object = {}) => ({ metadata: { name, ...metadata }, webhooks: given.map(({ path, rules, more }, i) => ({
  name: `${name}-${i}.k8s.io`, rules, clientConfig: hooks.clientConfig(namespace, path), sideEffects: 'None', admissionReviewVersions: ['v1', 'v1beta1'], namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, ...more,
})) })
/** Registers the webhooks while the test runs. */
async function registered(stage: Stage, sort: keyof typeof kinds, given: ReturnType<typeof configuration>, run: (path: string) => Promise<void>): Promise<void> {
  await stage.make(kinds[sort], given)
  const path = `${kinds[sort]}/${given.metadata.name}`
  await stage.cluster.settle()
  try { await run(path) } finally { await stage.ask(`DELETE ${path}`) }
}
const definition = (plural: string, versions: readonly object[], labels: object = {}) => ({ metadata: { name: `${plural}.webhook.example.com`, labels }, spec: { group: 'webhook.example.com', scope: 'Namespaced', names: { plural, singular: `one-${plural}`, kind: `E2e${plural}` }, versions } })
const version = (name: string, storage = true, schema: object = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) => ({ name, served: true, storage, schema: { openAPIV3Schema: schema } })
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
async function define(stage: Stage, namespace: string, plural: string, versions: readonly object[]): Promise<(version?: string) => string> {
  await stage.make(definitions, definition(plural, versions))
  await stage.cluster.settle()
  return (name = 'v1') => `/apis/webhook.example.com/${name}/namespaces/${namespace}/${plural}`
}
const custom = (plural: string, name: string, data: object, apiVersion = 'v1') => ({ apiVersion: `webhook.example.com/${apiVersion}`, kind: `E2e${plural}`, metadata: { name }, data })

conformance('[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin]', { nodes: 1, plane: { outbound: hooks.outbound } }, (define1) => {
  const behaviour: typeof define1 = (name, play) => { define1(name, async (stage, namespace) => {
    await hooks.serveIn(stage, namespace)
    await play(stage, namespace)
  }) }

  behaviour('should be able to deny pod and configmap creation', async (stage, namespace) => {
    const more = { namespaceSelector: { matchExpressions: [{ key: 'skip-webhook-admission', operator: 'NotIn', values: ['yes'] }, { key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace, 'exempted'] }] } }
    const maps = core(namespace, 'configmaps'), pods = core(namespace, 'pods')
    await registered(stage, 'Validating', configuration('deny-unwanted', namespace, [{ path: '/pods', rules: [rule(['CREATE'], ['pods'])], more: { ...more, timeoutSeconds: 1 } }, { path: '/configmaps', rules: [rule(['CREATE', 'UPDATE', 'DELETE'], ['configmaps'])], more }]), async () => {
      await stage.refused(403, /denied the request: the pod contains unwanted container name; the pod contains unwanted label/, `POST ${pods}`, pod('disallowed-pod', { labels: { 'webhook-e2e-test': bad }, container: bad }))
      await stage.refused(500, /failed calling webhook .*context deadline exceeded/, `POST ${pods}`, pod('hanging-pod', { labels: { hang: 'yes' } }))
      assert.equal((await stage.ask(`GET ${pods}/hanging-pod`)).status, 404)
      const words = /the configmap contains unwanted key and value/
      await stage.refused(403, words, `POST ${maps}`, map('disallowed', { 'webhook-e2e-test': bad }))
      const admitted = await stage.make(maps, map('allowed', { admit: 'this' }))
      await stage.refused(403, words, `PUT ${maps}/allowed`, { ...admitted, data: { ...admitted['data'], 'webhook-e2e-test': bad } })
      await stage.refused(403, words, `PATCH ${maps}/allowed`, { data: { 'webhook-e2e-test': bad } }, { 'content-type': 'application/strategic-merge-patch+json' })
      await stage.make('/api/v1/namespaces', { metadata: { name: 'exempted', labels: { 'skip-webhook-admission': 'yes' } } })
      await stage.make(core('exempted', 'configmaps'), map('disallowed', { 'webhook-e2e-test': bad }))
    })
  })
  behaviour('should be able to deny attaching pod', async (stage, namespace) => {
    await registered(stage, 'Validating', configuration('deny-attaching', namespace, [{ path: '/pods/attach', rules: [rule(['CONNECT'], ['pods/attach'])] }]), async () => {
      await stage.make(core(namespace, 'pods'), pod('to-be-attached-pod'))
      await stage.refused(403, /attaching to pod 'to-be-attached-pod' is not allowed/, `POST ${core(namespace, 'pods')}/to-be-attached-pod/attach?stdout=true&container=webhook-ok`)
    })
  })
  behaviour('should be able to deny custom resource creation, update and deletion', async (stage, namespace) => {
    const objects = (await define(stage, namespace, 'denieds', [version('v1')]))()
    await registered(stage, 'Validating', configuration('deny-custom', namespace, [{ path: '/custom-resource', rules: [rule(['CREATE', 'UPDATE', 'DELETE'], ['denieds'], ['webhook.example.com'], ['*'])] }]), async () => {
      const words = /the custom resource contains unwanted data/
      await stage.refused(403, words, `POST ${objects}`, custom('denieds', 'a', { 'webhook-e2e-test': bad }))
      await stage.make(objects, custom('denieds', 'b', { 'webhook-e2e-test': 'webhook-fine' }))
      await stage.refused(403, words, `PATCH ${objects}/b`, { data: { 'webhook-e2e-test': bad } })
      await stage.remove(`${objects}/b`)
    })
    await stage.make(objects, custom('denieds', 'c', { 'webhook-e2e-test': bad }))
    await registered(stage, 'Validating', configuration('deny-custom', namespace, [{ path: '/custom-resource', rules: [rule(['DELETE'], ['denieds'], ['webhook.example.com'], ['*'])] }]), async () => {
      await stage.refused(403, /the custom resource contains unwanted data/, `DELETE ${objects}/c`)
      await stage.merge(`${objects}/c`, { data: { 'webhook-e2e-test': null } })
      await stage.remove(`${objects}/c`)
    })
  })
  behaviour('should unconditionally reject operations on fail closed webhook', async (stage, namespace) => {
    const clientConfig = { ...hooks.clientConfig(namespace, '/configmaps'), caBundle: undefined }
    await registered(stage, 'Validating', configuration('fail-closed', namespace, [{ path: '/configmaps', rules: [rule(['CREATE'], ['configmaps'])], more: { clientConfig, failurePolicy: 'Fail' } }]), async () => {
      await stage.refused(500, /failed calling webhook "fail-closed-0.k8s.io": failed to call webhook: .*x509: certificate signed by unknown authority/, `POST ${core(namespace, 'configmaps')}`, map('foo'))
    })
  })
  behaviour('should mutate configmap', async (stage, namespace) => {
    const rules = [rule(['CREATE'], ['configmaps'])]
    await registered(stage, 'Mutating', configuration('mutate-maps', namespace, [{ path: '/mutating', rules }, { path: '/mutating', rules }]), async () => {
      assert.deepEqual((await stage.make(core(namespace, 'configmaps'), map('to-be-mutated', { 'mutation-start': 'yes' })))['data'], { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' })
    })
  })
  behaviour('should mutate pod and apply defaults after mutation', async (stage, namespace) => {
    await registered(stage, 'Mutating', configuration('mutate-pods', namespace, [{ path: '/mutating-pods', rules: [rule(['CREATE'], ['pods'])] }]), async () => {
      const [init] = (await stage.make(core(namespace, 'pods'), pod('webhook-to-be-mutated')))['spec'].initContainers
      assert.deepEqual([init.name, init.terminationMessagePolicy], ['webhook-added-init-container', 'File'])
    })
  })
  behaviour('should not be able to mutate or prevent deletion of webhook configuration objects', async (stage, namespace) => {
    const rules = [rule(['CREATE', 'DELETE', 'UPDATE'], ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'], ['admissionregistration.k8s.io'], ['*'])], more = { namespaceSelector: {} }
    await registered(stage, 'Validating', configuration('deny-configurations', namespace, [{ path: '/always-deny', rules, more }]), () => registered(stage, 'Mutating', configuration('label-configurations', namespace, [{ path: '/add-label', rules, more }]), async () => {
      for (const sort of ['Validating', 'Mutating'] as const) {
        const made = await stage.make(kinds[sort], configuration('dummy', namespace, [{ path: '/x', rules: [rule(['CREATE'], ['invalid'])] }]))
        assert.equal(made['metadata'].labels, undefined)
        await stage.remove(`${kinds[sort]}/dummy`)
      }
    }))
  })
  const addition = (name: string, storage = true) => version(name, storage)
  behaviour('should mutate custom resource', async (stage, namespace) => {
    const objects = (await define(stage, namespace, 'mutateds', [addition('v1')]))(), rules = [rule(['CREATE', 'UPDATE'], ['mutateds'], ['webhook.example.com'], ['*'])]
    await registered(stage, 'Mutating', configuration('mutate-custom', namespace, [{ path: '/mutating', rules }, { path: '/mutating', rules }]), async () => {
      assert.deepEqual((await stage.make(objects, custom('mutateds', 'a', { 'mutation-start': 'yes' })))['data'], { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' })
    })
  })
  behaviour('should mutate custom resource with pruning', async (stage, namespace) => {
    const text = { type: 'string' }, schema = { type: 'object', properties: { data: { type: 'object', properties: { 'mutation-start': text, 'mutation-stage-1': text } } } }
    const objects = (await define(stage, namespace, 'pruneds', [version('v1', true, schema)]))(), rules = [rule(['CREATE'], ['pruneds'], ['webhook.example.com'], ['*'])]
    await registered(stage, 'Mutating', configuration('mutate-pruned', namespace, [{ path: '/mutating', rules }, { path: '/mutating', rules }]), async () => {
      assert.deepEqual((await stage.make(objects, custom('pruneds', 'a', { 'mutation-start': 'yes' })))['data'], { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' })
    })
  })
  behaviour('should mutate custom resource with different stored version', async (stage, namespace) => {
    const objects = await define(stage, namespace, 'versioneds', [addition('v1'), addition('v2', false)]), rules = [rule(['CREATE', 'UPDATE'], ['versioneds'], ['webhook.example.com'], ['*'])]
    await registered(stage, 'Mutating', configuration('mutate-versions', namespace, [{ path: '/mutating', rules }]), async () => {
      await stage.make(objects('v1'), custom('versioneds', 'a', { 'mutation-start': 'yes' }))
      await stage.ok(`PATCH ${definitions}/versioneds.webhook.example.com`, [{ op: 'replace', path: '/spec/versions/0/storage', value: false }, { op: 'replace', path: '/spec/versions/1/storage', value: true }], { 'content-type': 'application/json-patch+json' })
      await stage.cluster.settle()
      const changed = await stage.merge(`${objects('v1')}/a`, { data: { 'mutation-start': 'yes', dummy: 'test' } })
      assert.deepEqual(changed['data'], { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes', dummy: 'test' })
    })
  })
  behaviour('should deny crd creation', async (stage, namespace) => {
    await registered(stage, 'Validating', configuration('deny-crd', namespace, [{ path: '/crd', rules: [rule(['CREATE'], ['customresourcedefinitions'], ['apiextensions.k8s.io'], ['*'])], more: { namespaceSelector: {} } }]), async () => {
      await stage.refused(403, /the crd contains unwanted label/, `POST ${definitions}`, definition('unwanteds', [version('v1')], { 'webhook-e2e-test': bad }))
    })
  })
  behaviour('should honor timeout', async (stage, namespace) => {
    // The webhook takes a second and a half where the reference's takes five.
    const maps = core(namespace, 'configmaps'), slow = (more: object, query: string, play: () => Promise<unknown>) => registered(stage, 'Validating', configuration(`slow-${query}`, namespace, [{ path: '/always-allow-delay-5s', rules: [rule(['CREATE'], ['configmaps'])], more }]), async () => { await play() })
    await slow({ timeoutSeconds: 1, failurePolicy: 'Fail' }, 'a', () => stage.refused(500, /\/always-allow-delay-5s\?timeout=1s": context deadline exceeded/, `POST ${maps}`, map('a')))
    await slow({ timeoutSeconds: 1, failurePolicy: 'Ignore' }, 'b', () => stage.make(maps, map('b')))
    await slow({ timeoutSeconds: 10, failurePolicy: 'Fail' }, 'c', () => stage.make(maps, map('c')))
    await slow({ failurePolicy: 'Fail' }, 'd', async () => {
      assert.equal((await stage.get(`${kinds.Validating}/slow-d`))['webhooks'][0].timeoutSeconds, 10)
      await stage.make(maps, map('d'))
    })
  })
  for (const [sort, path, harm] of [['Validating', '/configmaps', { 'webhook-e2e-test': bad }], ['Mutating', '/mutating', { 'mutation-start': 'yes' }]] as const) {
    const word = sort.toLowerCase()
    /** Whether the webhook has its way with a new object. */
    const acts = async (stage: Stage, namespace: string, name: string): Promise<boolean> => {
      const { status, body } = await stage.ask(`POST ${core(namespace, 'configmaps')}`, map(name, harm))
      return sort === 'Validating' ? status === 403 : Boolean(body['data']['mutation-stage-1'])
    }
    behaviour(`patching/updating a ${word} webhook should work`, async (stage, namespace) => {
      await registered(stage, sort, configuration('updated', namespace, [{ path, rules: [rule(['CREATE'], ['configmaps'])] }]), async (one) => {
        assert.equal(await acts(stage, namespace, 'a'), true)
        const now = await stage.get(one)
        now['webhooks'][0].rules[0].operations = ['UPDATE']
        await stage.put(one, now)
        assert.equal(await acts(stage, namespace, 'b'), false)
        await stage.ok(`PATCH ${one}`, [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }], { 'content-type': 'application/json-patch+json' })
        assert.equal(await acts(stage, namespace, 'c'), true)
      })
    })
    behaviour(`listing ${word} webhooks should work`, async (stage, namespace) => {
      const labels = { e2e: `list-${word}` }, selector = `${kinds[sort]}?labelSelector=e2e%3Dlist-${word}`
      for (let i = 0; i < 10; i++) await stage.make(kinds[sort], configuration(`listed-${i}`, namespace, [{ path, rules: [rule(['CREATE'], ['configmaps'])] }], { labels }))
      assert.equal((await stage.items(selector)).length, 10)
      assert.equal(await acts(stage, namespace, 'a'), true)
      await stage.ok(`DELETE ${selector}`)
      assert.deepEqual(await stage.items(selector), [])
      assert.equal(await acts(stage, namespace, 'b'), false)
    })
    const conditions = (...expressions: string[]) => ({ matchConditions: expressions.map((expression, i) => ({ name: `condition-${i}`, expression })) }), rules = [rule(['CREATE'], ['configmaps'])]
    behaviour(`should be able to create and update ${word} webhook configurations with match conditions`, async (stage, namespace) => {
      await registered(stage, sort, configuration('conditions', namespace, [{ path, rules, more: conditions('object.metadata.namespace == "x"') }]), async (one) => {
        const now = await stage.get(one)
        assert.deepEqual(now['webhooks'][0].matchConditions, [{ name: 'condition-0', expression: 'object.metadata.namespace == "x"' }])
        Object.assign(now['webhooks'][0], conditions('true', 'object.metadata.name != "y"'))
        await stage.put(one, now)
        assert.deepEqual((await stage.get(one))['webhooks'][0].matchConditions, conditions('true', 'object.metadata.name != "y"').matchConditions)
      })
    })
    behaviour(`should reject ${word} webhook configurations with invalid match conditions`, async (stage, namespace) => {
      await stage.refused(422, /compilation failed/, `POST ${kinds[sort]}`, configuration('invalid', namespace, [{ path, rules, more: conditions('... [] bad expression') }]))
    })
  }
  behaviour("should mutate everything except 'skip-me' configmaps", async (stage, namespace) => {
    const more = { matchConditions: [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }] }
    await registered(stage, 'Mutating', configuration('skips', namespace, [{ path: '/mutating', rules: [rule(['CREATE'], ['configmaps'])], more }]), async () => {
      assert.equal((await stage.make(core(namespace, 'configmaps'), map('skip-me', { 'mutation-start': 'yes' })))['data']['mutation-stage-1'], undefined)
      assert.equal((await stage.make(core(namespace, 'configmaps'), map('other', { 'mutation-start': 'yes' })))['data']['mutation-stage-1'], 'yes')
    })
  })
})
