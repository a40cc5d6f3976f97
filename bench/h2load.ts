// The rows of creates and GETs as a neutral client has them: h2load (Debian: nghttp2-client) takes a tenth of the processor time that Node's own client needs on the cores that
// both share. Beside them stands what a server does here that only answers, or only stores and answers. `tools/node bench/h2load.ts [seconds per row, default 3]`.
// h2load sends the same bytes again and again, so objects get their names from the server (generateName).
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withFloor } from './floor.ts'
import { ask, configMap, makeNamespace, perSecond, podOf, print, token, withServer, type BenchServer } from './serving.ts'

const run = promisify(execFile)
/** A server is measured as it is when it has been used for a while: see bench/server.ts. */
const requestsBefore = 12_000, streams = [1, 8, 32]

interface Target { readonly port: number; cpu(): Promise<number> }
type Load = (what: string, path: string, body?: string) => Promise<void>

function loadOf(target: Target, folder: string, seconds: number): Load {
  const send = async (path: string, body: string | undefined, atOnce: number, ...howLong: readonly string[]): Promise<number> => {
    const file = join(folder, 'body.json')
    if (body !== undefined) writeFileSync(file, body)
    const { stdout } = await run('h2load', ['-c', '1', '-m', String(atOnce), ...howLong, '-H', `authorization: Bearer ${token}`, ...(body === undefined ? [] : ['-d', file, '-H', 'content-type: application/json']), `https://127.0.0.1:${target.port}${path}`])
    const [, succeeded, other] = /status codes: (\d+) 2xx, (.*)/.exec(stdout) ?? []
    if (other !== '0 3xx, 0 4xx, 0 5xx') throw new Error(stdout)
    return Number(succeeded)
  }
  return async (what, path, body) => {
    await send(path, body, Math.max(...streams), '-n', String(requestsBefore))
    for (const atOnce of streams) {
      const before = await target.cpu(), count = await send(path, body, atOnce, '-D', String(seconds)), cpu = await target.cpu() - before
      print(`${what}, ${atOnce} stream${atOnce > 1 ? 's' : ''}`, perSecond(count, seconds * 1000), `${(cpu / count).toFixed(0)} \u00b5s CPU`)
    }
  }
}

/** What a client waits for that asks for all pods, again and again. */
async function list(server: BenchServer, session: ClientHttp2Session): Promise<void> {
  const pods = '/api/v1/namespaces/many/pods', count = 13_000, atOnce = 200, times = 21
  await makeNamespace(session, 'many')
  for (let i = 0; i < count; i += atOnce) await Promise.all(Array.from({ length: atOnce }, (_, n) => ask(session, 'POST', pods, podOf(`p${i + n}`))))
  const before = await server.cpu()
  const { stdout } = await run('h2load', ['-c', '1', '-m', '1', '-w', '24', '-W', '26', '-n', String(times), '-H', `authorization: Bearer ${token}`, `https://127.0.0.1:${server.port}${pods}`])
  const [, figure, unit] = /^finished in ([\d.]+)(m?s)/m.exec(stdout) ?? []
  if (!stdout.includes(` ${times} succeeded, 0 failed`)) throw new Error(stdout)
  print(`LIST 13,000 pods, mean of ${times}`, `${(Number(figure) * (unit === 's' ? 1000 : 1) / times).toFixed(0)} ms`, `${((await server.cpu() - before) / times).toFixed(0)} \u00b5s CPU`)
}

/** The same object, to be named by the server. */
function unnamed(text: string): string {
  const { metadata, ...rest } = JSON.parse(text) as { metadata: object }
  return JSON.stringify({ ...rest, metadata: { ...metadata, name: undefined, generateName: 'some-' } })
}

async function measure(seconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-h2load-'))
  try {
    await withFloor(async (floor) => {
      const load = loadOf(floor, folder, seconds)
      await load('floor: answer 1 KB, nothing else', '/')
      await load('floor: take 1 KB, make it durable, answer 1 KB', '/', podOf('p'))
    })
    await withServer(async (server) => {
      const session = server.connect(), load = loadOf(server, folder, seconds), of = '/api/v1/namespaces/bench'
      await makeNamespace(session)
      await ask(session, 'POST', `${of}/pods`, podOf('one'))
      await load('create ConfigMap 1 KB', `${of}/configmaps`, unnamed(configMap('m')))
      await load('create pod 1 KB', `${of}/pods`, unnamed(podOf('p')))
      await load('GET one pod', `${of}/pods/one`)
      await list(server, session)
      session.destroy()
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  try {
    await run('h2load', ['--version'])
    await measure(Number(process.argv[2] ?? 3))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
    print('not measured: there is no h2load on the PATH (Debian: nghttp2-client)', '')
  }
}
