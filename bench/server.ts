// How fast the API server is over HTTP/2 and TLS, with the durable store and all default admission: creates, GETs, LIST, watches.
// `tools/node bench/server.ts [seconds per row, default 2] [only rows whose name contains]`. The server runs in a process of its own, the client in this one. Beside what was
// done in a second stands the processor time that the server took for one of them: that can be compared where other work shares the machine.
import { fork, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silent } from '#machinery'
import { createControlPlane, openEngine } from '../src/assembly/control-plane.ts'
import { issue, Pki } from '../src/assembly/pki.ts'
import { realClock, secureRandom, stopwatch } from '../src/assembly/real-clock.ts'
import { tokenKeys } from '../src/assembly/token-keys.ts'

const print = (what: string, figure: string, cost = '') => { console.log(`${what.padEnd(62)}${figure.padStart(24)}${cost.padStart(14)}`) }
const perSecond = (count: number, ms: number) => `${Math.round(count / ms * 1000).toLocaleString('en')}/s`
export const token = 'bench-token'

async function serve(folder: string): Promise<void> {
  const begun = performance.now()
  const authority = await new Pki(join(folder, 'pki')).authority('ca', 'bench')
  const { certificate, key } = await issue(authority, { commonName: 'bench', ips: ['127.0.0.1'] }, ['server'])
  const plane = await createControlPlane({
    engine: await openEngine(folder), clock: realClock, stopwatch, random: secureRandom(), log: silent, tokenKeys: tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    serviceAccountIssuers: ['https://kubernetes.default.svc'], serviceClusterIpRange: '10.0.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/16',
    advertise: { address: '192.0.2.1', port: 6443 }, clientCa: authority.certificate, authorizationMode: ['Node', 'RBAC'],
    tokenFile: { name: 'bench', text: `${token},admin,uid,system:masters\n` }, compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 50_000,
  })
  const { listen } = await import('#server/listen')
  const { port } = await listen({ handler: plane.handler, host: '127.0.0.1', port: 0, certificate, key, log: silent })
  process.send!({ port, ms: performance.now() - begun })
  process.on('message', (asked: keyof Figures) => {
    if (asked === 'memory') globalThis.gc?.()
    process.send!(figures[asked]())
  })
  process.on('disconnect', () => process.exit(0))
}

/** What the server's process tells of itself. */
const figures = { memory: () => process.memoryUsage(), cpu: () => process.cpuUsage() }
type Figures = typeof figures
const askProcess = <K extends keyof Figures>(child: ChildProcess, what: K): Promise<ReturnType<Figures[K]>> =>
  new Promise((resolve) => { child.once('message', (message) => { resolve(message as ReturnType<Figures[K]>) }); child.send(what) })
/** Processor time of all its threads so far, in microseconds. */
const cpuOf = async (child: ChildProcess): Promise<number> => { const { user, system } = await askProcess(child, 'cpu'); return user + system }
const perCall = (us: number) => `${us.toFixed(0)} \u00b5s CPU`
/** Every row is measured in so many slices: the one that took least is told, for the others were disturbed. */
const slices = 10

export interface Reply { readonly status: number; readonly bytes: number; readonly text: string }
export function ask(session: ClientHttp2Session, method: string, path: string, body?: string, keep = false, type = 'application/json'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }) })
    let status = 0, bytes = 0, text = ''
    stream.on('response', (headers) => { status = Number(headers[':status']) })
    stream.on('data', (chunk: Buffer) => { bytes += chunk.length; if (keep || status >= 400) text += chunk.toString() })
    stream.on('end', () => { if (status >= 400) reject(new Error(`${method} ${path}: ${status} ${text}`)); else resolve({ status, bytes, text }) })
    stream.on('error', reject)
    stream.end(body)
  })
}

const filler = (bytes: number) => 'x'.repeat(bytes)
export const configMap = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { filler: filler(850) } })
/** About 1 KB as it is sent. */
export const podOf = (name: string) => JSON.stringify({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'bench', tier: 'one' }, annotations: { note: filler(420) } },
  spec: { containers: [{ name: 'main', image: 'registry.example/app:1.2.3', command: ['/bin/app', '--flag=value'], env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }],
    ports: [{ containerPort: 8080, name: 'http' }], resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } } }], nodeSelector: { disk: 'ssd' } },
})

async function measure(seconds: number, wanted: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-bench-'))
  const child = fork(import.meta.filename, ['serve', folder], { execArgv: [...process.execArgv, '--expose-gc'] })
  try {
    const { port, ms } = await new Promise<{ port: number; ms: number }>((resolve) => { child.once('message', (message) => { resolve(message as { port: number; ms: number }) }) })
    print('API server ready, with bootstrap (in its process)', `${ms.toFixed(0)} ms`)
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, settings: { initialWindowSize: 16 * 1024 * 1024 } })
    session.on('connect', () => { session.setLocalWindowSize(64 * 1024 * 1024) })
    let made = 0
    const row = async (what: string, streams: number, one: (i: number) => Promise<unknown>) => {
      const name = `${what}, ${streams} stream${streams > 1 ? 's' : ''}`
      if (!name.includes(wanted)) return
      const costs: number[] = []
      let count = 0
      const begun = performance.now()
      for (let slice = 1; slice <= slices; slice++) {
        const before = await cpuOf(child), end = begun + seconds * 1000 * slice / slices, earlier = count
        await Promise.all(Array.from({ length: streams }, async () => { while (performance.now() < end) { await one(made++); count++ } }))
        if (count > earlier) costs.push((await cpuOf(child) - before) / (count - earlier))
      }
      print(name, perSecond(count, performance.now() - begun), perCall(Math.min(...costs)))
    }
    for (const namespace of ['bench', 'many']) {
      await ask(session, 'POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: namespace } }))
      await ask(session, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, JSON.stringify({ metadata: { name: 'default' } }))
    }
    const maps = '/api/v1/namespaces/bench/configmaps', pods = '/api/v1/namespaces/bench/pods'
    const some = (i: number) => `some${i % 64}`
    for (let i = 0; i < 64; i++) await ask(session, 'POST', pods, podOf(some(i)))
    for (const streams of [1, 8, 32]) await row('create ConfigMap 1 KB', streams, (i) => ask(session, 'POST', maps, configMap(`m${i}`)))
    for (const streams of [1, 8, 32]) await row('create pod 1 KB', streams, (i) => ask(session, 'POST', pods, podOf(`p${i}`)))
    for (const streams of [1, 8, 32]) await row('GET one pod', streams, (i) => ask(session, 'GET', `${pods}/${some(i)}`))
    await row('PATCH a label of a pod', 8, (i) => ask(session, 'PATCH', `${pods}/${some(i)}`, `{"metadata":{"labels":{"changed":"${i}"}}}`, false, 'application/merge-patch+json'))
    await row('PUT the status of a pod', 8, (i) => ask(session, 'PUT', `${pods}/${some(i)}/status`, JSON.stringify({ metadata: { name: some(i) }, status: { phase: 'Running', message: String(i) } })))
    if ('LIST'.includes(wanted)) await lists(session, child)
    if ('watch'.includes(wanted)) await watches(session)
    const { rss, heapUsed, external } = await askProcess(child, 'memory')
    print('memory of the server after all this (rss / heap / external)', [rss, heapUsed, external].map((b) => `${Math.round(b / 1e6)} MB`).join(' / '))
    session.destroy()
  } finally {
    child.disconnect()
    await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function lists(session: ClientHttp2Session, child: ChildProcess): Promise<void> {
  const pods = '/api/v1/namespaces/many/pods'
  for (let i = 0; i < 13_000; i += 200) await Promise.all(Array.from({ length: 200 }, (_, n) => ask(session, 'POST', pods, podOf(`p${i + n}`))))
  const whole = await listed(session, child, pods, 7), page = await listed(session, child, `${pods}?limit=500`, 41)
  print(`LIST 13,000 pods (${(whole.bytes / 1e6).toFixed(1)} MB), median of 7`, `${whole.median.toFixed(0)} ms`, perCall(whole.cpu / 7))
  print('LIST 500 pods, median of 41', `${page.median.toFixed(1)} ms`, perCall(page.cpu / 41))
}
async function listed(session: ClientHttp2Session, child: ChildProcess, path: string, count: number): Promise<{ readonly median: number; readonly bytes: number; readonly cpu: number }> {
  const times: number[] = []
  let bytes = 0
  const before = await cpuOf(child)
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    bytes = (await ask(session, 'GET', path)).bytes
    times.push(performance.now() - begun)
  }
  return { median: times.sort((a, b) => a - b)[count >> 1]!, bytes, cpu: await cpuOf(child) - before }
}

/** One writer, many watchers: how many events a second reach their readers. */
async function watches(session: ClientHttp2Session): Promise<void> {
  const watchers = 100, writes = 500
  let seen = 0
  let done = () => {}
  const all = new Promise<void>((resolve) => { done = resolve })
  const { text } = await ask(session, 'GET', '/api/v1/namespaces/bench/secrets', undefined, true)
  const { resourceVersion } = (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata
  const streams = Array.from({ length: watchers }, () => {
    const stream = session.request({ ':path': `/api/v1/namespaces/bench/secrets?watch=1&resourceVersion=${resourceVersion}`, authorization: `Bearer ${token}` })
    stream.on('data', (chunk: Buffer) => { for (const byte of chunk) if (byte === 10 && ++seen === watchers * writes) done() })
    return stream
  })
  await Promise.all(streams.map((s) => new Promise((resolve) => { s.once('response', resolve) })))
  const begun = performance.now()
  for (let i = 0; i < writes; i += 20) await Promise.all(Array.from({ length: 20 }, (_, n) => ask(session, 'POST', '/api/v1/namespaces/bench/secrets', JSON.stringify({ metadata: { name: `s${i + n}` }, stringData: { a: filler(600) } }))))
  await all
  print(`${writes} writes to ${watchers} watchers`, perSecond(watchers * writes, performance.now() - begun))
  for (const stream of streams) stream.close()
}

if (import.meta.main) {
  if (process.argv[2] === 'serve') await serve(process.argv[3]!)
  else await measure(Number(process.argv[2] ?? 2), process.argv[3] ?? '')
}
