// How fast the API server is over HTTP/2 and TLS, with the durable store and all default admission: creates, GETs, LIST, watches.
// `tools/node bench/server.ts [seconds per row, default 2] [only rows whose name contains]`. The server runs in a process of its own, the client in this one. Beside what was
// done in a second stands the processor time that the server took for one of them: that can be compared where other work shares the machine.
import type { ClientHttp2Session } from 'node:http2'
import { ask, configMap, filler, makeNamespace, perSecond, podOf, print, token, withServer, type BenchServer } from './serving.ts'

const perCall = (us: number) => `${us.toFixed(0)} \u00b5s CPU`
/** Every row is measured in so many slices: the one that took least is told, for the others were disturbed. */
const slices = 10
/** A server is measured as it is when it has been used for a while: V8 compiles what it sees often, some thousand requests of a sort, and some seconds after. */
const requestsBefore = 12_000, streamsBefore = 32

const nameOf = (what: string, streams: number): string => `${what}, ${streams} stream${streams > 1 ? 's' : ''}`

async function measure(seconds: number, wanted: string): Promise<void> {
  await withServer(async (server) => {
    print('API server ready, with bootstrap (in its process)', `${server.readyMs.toFixed(0)} ms`)
    const session = server.connect()
    let made = 0
    const row = async (what: string, streams: number, one: (i: number) => Promise<unknown>) => {
      const name = nameOf(what, streams)
      if (!name.includes(wanted)) return
      const costs: number[] = []
      let count = 0
      const begun = performance.now()
      for (let slice = 1; slice <= slices; slice++) {
        const before = await server.cpu(), end = begun + seconds * 1000 * slice / slices, earlier = count
        await Promise.all(Array.from({ length: streams }, async () => { while (performance.now() < end) { await one(made++); count++ } }))
        if (count > earlier) costs.push((await server.cpu() - before) / (count - earlier))
      }
      print(name, perSecond(count, performance.now() - begun), perCall(Math.min(...costs)))
    }
    for (const namespace of ['bench', 'many']) await makeNamespace(session, namespace)
    const maps = '/api/v1/namespaces/bench/configmaps', pods = '/api/v1/namespaces/bench/pods'
    const some = (i: number) => `some${i % 64}`
    for (let i = 0; i < 64; i++) await ask(session, 'POST', pods, podOf(some(i)))
    const rows = async (what: string, one: (i: number) => Promise<unknown>) => {
      const streams = [1, 8, 32].filter((n) => nameOf(what, n).includes(wanted))
      if (streams.length === 0) return
      await Promise.all(Array.from({ length: streamsBefore }, async () => { for (let i = 0; i < requestsBefore / streamsBefore; i++) await one(made++) }))
      for (const n of streams) await row(what, n, one)
    }
    await rows('create ConfigMap 1 KB', (i) => ask(session, 'POST', maps, configMap(`m${i}`)))
    await rows('create pod 1 KB', (i) => ask(session, 'POST', pods, podOf(`p${i}`)))
    await rows('create pod 1 KB, each with labels of its own', (i) => ask(session, 'POST', pods, podOf(`u${i}`, { labels: { serial: String(i) } })))
    await rows('create pod 1 KB, no two specs alike', (i) => ask(session, 'POST', pods, podOf(`v${i}`, { labels: { serial: String(i) }, spec: { hostname: `v${i}` } })))
    await rows('GET one pod', (i) => ask(session, 'GET', `${pods}/${some(i)}`))
    await row('PATCH a label of a pod', 8, (i) => ask(session, 'PATCH', `${pods}/${some(i)}`, `{"metadata":{"labels":{"changed":"${i}"}}}`, false, 'application/merge-patch+json'))
    await row('PUT the status of a pod', 8, (i) => ask(session, 'PUT', `${pods}/${some(i)}/status`, JSON.stringify({ metadata: { name: some(i) }, status: { phase: 'Running', message: String(i) } })))
    if ('LIST'.includes(wanted)) await lists(session, server)
    if ('watch'.includes(wanted)) await watches(session)
    const { rss, heapUsed, external } = await server.memory()
    print('memory of the server after all this (rss / heap / external)', [rss, heapUsed, external].map((b) => `${Math.round(b / 1e6)} MB`).join(' / '))
    session.destroy()
  })
}

async function lists(session: ClientHttp2Session, server: BenchServer): Promise<void> {
  const pods = '/api/v1/namespaces/many/pods'
  for (let i = 0; i < 13_000; i += 200) await Promise.all(Array.from({ length: 200 }, (_, n) => ask(session, 'POST', pods, podOf(`p${i + n}`))))
  const whole = await listed(session, server, pods, 7), page = await listed(session, server, `${pods}?limit=500`, 41)
  print(`LIST 13,000 pods (${(whole.bytes / 1e6).toFixed(1)} MB), median of 7`, `${whole.median.toFixed(0)} ms`, perCall(whole.cpu / 7))
  print('LIST 500 pods, median of 41', `${page.median.toFixed(1)} ms`, perCall(page.cpu / 41))
}
async function listed(session: ClientHttp2Session, server: BenchServer, path: string, count: number): Promise<{ readonly median: number; readonly bytes: number; readonly cpu: number }> {
  const times: number[] = []
  let bytes = 0
  const before = await server.cpu()
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    bytes = (await ask(session, 'GET', path)).bytes
    times.push(performance.now() - begun)
  }
  return { median: times.sort((a, b) => a - b)[count >> 1]!, bytes, cpu: await server.cpu() - before }
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

if (import.meta.main) await measure(Number(process.argv[2] ?? 2), process.argv[3] ?? '')
