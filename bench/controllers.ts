// How fast controllers bring about what is asked for: everything goes through the API (direct calls, memory engine) in one process with the scheduler
// and simulated nodes, whose work is counted too. `tools/node bench/controllers.ts [CASE...]`; SCALE=0.2 takes fewer objects.
import { generateKeyPairSync } from 'node:crypto'
import type { Client } from '#client'
import { configMap, deployment, endpointSlice, namespace, pod, secret, service, serviceAccount, type Deployment, type Service } from '#kinds'
import { is, silent, type AnyObject, type Kind, type New } from '#machinery'
import { memoryEngine } from '#store'
import { HollowNodes } from '#testing'
import { createControlPlane } from '../src/assembly/control-plane.ts'
import { realClock, secureRandom } from '../src/assembly/real-clock.ts'
import { tokenKeys } from '../src/assembly/token-keys.ts'
import { print } from './index.ts'

const scale = Number(process.env['SCALE'] ?? 1), scaled = (count: number) => Math.max(10, Math.round(count * scale))
const longestMs = 300_000
const pause = (ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms) })

/** Seconds of the clock and of this process's processor time that something took. */
async function timed(what: () => Promise<void>): Promise<{ seconds: number; cpu: number }> {
  const begun = performance.now(), before = process.cpuUsage()
  await what()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 }
}
const tell = (what: string, { seconds, cpu }: { seconds: number; cpu: number }, goal = '') => print(what, `${seconds.toFixed(1)} s, ${cpu.toFixed(1)} cpu-s`, goal)

/** Resolves when something of the kind is as it should be; looks at every change. */
async function until<T extends AnyObject>(client: Client, kind: Kind<T>, holds: (object: T, type: string) => boolean): Promise<void> {
  const done = Promise.withResolvers<void>(), timer = setTimeout(() => done.reject(new Error('it takes too long')), longestMs)
  const stop = client.watch(kind, { resourceVersion: '0' }, ({ type, object }) => { if (type !== 'BOOKMARK' && holds(object, type)) done.resolve() }, () => {})
  try { await done.promise } finally { stop(); clearTimeout(timer) }
}
async function many(count: number, one: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - i) }, (_, n) => one(i + n)))
    await pause(0)
  }
}

async function withPlane(nodes: number, work: (client: Client) => Promise<void>): Promise<void> {
  const plane = await createControlPlane({
    engine: memoryEngine(), clock: realClock, random: secureRandom(), log: silent, tokenKeys: tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' })), serviceAccountIssuers: ['https://kubernetes.default.svc'],
    serviceClusterIpRange: '10.0.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/12', advertise: { address: '192.0.2.1', port: 6443 }, clientCa: 'none', authorizationMode: ['Node', 'RBAC'],
    compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 3_600_000,
  })
  const { client } = plane.as({ name: 'admin', groups: ['system:masters'] }, 'bench'), hollow = new HollowNodes(client)
  for (const [kind, object] of [[namespace, { metadata: { name: 'default' } }], [serviceAccount, { metadata: { name: 'default', namespace: 'default' } }]] as const)
    await client.create(kind as Kind, object as New<AnyObject>).catch((error: unknown) => { if (!is(error, 'AlreadyExists')) throw error })
  plane.startComponents()
  for (let i = 0; i < nodes; i++) await hollow.add(`node-${i}`, { cpu: '64', memory: '256Gi', pods: '250' })
  await pause(1_500) // the controllers have seen the nodes by then
  try { await work(client) } finally { hollow.stop(); await plane.stop() }
}

const template = (image: string, labels: Record<string, string>) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image, resources: { requests: { cpu: '10m', memory: '10Mi' } } }] } })
const web = (replicas: number): New<Deployment> => ({ metadata: { name: 'web', namespace: 'default' }, spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web:1', { app: 'web' }) } })
const settled = (replicas: number, generation: number) => ({ metadata, status }: Deployment) => metadata.name === 'web' && (status.observedGeneration ?? 0) >= generation && status.replicas === replicas && status.updatedReplicas === replicas && status.availableReplicas === replicas

const cases: Readonly<Record<string, () => Promise<void>>> = {
  deployment: () => withPlane(100, async (client) => {
    const replicas = scaled(5_000)
    tell(`a Deployment of ${replicas} settles (100 simulated nodes)`, await timed(async () => { await client.create(deployment, web(replicas)); await until(client, deployment, settled(replicas, 1)) }), '<= 10 s')
    tell('  and is gone with all its pods', await timed(async () => {
      let left = replicas
      const gone = until(client, pod, (_, type) => type === 'DELETED' && --left === 0)
      await client.delete(deployment, { name: 'web', namespace: 'default' }, { propagationPolicy: 'Background' })
      await gone
    }))
  }),
  update: () => withPlane(50, async (client) => {
    const replicas = scaled(1_000)
    await client.create(deployment, web(replicas))
    await until(client, deployment, settled(replicas, 1))
    tell(`a rolling update of ${replicas} pods, a quarter at a time`, await timed(async () => {
      await client.patch(deployment, { name: 'web', namespace: 'default' }, 'strategic', { spec: { template: { spec: { containers: [{ name: 'c', image: 'web:2' }] } } } })
      await until(client, deployment, settled(replicas, 2))
    }))
  }),
  services: () => withPlane(50, async (client) => {
    const groups = scaled(1_000), perGroup = 5, services = 10, mb = () => { (globalThis as { gc?: () => void }).gc?.(); return process.memoryUsage().heapUsed / 1e6 }
    const before = mb()
    let running = 0
    tell(`${groups * perGroup} pods run`, await timed(async () => {
      const all = until(client, pod, ({ status }, type) => type === 'MODIFIED' && status.phase === 'Running' && ++running >= groups * perGroup)
      await many(groups * perGroup, (i) => client.create(pod, { metadata: { name: `p${i}`, namespace: 'default', labels: { group: `g${i % groups}` } }, spec: template('web', {}).spec }))
      await all
    }))
    const full = new Map<string, number>(), wanted = groups * services * perGroup
    let endpoints = 0
    tell(`${groups * services} Services get ${wanted} endpoints`, await timed(async () => {
      const all = until(client, endpointSlice, ({ metadata, endpoints: now = [] }) => {
        const ready = now.filter((e) => e.conditions?.ready).length
        endpoints += ready - (full.get(metadata.name) ?? 0)
        full.set(metadata.name, ready)
        return endpoints >= wanted
      })
      await many(groups * services, (i) => client.create(service, { metadata: { name: `s${i}`, namespace: 'default' }, spec: { selector: { group: `g${i % groups}` }, ports: [{ port: 80 }] } } as unknown as New<Service>)) // allowed: the server fills in the rest
      await all
    }))
    print('  live heap on top of an empty cluster (with collection exposed)', `${Math.round(mb() - before)} MB`)
    await pause(3_000)
    const times: number[] = []
    let looksFor = (_: string, __: number) => {}
    const stop = client.watch(endpointSlice, {}, ({ object: { metadata, endpoints: now = [] } }) => looksFor(metadata?.labels?.['kubernetes.io/service-name'] ?? '', now.filter((e) => e.conditions?.ready).length), () => {})
    await pause(3_000)
    for (let i = 0; i < 10; i++) {
      const one = Math.floor(i / 2), ready = i % 2 === 1, begun = performance.now(), seen = Promise.withResolvers<void>()
      looksFor = (of, count) => { if (of === `s${one}` && count === (ready ? perGroup : perGroup - 1)) seen.resolve() }
      await client.patch(pod, { name: `p${one}`, namespace: 'default' }, 'strategic', { status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } }, { subresource: 'status' })
      await seen.promise
      times.push(performance.now() - begun)
      await pause(100)
    }
    stop()
    times.sort((a, b) => a - b)
    print('  one pod is (not) ready: until a slice says so, median / slowest', `${times[5]!.toFixed(0)} / ${times[9]!.toFixed(0)} ms`)
  }),
  namespace: () => withPlane(0, async (client) => {
    const objects = scaled(10_000)
    await client.create(namespace, { metadata: { name: 'full' } })
    await pause(500)
    await many(objects, (i) => client.create((i % 2 ? configMap : secret) as Kind, { metadata: { name: `o${i}`, namespace: 'full' } } as New<AnyObject>))
    tell(`a namespace of ${objects} objects is deleted`, await timed(async () => {
      const gone = until(client, namespace, ({ metadata }, type) => type === 'DELETED' && metadata.name === 'full')
      await client.delete(namespace, { name: 'full' })
      await gone
    }), '<= 10 s')
  }),
  garbage: () => withPlane(0, async (client) => {
    const objects = scaled(10_000)
    for (const propagationPolicy of ['Background', 'Foreground'] as const) {
      const owner = await client.create(configMap, { metadata: { name: 'owner', namespace: 'default' } })
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, blockOwnerDeletion: true }]
      await many(objects, (i) => client.create(configMap, { metadata: { name: `o${i}`, namespace: 'default', ownerReferences } }))
      await pause(1_000)
      tell(`${objects} dependents are collected (${propagationPolicy})`, await timed(async () => {
        let left = objects + 1
        const gone = until(client, configMap, (_, type) => type === 'DELETED' && --left === 0)
        await client.delete(configMap, owner.metadata, { propagationPolicy })
        await gone
      }))
    }
  }),
}

export async function runControllers(wanted: readonly string[] = []): Promise<void> {
  console.log('\ncontrollers')
  for (const [name, run] of Object.entries(cases)) if (wanted.length === 0 || wanted.includes(name)) await run()
}
if (import.meta.main) await runControllers(process.argv.slice(2))
