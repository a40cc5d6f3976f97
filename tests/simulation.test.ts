// Many seeds: late caches, broken watches, conflicts, lost answers, crashes between writes, random users. Whatever happens, the
// promises hold. SEED=7 runs one seed, SEEDS=200 more of them; `npm run simulate` plays tests/simulation by as many as there is time for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, deployment, job, namespace, pod, replicaSet, type ConfigMap, type Deployment, type Pod, type ReplicaSet } from '#kinds'
import { is, seeded, type AnyObject, type OwnerReference } from '#machinery'
import { TestCluster, type FaultOptions } from '#testing'
import { scenarios } from './simulation/scenarios.ts'
import { play } from './simulation/stage.ts'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: Number(process.env['SEEDS'] ?? 5) }, (_, i) => i + 1)
const target = { name: 'web', namespace: 'default' }
const isActive = (p: Pod) => !p.metadata.deletionTimestamp && p.status.phase !== 'Failed' && p.status.phase !== 'Succeeded'
const isReady = (p: Pod) => isActive(p) && p.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')
const controllers = (object: AnyObject) => object.metadata.ownerReferences?.filter((owner) => owner.controller) ?? []
const faultsFor = (dice: () => number): FaultOptions => ({
  lateMs: Math.floor(dice() * 800), brokenWatches: dice() * 0.05, expiredWatches: dice() * 0.2, conflicts: dice() * 0.2, failures: dice() * 0.05, lostAnswers: dice() * 0.1,
  diesAtWrite: dice() < 0.5 ? 1 + Math.floor(dice() * 60) : 0,
})

class Run {
  readonly cluster: TestCluster
  readonly dice: () => number
  readonly surge: number
  readonly unavailable: number
  image = 1
  replicas: number
  mostReplicas: number
  /** Pods as the store has them, at every moment. */
  readonly pods = new Map<string, Pod>()
  readonly sets = new Map<string, ReplicaSet>()
  /** The largest size each ReplicaSet has had. */
  readonly largest = new Map<string, number>()
  readonly broken = new Set<string>()
  /** What happened last, for whoever must find out why. */
  readonly history: string[] = []
  /** Everybody was ready and nobody has been killed since: from then on enough must be. */
  steady = false

  constructor(cluster: TestCluster, dice: () => number) {
    this.cluster = cluster
    this.dice = dice
    this.surge = this.roll(3)
    this.unavailable = this.surge === 0 ? 1 + this.roll(2) : this.roll(3)
    this.replicas = this.mostReplicas = 1 + this.roll(7)
  }
  note(text: string): void {
    this.history.push(`${this.cluster.clock.now() % 1e7} ${text}`)
    if (this.history.length > 60) this.history.shift()
  }
  complain(what: string): void {
    if (this.broken.has(what)) return
    this.broken.add(what)
    if (this.broken.size === 1) this.broken.add(this.history.join('\n'))
  }
  roll(below: number): number { return Math.floor(this.dice() * below) }

  follow(): void {
    const { client } = this.cluster
    client.watch(pod, {}, ({ type, object }) => {
      if (type === 'DELETED') this.pods.delete(object.metadata.uid)
      else if (type === 'ADDED' || type === 'MODIFIED') this.pods.set(object.metadata.uid, object)
      const all = [...this.pods.values()], ready = all.filter(isReady).length, owners = controllers(object)
      const active = all.filter((p) => isActive(p) && controllers(p)[0]?.uid === owners[0]?.uid).length, allowed = this.largest.get(owners[0]?.uid ?? '') ?? 0
      if (active > allowed) this.complain(`${active} pods of a ReplicaSet that never had more than ${allowed}`)
      if (this.steady && ready < this.replicas - this.unavailable) this.complain(`${ready} ready pods where ${this.replicas} - ${this.unavailable} are promised`)
      if (owners.length !== 1) this.complain(`${object.metadata.name} has ${owners.length} controllers`)
    }, () => {})
    client.watch(replicaSet, {}, ({ type, object }) => {
      const { uid } = object.metadata, size = object.spec.replicas ?? 1
      if (type === 'DELETED') this.sets.delete(uid)
      else if (type === 'ADDED' || type === 'MODIFIED') { this.sets.set(uid, object); this.largest.set(uid, Math.max(this.largest.get(uid) ?? 0, size)) }
      this.note(`${type} ${object.metadata.name} size ${size} version ${object.metadata.resourceVersion} has ${object.status.replicas} available ${object.status.availableReplicas ?? 0}`)
      const total = [...this.sets.values()].reduce((sum, rs) => sum + (rs.spec.replicas ?? 1), 0)
      if (total > this.mostReplicas + this.surge) this.complain(`ReplicaSets for ${total} pods where ${this.mostReplicas} + ${this.surge} are allowed`)
    }, () => {})
  }

  async create(): Promise<void> {
    await this.cluster.client.create(deployment, { metadata: target, spec: {
      replicas: this.replicas, selector: { matchLabels: { app: 'web' } }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: this.surge, maxUnavailable: this.unavailable } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } } } })
  }
  change(patch: object): Promise<Deployment> { return this.cluster.client.patch(deployment, target, 'strategic', patch) }
  update(): Promise<Deployment> {
    this.image++
    return this.change({ spec: { template: { spec: { containers: [{ name: 'c', image: `web:${this.image}` }] } } } })
  }
  async act(): Promise<void> {
    const what = this.roll(5)
    this.note(`the user does ${what}`)
    switch (what) {
      case 0: this.steady = false
        this.replicas = this.roll(9)
        this.mostReplicas = Math.max(this.mostReplicas, this.replicas)
        this.note(`replicas ${this.replicas}`)
        await this.change({ spec: { replicas: this.replicas } })
        break
      case 1: {
        this.steady = false
        const all = [...this.pods.values()], victim = all[this.roll(all.length)]
        try { if (victim) await this.cluster.client.delete(pod, victim.metadata) } catch (error) { if (!is(error, 'NotFound')) throw error }
        break
      }
      case 2: this.cluster.crash(); break
      default: await this.update()
    }
    await this.cluster.clock.advance(this.roll(4000))
  }

  /** What must be true of a cluster that has come to rest. */
  async check(): Promise<void> {
    const d = await this.cluster.client.get(deployment, target), sets = (await this.cluster.client.list(replicaSet)).items
    const all = [...this.pods.values()]
    assert.equal(all.length, this.replicas, `as many pods as wanted, not ${all.map((p) => `${p.metadata.name} ${p.spec.nodeName ?? '-'} ${p.status.phase ?? ''} ${p.metadata.deletionTimestamp ?? ''}`).join('\n')}`)
    assert.deepEqual([...new Set(all.map((p) => p.spec.containers?.[0]?.image))], this.replicas === 0 ? [] : [`web:${this.image}`], 'all of the newest template')
    assert.ok(all.every(isReady), 'all ready')
    for (const p of all) assert.ok(sets.some((rs) => rs.metadata.uid === controllers(p)[0]?.uid), 'each owned by a ReplicaSet that is there')
    assert.equal(d.status.observedGeneration, d.metadata.generation)
    assert.deepEqual([d.status.replicas ?? 0, d.status.updatedReplicas ?? 0, d.status.availableReplicas ?? 0], [this.replicas, this.replicas, this.replicas], 'and the status says so')
    assert.equal(sets.filter((rs) => (rs.spec.replicas ?? 1) > 0).length, this.replicas > 0 ? 1 : 0, 'in one ReplicaSet')
  }
}

for (const scenario of scenarios)
  for (const seed of seeds.slice(0, 2)) test(`${scenario.promise} (SEED=${seed})`, async () => { await play(scenario, seed) })

test('the same seed plays the same', async () => {
  const [scenario] = scenarios
  assert.equal(await play(scenario!, 3), await play(scenario!, 3))
  assert.notEqual(await play(scenario!, 3), await play(scenario!, 4))
})

for (const seed of seeds)
  test(`a Deployment keeps its promises whatever goes wrong (SEED=${seed})`, async () => {
    const dice = seeded(seed * 7919)
    await using cluster = await TestCluster.start({ seed, nodes: 3, faults: faultsFor(dice) })
    const run = new Run(cluster, dice)
    run.follow()
    await run.create()
    await cluster.settle()
    await run.check()
    for (let i = 0; i < 3; i++) {
      run.steady = true
      for (let n = 1 + run.roll(3); n > 0; n--) await run.act()
      await cluster.settle()
      await run.check()
    }
    run.steady = false
    await cluster.client.delete(deployment, target, { propagationPolicy: dice() < 0.5 ? 'Foreground' : 'Background' })
    await cluster.settle()
    assert.deepEqual([run.pods.size, (await cluster.client.list(replicaSet)).items.length, (await cluster.client.list(deployment)).items.length], [0, 0, 0], 'nothing is left')
    assert.equal([...run.broken].join('\n'), '')
  })

for (const seed of seeds)
  test(`a Job counts every pod exactly once whatever goes wrong (SEED=${seed})`, async () => {
    const dice = seeded(seed * 104729), roll = (below: number) => Math.floor(dice() * below)
    await using cluster = await TestCluster.start({ seed, nodes: 2, faults: faultsFor(dice) })
    const { client } = cluster, completions = 1 + roll(6), parallelism = 1 + roll(4), limit = roll(4), indexed = dice() < 0.4, target = { name: 'work', namespace: 'default' }
    await client.create(job, { metadata: target, spec: { completions, parallelism, backoffLimit: limit, completionMode: indexed ? 'Indexed' : 'NonIndexed', template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'work' }] } } } })
    const ended = new Map<string, string>()
    for (let round = 0; round < 60; round++) {
      await cluster.clock.advance(500 + roll(60_000))
      const { items } = await client.list(pod), running = items.filter((p) => p.status.phase === 'Running' && !p.metadata.deletionTimestamp)
      assert.ok(running.length <= parallelism, `${running.length} pods at once where ${parallelism} are allowed`)
      for (const p of running) {
        if (dice() < 0.3) continue
        const phase = dice() < 0.75 ? 'Succeeded' : 'Failed'
        ended.set(p.metadata.uid, phase)
        await client.patch(pod, p.metadata, 'merge', { status: { phase } }, { subresource: 'status' })
      }
      if (dice() < 0.05) cluster.crash()
    }
    await cluster.settle(60_000)
    const done = await client.get(job, target), result = done.status.conditions?.find((c) => c.type === 'Complete' || c.type === 'Failed')?.type
    const number = (phase: string) => [...ended.values()].filter((one) => one === phase).length
    assert.ok(result, 'it has ended')
    // A job that fails stops the pods that still run, and these are failures of it too.
    const stopped = (done.status.failed ?? 0) - number('Failed')
    assert.ok(stopped >= 0 && stopped <= (result === 'Failed' ? parallelism : 0), `${done.status.failed ?? 0} failures counted where there were ${number('Failed')}`)
    assert.ok((done.status.succeeded ?? 0) <= number('Succeeded'))
    if (result === 'Complete') assert.equal(done.status.succeeded, completions)
    assert.deepEqual(done.status.uncountedTerminatedPods, {})
    for (const p of (await client.list(pod)).items) assert.deepEqual(p.metadata.finalizers ?? [], [], 'nobody is kept')
  })
for (const seed of seeds)
  test(`the garbage collector takes what nobody owns, and nothing else (SEED=${seed})`, async () => {
    const dice = seeded(seed * 15485863), roll = (below: number) => Math.floor(dice() * below)
    await using cluster = await TestCluster.start({ seed, faults: faultsFor(dice), controllers: ['garbage-collector'], scheduler: false })
    const { client } = cluster, alive = new Map<string, ConfigMap>(), deletedByUser = new Set<string>(), lastOwners = new Map<string, readonly OwnerReference[]>(), gone = new Set<string>()
    client.watch(configMap, {}, ({ type, object }) => {
      if (object.metadata.namespace !== 'default') return
      if (type === 'DELETED') { alive.delete(object.metadata.uid); gone.add(object.metadata.uid) } else if (type === 'ADDED' || type === 'MODIFIED') { alive.set(object.metadata.uid, object); lastOwners.set(object.metadata.uid, object.metadata.ownerReferences ?? []) }
    }, () => {})
    for (let i = 0; i < 40; i++) {
      const there = [...alive.values()].filter((o) => !o.metadata.deletionTimestamp)
      if (there.length < 3 || dice() < 0.6) {
        const owners = there.filter(() => dice() < 0.25).slice(0, 3)
        await client.create(configMap, { metadata: { name: `o-${i}`, namespace: 'default', ownerReferences: owners.map(({ metadata: { name, uid } }) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...(dice() < 0.5 && { blockOwnerDeletion: true }) })) } })
      } else {
        const victim = there[roll(there.length)]!
        deletedByUser.add(victim.metadata.uid)
        await client.delete(configMap, victim.metadata, { propagationPolicy: (['Background', 'Foreground', 'Orphan'] as const)[roll(3)]! })
      }
      await cluster.clock.advance(roll(1500))
      if (dice() < 0.05) cluster.crash()
    }
    await cluster.settle(60_000)
    for (const object of alive.values()) {
      assert.equal(object.metadata.deletionTimestamp, undefined, 'nothing is left half way')
      for (const owner of object.metadata.ownerReferences ?? []) assert.ok(alive.has(owner.uid), `${object.metadata.name} is owned by ${owner.name}, which is gone`)
    }
    for (const uid of gone) {
      const owners = lastOwners.get(uid) ?? []
      assert.ok(deletedByUser.has(uid) || (owners.length > 0 && owners.every((owner) => gone.has(owner.uid))), 'what is gone was deleted, or all its owners were')
    }
  })

for (const seed of seeds.slice(0, 5))
  test(`a namespace takes everything with it (SEED=${seed})`, async () => {
    const dice = seeded(seed * 32452843)
    await using cluster = await TestCluster.start({ seed, nodes: 2, faults: faultsFor(dice) })
    const { client } = cluster
    await client.create(namespace, { metadata: { name: 'demo' } })
    await cluster.settle()
    await client.create(deployment, { metadata: { name: 'web', namespace: 'demo' }, spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web' }] } } } })
    await client.create(job, { metadata: { name: 'work', namespace: 'demo' }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'work' }] } } } })
    await cluster.clock.advance(Math.floor(dice() * 3000))
    await client.delete(namespace, { name: 'demo' })
    await cluster.clock.advance('10m')
    assert.deepEqual((await client.list(namespace)).items.map((ns) => ns.metadata.name), ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    assert.deepEqual([...cluster.plane.store.range('/registry/', '/registry0').kvs].map(({ key }) => key).filter((key) => key.includes('/demo/')), [])
  })
