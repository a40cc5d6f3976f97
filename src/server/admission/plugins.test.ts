import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import { start, type Answer } from '../contract-kit.ts'
import type { Authorizer } from '../index.ts'
import { mightyRequest } from '../../../tests/facts/certificates.ts'
import { admissionPlugins, type AdmissionChoice, type AdmissionParts } from './index.ts'
import facts from '../../../tests/facts/admission-plugins.json' with { type: 'json' }

const others = facts.defaultOn
/** A server with these plugins alone. */
const only = (names: readonly string[], { files = {}, ...parts }: Partial<AdmissionParts> & { files?: Record<string, object> } = {}, authorizer?: Authorizer) => {
  const choice: AdmissionChoice = { enable: names, disable: others.filter((name) => !names.includes(name)), ...(files['config'] && { configFile: 'config' }) }
  return start({ admission: (all) => admissionPlugins({ ...all, read: (path) => JSON.stringify(files[path]), ...parts }, choice), ...(authorizer && { authorizer: () => authorizer }) })
}
const said = ({ status, body }: Answer): string => (status < 400 ? 'ok' : `${status} ${body.message}`)
const ns = (name = 'n', annotations: object = {}) => ({ metadata: { name, annotations } })
const pod = (spec: object = {}, metadata: object = {}) => ({ metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
const pods = '/api/v1/namespaces/n/pods'
const configured = (name: string, configuration: object) => ({ files: { config: { kind: 'AdmissionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1', plugins: [{ name, configuration }] } } })
const permitting = (...allowed: string[]): Authorizer => ({
  authorize: ({ user, verb, resource: r }) => ({ verdict: user.name === 'root' || allowed.includes(`${user.name} ${verb} ${r?.resource}${r?.subresource ? `/${r.subresource}` : ''} ${r?.name}`) ? 'allow' : 'none', reason: '' }),
})
const root: User = { name: 'root', groups: [] }, eve: User = { name: 'eve', groups: [] }

test('every plugin of the reference is there, in its order, on by default as there', () => {
  const parts = { random: Math.random, clock: { now: () => 0, after: () => () => {} }, authorizer: permitting(), api: async () => { throw new Error('unused') }, outbound: async () => { throw new Error('unused') }, tolerationSeconds: { notReady: 1, unreachable: 1 },
    read: (path: string) => (path === 'config' ? JSON.stringify({ kind: 'AdmissionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1', plugins: [
      { name: 'EventRateLimit', configuration: { kind: 'Configuration', apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', limits: [{ type: 'Server', qps: 1, burst: 1 }] } }, { name: 'ImagePolicyWebhook', path: 'image' }] })
      : path === 'image' ? 'imagePolicy: { kubeConfigFile: kubeconfig }' : 'current-context: a\ncontexts: [{ name: a, context: { cluster: a } }]\nclusters: [{ name: a, cluster: { server: https://x } }]') }
  assert.equal(admissionPlugins(parts).length, facts.defaultOn.length)
  assert.equal(admissionPlugins(parts, { enable: facts.all, configFile: 'config' }).length, facts.all.length)
  assert.equal(admissionPlugins(parts, { disable: facts.all }).length, 0)
  assert.throws(() => admissionPlugins(parts, { enable: ['Nobody'] }), /there is no plugin "Nobody"/)
  assert.throws(() => admissionPlugins(parts, { enable: ['EventRateLimit'] }), /EventRateLimit needs a configuration/)
})

test('NamespaceAutoProvision makes what is missing, NamespaceExists refuses it, NamespaceLifecycle too', async () => {
  const map = { metadata: { name: 'm' } }, maps = 'POST /api/v1/namespaces/new/configmaps'
  for (const name of ['NamespaceExists', 'NamespaceLifecycle']) assert.equal(said(await (await only([name])).ask(maps, map)), '404 namespaces "new" not found', name)
  const { ask } = await only(['NamespaceAutoProvision'])
  assert.equal(said(await ask(`${maps}?dryRun=All`, map)), 'ok')
  assert.equal((await ask('GET /api/v1/namespaces/new')).status, 404)
  assert.deepEqual(await Promise.all([1, 2, 3].map(async (i) => said(await ask(maps, { metadata: { name: `m${i}` } })))), ['ok', 'ok', 'ok'])
  assert.equal((await ask('GET /api/v1/namespaces/new')).body.metadata.labels['kubernetes.io/metadata.name'], 'new')
})

test('AlwaysDeny refuses every write, AlwaysAdmit none', async () => {
  const { ask } = await only(['AlwaysDeny', 'AlwaysAdmit'])
  assert.equal(said(await ask('POST /api/v1/namespaces', ns())), '403 namespaces "n" is forbidden: admission control is denying all modifications')
  assert.equal((await ask('GET /api/v1/namespaces')).status, 200)
})

test('AlwaysPullImages sets the policy of all images, and leaves updates that bring none', async () => {
  const { ask } = await only(['AlwaysPullImages'])
  const made = await ask(`POST ${pods}`, pod({ initContainers: [{ name: 'a', image: 'a:1', imagePullPolicy: 'Never' }], volumes: [{ name: 'v', image: { reference: 'r', pullPolicy: 'Never' } }] }))
  const { spec } = made.body
  assert.deepEqual([spec.containers[0].imagePullPolicy, spec.initContainers[0].imagePullPolicy, spec.volumes[0].image.pullPolicy], ['Always', 'Always', 'Always'])
  assert.equal(said(await ask(`PATCH ${pods}/p`, { metadata: { labels: { a: 'b' } } })), 'ok')
})

test('LimitPodHardAntiAffinityTopology keeps others off a node, not out of a zone', async () => {
  const { ask } = await only(['LimitPodHardAntiAffinityTopology'])
  const apart = (topologyKey: string) => pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: {} }] } } })
  assert.equal(said(await ask(`POST ${pods}`, apart('zone'))), '403 pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed')
  assert.equal(said(await ask(`POST ${pods}`, apart('kubernetes.io/hostname'))), 'ok')
})

test('ExtendedResourceToleration lets pods onto the nodes that have what they ask for', async () => {
  const { ask } = await only(['ExtendedResourceToleration'])
  const limits = { 'example.com/b': '1', 'example.com/a': '1', cpu: '1' }
  const { spec } = (await ask(`POST ${pods}`, pod({ containers: [{ name: 'c', image: 'i', resources: { limits } }] }))).body
  assert.deepEqual(spec.tolerations, ['a', 'b'].map((x) => ({ key: `example.com/${x}`, operator: 'Exists', effect: 'NoSchedule' })))
})

test('DenyServiceExternalIPs lets go of addresses, and takes no new ones', async () => {
  const { ask } = await only([]), services = '/api/v1/namespaces/n/services', service = { metadata: { name: 's' }, spec: { ports: [{ port: 1 }], externalIPs: ['1.2.3.4', '1.2.3.5'] } }
  assert.equal(said(await ask(`POST ${services}`, service)), 'ok')
  const strict = await only(['DenyServiceExternalIPs'])
  assert.equal(said(await strict.ask(`POST ${services}`, service)), '403 services "s" is forbidden: Use of external IPs is denied by admission control')
})

test('PodNodeSelector merges what the namespace or the configuration says, and refuses what contradicts it', async () => {
  const { ask } = await only(['PodNodeSelector'], configured('PodNodeSelector', { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'pool=any', listed: 'pool=x,disk=ssd' } }))
  await ask('POST /api/v1/namespaces', ns('n', { 'scheduler.alpha.kubernetes.io/node-selector': 'env=prod, zone=a' }))
  await ask('POST /api/v1/namespaces', ns('rest'))
  await ask('POST /api/v1/namespaces', ns('listed', { 'scheduler.alpha.kubernetes.io/node-selector': '' }))
  const selectors = async (where: string, nodeSelector: object) => { const a = await ask(`POST /api/v1/namespaces/${where}/pods?dryRun=All`, pod({ nodeSelector })); return a.status < 400 ? a.body.spec.nodeSelector : said(a) }
  assert.deepEqual(await selectors('n', { disk: 'x' }), { disk: 'x', env: 'prod', zone: 'a' })
  assert.equal(await selectors('n', { env: 'dev' }), '403 pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector')
  assert.deepEqual(await selectors('rest', {}), { pool: 'any' })
  assert.equal(await selectors('listed', { pool: 'y' }), '403 pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist')
  assert.deepEqual(await selectors('listed', { pool: 'x' }), { pool: 'x' })
})

test('PodTolerationRestriction adds the namespace\'s tolerations and holds pods to those that are allowed', async () => {
  const t = (key: string, more: object = {}) => ({ key, operator: 'Exists', ...more })
  const { ask } = await only(['PodTolerationRestriction'], configured('PodTolerationRestriction', { kind: 'Configuration', apiVersion: 'podtolerationrestriction.admission.k8s.io/v1alpha1', default: [t('all')], whitelist: [t('all'), t('mine')] }))
  await ask('POST /api/v1/namespaces', ns('n'))
  await ask('POST /api/v1/namespaces', ns('own', { 'scheduler.alpha.kubernetes.io/defaultTolerations': JSON.stringify([t('own', { effect: 'NoSchedule' })]), 'scheduler.alpha.kubernetes.io/tolerationsWhitelist': JSON.stringify([t('own'), t('node.kubernetes.io/memory-pressure')]) }))
  const tolerations = async (where: string, spec: object) => { const a = await ask(`POST /api/v1/namespaces/${where}/pods?dryRun=All`, pod(spec)); return a.status < 400 ? (a.body.spec.tolerations as { key: string; effect?: string }[]).map((x) => `${x.key}:${x.effect ?? ''}`).join() : said(a) }
  assert.equal(await tolerations('n', {}), 'all:')
  assert.equal(await tolerations('n', { tolerations: [t('mine'), t('all', { effect: 'NoSchedule' })] }), 'mine:,all:')
  assert.equal(await tolerations('n', { tolerations: [t('other')] }), '500 pod tolerations (possibly merged with namespace default tolerations) conflict with its cluster whitelist')
  assert.equal(await tolerations('own', { tolerations: [t('own')] }), 'own:')
  assert.equal(await tolerations('own', { tolerations: [t('all')] }), '500 pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist')
  assert.equal(await tolerations('own', { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] }), 'own:NoSchedule,node.kubernetes.io/memory-pressure:NoSchedule')
})

test('EventRateLimit lets through as many events as each limit allows', async () => {
  const event = (name: string, about = 'a') => ({ metadata: { name }, involvedObject: { namespace: 'n', name: about }, source: { component: 'c' } })
  const { ask, clock } = await only(['EventRateLimit'], configured('EventRateLimit', { kind: 'Configuration', apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', limits: [{ type: 'Namespace', qps: 1, burst: 3 }, { type: 'SourceAndObject', qps: 1, burst: 2, cacheSize: 10 }] }))
  const post = async (name: string, about?: string) => said(await ask('POST /api/v1/namespaces/n/events', event(name, about)))
  assert.deepEqual([await post('1'), await post('2'), await post('3')], ['ok', 'ok', '429 Too many requests: limit reached on type SourceAndObject for key cna'])
  assert.equal(await post('4', 'b'), '429 Too many requests: limit reached on type Namespace for key n')
  assert.equal(said(await ask('POST /api/v1/namespaces/n/events?dryRun=All', event('5'))), 'ok')
  const newer = { metadata: { name: 'newer' }, eventTime: '2026-01-01T00:00:00.000000Z', reportingController: 'x.example/c', reportingInstance: 'i', action: 'a', reason: 'r', type: 'Normal', regarding: { namespace: 'n', name: 'a' } }
  assert.equal(said(await ask('POST /apis/events.k8s.io/v1/namespaces/n/events', newer)), 'ok')
  clock.pass(1000)
  assert.deepEqual([await post('6', 'b'), await post('7', 'b')], ['ok', '429 Too many requests: limit reached on type Namespace for key n'])
})

test('ImagePolicyWebhook asks, remembers the answer, and knows what to do without one', async () => {
  const asked: { spec: object }[] = []
  let answer: () => object = () => ({ status: { allowed: true } })
  const outbound: AdmissionParts['outbound'] = async ({ body, url, headers }) => {
    assert.deepEqual([url, headers?.['authorization']], ['https://images.example/review', 'Bearer t'])
    asked.push(JSON.parse(new TextDecoder().decode(body)) as { spec: object })
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify(answer())) }
  }
  const kubeconfig = { 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'a', user: 'u' } }], clusters: [{ name: 'a', cluster: { server: 'https://images.example/review' } }], users: [{ name: 'u', user: { token: 't' } }] }
  const with_ = (imagePolicy: object) => { const { files } = configured('ImagePolicyWebhook', { imagePolicy: { kubeConfigFile: 'kc', ...imagePolicy } }); return only(['ImagePolicyWebhook'], { outbound, files: { ...files, kc: kubeconfig } }) }
  const { ask, clock } = await with_({ allowTTL: 10, denyTTL: 10, retryBackoff: -1 })
  const post = async () => said(await ask(`POST ${pods}?dryRun=All`, pod({}, { annotations: { 'a.image-policy.k8s.io/x': 'y', other: 'z' } })))
  assert.deepEqual([await post(), await post(), asked.length], ['ok', 'ok', 1])
  assert.deepEqual(asked[0]!.spec, { containers: [{ image: 'i' }], annotations: { 'a.image-policy.k8s.io/x': 'y' }, namespace: 'n' })
  clock.pass(11_000)
  answer = () => ({ status: { allowed: false, reason: 'old' } })
  assert.equal(await post(), '403 pods "p" is forbidden: image policy webhook backend denied one or more images: old')
  clock.pass(11_000)
  answer = () => { throw new Error('connection refused') }
  const retries = (answered: Promise<string>) => { let done = false; void answered.finally(() => { done = true }); return (async () => { while (!done) { await new Promise(setImmediate); clock.pass(1) } return answered })() }
  assert.equal(await retries(post()), '403 pods "p" is forbidden: connection refused')
  const open = await with_({ defaultAllow: true, retryBackoff: -1 })
  let done = false
  const waiting = open.ask(`POST ${pods}?dryRun=All`, pod()).finally(() => { done = true })
  while (!done) { await new Promise(setImmediate); open.clock.pass(1) }
  assert.equal((await waiting).body.metadata.annotations['alpha.image-policy.k8s.io/failed-open'], 'true')
})

test('PersistentVolumeClaimResize lets bound claims grow whose class can', async () => {
  const { ask } = await only(['PersistentVolumeClaimResize']), claims = '/api/v1/namespaces/n/persistentvolumeclaims'
  const make = async (name: string, storageClassName: string, phase: string) => {
    await ask(`POST ${claims}`, { metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], storageClassName, volumeName: 'v', resources: { requests: { storage: '1Gi' } } } })
    await ask(`PATCH ${claims}/${name}/status`, { status: { phase } })
  }
  for (const [name, allowVolumeExpansion] of [['grows', true], ['stays', false]] as const) await ask('POST /apis/storage.k8s.io/v1/storageclasses', { metadata: { name }, provisioner: 'x', allowVolumeExpansion })
  await Promise.all([make('a', 'grows', 'Bound'), make('b', 'stays', 'Bound'), make('c', 'grows', 'Pending')])
  const grow = async (name: string) => said(await ask(`PATCH ${claims}/${name}`, { spec: { resources: { requests: { storage: '2Gi' } } } }))
  assert.equal(await grow('a'), 'ok')
  assert.equal(await grow('b'), '403 persistentvolumeclaims "b" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize')
  assert.match(await grow('c'), /^4(?:03|22) /)
})

test('certificates: who may approve and sign is said per signer; nobody becomes mighty by one', async () => {
  const csrs = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const { ask } = await only(['CertificateApproval', 'CertificateSigning', 'CertificateSubjectRestriction'], {}, permitting(
    ...['update certificatesigningrequests/approval r', 'patch certificatesigningrequests/approval r', 'patch certificatesigningrequests/status r', 'update certificatesigningrequests/status r'].flatMap((x) => [`eve ${x}`, `ann ${x}`]), 'ann approve signers example.com/*', 'ann sign signers example.com/s'))
  const ann: User = { name: 'ann', groups: [] }
  const request = (name: string, signerName: string, pem: string) => ask(`POST ${csrs}`, { metadata: { name }, spec: { signerName, usages: ['client auth'], request: pem } }, {}, root)
  assert.equal(said(await request('m', 'kubernetes.io/kube-apiserver-client', mightyRequest)), '403 certificatesigningrequests.certificates.k8s.io "m" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed')
  assert.equal(said(await request('r', 'example.com/s', mightyRequest)), 'ok')
  const approve = (user: User) => ask(`PATCH ${csrs}/r/approval`, { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r' }] } }, {}, user)
  const sign = (user: User) => ask(`PATCH ${csrs}/r/status`, { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r' }, { type: 'Failed', status: 'True' }] } }, {}, user)
  assert.equal(said(await approve(eve)), '403 certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to approve requests with signerName "example.com/s"')
  assert.equal(said(await approve(ann)), 'ok')
  assert.equal(said(await sign(eve)), '403 certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to sign requests with signerName "example.com/s"')
  assert.equal(said(await sign(ann)), 'ok')
})

test('OwnerReferencesPermissionEnforcement: owners are set by those who may delete, and hold back only what the user may finalize', async () => {
  const maps = '/api/v1/namespaces/n/configmaps', owner = (more: object = {}) => ({ metadata: { name: 'm', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u', ...more }] } })
  const allowed = ['eve create configmaps ', 'eve patch configmaps m', 'ann patch configmaps m', 'ann delete configmaps m', 'bob create configmaps ', 'bob update configmaps/finalizers o', 'eve create widgets ']
  const { ask } = await only(['OwnerReferencesPermissionEnforcement'], {}, permitting(...allowed))
  const as = (name: string): User => ({ name, groups: [] })
  assert.equal(said(await ask(`POST ${maps}`, owner({ blockOwnerDeletion: true }), {}, eve)), '403 configmaps "m" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>')
  assert.equal(said(await ask(`POST ${maps}`, owner({ kind: 'Nothing', blockOwnerDeletion: true }), {}, eve)), '403 configmaps "m" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Nothing: no matches for kind "Nothing" in version "v1"')
  assert.equal(said(await ask(`POST ${maps}?dryRun=All`, owner({ blockOwnerDeletion: true }), {}, as('bob'))), 'ok')
  assert.equal(said(await ask(`POST ${maps}`, { metadata: { name: 'm' } }, {}, eve)), 'ok')
  assert.equal(said(await ask(`PATCH ${maps}/m`, owner(), {}, eve)), '403 configmaps "m" is forbidden: cannot set an ownerRef on a resource you can\'t delete: , <nil>')
  assert.equal(said(await ask(`PATCH ${maps}/m`, owner(), {}, as('ann'))), 'ok')
  assert.equal(said(await ask(`PATCH ${maps}/m`, { data: { a: 'b' } }, {}, eve)), 'ok')
})

test('PodTopologyLabels: a pod learns the zone and region of its node', async () => {
  const { ask } = await only(['PodTopologyLabels'])
  const zone = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' }
  await ask('POST /api/v1/nodes', { metadata: { name: 'node', labels: { ...zone, other: 'x' } } })
  await ask(`POST ${pods}`, pod({}, { labels: { 'topology.kubernetes.io/zone': 'mine', a: 'b' } }))
  assert.equal(said(await ask(`POST ${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'node' } })), 'ok')
  assert.deepEqual((await ask(`GET ${pods}/p`)).body.metadata.labels, { ...zone, a: 'b' })
})

test('PodResizeValidator: on Linux only, and no more than the node has', async () => {
  const { ask } = await only(['PodResizeValidator'])
  for (const [name, labels] of [['lin', { 'kubernetes.io/os': 'linux' }], ['any', {}], ['win', { 'kubernetes.io/os': 'windows' }]] as const) {
    await ask('POST /api/v1/nodes', { metadata: { name, labels } })
    await ask(`PATCH /api/v1/nodes/${name}/status`, { status: { allocatable: { cpu: '2', memory: '1Gi' } } })
    await ask(`POST ${pods}`, pod({ nodeName: name, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] }, { name }))
  }
  const resize = async (name: string, cpu: string) => {
    const answer = await ask(`PATCH ${pods}/${name}/resize`, { spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] } }, { 'content-type': 'application/strategic-merge-patch+json' })
    return [said(answer), ...(answer.status < 400 ? [] : [answer.body.details])]
  }
  assert.deepEqual(await resize('lin', '3'), ['403 pods "lin" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 3000, allocatable: 2000', { name: 'lin', kind: 'pods', causes: [{ reason: 'NodeCapacity' }] }])
  assert.deepEqual(await resize('win', '3'), ['403 pods "win" is forbidden: pod resize is only supported on linux nodes, node "win" is "windows"', { name: 'win', kind: 'pods', causes: [{ reason: 'UnsupportedPlatform' }] }])
  for (const name of ['lin', 'any']) assert.deepEqual(await resize(name, '2'), ['ok'])
})

test('NodeDeclaredFeatureValidator: what a node must know how to change, it must declare', async () => {
  const { ask } = await only(['NodeDeclaredFeatureValidator']), strategic = { 'content-type': 'application/strategic-merge-patch+json' }
  const fixed = (cpu: string) => ({ requests: { cpu, memory: '1Mi' }, limits: { cpu, memory: '1Mi' } })
  await ask('POST /api/v1/nodes', { metadata: { name: 'old' } })
  await ask('POST /api/v1/nodes', { metadata: { name: 'new' } })
  await ask('PATCH /api/v1/nodes/new/status', { status: { declaredFeatures: ['GuaranteedQoSPodCPUResize'] } })
  for (const name of ['old', 'new', 'none']) await ask(`POST ${pods}`, pod({ nodeName: name, containers: [{ name: 'c', image: 'i', resources: fixed('1') }] }, { name }))
  await ask(`POST ${pods}`, pod({ nodeName: 'old', containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] }, { name: 'loose' }))
  const resize = async (name: string, resources: object) => said(await ask(`PATCH ${pods}/${name}/resize`, { spec: { containers: [{ name: 'c', resources }] } }, strategic))
  assert.equal(await resize('new', fixed('2')), 'ok')
  assert.equal(await resize('loose', { requests: { cpu: '2' } }), 'ok')
  assert.equal(await resize('old', fixed('2')), '403 pods "old" is forbidden: pod update requires features GuaranteedQoSPodCPUResize which are not available on node "old"')
  assert.equal(await resize('none', fixed('2')), '403 pods "none" is forbidden: node "none" not found')
})

test('RuntimeClass brings overhead, selector and tolerations once', async () => {
  const { ask } = await only(['RuntimeClass']), t = { key: 'k', operator: 'Exists' }
  await ask('POST /apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'vm' }, handler: 'h', overhead: { podFixed: { cpu: '1' } }, scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ ...t, effect: 'NoSchedule' }] } })
  const post = async (spec: object) => { const a = await ask(`POST ${pods}?dryRun=All`, pod(spec)); return a.status < 400 ? a.body.spec : said(a) }
  const made = await post({ runtimeClassName: 'vm', tolerations: [t], nodeSelector: { c: 'd' } })
  assert.deepEqual([made.overhead, made.nodeSelector, made.tolerations], [{ cpu: '1' }, { c: 'd', a: 'b' }, [t]])
  assert.equal(await post({ runtimeClassName: 'vm', overhead: { cpu: '2' } }), '403 pods "p" is forbidden: pod rejected: Pod\'s Overhead doesn\'t match RuntimeClass\'s defined Overhead')
  assert.equal(await post({ overhead: { cpu: '2' } }), '403 pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
})

test('Priority: one default class, kept by updates of clients that know no priority', async () => {
  const { ask } = await only(['Priority']), classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
  assert.equal(said(await ask(`POST ${classes}`, { metadata: { name: 'a' }, value: 7, globalDefault: true })), 'ok')
  assert.equal(said(await ask(`POST ${classes}`, { metadata: { name: 'b' }, value: 8, globalDefault: true })), '403 priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. Only one default can exist')
  const { body } = await ask(`POST ${pods}`, pod())
  assert.deepEqual([body.spec.priorityClassName, body.spec.priority], ['a', 7])
  delete body.spec.priority
  assert.equal(said(await ask(`PUT ${pods}/p`, { ...body, metadata: { ...body.metadata, labels: { x: 'y' } } })), 'ok')
})

test('ServiceAccount waits a moment for a new namespace\'s account, mounts its token once, and holds pods to the secrets it names', async () => {
  const { ask, clock } = await only(['ServiceAccount']), accounts = '/api/v1/namespaces/n/serviceaccounts'
  await ask('POST /api/v1/namespaces', ns())
  const early = ask(`POST ${pods}`, pod({ initContainers: [{ name: 'a', image: 'i' }] }, { name: 'early' }))
  await ask(`POST ${accounts}`, { metadata: { name: 'default' }, imagePullSecrets: [{ name: 'pull' }] })
  const { spec } = (await early).body
  assert.deepEqual([spec.serviceAccountName, spec.imagePullSecrets, spec.volumes.length, spec.containers[0].volumeMounts.length, spec.initContainers[0].volumeMounts[0].name === spec.volumes[0].name], ['default', [{ name: 'pull' }], 1, 1, true])
  clock.pass(60_000)
  await ask(`POST ${accounts}`, { metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } }, secrets: [{ name: 'mine' }] })
  const strict = async (more: object) => said(await ask(`POST ${pods}?dryRun=All`, pod({ serviceAccountName: 'strict', ...more })))
  const env = (secret: string) => ({ name: 'c', image: 'i', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: secret, key: 'k' } } }] }), no = 'is not allowed because service account strict does not reference that secret'
  assert.equal(await strict({ containers: [env('mine')] }), 'ok')
  assert.equal(await strict({ containers: [env('other')] }), `403 pods "p" is forbidden: container c with envVar E referencing secret.secretName="other" ${no}`)
  assert.equal(await strict({ initContainers: [{ name: 'a', image: 'i', envFrom: [{ secretRef: { name: 's' } }] }] }), `403 pods "p" is forbidden: init container a with envFrom referencing secret.secretName="s" ${no}`)
  assert.equal(await strict({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }), `403 pods "p" is forbidden: volume with secret.secretName="s" ${no}`)
  assert.equal(await strict({ imagePullSecrets: [{ name: 's' }] }), '403 pods "p" is forbidden: imagePullSecrets[0].name="s" is not allowed because service account strict does not reference that imagePullSecret')
  assert.equal(said(await ask(`POST ${pods}`, pod({ serviceAccountName: 'none' }, { name: '', generateName: 'x-' }))), '403 pods "x-" is forbidden: error looking up service account n/none: serviceaccount "none" not found')
  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } }
  assert.equal(said(await ask(`POST ${pods}`, pod({ nodeName: 'x', volumes: [{ name: 'v', secret: { secretName: 's' } }] }, mirror))), '403 pods "p" is forbidden: a mirror pod may not reference secrets')
})

test('LimitRanger: claims, ratios, pod-level resources, and what is resized', async () => {
  const { ask } = await only(['LimitRanger'])
  await ask('POST /api/v1/namespaces/n/limitranges', { metadata: { name: 'l' }, spec: { limits: [{ type: 'Pod', max: { cpu: '2' } }, { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, { type: 'Container', maxLimitRequestRatio: { memory: '2' } }] } })
  const post = async (spec: object) => said(await ask(`POST ${pods}?dryRun=All`, pod(spec)))
  const with_ = (resources: object) => [{ name: 'c', image: 'i', resources }], memory = { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } }
  assert.equal(await post({ containers: with_(memory) }), '403 pods "p" is forbidden: maximum cpu usage per Pod is 2.  No limit is specified')
  assert.equal(await post({ containers: with_(memory), resources: { limits: { cpu: '1' } } }), 'ok')
  assert.equal(await post({ containers: with_({ limits: { cpu: '1', memory: '3Gi' }, requests: { memory: '1Gi' } }) }), '403 pods "p" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 3.000000')
  const claim = { metadata: { name: 'c' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } } }
  assert.equal(said(await ask('POST /api/v1/namespaces/n/persistentvolumeclaims', claim)), '403 persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi')
})

test('DefaultStorageClass takes the newest of the classes that are marked, in the old way too', async () => {
  const { ask, clock } = await only(['DefaultStorageClass', 'StorageObjectInUseProtection'])
  const make = (name: string, annotations: object) => ask('POST /apis/storage.k8s.io/v1/storageclasses', { metadata: { name, annotations }, provisioner: 'x' })
  const claim = async (name: string) => {
    const { body } = await ask('POST /api/v1/namespaces/n/persistentvolumeclaims', { metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
    return [body['spec'].storageClassName, body['metadata'].finalizers]
  }
  await ask('POST /api/v1/namespaces', ns())
  assert.deepEqual(await claim('none'), [undefined, ['kubernetes.io/pvc-protection']])
  await make('b', { 'storageclass.beta.kubernetes.io/is-default-class': 'true' })
  assert.deepEqual(await claim('old'), ['b', ['kubernetes.io/pvc-protection']])
  await make('a', { 'storageclass.kubernetes.io/is-default-class': 'true' })
  assert.equal((await claim('first'))[0], 'a')
  clock.pass(1000)
  await make('z', { 'storageclass.kubernetes.io/is-default-class': 'true' })
  assert.equal((await claim('newest'))[0], 'z')
})

test('DefaultIngressClass gives the newest marked class, unless the old annotation names one', async () => {
  const { ask } = await only(['DefaultIngressClass'])
  const ingress = async (name: string, annotations: object = {}, spec: object = {}) =>
    (await ask('POST /apis/networking.k8s.io/v1/namespaces/n/ingresses', { metadata: { name, annotations }, spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec } })).body['spec'].ingressClassName as string | undefined
  await ask('POST /api/v1/namespaces', ns())
  assert.equal(await ingress('none'), undefined)
  for (const [name, marked] of [['other', 'false'], ['usual', 'true']]) await ask('POST /apis/networking.k8s.io/v1/ingressclasses', { metadata: { name, annotations: { 'ingressclass.kubernetes.io/is-default-class': marked } }, spec: { controller: 'x.example/c' } })
  assert.deepEqual([await ingress('a'), await ingress('b', {}, { ingressClassName: 'other' }), await ingress('c', { 'kubernetes.io/ingress.class': 'old' })], ['usual', 'other', undefined])
})

test('DefaultTolerationSeconds lets pods stay for a while, unless they say so themselves; TaintNodesByCondition keeps pods off new nodes', async () => {
  const { ask } = await only(['DefaultTolerationSeconds', 'TaintNodesByCondition'])
  const tolerations = async (name: string, own: object[]) => (await ask(`POST ${pods}`, pod({ tolerations: own }, { name }))).body['spec'].tolerations as object[]
  await ask('POST /api/v1/namespaces', ns())
  const usual = (key: string) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  assert.deepEqual(await tolerations('a', []), [usual('not-ready'), usual('unreachable')])
  const own = { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }
  assert.deepEqual(await tolerations('b', [own]), [own, usual('not-ready')])
  assert.deepEqual(await tolerations('c', [{ operator: 'Exists' }]), [{ operator: 'Exists' }])
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  for (const taints of [[], [taint]]) assert.deepEqual((await ask('POST /api/v1/nodes', { metadata: { name: `m${taints.length}` }, spec: { taints } })).body['spec'].taints, [taint])
})
