// What Node, TLS and the disk cost by themselves here: the same calls against a server that does nothing but answer, and one that puts it into
// the store first. Beside it the API server's figures say what is ours. `tools/node bench/floor.ts [seconds per row, default 2]`.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createSecureServer } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '#store'
import { openEngine } from '../src/assembly/control-plane.ts'
import { issue, Pki } from '../src/assembly/pki.ts'
import { realClock } from '../src/assembly/real-clock.ts'
import { ask, filler, perSecond, podOf, print } from './serving.ts'

const slices = 10

/** Runs `work` beside such a server, which is in a process of its own. `cpu`: the processor time of all its threads so far, in microseconds. */
export async function withFloor(work: (server: { readonly port: number; readonly pid?: number | undefined; cpu(): Promise<number> }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-floor-')), child = fork(import.meta.filename, ['serve', folder])
  const answer = async <T>(order?: object): Promise<T> => { const told = once(child, 'message'); if (order) child.send(order); return (await told)[0] as T }
  try {
    const { port } = await answer<{ port: number }>()
    await work({ port, pid: child.pid, cpu: () => answer<number>({}) })
  } finally {
    child.disconnect()
    await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(seconds: number): Promise<void> {
  await withFloor(async ({ port, cpu }) => {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    const row = async (what: string, streams: number, one: () => Promise<unknown>) => {
      const costs: number[] = []
      let count = 0
      const begun = performance.now()
      for (let slice = 1; slice <= slices; slice++) {
        const before = await cpu(), end = begun + seconds * 1000 * slice / slices, earlier = count
        await Promise.all(Array.from({ length: streams }, async () => { while (performance.now() < end) { await one(); count++ } }))
        costs.push((await cpu() - before) / (count - earlier))
      }
      print(`${what}, ${streams} stream${streams > 1 ? 's' : ''}`, perSecond(count, performance.now() - begun), `${Math.min(...costs).toFixed(0)} \u00b5s CPU`)
    }
    for (const streams of [1, 8, 32]) await row('answer 1 KB, nothing else', streams, () => ask(session, 'GET', '/'))
    for (const streams of [1, 8, 32]) await row('take 1 KB, make it durable, answer 1 KB', streams, () => ask(session, 'POST', '/', podOf('p')))
    session.destroy()
  })
}

async function serve(folder: string): Promise<void> {
  const { certificate, key } = await issue(await new Pki(join(folder, 'pki')).authority('ca', 'bench'), { commonName: 'bench', ips: ['127.0.0.1'] }, ['server'])
  const store = await openStore({ engine: await openEngine(folder), clock: realClock }), body = Buffer.from(filler(1024))
  let made = 0
  const server = createSecureServer({ cert: certificate, key })
  server.on('stream', (stream, headers) => {
    const respond = () => { if (stream.destroyed) return; stream.respond({ ':status': 200, 'content-type': 'application/json', 'content-length': body.length, 'cache-control': 'no-cache, private' }); stream.end(body) }
    if (headers[':method'] === 'GET') { respond(); return }
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    stream.on('end', () => { void put(Buffer.concat(chunks)).then(respond) })
  })
  const put = async (value: Buffer): Promise<void> => { await store.transaction([], [{ type: 'put', key: `/registry/pods/bench/p${made++}`, value }]) }
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  process.on('message', () => { const { user, system } = process.cpuUsage(); process.send!(user + system) })
  process.on('disconnect', () => { process.exit(0) })
  process.send!({ port: (server.address() as { port: number }).port })
}

if (import.meta.main) await (process.argv[2] === 'serve' ? serve(process.argv[3]!) : measure(Number(process.argv[2] ?? 2)))
