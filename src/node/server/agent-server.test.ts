import assert from 'node:assert/strict'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { Pod } from '#kinds'
import { seeded, silent } from '#machinery'
import { ProbeCounts } from '../pods/probe-counts.ts'
import { SimulatedRuntime } from '../runtime/simulated.ts'
import { startAgentServer } from './agent-server.ts'
import { testAuthority, type Pair } from './certificates.fixture.ts'

const runtime = new SimulatedRuntime({ clock: { now: () => 1_700_000_000_000, after: () => () => {} }, random: seeded(1), podCidrs: () => ['10.0.0.0/24'] })
const pod = { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [{ name: 'web', image: 'web' }] }, status: { startTime: '2023-11-14T22:13:00Z' } } as unknown as Pod
const counts = new ProbeCounts()
let sandbox = '', container = ''
let server: Awaited<ReturnType<typeof startAgentServer>>
let authority: string
const clients: Record<string, Pair | undefined> = {}

before(async () => {
  for (const success of [false, true, false]) counts.note(pod, 'web', 'Liveness', success, 20)
  const config = { metadata: { name: 'p', namespace: 'n', uid: 'u', attempt: 0 }, hostname: 'p', logDirectory: '/', labels: { 'io.kubernetes.pod.uid': 'u' } }
  sandbox = await runtime.runPodSandbox(config)
  container = await runtime.createContainer(sandbox, { metadata: { name: 'web', attempt: 0 }, image: await runtime.pullImage('web') }, config)
  await runtime.startContainer(container)
  const own = await testAuthority(), other = await testAuthority()
  authority = own.certificate
  const { certificate, key } = await own.issue('node', 'server')
  clients['the API server'] = await own.issue('kube-apiserver-kubelet-client', 'client')
  clients['a node'] = await own.issue('system:node:other', 'client')
  clients['a stranger'] = await other.issue('kube-apiserver-kubelet-client', 'client')
  server = await startAgentServer({
    host: '127.0.0.1', port: 0, certificate, key, clientAuthority: own.certificate, runtime, log: silent, configuration: { maxPods: 110 },
    agent: { nodeName: 'node', find: (namespace, name) => (namespace === 'n' && name === 'p' ? pod : undefined), pods: () => [pod], containerId: (_uid, name) => (name === 'web' ? container : undefined), sandboxId: () => sandbox, probeCounts: () => counts.all() } })
})
after(() => server.close())

function ask(path: string, who = 'the API server', options: { method?: string; headers?: Record<string, string> } = {}): Promise<{ status: number; body: string }> {
  const pair = clients[who]
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: server.port, path, agent: false, ca: authority, ...(pair && { cert: pair.certificate, key: pair.key }), ...options }, (answer) => { void text(answer).then((body) => resolve({ status: answer.statusCode!, body })) })
    call.on('error', reject).on('upgrade', (_answer, socket) => { socket.destroy(); resolve({ status: 101, body: '' }) })
    call.end()
  })
}

for (const [who, status] of [['the API server', 200], ['a node', 403], ['a stranger', 401], ['nobody', 401]] as const)
  test(`${who} is answered ${status}`, async () => { assert.equal((await ask('/pods', who)).status, status) })

for (const who of ['a node', 'a stranger', 'nobody'])
  test(`${who} gets no command into a container`, async () => {
    const { status } = await ask('/exec/n/p/web?output=1&command=ls', who, { method: 'POST', headers: { connection: 'upgrade', upgrade: 'SPDY/3.1' } })
    assert.ok(status === 401 || status === 403, String(status))
  })

for (const [path, status, expected] of [
  ['/healthz', 200, /^ok$/],
  ['/pods', 200, /"kind":"PodList".*"name":"p"/],
  ['/runningpods', 200, /"name":"p"/],
  ['/configz', 200, /"kubeletconfig":.*"maxPods":110/],
  ['/metrics', 200, /^kubelet_running_pods 1$/m],
  ['/metrics/resource', 200, /^container_memory_working_set_bytes\{container="web",namespace="n",pod="p"\} \d+ \d+$/m],
  ['/metrics/resource', 200, /^# HELP pod_cpu_usage_seconds_total \[STABLE\] /m],
  ['/metrics/probes', 200, /^prober_probe_duration_seconds_bucket\{probe_type="Liveness",container="web",pod="p",namespace="n",le="0.025"\} 1$/m],
  ['/metrics/probes', 200, /^prober_probe_total\{probe_type="Liveness",container="web",pod="p",namespace="n",result="failed",pod_uid="u"\} 2$/m],
  ['/metrics/cadvisor', 200, /^container_cpu_usage_seconds_total\{container="web",.*cpu="total"\} /m],
  ['/stats/summary', 200, /"podRef":\{"name":"p","namespace":"n","uid":"u"\}.*"containers":\[\{"name":"web"/],
  ['/containerLogs/n/other/web', 404, /pod "other" does not exist/],
  ['/nowhere', 404, /404/],
  ['/containerLogs/%zz', 400, /malformed/],
] as const) test(`GET ${path}`, async () => {
  const { status: answered, body } = await ask(path)
  assert.equal(answered, status)
  assert.match(body, expected)
})
test('other methods are refused', async () => { assert.equal((await ask('/pods', 'the API server', { method: 'DELETE' })).status, 405) })
for (const [path, status] of [['/exec/n/other/web', 404], ['/exec/%zz', 400], ['/nowhere/n/p', 404]] as const)
  test(`an upgrade of ${path} is refused with ${status}`, async () => { assert.equal((await ask(path, 'the API server', { headers: { connection: 'upgrade', upgrade: 'websocket' } })).status, status) })
