import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyObject } from '#machinery'
import { nodeOf, podOf, StillCluster, type Placed } from '../still-cluster.ts'

const object = (kind: string, name: string, more: object = {}, metadata: object = {}): AnyObject => ({ kind, metadata: { name, ...metadata }, ...more }) as unknown as AnyObject // allowed: a test says only what matters to it
const bound = (name: string, volumeName: string, spec: object = {}) => object('PersistentVolumeClaim', name, { spec: { volumeName, ...spec }, status: { phase: 'Bound' } }, { namespace: 'd', uid: name, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } })
const volume = (name: string, spec: object = {}, labels: object = {}) => object('PersistentVolume', name, { spec, status: { phase: 'Bound' } }, { labels })
const uses = (...names: string[]) => podOf({ volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) })
const has = (source: object, more: object = {}) => podOf({ volumes: [{ name: 'v', ...source }], ...more })
const csi = (volumeHandle: string) => ({ csi: { driver: 'x.example', volumeHandle } })
const limit = (node: string, n: number) => object('CSINode', node, { spec: { drivers: [{ name: 'x.example', nodeID: node, allocatable: { count: n } }] } })
const csiOf = (driver: string, volumeHandle: string) => ({ csi: { driver, volumeHandle } }), ebs = (id: string) => ({ awsElasticBlockStore: { volumeID: `aws://us-1a/vol-${id}` } })
const takenOver = (node: string, n: number, plugins = 'kubernetes.io/gce-pd,kubernetes.io/aws-ebs', driver = 'ebs.csi.aws.com') =>
  object('CSINode', node, { spec: { drivers: [{ name: driver, nodeID: node, allocatable: { count: n } }] } }, { annotations: { 'storage.alpha.kubernetes.io/migrated-plugins': plugins } })
const zone = (name: string, key = 'topology.kubernetes.io/zone') => ({ labels: { [key]: name } })
const refused = (what: string, preemption: string) => `0/1 nodes are available: 1 ${what}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 ${preemption}.`
const noVictims = 'No preemption victims found for incoming pod', noHelp = 'Preemption is not helpful for scheduling'

const disks: [name: string, source: object, shared: boolean][] = [
  ['gce', { gcePersistentDisk: { pdName: 'd' } }, false], ['gce, read', { gcePersistentDisk: { pdName: 'd', readOnly: true } }, true], ['aws', { awsElasticBlockStore: { volumeID: 'd', readOnly: true } }, false],
  ['iscsi', { iscsi: { iqn: 'd' } }, false], ['iscsi, read', { iscsi: { iqn: 'd', readOnly: true } }, true], ['rbd', { rbd: { image: 'd', monitors: ['m'] } }, false], ['rbd, read', { rbd: { image: 'd', monitors: ['m'], readOnly: true } }, true],
]
for (const [name, source, shared] of disks) test(`a disk in use: ${name}`, async () =>
  assert.equal(await new StillCluster([nodeOf('a', {}, [has(source)])]).outcome(has(source)), shared ? 'a' : refused('node(s) had no available disk', noVictims)))

const alone = { accessModes: ['ReadWriteOncePod'] }
const cases: [rule: string, pod: ReturnType<typeof podOf>, nodes: () => Placed[], objects: AnyObject[], expected: string][] = [
  ['a claim for one pod is in use', uses('c'), () => [nodeOf('a', {}, [uses('c')])], [bound('c', 'v', alone), volume('v')], refused('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode', noVictims)],
  ['a claim for one pod is in use by a lesser one', podOf({ priority: 9, volumes: [{ name: 'c', persistentVolumeClaim: { claimName: 'c' } }] }), () => [nodeOf('a', {}, [podOf({ volumes: [{ name: 'c', persistentVolumeClaim: { claimName: 'c' } }] }, 'low')])], [bound('c', 'v', alone), volume('v')],
    '0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. -> a -low'],
  ['a claim that many may use', uses('c'), () => [nodeOf('a', {}, [uses('c')])], [bound('c', 'v'), volume('v')], 'a'],
  ['the volume\'s zone', uses('c'), () => [nodeOf('a', zone('1')), nodeOf('b', zone('2'))], [bound('c', 'v'), volume('v', {}, { 'topology.kubernetes.io/zone': '2' })], 'b'],
  ['one of the volume\'s zones', uses('c'), () => [nodeOf('a', zone('1')), nodeOf('b', zone('3'))], [bound('c', 'v'), volume('v', {}, { 'topology.kubernetes.io/zone': '2__3' })], 'b'],
  ['an older label of the volume', uses('c'), () => [nodeOf('a', zone('1')), nodeOf('b', zone('2'))], [bound('c', 'v'), volume('v', {}, { 'failure-domain.beta.kubernetes.io/zone': '2' })], 'b'],
  ['a node in no zone', uses('c'), () => [nodeOf('a')], [bound('c', 'v'), volume('v', {}, { 'topology.kubernetes.io/zone': '2' })], 'a'],
  ['no node in the zone', uses('c'), () => [nodeOf('a', zone('1'))], [bound('c', 'v'), volume('v', {}, { 'topology.kubernetes.io/zone': '2' })], refused('node(s) had no available volume zone', noHelp)],
  ['as many volumes as a node may have', uses('c'), () => [nodeOf('a', {}, [uses('o')])], [bound('c', 'v'), volume('v', csi('1')), bound('o', 'w'), volume('w', csi('2')), limit('a', 1)], refused('node(s) exceed max volume count', noVictims)],
  ['the same volume counts once', uses('c'), () => [nodeOf('a', {}, [uses('o')])], [bound('c', 'v'), volume('v', csi('1')), bound('o', 'w'), volume('w', csi('1')), limit('a', 1)], 'a'],
  ['what is attached counts', uses('c'), () => [nodeOf('a')], [bound('c', 'v'), volume('v', csi('1')), volume('w', csi('2')), limit('a', 1), object('VolumeAttachment', 'x', { spec: { attacher: 'x.example', nodeName: 'a', source: { persistentVolumeName: 'w' } } })], refused('node(s) exceed max volume count', noVictims)],
  ['more than one volume at once', uses('c', 'o'), () => [nodeOf('a')], [bound('c', 'v'), volume('v', csi('1')), bound('o', 'w'), volume('w', csi('2')), limit('a', 1)], refused('node(s) exceed max volume count', noVictims)],
  ['a volume of a plugin that a driver took over from counts for the driver', uses('c'), () => [nodeOf('a', {}, [uses('o')])], [bound('c', 'v'), volume('v', ebs('1')), bound('o', 'w'), volume('w', csiOf('ebs.csi.aws.com', 'vol-2')), takenOver('a', 1)], refused('node(s) exceed max volume count', noVictims)],
  ['it is the volume that its driver knows', uses('c'), () => [nodeOf('a', {}, [uses('o')])], [bound('c', 'v'), volume('v', ebs('1')), bound('o', 'w'), volume('w', csiOf('ebs.csi.aws.com', 'vol-1')), takenOver('a', 1)], 'a'],
  ['not on a node that does not say so', uses('c', 'o'), () => [nodeOf('a')], [bound('c', 'v'), volume('v', ebs('1')), bound('o', 'w'), volume('w', ebs('2')), takenOver('a', 1, '')], 'a'],
  ['a volume of the pod itself counts too', has({ gcePersistentDisk: { pdName: 'd' } }), () => [nodeOf('a', {}, [uses('o')])], [bound('o', 'w'), volume('w', csiOf('pd.csi.storage.gke.io', '2')), takenOver('a', 1, 'kubernetes.io/gce-pd', 'pd.csi.storage.gke.io')], refused('node(s) exceed max volume count', noVictims)],
  ['what a class of the plugin will make counts for the driver', uses('c', 'o'), () => [nodeOf('a')], [bound('c', 'v'), volume('v', ebs('1')), object('PersistentVolumeClaim', 'o', { spec: { storageClassName: 'gp' } }, { namespace: 'd', uid: 'o' }),
    object('StorageClass', 'gp', { provisioner: 'kubernetes.io/aws-ebs', volumeBindingMode: 'WaitForFirstConsumer' }), takenOver('a', 1)], refused('node(s) exceed max volume count', noVictims)],
  ['a node that says nothing', uses('c'), () => [nodeOf('a')], [bound('c', 'v'), volume('v', csi('1'))], 'a'],
]
for (const [rule, pod, nodes, objects, expected] of cases) test(`volumes: ${rule}`, async () => assert.equal(await new StillCluster(nodes(), { objects }).outcome(pod), expected))
