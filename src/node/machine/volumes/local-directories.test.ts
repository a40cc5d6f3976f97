import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { persistentVolume, persistentVolumeClaim, pod, storageClass, type PersistentVolume, type Pod } from '#kinds'
import { silent, type New } from '#machinery'
import { TestCluster } from '#testing'
import { makeDirectory, watchLocalDirectories } from './local-directories.ts'

const at = { namespace: 'default' }
const patienceMs = 10_000
/** The disk takes real time. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patienceMs; !await holds() && Date.now() < end;) await new Promise(setImmediate)
}
const made = (name: string, path: string, by = 'proa.dev/local') => ({ metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': by } }, spec: { local: { path } } }) as unknown as PersistentVolume // allowed: a test says only what matters to it

test('only directories of our own, straight below the folder, are made, and anybody may write there', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'local-')), folder = join(root, 'volumes')
  t.after(() => rmSync(root, { recursive: true }))
  for (const [name, path, by] of [['a', join(root, 'a')], ['..', join(folder, '..')], ['b', join(folder, 'a')], ['c', join(folder, 'c'), 'x.example']] as const) await makeDirectory(made(name, path, by), folder)
  assert.ok(!existsSync(folder))
  const path = join(folder, 'pvc-1')
  await makeDirectory(made('pvc-1', path), folder)
  assert.equal(statSync(path).mode & 0o777, 0o777)
  writeFileSync(join(path, 'data'), 'x')
  await makeDirectory(made('pvc-1', path), folder)
  assert.ok(existsSync(join(path, 'data')))
})

test('a claim of a pod gets a directory of its node; it goes with the claim, and what was to be retained stays', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'local-')), folder = join(root, 'node-1')
  await using cluster = await TestCluster.start({ nodes: 1, controllersOptions: { localDirectories: { of: (node) => join(root, node), areReal: true } } })
  const { client } = cluster, stop = watchLocalDirectories({ client, nodeName: 'node-1', folder, log: silent })
  t.after(() => { stop(); rmSync(root, { recursive: true }) })
  for (const [name, reclaimPolicy] of [['gone', 'Delete'], ['kept', 'Retain']] as const) {
    await client.create(storageClass, { metadata: { name }, provisioner: 'proa.dev/local', reclaimPolicy, volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: true })
    await client.create(persistentVolumeClaim, { metadata: { name, ...at }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: name } })
  }
  await cluster.settle()
  await client.create(pod, { metadata: { name: 'p', ...at }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], volumes: ['gone', 'kept'].map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) } } as unknown as New<Pod>) // allowed: the rest has defaults
  await cluster.settle()
  const volumes = (await client.list(persistentVolume)).items, paths = Object.fromEntries(volumes.map(({ spec }) => [spec.claimRef!.name, spec.local!.path]))
  assert.deepEqual(volumes.map(({ metadata, spec, status }) => [metadata.labels, spec.local!.path === join(folder, metadata.name), status.phase]), [1, 2].map(() => [{ 'proa.dev/node': 'node-1' }, true, 'Bound']))
  assert.equal((await client.get(pod, { name: 'p', ...at })).spec.nodeName, 'node-1')
  for (const volume of volumes) await makeDirectory(volume, folder)
  mkdirSync(join(root, 'elsewhere'))
  symlinkSync(join(root, 'elsewhere'), join(paths['gone']!, 'link'))

  await client.patch(persistentVolumeClaim, { name: 'gone', ...at }, 'merge', { spec: { resources: { requests: { storage: '2Gi' } } } })
  await cluster.settle()
  assert.deepEqual([(await client.get(persistentVolumeClaim, { name: 'gone', ...at })).status.capacity, (await client.get(persistentVolume, { name: volumes.find(({ spec }) => spec.claimRef!.name === 'gone')!.metadata.name })).spec.capacity], [{ storage: '2Gi' }, { storage: '2Gi' }])

  await client.delete(pod, { name: 'p', ...at }, { gracePeriodSeconds: 0 })
  for (const name of ['gone', 'kept']) await client.delete(persistentVolumeClaim, { name, ...at })
  await cluster.settle()
  await until(() => !existsSync(paths['gone']!))
  await until(async () => (await client.list(persistentVolume)).items.length === 1)
  assert.deepEqual([existsSync(paths['gone']!), existsSync(paths['kept']!), existsSync(join(root, 'elsewhere'))], [false, true, true])
  const [left, ...others] = (await client.list(persistentVolume)).items
  assert.deepEqual([left?.spec.claimRef?.name, left?.status.phase, others], ['kept', 'Released', []])
  await client.delete(persistentVolume, left!.metadata)
  await cluster.settle()
  await until(async () => (await client.list(persistentVolume)).items.length === 0)
  assert.ok(existsSync(paths['kept']!))
})
