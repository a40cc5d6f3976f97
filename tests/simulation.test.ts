// Many seeds: late caches, broken watches, conflicts, lost answers, crashes between writes, random users. Whatever happens, the
// promises hold. SEED=7 runs one seed, SEEDS=200 more of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment, pod, replicaSet, type Deployment, type Pod, type ReplicaSet } from '#kinds'
import { is, seeded, type AnyObject } from '#machinery'
import { TestCluster, type FaultOptions } from '#testing'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: Number(process.env['SEEDS'] ?? 20) }, (_, i) => i + 1)
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
