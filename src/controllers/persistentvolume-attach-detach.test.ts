import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { event, node, persistentVolume, persistentVolumeClaim, pod, volumeAttachment, type Node, type PersistentVolume, type Pod, type VolumeAttachment } from '#kinds'
import type { New } from '#machinery'
import { TestCluster } from '#testing'
import { attachmentName, planAttachments, type NodeWorld } from './volumes/attachments.ts'

const at = { namespace: 'default' }
const volumeOf = (accessModes = ['ReadWriteOnce']) => ({ metadata: { name: 'v' }, spec: { csi: { driver: 'x.example', volumeHandle: 'h' }, accessModes } }) as unknown as PersistentVolume // allowed: a test says only what matters to it
const podOf = (name: string, namespace = 'd') => ({ metadata: { name, namespace, uid: name } }) as unknown as Pod // allowed: as above
const nodeOf = (status: object = {}, taints: readonly object[] = []) => ({ metadata: { name: 'n' }, spec: { taints }, status }) as unknown as Node // allowed: as above
const name = attachmentName(volumeOf(), 'n'), unique = 'kubernetes.io/csi/x.example^h'
const attachment = (status: object = { attached: true }, metadata: object = {}) => ({ metadata: { name, ...metadata }, spec: { attacher: 'x.example', nodeName: 'n', source: { persistentVolumeName: 'v' } }, status }) as unknown as VolumeAttachment // allowed: as above
const none = { attached: false, pods: [] }, ready = { conditions: [{ type: 'Ready', status: 'True' }] }, inUse = { volumesInUse: [unique] }
const world = (more: Partial<NodeWorld>): NodeWorld => ({ name: 'n', node: nodeOf(ready), wanted: [], attachments: [], volume: () => volumeOf(), elsewhere: () => none, asked: new Set(), unwantedMs: () => 0, ...more })
const wanted = [{ volume: volumeOf(), pods: [podOf('p')] }]

const cases: [rule: string, world: NodeWorld, expected: { create?: number; remove?: number; attached?: number; event?: string; againIn?: number }][] = [
  ['what a pod wants is attached', world({ wanted }), { create: 1 }],
  ['what is being attached is waited for', world({ wanted, attachments: [attachment({ attached: false })] }), {}],
  ['what is attached is told to the node, and to the pod once', world({ wanted, attachments: [attachment()], asked: new Set([name]) }), { attached: 1, event: 'AttachVolume.Attach succeeded for volume "v" ' }],
  ['what was attached before us is no news', world({ wanted, attachments: [attachment()] }), { attached: 1 }],
  ['what fails is told', world({ wanted, attachments: [attachment({ attached: false, attachError: { message: 'no' } })] }), { event: 'AttachVolume.Attach failed for volume "v" : no' }],
  ['what goes is waited for', world({ wanted, attachments: [attachment({ attached: true }, { deletionTimestamp: 'now' })] }), {}],
  ['one node at a time', world({ wanted, elsewhere: () => ({ attached: true, pods: [] }) }), { event: 'Multi-Attach error for volume "v" Volume is already exclusively attached to one node and can\'t be attached to another' }],
  ['one node at a time, and who has it', world({ wanted, elsewhere: () => ({ attached: true, pods: [podOf('q'), podOf('r', 'e')] }) }), { event: 'Multi-Attach error for volume "v" Volume is already used by pod(s) q and 1 pod(s) in different namespaces' }],
  ['one node at a time, and strangers have it', world({ wanted, elsewhere: () => ({ attached: true, pods: [podOf('r', 'e')] }) }), { event: 'Multi-Attach error for volume "v" Volume is already used by 1 pod(s) in different namespaces' }],
  ['many nodes may have it', world({ wanted: [{ volume: volumeOf(['ReadWriteMany']), pods: [] }], elsewhere: () => ({ attached: true, pods: [] }) }), { create: 1 }],
  ['what nobody wants is detached', world({ attachments: [attachment()] }), { remove: 1 }],
  ['what is mounted stays', world({ attachments: [attachment()], node: nodeOf({ ...ready, ...inUse }) }), { attached: 1, againIn: 360_000 }],
  ['what is mounted stays for as long as the node is well', world({ attachments: [attachment()], node: nodeOf({ ...ready, ...inUse }), unwantedMs: () => 400_000 }), { attached: 1 }],
  ['a node that is silent for long loses it', world({ attachments: [attachment()], node: nodeOf(inUse), unwantedMs: () => 360_000 }), { remove: 1 }],
  ['unless that is switched off', world({ attachments: [attachment()], node: nodeOf(inUse), unwantedMs: () => 360_000, forces: false }), { attached: 1 }],
  ['a node that is out of service loses it', world({ attachments: [attachment()], node: nodeOf({ ...ready, ...inUse }, [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }]) }), { remove: 1 }],
  ['a node that is gone has nothing', world({ attachments: [attachment()], node: undefined }), { remove: 1 }],
]
for (const [rule, given, { create = 0, remove = 0, attached = 0, event: message, againIn }] of cases) test(`attaching: ${rule}`, () => {
  const plan = planAttachments(given)
  assert.deepEqual([plan.create.length, plan.remove.length, plan.attached.map((one) => one.name), [...plan.events.values()].map((one) => one.message), plan.againIn], [create, remove, attached ? [unique] : [], message ? [message] : [], againIn])
})

test('a volume of a driver is attached to the node of its pod, and detached when the pod has gone and the node has let go', async () => {
  await using cluster = await TestCluster.start({ nodes: 1, controllers: ['serviceaccount', 'persistentvolume-binder', 'persistentvolume-attach-detach'], scheduler: false })
  const { client } = cluster, key = `csi-${createHash('sha256').update('hx.examplenode-1').digest('hex')}`
  await client.patch(node, { name: 'node-1' }, 'merge', { metadata: { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } } })
  await client.create(persistentVolume, { metadata: { name: 'v' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'x.example', volumeHandle: 'h' } } })
  await client.create(persistentVolumeClaim, { metadata: { name: 'c', ...at }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
  await client.create(pod, { metadata: { name: 'p', ...at }, spec: { nodeName: 'node-1', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] } } as unknown as New<Pod>) // allowed: the rest has defaults
  await cluster.settle()
  const made = await client.get(volumeAttachment, { name: key })
  assert.deepEqual(made.spec, { attacher: 'x.example', nodeName: 'node-1', source: { persistentVolumeName: 'v' } })
  await client.update(volumeAttachment, { ...made, status: { attached: true } }, { subresource: 'status' })
  await cluster.settle()
  assert.deepEqual((await client.get(node, { name: 'node-1' })).status?.volumesAttached, [{ name: unique, devicePath: '' }])
  assert.deepEqual((await client.list(event)).items.filter(({ reason }) => reason === 'SuccessfulAttachVolume').map(({ message, source, involvedObject }) => [message, source?.component, involvedObject.name]), [['AttachVolume.Attach succeeded for volume "v" ', 'attachdetach-controller', 'p']])
  await client.patch(node, { name: 'node-1' }, 'merge', { status: { volumesInUse: [unique] } }, { subresource: 'status' })
  await client.delete(pod, { name: 'p', ...at }, { gracePeriodSeconds: 0 })
  await cluster.settle()
  assert.equal((await client.list(volumeAttachment)).items.length, 1)
  await client.patch(node, { name: 'node-1' }, 'merge', { status: { volumesInUse: null } }, { subresource: 'status' })
  await cluster.settle()
  assert.deepEqual([(await client.list(volumeAttachment)).items, (await client.get(node, { name: 'node-1' })).status?.volumesAttached], [[], undefined])
})
