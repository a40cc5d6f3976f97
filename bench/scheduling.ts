// How fast pods are bound: everything goes through the API (direct calls, memory engine) in one process, events included.
// First 5,000 pods on 1,000 nodes; then, on 5,000 nodes, cases after those of the reference's scheduler_perf. `npm run bench -- scheduling`;
// CASES=basic,churn picks some, SCALE=0.2 takes fewer pods, NODES=1000 fewer nodes. Rates per second of the clock, and of this process's processor time.
import { namespace, node as nodeKind, pod as podKind, service, serviceAccount, type Pod } from '#kinds'
import { is, silent, type New } from '#machinery'
import type { Client } from '#client'
import { startScheduler } from '#scheduler'
import { memoryEngine } from '#store'
import { generateKeyPairSync } from 'node:crypto'
import { createControlPlane, type ControlPlane } from '../src/assembly/control-plane.ts'
import { realClock, secureRandom } from '../src/assembly/real-clock.ts'
import { tokenKeys } from '../src/assembly/token-keys.ts'
import { print } from './index.ts'

interface Case {
  readonly goal: number
  readonly node?: (i: number) => { labels?: Record<string, string>; resources?: Record<string, string> }
  /** Pods that are there before the clock starts; those that can go nowhere are not waited for. */
  readonly before?: readonly { pods: number; pod: () => object; nowhere?: true }[]
  readonly pods: number
  readonly pod: () => object
  /** What else happens all the time, a little after it has happened (in milliseconds; default 100). */
  readonly churn?: (client: Client, i: number) => Promise<unknown>
  readonly pauseMs?: number
}
const asks = (requests: Record<string, string>, more: object = {}, labels: object = {}) => ({ labels, spec: { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10', ports: [{ containerPort: 80 }], resources: { limits: requests, requests } }], ...more } })
const little = { cpu: '100m', memory: '500Mi' }, basic = () => asks(little), zone = 'topology.kubernetes.io/zone'
const affinity = (kind: 'podAffinity' | 'podAntiAffinity', color: string, topologyKey: string) => () =>
  asks(little, { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { color } }, topologyKey }] } } }, { color })
const inZones = () => asks(little, { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: ['zone1', 'zone2'] }] }] } } } })
const spread = () => asks(little, { topologySpreadConstraints: [{ maxSkew: 5, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { color: 'blue' } } }] }, { color: 'blue' })

/** Four pods for each node, of which three must leave before a preemptor fits. Those that leave are gone at once, as in the reference's cases. */
const full = [{ pods: 20_000, pod: () => asks({ cpu: '900m', memory: '500Mi' }, { terminationGracePeriodSeconds: 0 }) }], preemptor = () => asks({ cpu: '3000m', memory: '500Mi' }, { priorityClassName: 'bench' })

/** `preemption` is the reference's PreemptionAsync: five preemptors a second come between the pods that are counted. `nothing but preemption` is its PreemptionBasic, which it runs on 1,000 nodes only: each pod preempts. */
const cases: Readonly<Record<string, Case>> = {
  basic: { goal: 2_000, before: [{ pods: 1_000, pod: basic }], pods: 10_000, pod: basic },
  churn: { goal: 1_500, pods: 10_000, pod: basic, churn: async (client, i) => {
    const name = `churn-${i}`
    await client.create(nodeKind, ready(name, {}, { cpu: '0' }))
    await client.create(podKind, podNamed(name, asks({ cpu: '9' }, { priority: 10 })))
    await client.create(service, { metadata: { name, namespace: 'default' }, spec: { selector: { app: 'none' }, ports: [{ port: 80 }] } })
    await Promise.all([client.delete(podKind, { name, namespace: 'default' }, { gracePeriodSeconds: 0 }), client.delete(nodeKind, { name }), client.delete(service, { name, namespace: 'default' })])
  } },
  preemption: { goal: 1_000, before: full, pods: 5_000, pod: basic, pauseMs: 200, churn: (client, i) => client.create(podKind, podNamed(`churn-${i}`, preemptor())) },
  'nothing but preemption': { goal: 1_000, before: full, pods: 5_000, pod: preemptor },
  unschedulable: { goal: 1_000, before: [{ pods: 200, pod: () => asks({ cpu: '9', memory: '500Mi' }), nowhere: true }], pods: 5_000, pod: basic },
  spreading: { goal: 900, node: (i) => ({ labels: { [zone]: `moon-${i % 3}` } }), before: [{ pods: 1_000, pod: basic }], pods: 5_000, pod: spread },
  affinity: { goal: 300, node: () => ({ labels: { [zone]: 'zone1' } }), before: [{ pods: 1_000, pod: affinity('podAffinity', 'blue', zone) }], pods: 5_000, pod: affinity('podAffinity', 'blue', zone) },
  'anti-affinity': { goal: 300, before: [{ pods: 1_000, pod: affinity('podAntiAffinity', 'green', 'kubernetes.io/hostname') }], pods: 2_000, pod: affinity('podAntiAffinity', 'green', 'kubernetes.io/hostname') },
  'node affinity': { goal: 600, node: () => ({ labels: { [zone]: 'zone1' } }), before: [{ pods: 1_000, pod: inZones }], pods: 10_000, pod: inZones },
  'extended resources': { goal: 600, node: () => ({ resources: { 'foo.com/bar': '10' } }), pods: 10_000, pod: () => asks({ ...little, 'foo.com/bar': '1' }) },
}

const ready = (name: string, labels: Record<string, string> = {}, more: Record<string, string> = {}) => {
  const now = `${new Date().toISOString().slice(0, 19)}Z`, capacity = { cpu: '4', memory: '32Gi', pods: '110', ...more }
  return { metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } }, spec: { taints: [] }, status: { capacity, allocatable: capacity, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now, reason: 'KubeletReady', message: '' }] } }
}
const podNamed = (name: string, { labels = {}, spec }: { labels?: object; spec?: object }): New<Pod> => ({ metadata: { name, namespace: 'default', labels }, spec }) as unknown as New<Pod> // allowed: the cases say only what matters

async function startPlane(): Promise<{ plane: ControlPlane; client: Client }> {
  const plane = await createControlPlane({
    engine: memoryEngine(), clock: realClock, random: secureRandom(), log: silent, tokenKeys: tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' })), serviceAccountIssuers: ['https://kubernetes.default.svc'],
    serviceClusterIpRange: '10.0.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/12', advertise: { address: '192.0.2.1', port: 6443 }, clientCa: 'none', authorizationMode: ['Node', 'RBAC'],
    compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 3_600_000, admission: { disable: ['TaintNodesByCondition'] },
  })
  const { client } = plane.as({ name: 'admin', groups: ['system:masters'] }, 'bench')
  await client.create(namespace, { metadata: { name: 'default' } }).catch((error: unknown) => { if (!is(error, 'AlreadyExists')) throw error })
  await client.create(serviceAccount, { metadata: { name: 'default', namespace: 'default' } }).catch((error: unknown) => { if (!is(error, 'AlreadyExists')) throw error })
  return { plane, client }
}

/** Creates pods, 100 at a time, and resolves when so many of them are bound; with the time from the first create. */
async function bindAll(client: Client, prefix: string, pods: number, pod: () => object, wait = true): Promise<{ seconds: number; cpu: number; afterLast: number; bound: number }> {
  let bound = 0
  const all = Promise.withResolvers<void>(), seen = new Set<string>()
  const { resourceVersion } = await client.list(podKind, { namespace: 'default', limit: 1 }) // those that are there are not looked at again
  const stop = client.watch(podKind, { namespace: 'default', resourceVersion }, ({ object }) => {
    if (!object.metadata.name?.startsWith(prefix) || !object.spec?.nodeName || seen.has(object.metadata.name)) return
    seen.add(object.metadata.name)
    if (++bound === pods) all.resolve()
  }, () => {})
  const begun = performance.now(), cpuBefore = process.cpuUsage()
  for (let i = 0; i < pods; i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, pods - i) }, (_, n) => client.create(podKind, podNamed(`${prefix}${i + n}`, pod()))))
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  const created = performance.now()
  let timer: NodeJS.Timeout | undefined
  if (wait) await Promise.race([all.promise, new Promise((resolve) => { timer = setTimeout(resolve, 120_000) })])
  clearTimeout(timer)
  stop()
  const ended = performance.now(), { user, system } = process.cpuUsage(cpuBefore)
  return { seconds: (ended - begun) / 1000, cpu: (user + system) / 1e6, afterLast: (ended - created) / 1000, bound }
}

export async function runScheduling(): Promise<void> {
  const scale = Number(process.env['SCALE'] ?? 1), size = Number(process.env['NODES'] ?? 5_000), wanted = process.env['CASES']?.split(',')
  console.log('\nscheduling')
  if (!wanted) {
    const { plane, client } = await startPlane()
    for (let i = 0; i < 1_000; i++) await client.create(nodeKind, ready(`node-${i}`, {}, { cpu: '8' }))
    plane.startComponents()
    await new Promise((resolve) => { setTimeout(resolve, 2_000) }) // controllers have seen the nodes by then
    const { seconds, cpu, afterLast, bound } = await bindAll(client, 'p', 5_000, basic)
    print(`5,000 pods on 1,000 nodes, with all controllers (${bound} bound)`, `${Math.round(bound / seconds)}/s, ${Math.round(bound / cpu)}/cpu-s`, '2,000/s')
    print('all bound after the last create', `${afterLast.toFixed(2)} s`, '<= 2.5 s')
    await plane.stop()
  }
  for (const [name, { goal, node = (): ReturnType<NonNullable<Case['node']>> => ({}), before = [], pods, pod, churn, pauseMs = 100 }] of Object.entries(cases)) {
    if (wanted && !wanted.includes(name)) continue
    const { plane, client } = await startPlane()
    await client.raw('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'bench' }, value: 10 } })
    for (let i = 0; i < size; i++) { const { labels, resources } = node(i); await client.create(nodeKind, ready(`node-${i}`, labels, resources)) }
    const stopScheduler = startScheduler(plane.as({ name: 'system:kube-scheduler', groups: [] }, 'default-scheduler'))
    for (const [i, kept] of before.entries()) await bindAll(client, `init${i}-`, Math.round(kept.pods * (kept.nowhere ? 1 : before === full ? size / 5_000 : scale)), kept.pod, !kept.nowhere)
    let turns = 0, over = false
    const churning = (async () => { while (churn && !over) { await churn(client, turns++).catch(() => {}); await new Promise((resolve) => { setTimeout(resolve, pauseMs) }) } })()
    const { seconds, cpu, bound } = await bindAll(client, 'p', Math.round(pods * scale), pod)
    over = true
    await churning
    print(`${name}, ${size.toLocaleString('en')} nodes (${bound} bound)`, `${Math.round(bound / seconds)}/s, ${Math.round(bound / cpu)}/cpu-s`, `${goal}/s`)
    await stopScheduler()
    await plane.stop()
  }
}
