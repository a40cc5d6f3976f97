// Many seeds: late caches, broken watches, conflicts, lost answers, a scheduler that dies between writes. Whatever happens, no node takes more
// than it has, ports are nobody's twice, and a pod that could be placed is placed in the end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node as nodeKind, pod as podKind, type Node, type Pod } from '#kinds'
import { is, quantityMilli, quantityValue, seeded } from '#machinery'
import { TestCluster, type FaultOptions } from '#testing'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: Number(process.env['SEEDS'] ?? 6) }, (_, i) => i + 1)
const faultsFor = (dice: () => number): FaultOptions => ({
  lateMs: Math.floor(dice() * 800), brokenWatches: dice() * 0.05, expiredWatches: dice() * 0.2, conflicts: dice() * 0.2, failures: dice() * 0.05, lostAnswers: dice() * 0.1, diesAtWrite: dice() < 0.5 ? 1 + Math.floor(dice() * 60) : 0,
})
const asked = (p: Pod, name: string) => (p.spec.containers ?? []).reduce((sum, c) => { const text = (c.resources?.requests as Record<string, string> | undefined)?.[name]; return sum + (text === undefined ? 0 : name === 'cpu' ? quantityMilli(text) : quantityValue(text)) }, 0)
const counts = (p: Pod) => p.status.phase !== 'Succeeded' && p.status.phase !== 'Failed'

/** What is wrong with what is on the node. */
function overcommitted(node: Node, pods: readonly Pod[]): string | undefined {
  const room = node.status?.allocatable as Record<string, string>
  if (pods.length > Number(room['pods'])) return `${pods.length} pods on ${node.metadata.name}`
  for (const name of ['cpu', 'memory', 'example.com/gpu']) {
    const sum = pods.reduce((n, p) => n + asked(p, name), 0), there = name === 'cpu' ? quantityMilli(room[name] ?? '0') : quantityValue(room[name] ?? '0')
    if (sum > there) return `${sum} of ${name} on ${node.metadata.name}, which has ${there}`
  }
  const ports = pods.flatMap((p) => (p.spec.containers ?? []).flatMap((c) => (c.ports ?? []).flatMap((port) => port.hostPort ?? [])))
  return new Set(ports).size < ports.length ? `a port twice on ${node.metadata.name}` : undefined
}

for (const seed of seeds)
  test(`no node takes more than it has whatever goes wrong (SEED=${seed})`, async () => {
    const dice = seeded(seed * 7919), roll = (below: number) => Math.floor(dice() * below)
    await using cluster = await TestCluster.start({ seed, nodes: 4, controllers: ['node-lifecycle', 'pod-garbage-collector', 'serviceaccount', 'namespace', 'taint-eviction'], faults: faultsFor(dice) })
    await cluster.settle()
    const { client } = cluster, pods = new Map<string, Pod>(), nodes = new Map<string, Node>(), broken = new Set<string>()
    for (let i = 1; i <= 4; i++)
      await client.patch(nodeKind, { name: `node-${i}` }, 'merge', { status: { allocatable: { cpu: String(1 + roll(3)), memory: '4Gi', pods: String(3 + roll(6)), ...(roll(2) && { 'example.com/gpu': '1' }) }, capacity: { cpu: '4', memory: '4Gi', pods: '10', ...(roll(2) && { 'example.com/gpu': '1' }) } } }, { subresource: 'status' })
    for (const one of (await client.list(nodeKind)).items) nodes.set(one.metadata.name, one)
    client.watch(podKind, { resourceVersion: '0' }, ({ type, object }) => {
      if (type === 'DELETED') pods.delete(object.metadata.uid)
      else if (type === 'ADDED' || type === 'MODIFIED') pods.set(object.metadata.uid, object)
      for (const one of nodes.values()) {
        const wrong = overcommitted(one, [...pods.values()].filter((p) => p.spec.nodeName === one.metadata.name && counts(p)))
        if (wrong) broken.add(wrong)
      }
    }, () => {})
    const create = (i: number) => client.create(podKind, { metadata: { name: `p${i}`, namespace: 'default', labels: { app: `a${roll(3)}` } }, spec: {
      priority: undefined, terminationGracePeriodSeconds: roll(3), ...(roll(4) === 0 && { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: `a${roll(3)}` } } }] } } }),
      containers: [{ name: 'c', image: 'x', ...(roll(5) === 0 && { ports: [{ containerPort: 80, hostPort: 8000 + roll(2) }] }), resources: { requests: { cpu: `${100 * (1 + roll(12))}m`, memory: `${64 * (1 + roll(8))}Mi`, ...(roll(6) === 0 && { 'example.com/gpu': '1' }) }, ...(roll(1) && {}) } }],
      ...(roll(3) === 0 && { priorityClassName: 'high' }) } } as never)
    await client.raw('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 100 } })
    for (let i = 0; i < 60; i++) {
      const all = [...pods.values()], victim = all[roll(all.length)]
      if (dice() < 0.65 || !victim) await create(i).catch((error: unknown) => { if (!is(error, 'Invalid')) throw error })
      else try { await client.delete(podKind, victim.metadata) } catch (error) { if (!is(error, 'NotFound')) throw error }
      if (dice() < 0.05) cluster.crash()
      await cluster.clock.advance(roll(1200))
    }
    await cluster.settle(15_000)
    assert.deepEqual([...broken], [])
    for (const p of pods.values()) {
      if (p.spec.nodeName) continue
      const why = p.status.conditions?.find((c) => c.type === 'PodScheduled')
      assert.match(`${why?.reason}: ${why?.message}`, /^Unschedulable: 0\/4 nodes are available: /, `${p.metadata.name} waits for a reason`)
      // What it is told is true: nobody has room for it.
      for (const one of nodes.values()) {
        const there = [...pods.values()].filter((other) => other.spec.nodeName === one.metadata.name && counts(other))
        const alone = overcommitted(one, [...there, p]) !== undefined || p.spec.affinity !== undefined || there.some((other) => other.spec.affinity !== undefined)
        assert.ok(alone, `${p.metadata.name} would fit on ${one.metadata.name}`)
      }
    }
  })
