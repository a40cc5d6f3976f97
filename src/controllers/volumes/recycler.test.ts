import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, persistentVolume, persistentVolumeClaim, pod, type PersistentVolume, type Pod } from '#kinds'
import { is, type New } from '#machinery'
import { TestCluster } from '#testing'
import { recyclerPod, usualTimes } from './recycle.ts'

const at = { namespace: 'default' }, recycler = { name: 'recycler-for-v', ...at }
const start = (controllersOptions = {}) => TestCluster.start({ controllersOptions, controllers: ['serviceaccount', 'persistentvolume-binder', 'persistentvolumeclaim-protection'], scheduler: false })
type Started = Awaited<ReturnType<typeof start>>
async function release(cluster: Started, source: object = { hostPath: { path: '/data' } }): Promise<void> {
  const { client } = cluster
  await client.create(persistentVolume, { metadata: { name: 'v' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, persistentVolumeReclaimPolicy: 'Recycle', ...source } })
  await client.create(persistentVolumeClaim, { metadata: { name: 'c', ...at }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
  await cluster.settle()
  await client.delete(persistentVolumeClaim, { name: 'c', ...at })
  await cluster.clock.advance(1_000)
}
const volume = async ({ client }: Started) => { const { spec, status: { phase, message } } = await client.get(persistentVolume, { name: 'v' }); return [phase, message, spec.claimRef?.name] }
const told = async ({ client }: Started) => (await client.list(event)).items.filter(({ involvedObject }) => involvedObject.kind === 'PersistentVolume').map(({ type, reason, message }) => `${type} ${reason} ${message}`)
const end = ({ client }: Started, status: object) => client.patch(pod, recycler, 'merge', { status }, { subresource: 'status' })
const isThere = ({ client }: Started) => client.get(pod, recycler).then(({ metadata }) => metadata.deletionTimestamp === undefined, (error: unknown) => { if (is(error, 'NotFound')) return false; throw error })

test('a pod empties a volume that is used again; then it is available', async () => {
  await using cluster = await start()
  await release(cluster)
  assert.deepEqual(await volume(cluster), ['Released', undefined, 'c'])
  const { spec } = await cluster.client.get(pod, recycler)
  assert.deepEqual([spec.activeDeadlineSeconds, spec.restartPolicy, spec.volumes?.[0]?.hostPath?.path, spec.containers[0]?.name], [60, 'Never', '/data', 'pv-recycler'])
  await cluster.client.create(event, { metadata: { name: 'e', ...at }, involvedObject: { kind: 'Pod', ...recycler }, type: 'Normal', reason: 'Started', message: 'Started container', reportingComponent: 'test', reportingInstance: 't', source: { component: 'test' } })
  await cluster.clock.advance(1_000)
  await end(cluster, { phase: 'Succeeded' })
  await cluster.clock.advance(1_000)
  assert.deepEqual([await volume(cluster), await isThere(cluster)], [['Available', undefined, undefined], false])
  assert.deepEqual(await told(cluster), ['Normal RecyclerPod Recycler pod: Started container', 'Normal VolumeRecycled Volume recycled'])
})

test('what cannot be emptied has failed, and is tried again', async () => {
  await using cluster = await start()
  await release(cluster)
  await end(cluster, { phase: 'Failed', message: 'no room' })
  await cluster.clock.advance(1_000)
  assert.deepEqual([await volume(cluster), await isThere(cluster)], [['Failed', 'Recycle failed: failed to recycle volume: no room', 'c'], false])
  assert.deepEqual(await told(cluster), ['Warning VolumeFailedRecycle Recycle failed: failed to recycle volume: no room'])
  await cluster.client.delete(pod, recycler, { gracePeriodSeconds: 0 }).catch(() => {})
  await cluster.clock.advance(20_000)
  assert.equal(await isThere(cluster), true)
})

test('a pod of that name that somebody else has made goes first', async () => {
  await using cluster = await start()
  await cluster.client.create(pod, { metadata: recycler, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } } as unknown as New<Pod>) // allowed: the rest has defaults
  await release(cluster)
  assert.deepEqual([await volume(cluster), await isThere(cluster)], [['Failed', 'Recycle failed: old recycler pod found, will retry later', 'c'], false])
})

test('a volume that pods still use is not emptied, and one that nobody can empty has failed', async () => {
  await using cluster = await start()
  await cluster.client.create(pod, { metadata: { name: 'p', ...at }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] } } as unknown as New<Pod>) // allowed: as above
  await release(cluster, { local: { path: '/data' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } } })
  assert.deepEqual(await told(cluster), ['Normal VolumeFailedRecycle Volume is used by pods: default/p'])
  await cluster.client.delete(pod, { name: 'p', ...at }, { gracePeriodSeconds: 0 })
  await cluster.clock.advance(20_000)
  assert.deepEqual(await volume(cluster), ['Failed', 'No recycler plugin found for the volume!', 'c'])
})

test('large volumes have more time', () => {
  const seconds = (source: object, storage: string) => recyclerPod({ metadata: { name: 'v' }, spec: { ...source, capacity: { storage } } } as unknown as PersistentVolume, usualTimes).spec?.activeDeadlineSeconds // allowed: a test says only what matters to it
  assert.deepEqual([seconds({ hostPath: { path: '/d' } }, '5Gi'), seconds({ nfs: { server: 's', path: '/' } }, '5Gi'), seconds({ nfs: { server: 's', path: '/' } }, '100Gi')], [150, 300, 3000])
})

test('the pod may be another, in a namespace of its own', async () => {
  const given = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'x-', namespace: 'kube-system', labels: { is: 'mine' } },
    spec: { restartPolicy: 'Never', automountServiceAccountToken: false, volumes: [{ name: 'v', emptyDir: {} }, { name: 'w', emptyDir: {} }], containers: [{ name: 'mine', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] } }
  await using cluster = await start({ recyclePods: { hostPath: given } })
  await release(cluster)
  const made = { ...recycler, namespace: 'kube-system' }, { metadata, spec } = await cluster.client.get(pod, made)
  assert.deepEqual([metadata.generateName, metadata.labels, spec.activeDeadlineSeconds, spec.volumes, spec.containers[0]?.name], [undefined, { is: 'mine' }, 60, [{ name: 'v', hostPath: { path: '/data', type: '' } }, { name: 'w', emptyDir: {} }], 'mine'])
  await cluster.client.patch(pod, made, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
  await cluster.clock.advance(1_000)
  assert.deepEqual(await volume(cluster), ['Available', undefined, undefined])
})
