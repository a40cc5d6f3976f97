import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, customResourceDefinition, deviceClass, deviceResourceClaim, namespace, persistentVolumeClaim, pod, priorityClass, resourceQuota, secret, service, type ResourceQuota } from '#kinds'
import { ApiError, silent, type Log, type New } from '#machinery'
import { TestCluster } from '#testing'

const controllers = ['serviceaccount', 'resourcequota']
const at = { namespace: 'default' }
const quota = (name: string, hard: Record<string, string>, spec: object = {}) => ({ metadata: { name, ...at }, spec: { hard, ...spec } }) as New<ResourceQuota>
const web = (name: string, resources: object = {}, spec: object = {}) => ({ metadata: { name, ...at }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...spec } })
const map = (name: string) => ({ metadata: { name, ...at } })
const refused = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'allowed', (error: unknown) => (error as ApiError).status.message ?? '')
const start = async () => {
  const cluster = await TestCluster.start({ controllers, scheduler: false })
  await cluster.settle()
  return cluster
}
const used = async ({ client }: TestCluster, name = 'q') => (await client.get(resourceQuota, { name, ...at })).status

test('what there is is counted at first, what comes is charged, what goes is given back', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(pod, web('old', { requests: { cpu: '250m', memory: '1Gi' }, limits: { cpu: '1' } }))
  await client.create(resourceQuota, quota('q', { pods: '3', 'requests.cpu': '1', 'limits.cpu': '2', 'requests.memory': '2Gi', 'count/configmaps': '9' }))
  await cluster.settle()
  assert.deepEqual(await used(cluster), { hard: { pods: '3', 'requests.cpu': '1', 'limits.cpu': '2', 'requests.memory': '2Gi', 'count/configmaps': '9' },
    used: { pods: '1', 'requests.cpu': '250m', 'limits.cpu': '1', 'requests.memory': '1Gi', 'count/configmaps': '0' } })
  await client.create(pod, web('new', { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '500m' } }))
  assert.deepEqual((await used(cluster)).used, { pods: '2', 'requests.cpu': '750m', 'limits.cpu': '1500m', 'requests.memory': '1536Mi', 'count/configmaps': '0' }) // at once
  await client.delete(pod, { name: 'old', ...at }, { gracePeriodSeconds: 0 })
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { pods: '1', 'requests.cpu': '500m', 'limits.cpu': '500m', 'requests.memory': '512Mi', 'count/configmaps': '0' })
})

test('what can only be created, events and what nobody serves are not counted; the rest is', async () => {
  await using cluster = await start()
  const { client } = cluster, hard = { 'count/bindings': '1', 'count/localsubjectaccessreviews.authorization.k8s.io': '2', 'count/events': '9', 'count/events.events.k8s.io': '9', 'count/nodes': '3', 'count/widgets.example.com': '3', pods: '2', 'count/leases.coordination.k8s.io': '1' }
  await client.create(resourceQuota, quota('q', hard))
  await cluster.settle()
  assert.deepEqual(await used(cluster), { hard, used: { pods: '0', 'count/leases.coordination.k8s.io': '0' } })
})

test('a quota is never exceeded, however many come at once, and is full afterwards', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceQuota, quota('q', { 'count/configmaps': '10' }))
  await client.create(resourceQuota, quota('wider', { configmaps: '12' }))
  await cluster.settle()
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => refused(client.create(configMap, map(`m${i}`)))))
  assert.equal(answers.filter((a) => a === 'allowed').length, 10)
  assert.equal(answers.find((a) => a !== 'allowed')!.replace(/"m\d+"/, '"m"'), 'configmaps "m" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=10, limited: count/configmaps=10')
  await cluster.settle()
  assert.deepEqual([(await client.list(configMap, at)).items.length, (await used(cluster)).used, (await used(cluster, 'wider')).used], [10, { 'count/configmaps': '10' }, { configmaps: '10' }])
})

test('creations and deletions side by side never exceed it either', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceQuota, quota('q', { 'count/configmaps': '5' }))
  await cluster.settle()
  for (let round = 0; round < 8; round++) {
    const there = (await client.list(configMap, at)).items
    assert.ok(there.length <= 5, `${there.length} in round ${round}`)
    await Promise.all([...there.slice(0, 2).map((m) => client.delete(configMap, m.metadata)), ...Array.from({ length: 9 }, (_, i) => refused(client.create(configMap, map(`r${round}-${i}`)))), cluster.clock.advance(130)])
  }
  await cluster.settle()
  const left = (await client.list(configMap, at)).items.length
  assert.ok(left <= 5)
  assert.deepEqual((await used(cluster)).used, { 'count/configmaps': String(left) })
})

test('a charge whose object was not stored after all is given back', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceQuota, quota('q', { secrets: '5' }))
  await client.create(secret, { metadata: { name: 's', ...at } })
  await cluster.settle()
  assert.match(await refused(client.create(secret, { metadata: { name: 's', ...at } })), /already exists/)
  assert.equal(await refused(client.create(secret, { metadata: { name: 'dry', ...at } }, { dryRun: true })), 'allowed')
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { secrets: '1' })
})

test('limits that change hold when the status says so; less than is used stops new ones only', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceQuota, quota('q', { 'count/configmaps': '3' }))
  await client.create(configMap, map('a'))
  await cluster.settle()
  await client.patch(resourceQuota, { name: 'q', ...at }, 'merge', { spec: { hard: { 'count/configmaps': '0', 'count/secrets': '7' } } })
  await cluster.settle()
  assert.deepEqual(await used(cluster), { hard: { 'count/configmaps': '0', 'count/secrets': '7' }, used: { 'count/configmaps': '1', 'count/secrets': '0' } })
  assert.match(await refused(client.create(configMap, map('b'))), /exceeded quota: q, requested: count\/configmaps=1, used: count\/configmaps=1, limited: count\/configmaps=0/)
  await client.patch(configMap, { name: 'a', ...at }, 'merge', { data: { x: 'y' } })
})

test('scopes choose the pods that count', async () => {
  await using cluster = await start()
  const { client } = cluster, no = (name: string) => [name, '0'] as const
  await client.create(priorityClass, { metadata: { name: 'high' }, value: 5 })
  const scoped: readonly (readonly [string, object])[] = [['best', { scopes: ['BestEffort'] }], ['not-best', { scopes: ['NotBestEffort'] }], ['ending', { scopes: ['Terminating'] }], ['lasting', { scopes: ['NotTerminating'] }],
    ['high', { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high', 'x'] }] } }], ['not-high', { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'NotIn', values: ['high'] }] } }],
    ['abroad', { scopes: ['CrossNamespacePodAffinity'] }]]
  for (const [name, spec] of scoped) await client.create(resourceQuota, quota(name, { pods: '1' }, spec))
  await cluster.settle()
  const counts = async () => Object.fromEntries(await Promise.all(scoped.map(async ([name]) => [name, (await used(cluster, name)).used?.['pods']])))
  assert.deepEqual(await counts(), Object.fromEntries(scoped.map(([name]) => no(name))))
  await client.create(pod, web('a', { requests: { cpu: '1' } }, { priorityClassName: 'high', activeDeadlineSeconds: 5, affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'k', namespaces: ['x'] }] } } }))
  assert.deepEqual(await counts(), { best: '0', 'not-best': '1', ending: '1', lasting: '0', high: '1', 'not-high': '0', abroad: '1' })
  assert.match(await refused(client.create(pod, web('b', {}, { priorityClassName: 'high' }))), /exceeded quota: high, requested: pods=1, used: pods=1, limited: pods=1/)
  await client.create(pod, web('c'))
  assert.deepEqual(await counts(), { best: '1', 'not-best': '1', ending: '1', lasting: '1', high: '1', 'not-high': '1', abroad: '1' })
  await cluster.settle()
  assert.deepEqual(await counts(), { best: '1', 'not-best': '1', ending: '1', lasting: '1', high: '1', 'not-high': '1', abroad: '1' })
})

test('a pod that is given a deadline moves to the quotas of those that end, if there is room', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceQuota, quota('ending', { pods: '1' }, { scopes: ['Terminating'] }))
  await client.create(resourceQuota, quota('lasting', { pods: '2' }, { scopes: ['NotTerminating'] }))
  await cluster.settle()
  for (const name of ['a', 'b']) await client.create(pod, web(name))
  const bound = (name: string) => refused(client.patch(pod, { name, ...at }, 'merge', { spec: { activeDeadlineSeconds: 600 } }))
  const counted = async () => [(await used(cluster, 'ending')).used, (await used(cluster, 'lasting')).used]
  assert.equal(await bound('a'), 'allowed')
  assert.deepEqual(await counted(), [{ pods: '1' }, { pods: '2' }]) // charged at once, given back in a while
  assert.equal(await bound('b'), 'pods "b" is forbidden: exceeded quota: ending, requested: pods=1, used: pods=1, limited: pods=1')
  await cluster.settle()
  assert.deepEqual(await counted(), [{ pods: '1' }, { pods: '1' }])
  assert.equal(await refused(client.patch(pod, { name: 'b', ...at }, 'merge', { metadata: { labels: { l: 'x' } } })), 'allowed')
})

test('services, claims, extended resources and huge pages are measured by what they ask for', async () => {
  await using cluster = await start()
  const { client } = cluster
  const hard = { services: '9', 'services.nodeports': '3', 'services.loadbalancers': '1', persistentvolumeclaims: '9', 'requests.storage': '9Gi', 'fast.storageclass.storage.k8s.io/requests.storage': '2Gi', 'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'requests.example.com/gpu': '4', 'hugepages-2Mi': '8Mi', 'count/services': '9' }
  await client.create(resourceQuota, quota('q', hard))
  await cluster.settle()
  const claim = (name: string, storageClassName: string, storage: string) => client.create(persistentVolumeClaim, { metadata: { name, ...at }, spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } } })
  await client.create(service, { metadata: { name: 'lb', ...at }, spec: { type: 'LoadBalancer', ports: [{ name: 'a', port: 1 }, { name: 'b', port: 2 }] } })
  await client.create(service, { metadata: { name: 'bare', ...at }, spec: { ports: [{ port: 1 }] } })
  await claim('a', 'fast', '1Gi')
  await claim('b', 'slow', '3Gi')
  await client.create(pod, web('p', { limits: { 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi', cpu: '1', memory: '1Gi' } }))
  const expected = { services: '3', 'services.nodeports': '2', 'services.loadbalancers': '1', persistentvolumeclaims: '2', 'requests.storage': '4Gi', 'fast.storageclass.storage.k8s.io/requests.storage': '1Gi', 'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'requests.example.com/gpu': '2', 'hugepages-2Mi': '4Mi', 'count/services': '3' } // with the one called kubernetes
  assert.deepEqual((await used(cluster)).used, expected)
  assert.match(await refused(claim('c', 'fast', '1Gi')), /exceeded quota: q, requested: fast.storageclass.storage.k8s.io\/persistentvolumeclaims=1, used: fast.storageclass.storage.k8s.io\/persistentvolumeclaims=1/)
  assert.match(await refused(client.patch(service, { name: 'bare', ...at }, 'merge', { spec: { type: 'LoadBalancer' } })), /exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=1, limited: services.loadbalancers=1/)
  await client.patch(service, { name: 'lb', ...at }, 'merge', { spec: { type: 'ClusterIP' } })
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { ...expected, 'services.nodeports': '0', 'services.loadbalancers': '0' })
})

test('what must be said where cpu and memory are limited; what ended counts no more', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(resourceQuota, quota('q', { 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '2', 'count/pods': '9' }))
  await cluster.settle()
  const two = { spec: { containers: [{ name: 'b', image: 'i' }, { name: 'a', image: 'i', resources: { requests: { cpu: '1m' } } }], initContainers: [{ name: 'z', image: 'i' }] } }
  assert.equal(await refused(client.create(pod, { ...web('p'), ...two })), 'pods "p" is forbidden: failed quota: q: must specify limits.memory for: a,b,z; requests.cpu for: b,z')
  await client.create(pod, web('p', { requests: { cpu: '1' }, limits: { memory: '1Gi', cpu: '1' } }))
  await client.patch(pod, { name: 'p', ...at }, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { 'requests.cpu': '0', 'limits.memory': '0', pods: '0', 'count/pods': '1' })
})

test('objects of definitions are counted, from when there is such a definition', async () => {
  await using cluster = await start()
  const { client } = cluster, path = '/apis/example.com/v1/namespaces/default/widgets', widget = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name } })
  await client.create(resourceQuota, quota('q', { 'count/widgets.example.com': '1', 'count/secrets': '3' }))
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { 'count/secrets': '0' })
  await client.create(customResourceDefinition, { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } })
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { 'count/secrets': '0', 'count/widgets.example.com': '0' })
  await client.raw('POST', path, { body: widget('a') })
  assert.match(await refused(client.raw('POST', path, { body: widget('b') })), /widgets.example.com "b" is forbidden: exceeded quota: q, requested: count\/widgets.example.com=1, used: count\/widgets.example.com=1, limited: count\/widgets.example.com=1/)
  await client.raw('DELETE', `${path}/a`)
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { 'count/secrets': '0', 'count/widgets.example.com': '0' })
})

test('what a definition defined is followed no more when it is gone, and again when it is back', async () => {
  const lost: unknown[] = [], log: Log = { ...silent, warn(_, fields) { if (fields?.['kind'] === 'widgets') lost.push(fields) }, named: () => log }
  await using cluster = await TestCluster.start({ controllers, scheduler: false, log })
  const { client } = cluster, path = '/apis/example.com/v1/namespaces/default/widgets', count = async () => (await used(cluster)).used
  const define = async () => {
    await client.create(customResourceDefinition, { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } })
    await cluster.settle()
    await client.raw('POST', path, { body: { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } } })
    await cluster.settle()
  }
  await client.create(resourceQuota, quota('q', { 'count/widgets.example.com': '3' }))
  await cluster.settle()
  await define()
  assert.deepEqual(await count(), { 'count/widgets.example.com': '1' })
  await client.delete(customResourceDefinition, { name: 'widgets.example.com' })
  await cluster.settle()
  await cluster.clock.advance(600_000)
  assert.deepEqual(lost, [])
  await define()
  assert.deepEqual(await count(), { 'count/widgets.example.com': '1' })
})

test('a namespace with a quota can be deleted', async () => {
  await using cluster = await TestCluster.start({ controllers: [...controllers, 'namespace'], scheduler: false })
  const { client } = cluster
  await client.create(namespace, { metadata: { name: 'n' } })
  await cluster.settle()
  await client.create(resourceQuota, { ...quota('q', { pods: '1' }), metadata: { name: 'q', namespace: 'n' } })
  await cluster.settle()
  await client.delete(namespace, { name: 'n' })
  await cluster.settle()
  await assert.rejects(client.get(namespace, { name: 'n' }), /not found/)
})

test('devices of claims count as the extended resources that they are, beside those of pods', async () => {
  await using cluster = await start()
  const { client } = cluster, gpus = 'requests.example.com/gpu'
  await client.create(deviceClass, { metadata: { name: 'gpu' }, spec: { extendedResourceName: 'example.com/gpu' } })
  const claim = (name: string, count: number) => client.create(deviceResourceClaim, { metadata: { name, ...at }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count } }] } } })
  await claim('old', 2)
  await client.create(pod, web('p', { limits: { 'example.com/gpu': '1' } }))
  await client.create(resourceQuota, quota('q', { [gpus]: '4' }))
  await cluster.settle()
  assert.deepEqual((await used(cluster)).used, { [gpus]: '3' })
  await claim('new', 1)
  assert.deepEqual((await used(cluster)).used, { [gpus]: '4' })
  assert.equal(await refused(claim('more', 1)), `resourceclaims.resource.k8s.io "more" is forbidden: exceeded quota: q, requested: ${gpus}=1, used: ${gpus}=4, limited: ${gpus}=4`)
})
