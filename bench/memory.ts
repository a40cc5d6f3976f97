// What the server keeps of 13,000 pods (30 MB) that were created, listed and changed. `tools/node bench/memory.ts [pods]`
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, makeNamespace, podOf, print, withServer } from './serving.ts'

const pods = '/api/v1/namespaces/bench/pods'
const residentMb = (pid: number) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000)

async function measure(count: number): Promise<void> {
  await withServer(async (server) => {
    const session = server.connect()
    await makeNamespace(session)
    print('memory before', `${residentMb(server.pid)} MB`)
    for (let i = 0; i < count; i += 32) await Promise.all(Array.from({ length: Math.min(32, count - i) }, (_, n) => ask(session, 'POST', pods, podOf(`p${i + n}`))))
    print(`memory with ${count} pods just created`, `${residentMb(server.pid)} MB`)
    let bytes = 0
    for (let i = 0; i < 5; i++) ({ bytes } = await ask(session, 'GET', pods))
    print(`after five LISTs of ${(bytes / 1e6).toFixed(1)} MB`, `${residentMb(server.pid)} MB`)
    for (let i = 0; i < count; i += 32) await Promise.all(Array.from({ length: Math.min(32, count - i) }, (_, n) => ask(session, 'PUT', `${pods}/p${i + n}/status`, JSON.stringify({ metadata: { name: `p${i + n}` }, status: { phase: 'Running' } }))))
    print('after a change of each', `${residentMb(server.pid)} MB`)
    for (let i = 0; i < 5; i++) await ask(session, 'GET', pods)
    print('after five LISTs more', `${residentMb(server.pid)} MB`)
    await pause(20_000)
    print('twenty seconds later', `${residentMb(server.pid)} MB`)
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = await server.memory()
    print('collected: resident', `${Math.round(rss / 1e6)} MB`)
    print('  heap kept / used / external / of it buffers', [heapTotal, heapUsed, external, arrayBuffers].map((b) => Math.round(b / 1e6)).join(' / ') + ' MB')
    session.destroy()
  })
}

if (import.meta.main) await measure(Number(process.argv[2] ?? 13_000))
