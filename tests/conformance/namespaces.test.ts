// The life of a namespace, and the order in which what is in it goes.
import assert from 'node:assert/strict'
import { conformance, type Body } from './stage.ts'

const all = '/api/v1/namespaces'
const pod = (name: string, more: object = {}) => ({ metadata: { name, ...more }, spec: { containers: [{ name: 'nginx', image: 'pause' }] } })

conformance('[sig-api-machinery] Namespaces [Serial]', { nodes: 1 }, (behaviour) => {
  behaviour('should ensure that all pods are removed when a namespace is deleted', async (stage, namespace) => {
    await stage.make(`${all}/${namespace}/pods`, pod('test-pod'))
    await stage.until(`${all}/${namespace}/pods/test-pod`, ({ status }) => status.phase === 'Running')
    await stage.remove(`${all}/${namespace}`)
    await stage.gone(`${all}/${namespace}`)
    await stage.make(all, { metadata: { name: namespace } })
    assert.deepEqual(await stage.items(`${all}/${namespace}/pods`), [])
  })
  behaviour('should ensure that all services are removed when a namespace is deleted', async (stage, namespace) => {
    await stage.make(`${all}/${namespace}/services`, { metadata: { name: 'test-service' }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }] } })
    await stage.remove(`${all}/${namespace}`)
    await stage.gone(`${all}/${namespace}`)
    await stage.make(all, { metadata: { name: namespace } })
    assert.equal((await stage.ask(`GET ${all}/${namespace}/services/test-service`)).status, 404)
  })
  behaviour('should patch a Namespace', async (stage, namespace) => {
    await stage.ok(`PATCH ${all}/${namespace}`, { metadata: { labels: { testLabel: 'testValue' } } }, { 'content-type': 'application/strategic-merge-patch+json' })
    const { labels } = (await stage.get(`${all}/${namespace}`))['metadata']
    assert.deepEqual(labels, { testLabel: 'testValue', 'kubernetes.io/metadata.name': namespace })
  })
  behaviour('should apply an update to a Namespace', async (stage, namespace) => {
    const found = await stage.get(`${all}/${namespace}`)
    const updated = await stage.put(`${all}/${namespace}`, { ...found, metadata: { ...found['metadata'], labels: { ...found['metadata'].labels, [namespace]: 'updated' } } })
    assert.equal(updated['metadata'].labels[namespace], 'updated')
  })
  behaviour('should apply changes to a namespace status', async (stage, namespace) => {
    const status = `${all}/${namespace}/status`, condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'by an e2e test' })
    const found = await stage.get(status)
    assert.equal(found['status'].phase, 'Active')
    const patched = await stage.ok(`PATCH ${status}`, { metadata: { annotations: { 'e2e-patched-ns-status': namespace } }, status: { conditions: [condition('StatusPatch')] } }, { 'content-type': 'application/merge-patch+json' })
    assert.deepEqual([patched['metadata'].annotations['e2e-patched-ns-status'], patched['status'].conditions.map((c: Body) => c['type'])], [namespace, ['StatusPatch']])
    const updated = await stage.put(status, { ...patched, status: { ...patched['status'], conditions: [...patched['status'].conditions, condition('StatusUpdate')] } })
    assert.deepEqual(updated['status'].conditions.map((c: Body) => [c['type'], c['reason'], c['message']]), [['StatusPatch', 'E2E', 'by an e2e test'], ['StatusUpdate', 'E2E', 'by an e2e test']])
  })
  behaviour('should apply a finalizer to a Namespace', async (stage, namespace) => {
    const found = await stage.get(`${all}/${namespace}`)
    const held = await stage.put(`${all}/${namespace}/finalize`, { ...found, spec: { finalizers: ['e2e.example.com/fakeFinalizer', ...found['spec'].finalizers] } })
    assert.deepEqual(held['spec'].finalizers, ['e2e.example.com/fakeFinalizer', 'kubernetes'])
    const free = await stage.put(`${all}/${namespace}/finalize`, { ...held, spec: { finalizers: ['kubernetes'] } })
    assert.deepEqual(free['spec'].finalizers, ['kubernetes'])
    await stage.remove(`${all}/${namespace}`)
    await stage.gone(`${all}/${namespace}`)
  })
})

conformance('[sig-api-machinery] OrderedNamespaceDeletion', { nodes: 1 }, (behaviour) => {
  behaviour('namespace deletion should delete pod first', async (stage, namespace) => {
    const pods = `${all}/${namespace}/pods`, maps = `${all}/${namespace}/configmaps`
    await stage.make(pods, pod('held', { finalizers: ['e2e.example.com/finalizer'] }))
    await stage.make(maps, { metadata: { name: 'test-configmap' } })
    await stage.until(`${pods}/held`, ({ status }) => status.phase === 'Running')
    await stage.remove(`${all}/${namespace}`)
    const waiting = await stage.until(`${all}/${namespace}`, ({ status }) => status.conditions?.some((c: Body) => c['type'] === 'NamespaceFinalizersRemaining' && c['status'] === 'True'))
    assert.equal(waiting['status'].phase, 'Terminating')
    assert.ok((await stage.get(`${pods}/held`))['metadata'].deletionTimestamp)
    await stage.cluster.clock.advance('60s')
    assert.equal((await stage.get(`${maps}/test-configmap`))['metadata'].deletionTimestamp, undefined, 'all else stays while there are pods')
    await stage.merge(`${pods}/held`, { metadata: { finalizers: null } })
    await stage.gone(`${all}/${namespace}`)
    assert.equal((await stage.ask(`GET ${maps}/test-configmap`)).status, 404)
  })
})
