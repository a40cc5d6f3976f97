import assert from 'node:assert/strict'
import { test } from 'node:test'
import { persistentVolume, persistentVolumeClaim, pod, storageClass, type Pod } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'

const at = { namespace: 'default' }
const start = () => TestCluster.start({ nodes: 2 })
const made = (name: string, claimName: string) => ({ metadata: { name, ...at }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }] } }) as unknown as New<Pod> // allowed: the rest has defaults
const claim = (name: string) => ({ metadata: { name, ...at }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'late' } }) as never
const affinity = (node: string) => ({ required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } })
const late = (provisioner: string) => ({ metadata: { name: 'late' }, provisioner, volumeBindingMode: 'WaitForFirstConsumer' }) as never

test('a pod and its claim get the node of the volume that is free; the next pod waits for another', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(storageClass, late('kubernetes.io/no-provisioner'))
  await client.create(persistentVolume, { metadata: { name: 'v' }, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/d' }, nodeAffinity: affinity('node-2') } } as never)
  for (const name of ['a', 'b']) await client.create(persistentVolumeClaim, claim(name))
  await cluster.settle()
  assert.equal((await client.get(persistentVolume, { name: 'v' })).status.phase, 'Available')
  for (const name of ['a', 'b']) await client.create(pod, made(name, name))
  await cluster.settle()
  const [a, b] = [await client.get(pod, { name: 'a', ...at }), await client.get(pod, { name: 'b', ...at })], [first, second] = [await client.get(persistentVolumeClaim, { name: 'a', ...at }), await client.get(persistentVolumeClaim, { name: 'b', ...at })]
  assert.deepEqual([a.spec.nodeName, first.status.phase, first.spec.volumeName, b.spec.nodeName, second.status.phase], ['node-2', 'Bound', 'v', undefined, 'Pending'])
  assert.equal(b.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message, "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.")
  await client.create(persistentVolume, { metadata: { name: 'w' }, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/d' }, nodeAffinity: affinity('node-1') } } as never)
  await cluster.settle()
  assert.equal((await client.get(pod, { name: 'b', ...at })).spec.nodeName, 'node-1')
})

test('a provisioner is told the node, and the pod waits for its volume', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(storageClass, late('x.example'))
  await client.create(persistentVolumeClaim, claim('c'))
  await client.create(pod, made('p', 'c'))
  await cluster.settle()
  const { metadata: { annotations = {}, uid } } = await client.get(persistentVolumeClaim, { name: 'c', ...at }), node = annotations['volume.kubernetes.io/selected-node']!
  assert.match(node, /^node-[12]$/)
  assert.deepEqual([annotations['volume.kubernetes.io/storage-provisioner'], (await client.get(pod, { name: 'p', ...at })).spec.nodeName], ['x.example', undefined])
  await client.create(persistentVolume, { metadata: { name: `pvc-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': 'x.example' } }, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, local: { path: '/d' }, nodeAffinity: affinity(node), persistentVolumeReclaimPolicy: 'Delete', claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'c', namespace: 'default', uid } } } as never)
  await cluster.settle()
  assert.deepEqual([(await client.get(pod, { name: 'p', ...at })).spec.nodeName, (await client.get(persistentVolumeClaim, { name: 'c', ...at })).spec.volumeName], [node, `pvc-${uid}`])
})

test('a provisioner that cannot make a volume there gives the pod back to the scheduler', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(storageClass, late('x.example'))
  await client.create(persistentVolumeClaim, claim('c'))
  await client.create(pod, made('p', 'c'))
  await cluster.settle()
  await client.patch(persistentVolumeClaim, { name: 'c', ...at }, 'merge', { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null } } })
  await cluster.settle()
  const { metadata: { annotations } } = await client.get(persistentVolumeClaim, { name: 'c', ...at })
  assert.match(annotations!['volume.kubernetes.io/selected-node']!, /^node-[12]$/)
})
