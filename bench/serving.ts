// The server that benchmarks ask, in a process of its own: the whole control plane with the durable store and all default admission, behind HTTP/2 and TLS.
import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pod as podKind } from '#kinds'
import { silent } from '#machinery'
import { memoryEngine } from '#store'
import { createControlPlane, openEngine, type ControlPlane } from '../src/assembly/control-plane.ts'
import { giveBackMemory } from '../src/assembly/give-back.ts'
import { issue, Pki } from '../src/assembly/pki.ts'
import { realClock, secureRandom, stopwatch } from '../src/assembly/real-clock.ts'
import { tokenKeys } from '../src/assembly/token-keys.ts'

export const print = (what: string, figure: string, cost = ''): void => { console.log(`${what.padEnd(62)}${figure.padStart(24)}${cost.padStart(14)}`) }
export const perSecond = (count: number, ms: number): string => `${Math.round(count / ms * 1000).toLocaleString('en')}/s`
export const token = 'bench-token'

export interface Reply { readonly status: number; readonly bytes: number; readonly text: string }
export function ask(session: ClientHttp2Session, method: string, path: string, body?: string, keep = false, type = 'application/json'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }) }) // as Go's client says them
    let status = 0, bytes = 0, text = ''
    stream.on('response', (headers) => { status = Number(headers[':status']) })
    stream.on('data', (chunk: Buffer) => { bytes += chunk.length; if (keep || status >= 400) text += chunk.toString() })
    stream.on('end', () => { if (status >= 400) reject(new Error(`${method} ${path}: ${status} ${text}`)); else resolve({ status, bytes, text }) })
    stream.on('error', reject)
    stream.end(body)
  })
}

export const filler = (bytes: number): string => 'x'.repeat(bytes)
export const configMap = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { filler: filler(850) } })
/** About 1 KB as it is sent. */
export const podOf = (name: string, { labels = {}, metadata = {}, spec = {} }: { labels?: object; metadata?: object; spec?: object } = {}): string => JSON.stringify({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'bench', tier: 'one', ...labels }, annotations: { note: filler(420) }, ...metadata },
  spec: { containers: [{ name: 'main', image: 'registry.example/app:1.2.3', command: ['/bin/app', '--flag=value'], env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }],
    ports: [{ containerPort: 8080, name: 'http' }], resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } } }], nodeSelector: { disk: 'ssd' }, ...spec },
})

/** What the server is told. */
interface Order { readonly write?: SteadyWrites; readonly collect?: boolean; readonly cpu?: boolean }
export interface SteadyWrites { readonly perSecond: number; readonly seconds: number; readonly names: readonly string[] }

/** Writes pods of the namespace `bench` in turn, so many a second, each with the time in it; past the requests, so that the figure is what comes after a write. Returns how many. */
async function writeSteadily({ objects }: ControlPlane, { perSecond: rate, seconds, names }: SteadyWrites): Promise<number> {
  const begun = performance.now()
  let written = 0
  const one = async (name: string) => {
    const kv = objects.find(podKind, 'bench', name)
    if (!kv) return
    const pod = objects.value(podKind, kv), { metadata } = pod
    const at = (performance.timeOrigin + performance.now()).toFixed(3)
    if (await objects.replace(podKind, kv, { ...pod, metadata: { ...metadata, annotations: { ...metadata.annotations, at } } })) written++
  }
  await new Promise<void>((resolve) => {
    let next = 0
    const timer = setInterval(() => {
      const due = Math.min(rate * seconds, Math.floor((performance.now() - begun) / 1000 * rate))
      for (; next < due; next++) void one(names[next % names.length]!)
      if (next >= rate * seconds) { clearInterval(timer); setTimeout(resolve, 500) }
    }, 5)
  })
  return written
}

export interface BenchServer {
  readonly port: number
  readonly readyMs: number
  readonly pid: number
  connect(): ClientHttp2Session
  /** Processor time of all its threads so far, in microseconds. */
  cpu(): Promise<number>
  memory(collect?: boolean): Promise<NodeJS.MemoryUsage>
  write(writes: SteadyWrites): Promise<number>
}

/** Runs `work` beside such a server; `memory`: one that keeps nothing on a disk. */
export async function withServer(work: (server: BenchServer) => Promise<void>, engine: 'durable' | 'memory' = 'durable'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-bench-'))
  const child = fork(import.meta.filename, ['serve', folder, engine], {
    execArgv: [...process.execArgv, '--expose-gc'], env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(import.meta.dirname), 'node_modules/.cache/compile') }, // as the launcher has it
  })
  const answer = async <T>(order?: Order): Promise<T> => {
    const answered = new Promise<T>((resolve) => { child.once('message', (message) => { resolve(message as T) }) })
    if (order) child.send(order)
    return answered
  }
  try {
    const { port, ms } = await answer<{ port: number; ms: number }>()
    await work({
      port, readyMs: ms, pid: child.pid!,
      connect() {
        const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, settings: { initialWindowSize: 16 * 1024 * 1024 } })
        session.on('connect', () => { session.setLocalWindowSize(64 * 1024 * 1024) })
        return session
      },
      async cpu() { const { user, system } = await answer<NodeJS.CpuUsage>({ cpu: true }); return user + system },
      memory: async (collect = true) => (await answer<{ memory: NodeJS.MemoryUsage }>({ collect })).memory,
      write: async (write) => (await answer<{ written: number }>({ write })).written,
    })
  } finally {
    child.disconnect()
    await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A namespace, ready for pods. */
export async function makeNamespace(session: ClientHttp2Session, name = 'bench'): Promise<void> {
  await ask(session, 'POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name } }))
  await ask(session, 'POST', `/api/v1/namespaces/${name}/serviceaccounts`, JSON.stringify({ metadata: { name: 'default' } }))
}

async function serve(folder: string, inMemory: boolean): Promise<void> {
  const begun = performance.now()
  const authority = await new Pki(join(folder, 'pki')).authority('ca', 'bench')
  const { certificate, key } = await issue(authority, { commonName: 'bench', ips: ['127.0.0.1'] }, ['server'])
  const plane = await createControlPlane({
    engine: inMemory ? memoryEngine() : await openEngine(folder), clock: realClock, stopwatch, random: secureRandom(), log: silent, tokenKeys: tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    serviceAccountIssuers: ['https://kubernetes.default.svc'], serviceClusterIpRange: '10.0.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/16',
    advertise: { address: '192.0.2.1', port: 6443 }, clientCa: authority.certificate, authorizationMode: ['Node', 'RBAC'],
    tokenFile: { name: 'bench', text: `${token},admin,uid,system:masters\n` }, compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 50_000,
  })
  const { listen } = await import('#server/listen')
  const { port } = await listen({ handler: plane.handler, host: '127.0.0.1', port: 0, certificate, key, log: silent })
  process.send!({ port, ms: performance.now() - begun })
  const stopGivingBack = giveBackMemory(() => { plane.objects.rest() })
  process.on('message', ({ write, collect, cpu }: Order) => {
    if (collect) globalThis.gc?.()
    if (write) void writeSteadily(plane, write).then((written) => process.send!({ written }))
    else if (cpu) process.send!(process.cpuUsage())
    else process.send!({ memory: process.memoryUsage() })
  })
  process.on('disconnect', () => { stopGivingBack(); process.exit(0) })
}

if (import.meta.main) await serve(process.argv[3]!, process.argv[4] === 'memory')
