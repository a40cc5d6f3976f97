import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim } from '#kinds'
import { keptClaim, keptVolume } from './upkeep.ts'

const to = 'pv.kubernetes.io/migrated-to', by = 'pv.kubernetes.io/provisioned-by', asked = 'volume.kubernetes.io/storage-provisioner', earlier = 'volume.beta.kubernetes.io/storage-provisioner'
const ours = 'kubernetes.io/pv-controller', theirs = 'external-provisioner.volume.kubernetes.io/finalizer'

const claims: [rule: string, annotations: Record<string, string> | undefined, expected: Record<string, string> | undefined][] = [
  ['that ask for a plugin name its driver', { [asked]: 'kubernetes.io/aws-ebs' }, { [asked]: 'kubernetes.io/aws-ebs', [to]: 'ebs.csi.aws.com' }],
  ['that ask by the older name too', { [earlier]: 'kubernetes.io/gce-pd' }, { [earlier]: 'kubernetes.io/gce-pd', [to]: 'pd.csi.storage.gke.io' }],
  ['that ask for a driver name none', { [asked]: 'ebs.csi.aws.com', [to]: 'ebs.csi.aws.com' }, { [asked]: 'ebs.csi.aws.com' }],
  ['that ask for nobody stay', { [to]: 'x' }, { [to]: 'x' }], ['without annotations stay', undefined, undefined],
]
for (const [rule, annotations, expected] of claims) test(`claims ${rule}`, () => {
  assert.deepEqual(keptClaim({ metadata: { name: 'c', annotations } } as unknown as PersistentVolumeClaim).metadata.annotations, expected) // allowed: a test says only what matters to it
})

const volumes: [rule: string, provisioner: string | undefined, policy: string, before: string[], expected: string[], driver?: string][] = [
  ['a plugin of the tree that removes them', 'kubernetes.io/host-path', 'Delete', ['a', theirs], ['a', ours]], ['a plugin, and they stay', 'kubernetes.io/host-path', 'Retain', [ours, 'a'], ['a']],
  ['a plugin that a driver took over from', 'kubernetes.io/cinder', 'Delete', [ours, theirs], [theirs], 'cinder.csi.openstack.org'], ['a driver', 'x.example', 'Delete', [theirs, ours], [theirs, ours]], ['people', undefined, 'Delete', [theirs], [theirs]],
]
for (const [rule, provisioner, policy, finalizers, expected, driver] of volumes) test(`volumes made by ${rule}`, () => {
  const { metadata } = keptVolume({ metadata: { name: 'v', finalizers, ...(provisioner && { annotations: { [by]: provisioner } }) }, spec: { persistentVolumeReclaimPolicy: policy } } as unknown as PersistentVolume) // allowed: as above
  assert.deepEqual([metadata.finalizers, metadata.annotations?.[to]], [expected, driver])
})
test('what is as it should be is the same value', () => {
  const volume = { metadata: { name: 'v', finalizers: [ours], annotations: { [by]: 'kubernetes.io/host-path' } }, spec: { persistentVolumeReclaimPolicy: 'Delete' } } as unknown as PersistentVolume // allowed: as above
  assert.equal(keptVolume(volume), volume)
})
