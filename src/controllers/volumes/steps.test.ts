import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '#kinds'
import { claimStep, type World } from './claim-step.ts'
import { reclaim, volumeStep } from './volume-step.ts'

const claim = (spec: object = {}, annotations: object = {}) => ({ metadata: { name: 'c', namespace: 'd', uid: 'u', annotations }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec }, status: { phase: 'Pending' } }) as unknown as PersistentVolumeClaim // allowed: a test says only what matters to it
const volume = (name: string, spec: object = {}, { phase = 'Available', ...metadata }: { phase?: string; [field: string]: unknown } = {}) => ({ metadata: { name, ...metadata }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, persistentVolumeReclaimPolicy: 'Retain', ...spec }, status: { phase } }) as unknown as PersistentVolume // allowed: as above
const ofClass = (name: string, more: object = {}) => ({ metadata: { name }, provisioner: 'x.example', volumeBindingMode: 'Immediate', ...more }) as unknown as StorageClass // allowed: as above
const world = (volumes: readonly PersistentVolume[], { classes = [] as StorageClass[], pods = [] as string[] } = {}): World => ({
  volumes, volume: (name) => volumes.find(({ metadata }) => metadata.name === name), storageClass: (name) => classes.find(({ metadata }) => metadata.name === name),
  defaultClass: () => classes.find(({ metadata: { annotations } }) => annotations), waitingPods: () => pods,
})
const bound = { 'pv.kubernetes.io/bind-completed': 'yes' }, ours = { name: 'c', namespace: 'd', uid: 'u' }, other = { name: 'o', namespace: 'd', uid: 'x' }
const byClass = { storageClassName: 'k' }, late = ofClass('k', { volumeBindingMode: 'WaitForFirstConsumer' })

const claims: [rule: string, claim: PersistentVolumeClaim, world: World, expected: string][] = [
  ['the smallest that is large enough', claim(), world([volume('l', { capacity: { storage: '9Gi' } }), volume('m', { capacity: { storage: '2Gi' } }), volume('s', { capacity: { storage: '1Mi' } })]), 'bind m'],
  ['fewer access modes come first', claim(), world([volume('a', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }), volume('b', { capacity: { storage: '5Gi' } })]), 'bind b'],
  ['what is made for it comes before what is smaller', claim(), world([volume('a'), volume('b', { capacity: { storage: '2Gi' }, claimRef: { name: 'c', namespace: 'd' } })]), 'bind b'],
  ['not what is another\'s, released, leaving, a device, of another class or of other attributes', claim(), world([
    volume('a', { claimRef: other }), volume('b', {}, { phase: 'Released' }), volume('e', {}, { deletionTimestamp: 'now' }), volume('f', { volumeMode: 'Block' }), volume('g', byClass), volume('h', { volumeAttributesClassName: 'fast' })]),
  'wait FailedBinding: no persistent volumes available for this claim and no storage class is set'],
  ['by labels', claim({ selector: { matchLabels: { a: '1' } } }), world([volume('a'), volume('b', {}, { labels: { a: '1' } })]), 'bind b'],
  ['attributes that are asked for', claim({ volumeAttributesClassName: 'fast' }), world([volume('a'), volume('b', { volumeAttributesClassName: 'fast' })]), 'bind b'],
  ['the default class, later', claim(), world([], { classes: [ofClass('std', { metadata: { name: 'std', annotations: {} } })] }), 'class std'],
  ['no class is a choice too', claim({ storageClassName: '' }), world([], { classes: [ofClass('std', { metadata: { name: 'std', annotations: {} } })] }), 'wait FailedBinding: no persistent volumes available for this claim and no storage class is set'],
  ['a class that is not there', claim(byClass), world([]), 'wait! ProvisioningFailed: storageclass.storage.k8s.io "k" not found'],
  ['a class that makes none', claim(byClass), world([], { classes: [ofClass('k', { provisioner: 'kubernetes.io/no-provisioner' })] }), 'wait! ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner'],
  ['a plugin that is off', claim(byClass), world([], { classes: [ofClass('k', { provisioner: 'kubernetes.io/host-path' })] }), 'wait! ProvisioningFailed: Failed to create provisioner: provisioning in volume plugin "kubernetes.io/host-path" is disabled'],
  ['somebody else makes it', claim(byClass), world([], { classes: [ofClass('k')] }), 'provision x.example'],
  ['a driver took over', claim(byClass), world([], { classes: [ofClass('k', { provisioner: 'kubernetes.io/aws-ebs' })] }), 'provision ebs.csi.aws.com'],
  ['the scheduler first', claim(byClass), world([volume('a', byClass)], { classes: [late] }), 'wait WaitForFirstConsumer: waiting for first consumer to be created before binding'],
  ['a pod has no node', claim(byClass), world([], { classes: [late], pods: ['p'] }), 'wait WaitForPodScheduled: waiting for pod p to be scheduled'],
  ['two pods have no node', claim(byClass), world([], { classes: [late], pods: ['p', 'q'] }), 'wait WaitForPodScheduled: waiting for pods p,q to be scheduled'],
  ['the scheduler has chosen a volume', claim(byClass), world([volume('a', { ...byClass, claimRef: ours })], { classes: [late] }), 'bind a'],
  ['the scheduler has chosen a node', claim(byClass, { 'volume.kubernetes.io/selected-node': 'n' }), world([], { classes: [late] }), 'provision x.example'],
  ['a volume by name that is not there', claim({ volumeName: 'a' }), world([]), 'wait'],
  ['a volume by name that is free', claim({ volumeName: 'a' }), world([volume('a')]), 'bind a'],
  ['a volume by name that is too small', claim({ volumeName: 'a' }), world([volume('a', { capacity: { storage: '1' } })]), 'wait VolumeMismatch: Cannot bind to requested volume "a": requested PV is too small'],
  ['a volume by name of another class', claim({ volumeName: 'a' }), world([volume('a', byClass)]), 'wait VolumeMismatch: Cannot bind to requested volume "a": storageClassName does not match'],
  ['a volume by name of another mode', claim({ volumeName: 'a' }), world([volume('a', { accessModes: ['ReadOnlyMany'] })]), 'wait VolumeMismatch: Cannot bind to requested volume "a": incompatible accessMode'],
  ['a volume by name that is another\'s', claim({ volumeName: 'a' }), world([volume('a', { claimRef: other })]), 'wait FailedBinding: volume "a" already bound to a different claim.'],
  ['a binding of our own that is another\'s', claim({ volumeName: 'a' }, { 'pv.kubernetes.io/bound-by-controller': 'yes' }), world([volume('a', { claimRef: other })]), 'fail FailedBinding: volume "a" already bound to a different claim. (invalid binding of claim "d/c" to volume "a": volume already claimed by "d/o")'],
  ['bound and well', claim({ volumeName: 'a' }, bound), world([volume('a', { claimRef: ours })]), 'bind a'],
  ['the volume forgot', claim({ volumeName: 'a' }, bound), world([volume('a')]), 'bind a'],
  ['the claim forgot', claim({}, bound), world([]), 'lose ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!'],
  ['the volume is gone', claim({ volumeName: 'a' }, bound), world([]), 'lose ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!'],
  ['the volume is another\'s', claim({ volumeName: 'a' }, bound), world([volume('a', { claimRef: other })]), 'lose ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly'],
]
for (const [rule, one, all, expected] of claims) test(`a claim: ${rule}`, () => {
  const step = claimStep(one, all), told = 'event' in step && step.do !== 'provision' && step.event ? ` ${step.event.reason}: ${step.event.message}` : ''
  assert.equal(`${step.do}${'keep' in step ? '!' : ''}${step.do === 'bind' ? ` ${step.volume.metadata.name}` : step.do === 'class' ? ` ${step.name}` : step.do === 'provision' ? ` ${step.provisioner}` : told}${step.do === 'fail' ? ` (${step.why})` : ''}`, expected)
})

const made = { annotations: { 'pv.kubernetes.io/provisioned-by': 'x' } }
const volumes: [rule: string, volume: PersistentVolume, claim: PersistentVolumeClaim | undefined, expected: string][] = [
  ['free', volume('a'), undefined, 'phase Available'], ['reserved by name', volume('a', { claimRef: { name: 'c', namespace: 'd' } }), claim(), 'phase Available'],
  ['its claim is gone', volume('a', { claimRef: ours }), undefined, 'release'], ['another claim of the name', volume('a', { claimRef: { ...ours, uid: 'old' } }), claim(), 'release'],
  ['half bound', volume('a', { claimRef: ours }), claim(), 'wait'], ['never to be bound', volume('a', { claimRef: ours, volumeMode: 'Block' }), claim(), 'mismatch'],
  ['bound', volume('a', { claimRef: ours }), claim({ volumeName: 'a' }), 'phase Bound'], ['its claim is elsewhere', volume('a', { claimRef: ours }), claim({ volumeName: 'b' }), 'unbind'],
  ['made for a claim that is elsewhere', volume('a', { claimRef: ours, persistentVolumeReclaimPolicy: 'Delete' }, made), claim({ volumeName: 'b' }), 'release'],
]
for (const [rule, one, at, expected] of volumes) test(`a volume: ${rule}`, () => { const step = volumeStep(one, at); assert.equal(step.do === 'phase' ? `phase ${step.phase}` : step.do, expected) })

const Delete = { persistentVolumeReclaimPolicy: 'Delete' }
const reclaims: [volume: PersistentVolume, expected: string][] = [
  [volume('a'), 'nothing'], [volume('a', Delete, made), 'nothing'], [volume('a', { ...Delete, hostPath: { path: '/tmp/x' } }), 'delete'],
  [volume('a', { ...Delete, hostPath: { path: '/data' } }), 'fail VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data'],
  [volume('a', { ...Delete, local: { path: '/data' } }), 'fail VolumeFailedDelete: error getting deleter volume plugin for volume "a": no volume plugin matched'],
  [volume('a', { ...Delete, nfs: { path: '/', server: 's' } }), 'fail VolumeFailedDelete: error getting deleter volume plugin for volume "a": no deletable volume plugin matched'],
  [volume('a', { ...Delete, csi: { driver: 'x.example', volumeHandle: 'h' } }), 'nothing'], [volume('a', Delete, { annotations: { 'pv.kubernetes.io/provisioned-by': 'kubernetes.io/rbd' } }), 'fail VolumeFailedDelete: no volume plugin matched name: kubernetes.io/rbd'],
  [volume('a', { persistentVolumeReclaimPolicy: 'Recycle' }), 'recycle'],
  [volume('a', { persistentVolumeReclaimPolicy: 'Other' }), 'fail VolumeUnknownReclaimPolicy: Volume has unrecognized PersistentVolumeReclaimPolicy'],
]
for (const [one, expected] of reclaims) test(`a volume that nobody claims any more: ${expected}`, () => { const step = reclaim(one); assert.equal(step.do === 'fail' ? `fail ${step.reason}: ${step.message}` : step.do, expected) })
