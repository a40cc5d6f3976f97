import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyObject } from '#machinery'
import { nodeOf, podOf, StillCluster } from '../still-cluster.ts'

const object = (kind: string, name: string, more: object = {}, metadata: object = {}): AnyObject => ({ kind, metadata: { name, ...metadata }, ...more }) as unknown as AnyObject // allowed: a test says only what matters to it
const claim = (name: string, { status, ...spec }: { status?: object; [field: string]: unknown } = {}, metadata: object = {}) => object('PersistentVolumeClaim', name,
  { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec }, status: status ?? { phase: 'Pending' } }, { namespace: 'd', uid: name, ...metadata })
const bound = (name: string, volumeName: string) => claim(name, { volumeName, status: { phase: 'Bound' } }, { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } })
const on = (node: string) => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } } })
const volume = (name: string, spec: object = {}) => object('PersistentVolume', name, { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, ...spec }, status: { phase: 'Available' } })
const late = (provisioner: string, more: object = {}) => object('StorageClass', 'k', { provisioner, volumeBindingMode: 'WaitForFirstConsumer', ...more })
const uses = (...names: string[]) => podOf({ volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) })
const ofK = { storageClassName: 'k' }, selected = (node: string) => claim('c', ofK, { annotations: { 'volume.kubernetes.io/selected-node': node } })
const capacity = (more: object) => object('CSIStorageCapacity', 'x', { storageClassName: 'k', nodeTopology: { matchLabels: { 'kubernetes.io/hostname': 'b' } }, ...more })
const counts = object('CSIDriver', 'x.example', { spec: { storageCapacity: true } })

const none = (what: string) => `0/2 nodes are available: ${what}. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`
const cases: [rule: string, pod: ReturnType<typeof podOf>, objects: AnyObject[], expected: string][] = [
  ['no such claim', uses('c'), [], none('persistentvolumeclaim "c" not found')],
  ['a claim that is not bound', uses('c'), [claim('c')], none('pod has unbound immediate PersistentVolumeClaims')],
  ['a claim that names its volume', uses('c'), [claim('c', { ...ofK, volumeName: 'v' }), late('x.example')], none('pod has unbound immediate PersistentVolumeClaims')],
  ['a lost claim', uses('c'), [claim('c', { volumeName: 'v', status: { phase: 'Lost' } })], none('persistentvolumeclaim "c" bound to non-existent persistentvolume "v"')],
  ['a claim that goes', uses('c'), [claim('c', {}, { deletionTimestamp: 'now' })], none('persistentvolumeclaim "c" is being deleted')],
  ['an ephemeral claim of somebody else', podOf({ volumes: [{ name: 'e', ephemeral: {} }] }, 'p'), [claim('p-e')], none('PVC d/p-e was not created for pod d/p (pod is not owner)')],
  ['where its volume is', uses('c'), [bound('c', 'v'), volume('v', on('b'))], 'b'],
  ['its volume is nowhere near', uses('c'), [bound('c', 'v'), volume('v', on('z'))], none('2 node(s) didn\'t match PersistentVolume\'s node affinity')],
  ['its volume is gone', uses('c'), [bound('c', 'v')], none('persistentvolume "v" not found')],
  ['the volume made for it is gone', podOf({ volumes: [{ name: 'e', ephemeral: {} }] }, 'p', { uid: 'pu' }), [{ ...bound('p-e', 'v'), metadata: { name: 'p-e', namespace: 'd', uid: 'x', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' }, ownerReferences: [{ uid: 'pu', controller: true }] } } as never], none('2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)')],
  ['where a volume waits', uses('c'), [claim('c', ofK), late('kubernetes.io/no-provisioner'), volume('v', { ...ofK, ...on('b') })], 'b'],
  ['no volume waits', uses('c'), [claim('c', ofK), late('kubernetes.io/no-provisioner')], none("2 node(s) didn't find available persistent volumes to bind")],
  ['one volume for two claims', uses('c', 'd'), [claim('c', ofK), claim('d', ofK), late('kubernetes.io/no-provisioner'), volume('v', { ...ofK, ...on('b') })], none("2 node(s) didn't find available persistent volumes to bind")],
  ['two volumes for two claims, the larger for the larger', uses('l', 's'), [claim('l', { ...ofK, resources: { requests: { storage: '2Gi' } } }), claim('s', ofK), late('kubernetes.io/no-provisioner'), volume('v', { ...ofK, ...on('b') }), volume('w', { ...ofK, ...on('b'), capacity: { storage: '2Gi' } })], 'b'],
  ['a class that makes volumes there', uses('c'), [claim('c', ofK), late('x.example', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'kubernetes.io/hostname', values: ['b'] }] }] })], 'b'],
  ['a node is chosen already', uses('c'), [selected('b'), late('x.example')], 'b'],
  ['a node is chosen that is no more', uses('c'), [selected('z'), late('x.example')], none("2 node(s) didn't find available persistent volumes to bind")],
  ['where there is room', uses('c'), [claim('c', ofK), late('x.example'), counts, capacity({ capacity: '1Gi' })], 'b'],
  ['there is no room', uses('c'), [claim('c', ofK), late('x.example'), counts, capacity({ capacity: '9Gi', maximumVolumeSize: '1Mi' })], none('2 node(s) did not have enough free storage')],
  ['who does not count has room', uses('c'), [claim('c', ofK), late('x.example', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'kubernetes.io/hostname', values: ['a'] }] }] })], 'a'],
]
for (const [rule, pod, objects, expected] of cases) test(`a pod with claims: ${rule}`, async () => assert.equal(await new StillCluster([nodeOf('a'), nodeOf('b')], { objects }).outcome(pod), expected))
