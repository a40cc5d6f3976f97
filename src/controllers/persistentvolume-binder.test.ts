import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, persistentVolume, persistentVolumeClaim, storageClass, type PersistentVolume, type PersistentVolumeClaim } from '#kinds'
import { is, type New } from '#machinery'
import { TestCluster } from '#testing'

const at = { namespace: 'default' }
const claim = (name: string, spec: object = {}) => ({ metadata: { name, ...at }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec } }) as unknown as New<PersistentVolumeClaim> // allowed: the rest has defaults
const volume = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' }, hostPath: { path: `/tmp/${name}` }, ...spec } }) as unknown as New<PersistentVolume> // allowed: as above
const start = (controllersOptions = {}) => TestCluster.start({ controllersOptions, controllers: ['serviceaccount', 'persistentvolume-binder', 'persistentvolume-protection', 'persistentvolumeclaim-protection'], scheduler: false })

test('a claim and a volume find each other whoever comes first, and part as the policy says', async () => {
  await using cluster = await start()
  const { client } = cluster
  const { metadata: { uid } } = await client.create(persistentVolumeClaim, claim('c'))
  await cluster.settle()
  await client.create(persistentVolume, volume('v'))
  await client.create(persistentVolume, volume('gone', { persistentVolumeReclaimPolicy: 'Delete' }))
  await client.create(persistentVolumeClaim, claim('second'))
  await cluster.settle()
  const found = await client.get(persistentVolumeClaim, { name: 'c', ...at }), taken = found.spec.volumeName!
  assert.deepEqual([found.metadata.annotations, found.status], [{ 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' }, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } }])
  const holder = await client.get(persistentVolume, { name: taken })
  assert.deepEqual([holder.metadata.annotations, holder.spec.claimRef?.uid, holder.status.phase], [{ 'pv.kubernetes.io/bound-by-controller': 'yes' }, uid, 'Bound'])
  for (const name of ['c', 'second']) await client.delete(persistentVolumeClaim, { name, ...at })
  await cluster.settle()
  assert.equal((await client.get(persistentVolume, { name: 'v' })).status.phase, 'Released')
  await assert.rejects(client.get(persistentVolume, { name: 'gone' }), (error) => is(error, 'NotFound'))
})

test('a claim without a class gets the default one as soon as there is one, and its maker is told', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(persistentVolumeClaim, claim('c'))
  await cluster.settle()
  await client.create(storageClass, { metadata: { name: 'std', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'x.example' } as never)
  await cluster.settle()
  const { metadata, spec, status } = await client.get(persistentVolumeClaim, { name: 'c', ...at })
  assert.deepEqual([spec.storageClassName, metadata.annotations, status.phase], ['std', { 'volume.beta.kubernetes.io/storage-provisioner': 'x.example', 'volume.kubernetes.io/storage-provisioner': 'x.example' }, 'Pending'])
  const events = (await client.list(event)).items.map(({ type, reason, source }) => `${type} ${reason} ${source?.component}`)
  assert.deepEqual(events.sort(), ['Normal ExternalProvisioning persistentvolume-controller', 'Normal FailedBinding persistentvolume-controller'])
})

test('a bound claim whose volume goes is lost; a volume that a user made for a claim waits for it', async () => {
  await using cluster = await start()
  const { client } = cluster
  await client.create(persistentVolume, volume('v', { claimRef: { name: 'c', ...at } }))
  await cluster.settle()
  assert.equal((await client.get(persistentVolume, { name: 'v' })).status.phase, 'Available')
  await client.create(persistentVolumeClaim, claim('c'))
  await cluster.settle()
  assert.equal((await client.get(persistentVolumeClaim, { name: 'c', ...at })).status.phase, 'Bound')
  await client.delete(persistentVolume, { name: 'v' })
  await client.patch(persistentVolume, { name: 'v' }, 'merge', { metadata: { finalizers: null } })
  await cluster.settle()
  assert.deepEqual((await client.get(persistentVolumeClaim, { name: 'c', ...at })).status, { phase: 'Lost' })
})

test('the directory of a released hostPath volume with the policy Delete goes before the volume, and is tried again', async () => {
  const asked: string[] = []
  let trouble: Error | undefined = new Error('unlinkat /tmp/gone: device or resource busy')
  await using cluster = await start({ removeDirectory: async (path: string) => { asked.push(path); if (trouble) throw trouble } })
  const { client } = cluster
  await client.create(persistentVolume, volume('gone', { persistentVolumeReclaimPolicy: 'Delete' }))
  await client.create(persistentVolume, volume('kept', { persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/data' } }))
  for (const name of ['one', 'two']) await client.create(persistentVolumeClaim, claim(name))
  await cluster.settle()
  for (const name of ['one', 'two']) await client.delete(persistentVolumeClaim, { name, ...at })
  await cluster.settle()
  assert.deepEqual((await client.get(persistentVolume, { name: 'gone' })).status, { phase: 'Failed', message: trouble.message, lastPhaseTransitionTime: (await client.get(persistentVolume, { name: 'gone' })).status.lastPhaseTransitionTime })
  assert.deepEqual((await client.list(event)).items.filter(({ involvedObject }) => involvedObject.name === 'gone').map(({ type, reason, message }) => `${type} ${reason} ${message}`), [`Warning VolumeFailedDelete ${trouble.message}`])
  trouble = undefined
  await cluster.clock.advance(60_000)
  await cluster.settle()
  await assert.rejects(client.get(persistentVolume, { name: 'gone' }), (error) => is(error, 'NotFound'))
  assert.equal((await client.get(persistentVolume, { name: 'kept' })).status.phase, 'Failed')
  assert.deepEqual([...new Set(asked)], ['/tmp/gone'])
})
