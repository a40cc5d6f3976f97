import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, deployment, namespace, node, persistentVolume, persistentVolumeClaim, pod, storageClass, type Deployment, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '#kinds'
import { kinds } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'
import { mismatch } from './claim.ts'
import { explain, findKind } from './explain.ts'
import { containerReasons } from './pod.ts'

const claim = (name: string, spec: object = {}) => ({ metadata: { name, namespace: 'default' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec } }) as unknown as New<PersistentVolumeClaim> // allowed: the rest has defaults
const made = (name: string, spec: object = {}) => ({ metadata: { name, namespace: 'default' }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], ...spec } }) as unknown as New<Pod> // allowed: the rest has defaults
const told = async (cluster: TestCluster, kind: string, name: string, place = 'default') => (await explain(cluster.client, { kind, name, namespace: place })).reasons.map(({ what }) => what)

test('what is being deleted says what holds it, who set it and what that waits for', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 })
  const { client } = cluster
  await cluster.settle()
  await client.create(persistentVolumeClaim, claim('data'))
  await client.create(pod, made('user', { nodeName: 'node-1', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }))
  await client.create(namespace, { metadata: { name: 'old' } })
  await client.create(configMap, { metadata: { name: 'held', namespace: 'old', finalizers: ['example.com/clean'] } })
  await cluster.settle()
  await client.delete(persistentVolumeClaim, { name: 'data', namespace: 'default' })
  await client.delete(namespace, { name: 'old' })
  await cluster.settle()
  assert.deepEqual(await told(cluster, 'pvc', 'data'), ['finalizer kubernetes.io/pvc-protection: the claim is in use by 1 pod: user'])
  const { state, reasons } = await explain(client, { kind: 'ns', name: 'old', namespace: '' })
  assert.match(state, /^is being deleted since 2030-/)
  assert.deepEqual(reasons.slice(0, 2).map(({ what, details }) => [what, details]), [['1 object left: 1 configmaps', undefined], ['1 object held by finalizers', ['configmaps old/held (finalizers: example.com/clean)']]])
  const held = await explain(client, { kind: 'configmap', name: 'held', namespace: 'old' })
  assert.match(held.reasons[0]!.what, /^finalizer example\.com\/clean, set by kubectl at 2030-\S+: whoever set it must remove it$/)
  assert.match(held.reasons[0]!.remedy!, /kubectl patch configmaps\/held -n old --type=json/)
  await client.delete(pod, { name: 'user', namespace: 'default' })
})

test('what is deleted in the foreground names what it waits for', async () => {
  await using cluster = await TestCluster.start({ controllers: ['deployment'], scheduler: false })
  const { client } = cluster
  await client.create(deployment, { metadata: { name: 'web', namespace: 'default' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } } as unknown as New<Deployment>) // allowed: the rest has defaults
  await cluster.settle()
  await client.delete(deployment, { name: 'web', namespace: 'default' }, { propagationPolicy: 'Foreground' })
  const { reasons: [first] } = await explain(client, { kind: 'deploy', name: 'web', namespace: 'default' })
  assert.equal(first!.what, 'finalizer foregroundDeletion: it goes after what it owns: 1 object left')
  assert.match(first!.details![0]!, /^replicasets\.apps default\/web-/)
})

test('a claim without a volume says what it waits for', async () => {
  await using cluster = await TestCluster.start({ controllers: [], scheduler: false })
  const { client } = cluster
  await client.create(persistentVolumeClaim, claim('plain'))
  await client.create(persistentVolumeClaim, claim('lost', { storageClassName: 'none' }))
  await client.create(storageClass, { metadata: { name: 'local' }, provisioner: 'example.com/disk', volumeBindingMode: 'WaitForFirstConsumer' })
  await client.create(persistentVolumeClaim, claim('later', { storageClassName: 'local' }))
  assert.deepEqual(await told(cluster, 'pvc', 'plain'), ['it names no storage class and there is no default one', 'there is no volume of its class'])
  assert.deepEqual(await told(cluster, 'pvc', 'lost'), ['there is no StorageClass none', 'there is no volume of its class'])
  assert.deepEqual(await told(cluster, 'pvc', 'later'), ['the class local binds when a pod uses the claim, and none does', 'a new volume comes from example.com/disk'])
})

test('a pod that does not run says which step it is at', async () => {
  await using cluster = await TestCluster.start({ controllers: ['serviceaccount'], scheduler: false })
  const { client } = cluster
  await cluster.settle()
  await client.create(pod, made('gated', { schedulingGates: [{ name: 'example.com/wait' }] }))
  await client.create(pod, made('nobody', { schedulerName: 'mine' }))
  await client.create(pod, made('lost', { nodeName: 'gone' }))
  assert.deepEqual(await told(cluster, 'po', 'gated'), ['scheduling gates hold it: example.com/wait'])
  assert.deepEqual(await told(cluster, 'pods', 'nobody'), ['there are no nodes'])
  assert.deepEqual(await told(cluster, 'Pod', 'lost'), ['its node gone is not there', 'its node has it and is preparing volumes, network and images'])
  await client.create(node, { metadata: { name: 'gone' } })
  assert.equal((await told(cluster, 'Pod', 'lost'))[0], 'its node gone is not ready')
})

const container = (state: object, more: object = {}) => ({ metadata: { name: 'p', namespace: 'n' }, spec: {}, status: { phase: 'Running', containerStatuses: [{ name: 'c', image: 'web:1', ready: false, restartCount: 3, state, ...more }] } }) as unknown as Pod // allowed: what is read of it
for (const [what, given, expected] of [
  ['an image that is not to be had', container({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } }), { what: 'container c waits: ImagePullBackOff (Back-off)', remedy: 'see that the image web:1 exists and may be pulled' }],
  ['one that ends again and again', container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: { exitCode: 1, reason: 'Error' } } }), { what: 'container c waits: CrashLoopBackOff', details: ['it ended 3 times, last with exit code 1 (Error)'], remedy: 'kubectl logs p -n n -c c --previous' }],
  ['one that is not ready', container({ running: { startedAt: 'then' } }), { what: 'container c runs since then and is not ready', remedy: 'its readiness or startup probe fails: kubectl describe pod p -n n' }],
  ['one that failed', container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }), { what: 'container c ended with exit code 137 (OOMKilled)', remedy: 'kubectl logs p -n n -c c' }],
] as const) test(`containers: ${what}`, () => { assert.deepEqual(containerReasons(given), [expected]) })

const volume = (spec: object, phase = 'Available') => ({ metadata: { name: 'v', labels: { a: 'b' } }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec }, status: { phase } }) as unknown as PersistentVolume // allowed: what is read of it
for (const [given, asked, expected] of [
  [volume({}), {}, undefined], [volume({ capacity: { storage: '500Mi' } }), {}, 'has 500Mi, and 1Gi is asked for'], [volume({ claimRef: { name: 'x', namespace: 'y' } }), {}, 'is for the claim y/x'],
  [volume({}, 'Released'), {}, 'is Released'], [volume({}), { accessModes: ['ReadWriteMany'] }, 'lacks the access mode ReadWriteMany'], [volume({}), { volumeMode: 'Block' }, 'has volumeMode Filesystem'],
  [volume({}), { selector: { matchLabels: { a: 'c' } } }, 'its labels are not those of the selector'],
] as const) test(`a volume ${expected ?? 'fits'}`, () => { assert.equal(mismatch(claim('c', asked) as PersistentVolumeClaim, given), expected) })

test('kinds are named as kubectl takes them', () => {
  for (const word of ['deploy', 'deployments', 'Deployment', 'deployments.apps', 'deployments.v1.apps']) assert.equal(findKind(kinds, word), deployment, word)
  assert.throws(() => findKind(kinds, 'nothing'), /the server doesn't have a resource type "nothing"/)
  assert.equal(findKind(kinds, 'pv'), persistentVolume)
})

test('a pod that no node takes hears what every rule says of every node, and what would change it', async () => {
  await using cluster = await TestCluster.start({ nodes: 2 })
  const { client } = cluster
  await cluster.settle()
  await client.patch(node, { name: 'node-1' }, 'merge', { spec: { taints: [{ key: 'own', value: 'x', effect: 'NoSchedule' }] } })
  await client.create(pod, made('big', { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1k' } } }] }))
  await cluster.settle()
  const { state, reasons } = await explain(client, { kind: 'pod', name: 'big', namespace: 'default' })
  assert.match(state, /^is Pending: \d reasons found$/)
  assert.deepEqual(reasons.slice(0, 3).map(({ what }) => what), ["NodeAffinity: node(s) didn't match Pod's node affinity/selector, on 2 nodes of 2: node-1, node-2", 'NodeResourcesFit: Insufficient cpu, on 2 nodes of 2: node-1, node-2',
    'TaintToleration: node(s) had untolerated taint(s), on 1 node of 2: node-1'])
  assert.match(reasons[1]!.details![0]!, /^node-1: \d+ of \d+ free, 1k asked for$/)
  assert.equal(reasons[2]!.remedy, 'tolerate the taint (spec.tolerations), or remove it: kubectl taint nodes NODE KEY-')
  assert.deepEqual(reasons[3]!.what, 'what components have warned of')
})
