import { pod, podDisruptionBudget, priorityClass, type Pod, type PodDisruptionBudget } from '#kinds'
import { is, quantityMilli, type New } from '#machinery'
import { isFinished } from './pods.ts'
import type { Scenario, Stage } from './stage.ts'

// Cores are counted whole and little pods ask for one each, so that of a node's pods any will do: then whether a budget must be broken is a sum.
const priorities: Readonly<Record<string, number>> = { none: 0, low: 3, middle: 6, high: 10 }, names = Object.keys(priorities)
const controllers = ['disruption', 'serviceaccount', 'namespace', 'node-lifecycle', 'pod-garbage-collector']
const cores = (p: Pod): number => quantityMilli((p.spec.containers[0]!.resources.requests as Record<string, string>)['cpu']!) / 1000
const priorityOf = (p: Pod): number => p.spec.priority ?? 0
const isPreempted = (p: Pod): boolean => p.status.conditions?.some((c) => c.type === 'DisruptionTarget' && c.reason === 'PreemptionByScheduler') ?? false
const scheduled = (p: Pod) => p.status.conditions?.find((c) => c.type === 'PodScheduled')
const asking = (name: string, cpu: number, priorityClassName: string, labels: Record<string, string>, grace: number): New<Pod> =>
  ({ metadata: { name, namespace: 'default', labels }, spec: { priorityClassName, terminationGracePeriodSeconds: grace, containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: String(cpu) } } }] } })

/** Nodes and budgets by the dice, and all pods; no node ever takes more than it has, and nobody leaves for somebody less important. */
async function set(stage: Stage) {
  const { cluster } = stage, { client } = cluster, room = new Map<string, number>(), budgets = new Map<string, PodDisruptionBudget>()
  let most = 0
  const on = (node: string) => [...pods.values()].filter((p) => p.spec.nodeName === node && !isFinished(p))
  const pods = stage.follow(pod, ({ now, before }) => {
    const p = now ?? before!, node = p.spec.nodeName
    const what = !now ? 'gone' : !before ? `made, asks for ${cores(p)}` : '', state = `${isPreempted(p) ? 'preempted' : ''} ${p.metadata.deletionTimestamp ? 'leaving' : ''} ${p.status.phase}`
    stage.note(`${p.metadata.name} ${what} on ${node ?? '-'} hopes for ${p.status.nominatedNodeName ?? '-'} ${state}`)
    if (now && !before) most = Math.max(most, priorityOf(now))
    const there = node ? on(node) : []
    if (node) stage.expect(there.reduce((sum, one) => sum + cores(one), 0) <= room.get(node)!, `${there.map((one) => one.metadata.name).join(', ')} are too much for ${node}, which has ${room.get(node)} cores`)
    if (now && isPreempted(now)) stage.expect(priorityOf(now) < most, `${now.metadata.name} leaves, and nobody is more important`)
  })
  stage.follow(podDisruptionBudget, ({ now }) => { if (now) budgets.set(now.metadata.labels!['b']!, now) })
  for (const [name, value] of Object.entries(priorities)) await client.create(priorityClass, { metadata: { name }, value })
  for (let i = 1 + stage.roll(4); i >= 0; i--) {
    const name = `node-${i}`, cpu = 2 + stage.roll(4)
    room.set(name, cpu)
    await cluster.nodes.add(name, { cpu: String(cpu) })
  }
  for (const b of ['1', '2'])
    await client.create(podDisruptionBudget, { metadata: { name: `b${b}`, namespace: 'default', labels: { b } }, spec: { selector: { matchLabels: { b } }, minAvailable: stage.roll(4) } })
  let made = 0
  const little = () => client.create(pod, asking(`p${made++}`, 1, names[stage.roll(3)]!, { b: String(stage.roll(4)) }, stage.roll(3)))
  return { client, pods, room, on, budgets, little }
}
const told = (stage: Stage, p: Pod, nodes: number) =>
  stage.expect(scheduled(p)?.reason === 'Unschedulable' && scheduled(p)!.message!.startsWith(`0/${nodes} nodes are available: `), `${p.metadata.name} waits and says why: ${JSON.stringify(p.status)}`)

export const preemptions: Scenario = {
  name: 'preemption', cluster: { nodes: 0, controllers },
  promise: 'preemption never puts more on a node than it has, and who waits in the end has a reason',
  async play(stage) {
    const { client, pods, room, little } = await set(stage)
    for (let round = 0; round < 25; round++) {
      const all = [...pods.values()], one = all[stage.roll(all.length)]
      if (!one || stage.chance(0.4)) await little()
      else if (stage.chance(0.6)) await client.create(pod, asking(`big${round}`, 1 + stage.roll(4), names[1 + stage.roll(3)]!, { b: String(stage.roll(4)) }, stage.roll(3)))
      else await stage.attempt(client.delete(pod, one.metadata))
      await stage.pass(3_000)
    }
    // A status that could not be written is written when the pod is tried again, after five minutes at the latest.
    const silent = () => [...pods.values()].some((p) => !p.spec.nodeName && !scheduled(p))
    for (let tries = 0; tries < 5 && (tries === 0 || silent()); tries++) await stage.cluster.settle(tries === 0 ? 15_000 : 330_000)
    for (const p of pods.values()) {
      if (p.spec.nodeName) stage.expect(!p.status.nominatedNodeName && !p.metadata.deletionTimestamp, `${p.metadata.name} has arrived: ${JSON.stringify(p.status)}`)
      else told(stage, p, room.size)
    }
  },
}

export const budgetsOfPreemption: Scenario = {
  name: 'preemption-budgets', cluster: { nodes: 0, controllers, faults: { lateMs: 800, brokenWatches: 0.03, expiredWatches: 0.1, repeatedEvents: 0.1 } },
  promise: 'preemption breaks no budget where there is another choice, lets nobody go in vain, and brings its pod to a node',
  async play(stage) {
    const { cluster } = stage, { client, pods, room, on, budgets, little } = await set(stage), places = [...room.values()].reduce((a, b) => a + b)
    for (let round = 0; round < 6; round++) {
      while (pods.size < places) await little()
      await cluster.settle(10_000)
      const asked = 1 + stage.roll(5), priority = names[1 + stage.roll(3)]!
      const allowances = new Map([...budgets].map(([b, { status }]) => [b, status.disruptionsAllowed ?? 0])), allowed = (b: string) => allowances.get(b) ?? Infinity
      /** How many must leave each node, and how many of them against a budget. */
      const choices = new Map([...room].flatMap(([node, cpu]) => {
        const lower = on(node).filter((p) => priorityOf(p) < priorities[priority]!), leave = asked - (cpu - on(node).length)
        if (leave > lower.length || asked > cpu) return []
        const free = Object.entries(Object.groupBy(lower, (p) => p.metadata.labels!['b']!)).reduce((sum, [b, some]) => sum + Math.min(some!.length, Math.max(0, allowed(b))), 0)
        return [[node, { leave: Math.max(0, leave), against: Math.max(0, leave - free) }] as const]
      }))
      const said = `${asked} cores for ${priority} among ${JSON.stringify([...choices])}, ${[...allowances].map(([b, n]) => `b${b} allows ${n}`).join(', ')}`, before = [...pods.values()]
      stage.note(said)
      await client.create(pod, asking(`big${round}`, asked, priority, {}, 0))
      await cluster.settle(10_000)
      const big = await client.get(pod, { name: `big${round}`, namespace: 'default' }), left = new Set([...pods.values()].map((p) => p.metadata.uid))
      const gone = before.filter((p) => !left.has(p.metadata.uid)), least = Math.min(...[...choices.values()].map(({ against }) => against))
      if (choices.size === 0) { told(stage, big, room.size); stage.expect(gone.length === 0, `nobody leaves in vain: ${said}`) }
      else {
        const chosen = choices.get(big.spec.nodeName ?? ''), counts = Object.entries(Object.groupBy(gone, (p) => p.metadata.labels!['b']!))
        const against = counts.reduce((sum, [b, some]) => sum + Math.max(0, some!.length - Math.max(0, allowed(b))), 0)
        stage.expect(chosen !== undefined && !big.status.nominatedNodeName, `it comes to a node: ${JSON.stringify(big.status)}, ${said}`)
        stage.expect(gone.length === chosen?.leave && gone.every((p) => p.spec.nodeName === big.spec.nodeName && priorityOf(p) < priorities[priority]!),
          `${gone.map((p) => `${p.metadata.name} of ${p.spec.nodeName}`).join(', ')} left for ${big.spec.nodeName}: ${said}`)
        stage.expect(against === least && chosen?.against === least, `${against} left against a budget where ${least} had to: ${said}`)
      }
      await client.delete(pod, big.metadata).catch((error: unknown) => { if (!is(error, 'NotFound')) throw error })
      await cluster.settle(10_000)
    }
  },
}
