// What one request costs the API server without the wire: the handler that the listening socket calls, memory engine, all default admission.
// `tools/node bench/pipeline.ts [requests per row, default 4000] [rows whose name contains]`. Processor time of the main thread per request, in six
// rounds: the first ones are slower because the code is not compiled yet, others because somebody disturbed; the best one is told.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryEngine } from '#store'
import { silent, type ApiRequest, type ApiResponse } from '#machinery'
import { createControlPlane } from '../src/assembly/control-plane.ts'
import { Pki } from '../src/assembly/pki.ts'
import { realClock, secureRandom, stopwatch } from '../src/assembly/real-clock.ts'
import { tokenKeys } from '../src/assembly/token-keys.ts'
import { podOf, configMap, token } from './serving.ts'

const encoder = new TextEncoder()
const folder = mkdtempSync(join(tmpdir(), 'proa-bench-'))
const authority = await new Pki(join(folder, 'pki')).authority('ca', 'bench')
rmSync(folder, { recursive: true })
const plane = await createControlPlane({
  engine: memoryEngine(), clock: realClock, stopwatch, random: secureRandom(), log: silent, tokenKeys: tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  serviceAccountIssuers: ['https://kubernetes.default.svc'], serviceClusterIpRange: '10.0.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/16',
  advertise: { address: '192.0.2.1', port: 6443 }, clientCa: authority.certificate, authorizationMode: ['Node', 'RBAC'],
  tokenFile: { name: 'bench', text: `${token},admin,uid,system:masters\n` }, compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 50_000,
})
const streams = 8, perRow = Number(process.argv[2] ?? 4000), wanted = process.argv[3] ?? ''

const namespace = '/api/v1/namespaces/bench', pods = `${namespace}/pods`
async function ask(method: ApiRequest['method'], path: string, body?: string, type = 'application/json'): Promise<ApiResponse> {
  const [bare, query = ''] = path.split('?')
  const headers = {
    ':method': method, ':path': path, ':scheme': 'https', ':authority': '127.0.0.1:6443', authorization: `Bearer ${token}`, 'user-agent': 'bench/1.0', accept: 'application/json',
    ...(body !== undefined && { 'content-type': type }),
  }
  const request: ApiRequest = {
    method, path: bare!, query, headers, rawHeaders: Object.entries(headers).flat(), body: body === undefined ? undefined : encoder.encode(body), onGone() {}, remote: '127.0.0.1',
  }
  const response = await plane.handler(request)
  if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${response.body.type === 'bytes' ? Buffer.concat(response.body.chunks).toString() : ''}`)
  return response
}
await ask('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'bench' } }))
await ask('POST', `${namespace}/serviceaccounts`, JSON.stringify({ metadata: { name: 'default' } }))

let made = 0
const times = new Map<string, number[]>()
async function row(what: string, count: number, one: (i: number) => Promise<unknown>): Promise<void> {
  if (!what.includes(wanted)) return
  let left = count
  const before = process.threadCpuUsage()
  await Promise.all(Array.from({ length: streams }, async () => { while (left-- > 0) await one(made++) }))
  const { user, system } = process.threadCpuUsage(before)
  times.set(what, [...times.get(what) ?? [], (user + system) / count])
}
for (let n = 0; n < 64; n++) await ask('POST', pods, podOf(`one-${n}`))
const some = (i: number) => `one-${i % 64}`
for (let round = 0; round < 6; round++) {
  await row('create ConfigMap', perRow, (i) => ask('POST', `${namespace}/configmaps`, configMap(`m${i}`)))
  await row('create pod', perRow, (i) => ask('POST', pods, podOf(`p${i}`)))
  await row('create pod, other labels', perRow, (i) => ask('POST', pods, podOf(`u${i}`, { labels: { serial: String(i) } })))
  await row('create pod, other spec', perRow, (i) => ask('POST', pods, podOf(`v${i}`, { labels: { serial: String(i) }, spec: { hostname: `h${i}` } })))
  await row('GET pod', perRow * 4, (i) => ask('GET', `${pods}/${some(i)}`))
  await row('PATCH pod', perRow, (i) => ask('PATCH', `${pods}/${some(i)}`, `{"metadata":{"labels":{"n":"${i}"}}}`, 'application/merge-patch+json'))
  await row('PUT status', perRow, (i) => ask('PUT', `${pods}/${some(i)}/status`, JSON.stringify({ metadata: { name: some(i) }, status: { phase: 'Running', message: String(i) } })))
  await row('LIST 500', 100, () => ask('GET', `${pods}?limit=500`))
}
for (const [what, all] of times) console.log(`${what.padEnd(26)}${all.map((us) => us.toFixed(1).padStart(8)).join('')}   best ${Math.min(...all).toFixed(1)} \u00b5s`)
process.exit(0)
