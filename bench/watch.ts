// A thousand watchers such as a cluster of 900 nodes has, 1,000 changes a second, and one reader that never reads. `tools/node bench/watch.ts [seconds, default 10] [changes a second]`
// Changes are written into a store in memory past the requests: the figures are of what comes after a write. Latency is from the change to the client's hands.
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { ask, makeNamespace, podOf, print, token, withServer } from './serving.ts'

const nodes = 900, connections = 9, apps = 20
const pods = '/api/v1/namespaces/bench/pods'
const everyPod = '/api/v1/pods'
/** 900 agents with their own pods, 40 who look at a namespace without pods, 40 at an app, 20 controllers at everything. */
const watchers: readonly string[] = [
  ...Array.from({ length: nodes }, (_, i) => `${everyPod}?fieldSelector=spec.nodeName%3Dnode-${i}&`),
  ...Array.from({ length: 40 }, (_, i) => `/api/v1/namespaces/elsewhere-${i}/pods?`),
  ...Array.from({ length: 40 }, (_, i) => `${pods}?labelSelector=of%3Dapp-${i % apps}&`),
  ...Array.from({ length: 20 }, () => `${everyPod}?`),
]

class Latencies {
  #counting = false
  readonly ms: number[] = []
  begin(): void { this.#counting = true }
  /** A watcher's bytes as they come: each event carries the time of its change. */
  take(chunk: Buffer): void {
    if (!this.#counting) return
    const now = performance.timeOrigin + performance.now()
    for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + 1)) {
      const from = at + mark.length, to = chunk.indexOf('"', from)
      if (to > 0) this.ms.push(now - Number(chunk.toString('latin1', from, to))) // one in some hundreds is cut in two and not counted
    }
  }
  percentile(p: number): string {
    const sorted = this.ms.sort((a, b) => a - b)
    return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN).toFixed(1)} ms`
  }
}
const mark = Buffer.from('"at":"')

const open = async (session: ClientHttp2Session, path: string, from: string, read: ((chunk: Buffer) => void) | undefined): Promise<ClientHttp2Stream> => {
  const stream = session.request({ ':path': `${path}watch=1&resourceVersion=${from}`, authorization: `Bearer ${token}` })
  await new Promise((resolve, reject) => { stream.once('response', resolve); stream.once('error', reject) })
  stream.on('error', () => { /* closed at the end */ })
  if (read) stream.on('data', read)
  return stream
}

async function measure(seconds: number, rate: number): Promise<void> {
  await withServer(async (server) => {
    const sessions = Array.from({ length: connections }, () => server.connect()), [first] = sessions as [ClientHttp2Session]
    await makeNamespace(first)
    const names = Array.from({ length: nodes }, (_, i) => `pod-${i}`)
    for (let i = 0; i < nodes; i += 50) await Promise.all(names.slice(i, i + 50).map((name, n) => ask(first, 'POST', pods, podOf(name, { labels: { of: `app-${(i + n) % apps}` }, spec: { nodeName: `node-${i + n}` } }))))
    const { metadata: { resourceVersion } } = JSON.parse((await ask(first, 'GET', `${pods}?limit=1`, undefined, true)).text) as { metadata: { resourceVersion: string } }
    const latencies = new Latencies(), streams: ClientHttp2Stream[] = []
    for (const [i, path] of watchers.entries()) streams.push(await open(sessions[i % connections]!, path, resourceVersion, (chunk) => { latencies.take(chunk) }))
    const slow = server.connect()
    const quiet = await server.memory()
    await server.write({ perSecond: rate, seconds: 3, names }) // warm
    latencies.begin()
    for (const withSlow of [false, true]) {
      if (withSlow) await open(slow, `${everyPod}?`, '0', undefined)
      latencies.ms.length = 0
      const served = await server.cpu(), used = process.cpuUsage()
      const written = await server.write({ perSecond: rate, seconds, names })
      const { user, system } = process.cpuUsage(used)
      const what = withSlow ? 'the same beside a watcher that never reads' : `${watchers.length} watchers, ${Math.round(written / seconds)} changes a second`
      print(`${what}: events delivered`, `${Math.round(latencies.ms.length / seconds).toLocaleString('en')}/s`)
      print(`${what}: latency p50 / p99`, `${latencies.percentile(0.5)} / ${latencies.percentile(0.99)}`)
      const events = latencies.ms.length, micros = (total: number) => (total / events).toFixed(1)
      print('  processor per event: server with its writes / client', `${micros(await server.cpu() - served)} / ${micros(user + system)} µs`)
    }
    const { rss, external, heapUsed } = await server.memory()
    print('memory on top, collected (rss / heap / external)', [rss - quiet.rss, heapUsed - quiet.heapUsed, external - quiet.external].map((b) => `${Math.round(b / 1e6)} MB`).join(' / '))
    for (const session of [...sessions, slow]) session.destroy()
  }, 'memory')
}

if (import.meta.main) await measure(Number(process.argv[2] ?? 10), Number(process.argv[3] ?? 1000))
