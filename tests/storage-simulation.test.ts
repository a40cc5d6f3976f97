// Many seeds: late caches, broken watches, conflicts, lost answers, a binder and a scheduler that die between writes. Whatever happens, no
// volume is two claims', no claim is lost, pods are where their volumes are, and what fits together is together in the end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { persistentVolume, persistentVolumeClaim, pod as podKind, storageClass, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '#kinds'
import { is, seeded, type New } from '#machinery'
import { TestCluster, type FaultOptions } from '#testing'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: Number(process.env['SEEDS'] ?? 5) }, (_, i) => i + 1)
const faultsFor = (dice: () => number): FaultOptions => ({
  lateMs: Math.floor(dice() * 800), brokenWatches: dice() * 0.05, expiredWatches: dice() * 0.2, conflicts: dice() * 0.2, failures: dice() * 0.05, lostAnswers: dice() * 0.1, diesAtWrite: dice() < 0.5 ? 1 + Math.floor(dice() * 60) : 0,
})
const at = { namespace: 'default' }, classes = { now: 'Immediate', late: 'WaitForFirstConsumer' } as const
const nodeOf = ({ spec }: PersistentVolume): string => spec.nodeAffinity!.required!.nodeSelectorTerms[0]!.matchExpressions![0]!.values![0]!
const gone = (error: unknown) => { if (!is(error, 'NotFound')) throw error }

for (const seed of seeds) test(`volumes and claims find each other whatever goes wrong (SEED=${seed})`, async () => {
  const dice = seeded(seed * 104_729), roll = (below: number) => Math.floor(dice() * below), oneOf = <T>(all: readonly T[]): T | undefined => all[roll(all.length)]
  await using cluster = await TestCluster.start({ seed, nodes: 3, controllers: ['node-lifecycle', 'taint-eviction', 'serviceaccount', 'pod-garbage-collector', 'persistentvolume-binder', 'persistentvolume-protection', 'persistentvolumeclaim-protection'], faults: faultsFor(dice) })
  const { client } = cluster, broken = new Set<string>(), held = new Map<string, string>()
  for (const [name, volumeBindingMode] of Object.entries(classes)) await client.create(storageClass, { metadata: { name }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode })
  await cluster.settle()
  client.watch(persistentVolumeClaim, {}, ({ type, object }) => {
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return
    const { metadata, spec, status } = object as PersistentVolumeClaim, volume = spec.volumeName
    if (status.phase === 'Lost') broken.add(`${metadata.name} is lost`)
    if (!volume) return
    if (type === 'DELETED') { if (held.get(volume) === metadata.uid) held.delete(volume); return }
    if (held.has(volume) && held.get(volume) !== metadata.uid) broken.add(`${volume} has two claims`)
    held.set(volume, metadata.uid)
  }, () => {})
  const create = (i: number): Promise<unknown> => {
    const storageClassName = oneOf(Object.keys(classes))!, storage = `${1 + roll(3)}Gi`, accessModes = ['ReadWriteOnce']
    if (dice() < 0.4) return client.create(persistentVolume, { metadata: { name: `v${i}` }, spec: { storageClassName, accessModes, capacity: { storage }, local: { path: '/d' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [`node-${1 + roll(3)}`] }] }] } } } } as New<PersistentVolume>)
    return client.create(persistentVolumeClaim, { metadata: { name: `c${i}`, ...at }, spec: { storageClassName, accessModes, resources: { requests: { storage } } } } as New<PersistentVolumeClaim>)
  }
  for (let i = 0; i < 60; i++) {
    const claims = (await client.list(persistentVolumeClaim)).items, pods = (await client.list(podKind)).items, what = dice()
    if (what < 0.6 || claims.length === 0) await create(i)
    else if (what < 0.85) await client.create(podKind, { metadata: { name: `p${i}`, ...at }, spec: { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'x' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: oneOf(claims)!.metadata.name } }] } } as New<Pod>)
    else if (what < 0.93 && pods.length > 0) await client.delete(podKind, oneOf(pods)!.metadata).catch(gone)
    else await client.delete(persistentVolumeClaim, oneOf(claims)!.metadata).catch(gone)
    if (dice() < 0.05) cluster.crash()
    await cluster.clock.advance(roll(1500))
  }
  await cluster.settle(40_000)
  assert.deepEqual([...broken], [])

  const volumes = new Map((await client.list(persistentVolume)).items.map((one) => [one.metadata.name, one])), claims = new Map((await client.list(persistentVolumeClaim)).items.map((one) => [one.metadata.name, one]))
  const free = [...volumes.values()].filter(({ spec }) => !spec.claimRef)
  for (const { metadata, spec, status } of claims.values()) {
    const volume = spec.volumeName ? volumes.get(spec.volumeName) : undefined
    if (volume) assert.deepEqual([status.phase, volume.spec.claimRef?.uid, volume.status.phase], ['Bound', metadata.uid, 'Bound'], metadata.name)
    else if (spec.storageClassName === 'now') assert.ok(!free.some((one) => one.spec.storageClassName === 'now' && Number.parseInt(one.spec.capacity!['storage']!) >= Number.parseInt(spec.resources!.requests!['storage']!)), `${metadata.name} could have a volume`)
  }
  for (const { metadata, spec, status } of volumes.values()) {
    const claim = spec.claimRef?.name ? claims.get(spec.claimRef.name) : undefined
    const expected = !spec.claimRef ? 'Available' : claim?.metadata.uid === spec.claimRef.uid ? 'Bound' : 'Released'
    assert.equal(status.phase, expected, `${metadata.name} of ${spec.claimRef?.name ?? 'nobody'}`)
  }
  for (const { metadata, spec, status: podStatus } of (await client.list(podKind)).items) {
    const claim = claims.get(spec.volumes![0]!.persistentVolumeClaim!.claimName), volume = volumes.get(claim?.spec.volumeName ?? '')
    if (spec.nodeName) assert.equal(volume && nodeOf(volume), spec.nodeName, `${metadata.name} is elsewhere`)
    else assert.ok(!volume || claim?.metadata.deletionTimestamp, `${metadata.name} waits though its claim is bound: ${podStatus.conditions?.map((c) => c.message).join()}`)
  }
})
