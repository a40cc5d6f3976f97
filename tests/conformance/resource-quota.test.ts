// Resource quotas: what they count, what they refuse, and what is given back.
import assert from 'node:assert/strict'
import { conformance, type Body, type Stage } from './stage.ts'

const path = (namespace: string, resource: string, name = '') => `/api/v1/namespaces/${namespace}/${resource}${name && `/${name}`}`
const hard = {
  pods: '5', services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1', replicationcontrollers: '10', resourcequotas: '1', persistentvolumeclaims: '10', configmaps: '10', secrets: '10',
  cpu: '1', memory: '500Mi', 'requests.storage': '10Gi', 'requests.ephemeral-storage': '50Gi', 'ephemeral-storage': '50Gi', 'requests.example.com/dongle': '3', 'count/replicasets.apps': '5',
  'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10', 'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
}
const makeQuota = (stage: Stage, namespace: string, more: object = {}, name = 'test-quota') => stage.make(path(namespace, 'resourcequotas'), { metadata: { name }, spec: { hard, ...more } })
/** Lets time pass until the quota's status tells so much of each. */
const uses = (stage: Stage, namespace: string, wanted: Readonly<Record<string, string>>, name = 'test-quota') =>
  stage.until(path(namespace, 'resourcequotas', name), ({ status, spec }) => Object.entries(wanted).every(([what, much]) => status?.used?.[what] === much) && JSON.stringify(status.hard) === JSON.stringify(spec.hard))
const pod = (name: string, requests: object, limits: object = {}, more: object = {}) => ({ metadata: { name }, spec: { containers: [{ name: 'pause', image: 'pause', resources: { requests, limits } }], ...more } })

conformance('[sig-api-machinery] ResourceQuota', { nodes: 0 }, (behaviour) => {
  behaviour('should create a ResourceQuota and ensure its status is promptly calculated.', async (stage, namespace) => {
    await makeQuota(stage, namespace)
    await uses(stage, namespace, { resourcequotas: '1', pods: '0', cpu: '0' })
  })

  behaviour('should create a ResourceQuota and capture the life of a service.', async (stage, namespace) => {
    await makeQuota(stage, namespace)
    await uses(stage, namespace, { resourcequotas: '1', services: '0' })
    const service = (name: string, type: string) => ({ metadata: { name }, spec: { type, ports: [{ port: 80, targetPort: 80 }] } }), services = path(namespace, 'services')
    await stage.make(services, service('test-service', 'ClusterIP'))
    await stage.make(services, service('test-service-np', 'NodePort'))
    await stage.refused(403, /exceeded quota: test-quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1/, `POST ${services}`, service('test-service-lb', 'LoadBalancer'))
    await uses(stage, namespace, { services: '2', 'services.nodeports': '1' })
    await stage.remove(`${services}/test-service`)
    await stage.remove(`${services}/test-service-np`)
    await uses(stage, namespace, { services: '0', 'services.nodeports': '0' })
  })

  behaviour('should create a ResourceQuota and capture the life of a pod.', async (stage, namespace) => {
    await makeQuota(stage, namespace)
    await uses(stage, namespace, { resourcequotas: '1' })
    const pods = path(namespace, 'pods'), dongles = { 'example.com/dongle': '2' }
    await stage.make(pods, pod('test-pod', { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', ...dongles }, dongles))
    const used = { pods: '1', cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'requests.ephemeral-storage': '30Gi', 'requests.example.com/dongle': '2' }
    await uses(stage, namespace, used)
    await stage.refused(403, /exceeded quota/, `POST ${pods}`, pod('fail-pod', { cpu: '600m', memory: '100Mi' }))
    await stage.refused(403, /exceeded quota: test-quota, requested: .*requests.example.com\/dongle=2/, `POST ${pods}`, pod('fail-pod', { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '30Gi', ...dongles }, dongles))
    const less = await stage.get(`${pods}/test-pod`)
    less['spec'].containers[0].resources.requests = { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '10Gi', ...dongles }
    await stage.refused(422, /pod updates may not change fields other than/, `PUT ${pods}/test-pod`, less)
    await uses(stage, namespace, used)
    await stage.remove(`${pods}/test-pod`, { gracePeriodSeconds: 0 })
    await uses(stage, namespace, { pods: '0', cpu: '0', memory: '0', 'ephemeral-storage': '0', 'requests.example.com/dongle': '0' })
  })

  for (const [what, resource, count, object] of [
    ['a configMap', '/api/v1 configmaps', 'configmaps', { data: { a: 'b' } }],
    ['a secret', '/api/v1 secrets', 'secrets', { data: { a: 'Yg==' } }],
    ['a replication controller', '/api/v1 replicationcontrollers', 'replicationcontrollers', { spec: { replicas: 0, selector: { name: 'x' }, template: { metadata: { labels: { name: 'x' } }, ...only('spec') } } }],
    ['a replica set', '/apis/apps/v1 replicasets', 'count/replicasets.apps', { spec: { replicas: 0, selector: { matchLabels: { name: 'x' } }, template: { metadata: { labels: { name: 'x' } }, ...only('spec') } } }],
  ] as const) behaviour(`should create a ResourceQuota and capture the life of ${what}.`, async (stage, namespace) => {
    const [base = '', plural = ''] = resource.split(' '), objects = `${base}/namespaces/${namespace}/${plural}`
    await stage.cluster.settle()
    // What every namespace has is counted too: the authorities' ConfigMap.
    const before = (await stage.items(objects)).length
    await makeQuota(stage, namespace)
    await uses(stage, namespace, { [count]: String(before) })
    await stage.make(objects, { metadata: { name: 'test' }, ...object })
    await uses(stage, namespace, { [count]: String(before + 1) })
    await stage.remove(`${objects}/test`)
    await uses(stage, namespace, { [count]: String(before) })
  })

  const scoped = async (stage: Stage, namespace: string, name: string, scope: string, limits: object) => {
    await stage.make(path(namespace, 'resourcequotas'), { metadata: { name }, spec: { hard: { pods: '5', ...limits }, scopes: [scope] } })
    await uses(stage, namespace, { pods: '0' }, name)
  }
  behaviour('should verify ResourceQuota with terminating scopes.', async (stage, namespace) => {
    const compute = { 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' }, pods = path(namespace, 'pods')
    await scoped(stage, namespace, 'ends', 'Terminating', compute)
    await scoped(stage, namespace, 'stays', 'NotTerminating', compute)
    const asked = [{ cpu: '500m', memory: '200Mi' }, { cpu: '1', memory: '400Mi' }] as const
    const all = { pods: '1', 'requests.cpu': '500m', 'requests.memory': '200Mi', 'limits.cpu': '1', 'limits.memory': '400Mi' }, nothing = { pods: '0', 'requests.cpu': '0', 'requests.memory': '0', 'limits.cpu': '0', 'limits.memory': '0' }
    for (const [object, counted, other] of [[pod('a', ...asked), 'stays', 'ends'], [pod('b', ...asked, { activeDeadlineSeconds: 3600 }), 'ends', 'stays']] as const) {
      await stage.make(pods, object)
      await uses(stage, namespace, all, counted)
      await uses(stage, namespace, nothing, other)
      await stage.remove(`${pods}/${object.metadata.name}`, { gracePeriodSeconds: 0 })
      await uses(stage, namespace, nothing, counted)
    }
  })
  behaviour('should verify ResourceQuota with best effort scope.', async (stage, namespace) => {
    const pods = path(namespace, 'pods')
    await scoped(stage, namespace, 'best', 'BestEffort', {})
    await scoped(stage, namespace, 'other', 'NotBestEffort', {})
    for (const [object, counted, other] of [[pod('a', {}), 'best', 'other'], [pod('b', { cpu: '500m', memory: '200Mi' }, { cpu: '1', memory: '400Mi' }), 'other', 'best']] as const) {
      await stage.make(pods, object)
      await uses(stage, namespace, { pods: '1' }, counted)
      await uses(stage, namespace, { pods: '0' }, other)
      await stage.remove(`${pods}/${object.metadata.name}`, { gracePeriodSeconds: 0 })
      await uses(stage, namespace, { pods: '0' }, counted)
    }
  })

  behaviour('should be able to update and delete ResourceQuota.', async (stage, namespace) => {
    const quotas = path(namespace, 'resourcequotas'), made = await stage.make(quotas, { metadata: { name: 'q' }, spec: { hard: { cpu: '1', memory: '500Mi' } } })
    assert.deepEqual((await stage.get(`${quotas}/q`))['spec'].hard, { cpu: '1', memory: '500Mi' })
    const updated = await stage.put(`${quotas}/q`, { ...made, metadata: { name: 'q' }, spec: { hard: { cpu: '2', memory: '1Gi' } } })
    assert.deepEqual(updated['spec'].hard, { cpu: '2', memory: '1Gi' })
    assert.deepEqual((await stage.get(`${quotas}/q`))['spec'].hard, { cpu: '2', memory: '1Gi' })
    await stage.remove(`${quotas}/q`)
    assert.equal((await stage.ask(`GET ${quotas}/q`)).status, 404)
  })

  behaviour('should manage the lifecycle of a ResourceQuota', async (stage, namespace) => {
    const quotas = path(namespace, 'resourcequotas'), labelled = `labelSelector=lifecycle%3D${namespace}`
    await stage.make(quotas, { metadata: { name: 'q', labels: { lifecycle: namespace } }, spec: { hard: { cpu: '1', memory: '500Mi' } } })
    const everywhere = await stage.items(`/api/v1/resourcequotas?${labelled}`)
    assert.deepEqual(everywhere.map((q) => q['metadata'].name), ['q'])
    const patched = await stage.ok(`PATCH ${quotas}/q`, { metadata: { labels: { q: 'patched' } }, spec: { hard: { memory: '750Mi' } } }, { 'content-type': 'application/strategic-merge-patch+json' })
    assert.deepEqual([patched['metadata'].labels, patched['spec'].hard], [{ lifecycle: namespace, q: 'patched' }, { cpu: '1', memory: '750Mi' }])
    await stage.ok(`DELETE ${quotas}?labelSelector=q%3Dpatched`)
    await stage.gone(`${quotas}/q`)
  })

  behaviour('should apply changes to a resourcequota status', async (stage, namespace) => {
    const quotas = path(namespace, 'resourcequotas'), one = `${quotas}/q`
    const calculated = (wanted: Body) => stage.until(one, ({ status }) => JSON.stringify(status.hard) === JSON.stringify(wanted))
    await stage.make(quotas, { metadata: { name: 'q', labels: { q: 'status' } }, spec: { hard: { cpu: '500m', memory: '500Mi' } } })
    const watch = await stage.watch(`${quotas}?labelSelector=q%3Dstatus`)
    const first = await calculated({ cpu: '500m', memory: '500Mi' })
    const updated = await stage.put(`${one}/status`, { ...first, status: { ...first['status'], hard: { cpu: '500m', memory: '500Mi' } } })
    assert.deepEqual(updated['status'].hard, updated['spec'].hard)
    const patched = await stage.merge(one, { spec: { hard: { cpu: '1', memory: '1Gi' } } })
    assert.deepEqual(patched['spec'].hard, { cpu: '1', memory: '1Gi' })
    await calculated({ cpu: '1', memory: '1Gi' })
    await stage.merge(`${one}/status`, { status: { hard: { cpu: '1', memory: '1Gi' } } })
    const read = await stage.get(`${one}/status`)
    assert.deepEqual(read['status'].hard, read['spec'].hard)
    // What the status is made to say is corrected, and the spec is not touched.
    const again = await stage.merge(`${one}/status`, { spec: { hard: { cpu: '7' } }, status: { hard: { cpu: '2', memory: '2Gi' } } })
    assert.deepEqual([again['status'].hard, again['spec'].hard], [{ cpu: '2', memory: '2Gi' }, { cpu: '1', memory: '1Gi' }])
    await calculated({ cpu: '1', memory: '1Gi' })
    assert.deepEqual(watch.events.map((e) => e.object['status'].hard?.cpu).filter(Boolean).filter((cpu, i, all) => cpu !== all[i - 1]), ['500m', '1', '2', '1'])
    watch.stop()
  })
})

/** A pod's spec, for templates that never make one. */
function only<Name extends string>(field: Name) { return { [field]: { containers: [{ name: 'c', image: 'pause' }] } } }
