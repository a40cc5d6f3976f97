// An extension server behind the API server, over real sockets: found, asked, watched, upgraded, missed when it is away.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as requestHttps } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { apiService, endpointSlice, service } from '#kinds'
import type { ApiRequest, ApiResponse, User } from '#machinery'
import { Metrics } from '#server'
import { ExtensionServer, serve, TestCluster, type TestServer } from '#testing'
import { backend } from './backend.ts'
import { outbound } from './outbound.ts'
import { Pki, type Certificate } from './pki.ts'

let cluster: TestCluster, server: TestServer, extension: ExtensionServer, serving: Certificate, folder: string
const metrics = new Metrics(), carrier = backend({}), calls = outbound(), endpoint = '192.0.2.77'
const jane: User = { name: 'jane', uid: 'u-1', groups: ['team-a', 'system:masters', 'system:authenticated'], extra: { 'acme.example/scopes': ['x', 'y'] } }
const name = 'v1beta1.metrics.k8s.io', base = '/apis/metrics.k8s.io/v1beta1'

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proa-aggregation-'))
  const pki = new Pki(folder)
  const proxyCa = await pki.authority('front-proxy-ca', 'front-proxy-ca')
  const proxyIdentity = await pki.leaf('front-proxy-client', proxyCa, { commonName: 'front-proxy-client' }, ['client'])
  const servingCa = await pki.authority('serving-ca', 'metrics authority')
  serving = await pki.leaf('metrics', servingCa, { commonName: 'metrics', dnsNames: ['metrics.kube-system.svc'] }, ['server'])
  extension = await ExtensionServer.start({ ...serving, clientCa: proxyCa.certificate })
  cluster = await TestCluster.start({ controllers: [], scheduler: false, plane: { metrics, proxyIdentity,
    // Endpoints may not be loopback addresses: this one stands for it.
    backend: (asked) => carrier(asked.host === endpoint ? { ...asked, host: '127.0.0.1' } : asked), outbound: (asked) => calls(asked.connect?.host === endpoint ? { ...asked, connect: { ...asked.connect, host: '127.0.0.1' } } : asked) } })
  server = await serve(cluster)
  await cluster.client.create(service, { metadata: { name: 'metrics', namespace: 'kube-system' }, spec: { ports: [{ name: 'https', port: 443, targetPort: extension.port }] } })
  await cluster.client.create(apiService, { metadata: { name }, spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, caBundle: Buffer.from(servingCa.certificate).toString('base64'), service: { name: 'metrics', namespace: 'kube-system' } } })
})
after(async () => {
  carrier.close()
  calls.close()
  await server.stop()
  await cluster.stop()
  await extension.stop()
  rmSync(folder, { recursive: true })
})

/** Resolves when the condition Available has this reason. */
const available = (reason: string): Promise<void> => new Promise((resolve, reject) => {
  const late = setTimeout(() => { stop(); reject(new Error(`not ${reason}: ${JSON.stringify(cluster.plane.objects.get(apiService, name)?.status)}`)) }, 10_000)
  const stop = cluster.plane.objects.follow(apiService, ({ object }) => {
    if (object?.metadata.name !== name || object.status.conditions?.[0]?.reason !== reason) return
    clearTimeout(late)
    setImmediate(() => { stop(); resolve() })
  })
})
/** Waits until it holds: what is awaited comes over sockets. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`never ${what}`)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}
async function ask(path: string, more: Partial<ApiRequest> = {}): Promise<{ status: number; text: string; body: any }> { // allowed: whatever came back
  const [at, query = ''] = path.split('?') as [string, string?]
  const answer = await cluster.plane.handler({ method: 'GET', path: at, query, headers: {}, body: undefined, user: jane, ...more })
  const text = await textOf(answer)
  return { status: answer.status, text, body: text.startsWith('{') ? JSON.parse(text) as unknown : undefined }
}
const textOf = ({ body }: ApiResponse): Promise<string> => new Promise((resolve, reject) => {
  if (body.type === 'bytes') { resolve(Buffer.concat(body.chunks).toString()); return }
  if (body.type !== 'stream') { reject(new Error(body.type)); return }
  let text = ''
  body.open({ write(chunk) { text += Buffer.from(chunk).toString(); return true }, end() { resolve(text) }, drained() {} })
})
const slice = { metadata: { name: 'metrics-1', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'metrics' } }, addressType: 'IPv4' as const }

test('an API is available as soon as there is an endpoint that answers', async () => {
  await available('EndpointsNotFound')
  assert.deepEqual([(await ask(base)).status, (await ask(`${base}/nodes`)).text], [503, 'service unavailable\n'])
  await cluster.client.create(endpointSlice, { ...slice, endpoints: [{ addresses: [endpoint] }], ports: [{ name: 'https', port: extension.port }] })
  await available('Passed')
  const probe = extension.asked.find((a) => a.url === base)!
  assert.deepEqual([probe.user, probe.groups], ['system:kube-aggregator', ['system:masters']])
})

test('requests arrive as the user, whatever the client claims to be', async () => {
  const answer = await ask(`${base}/nodes?labelSelector=a%3Db`, { headers: { 'x-remote-user': 'root', 'x-remote-extra-acme': 'z', authorization: 'Bearer secret', accept: 'application/json' } })
  assert.equal(answer.body?.kind, 'NodeMetricsList', answer.text)
  const { url, user, groups, extra, headers } = extension.asked.at(-1)!
  assert.deepEqual([url, user, groups, extra], [`${base}/nodes?labelSelector=a%3Db`, 'jane', jane.groups, { 'acme.example/scopes': 'x, y' }])
  assert.deepEqual([headers['x-remote-uid'], headers['authorization'], headers['accept'], headers.host], ['u-1', undefined, 'application/json', 'metrics.kube-system.svc'])
  assert.equal((await ask(`${base}/nothing`)).body.reason, 'NotFound')
})

test('a watch flows, and ends there when the client goes', async () => {
  let gone = () => {}
  const answer = await cluster.plane.handler({ method: 'GET', path: `${base}/nodes`, query: 'watch=true', headers: {}, body: undefined, user: jane, onGone: (run) => { gone = run } })
  assert.equal(answer.body.type, 'stream')
  const lines: string[] = []
  const stop = answer.body.type === 'stream' ? answer.body.open({ write(chunk) { lines.push(Buffer.from(chunk).toString()); return true }, end() {}, drained() {} }) : () => {}
  extension.emit('node-7')
  await until('an event', () => lines.length > 0)
  assert.equal((JSON.parse(lines[0]!) as { object: { metadata: { name: string } } }).object.metadata.name, 'node-7')
  stop()
  gone()
  await until('the end of the watch', () => extension.watching === 0)
})

test('its resources and schemas stand in the documents of the whole server', async () => {
  const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
  const item = async () => ((await ask('/apis', { headers: accept })).body.items as { metadata: { name: string }; versions: any[] }[]).find((i) => i.metadata.name === 'metrics.k8s.io')! // allowed: whatever came back
  await until('its resources in discovery', async () => (await item()).versions[0].freshness === 'Current')
  assert.deepEqual((await item()).versions[0].resources.map((r: { resource: string }) => r.resource), ['nodes', 'pods'])
  assert.equal((await ask(base)).body.resources.length, 2)
  const { paths } = (await ask('/openapi/v3')).body
  assert.equal(paths['apis/metrics.k8s.io/v1beta1'].serverRelativeURL, `/openapi/v3${base}?hash=ABC`)
  const v3 = (await ask(`/openapi/v3${base}?hash=ABC`)).body
  assert.equal(v3.components.schemas['io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics'].description, 'What a node uses.')
  const v2 = (await ask('/openapi/v2')).body
  assert.ok(v2.paths[`${base}/nodes`] && !v2.paths['/elsewhere'])
  assert.ok(v2.definitions['io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics'] && !v2.definitions['Unused'])
})

test('bodies are passed on as they come, however large they are', async () => {
  const megabyte = Buffer.alloc(1024 * 1024), count = 8
  const sent = requestHttps(`${server.server}${base}/uploads`, { method: 'POST', ca: server.ca, cert: server.admin.cert, key: server.admin.key, headers: { 'content-type': 'application/octet-stream' } })
  const answered = new Promise<string>((resolve, reject) => {
    sent.on('error', reject).on('response', (answer) => { let text = ''; answer.on('data', (chunk: Buffer) => { text += chunk.toString() }).on('end', () => { resolve(text) }) })
  })
  sent.write(megabyte)
  await until('the first part', () => extension.received === megabyte.length) // before the rest is sent
  for (let i = 1; i < count; i++) sent.write(megabyte)
  sent.end()
  assert.deepEqual(JSON.parse(await answered), { kind: 'Upload', size: count * megabyte.length })
})

test('a server that knows OpenAPI v2 alone is shown in v3 all the same', async () => {
  extension.onlySwagger = true
  await cluster.client.patch(apiService, { name }, 'merge', { metadata: { labels: { again: 'true' } } })
  const url = async () => (await ask('/openapi/v3')).body.paths[base.slice(1)]?.serverRelativeURL as string
  await until('a document of our own', async () => /hash=[0-9A-F]{128}$/.test(await url()))
  const { status, body } = await ask(await url())
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body.paths), [`${base}/nodes`])
  assert.equal(body.components.schemas['io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics'].description, 'What a node uses.')
  extension.onlySwagger = false
})

test('an upgraded connection is handed over with the user\'s name', async () => {
  await cluster.client.create(service, { metadata: { name: 'outside', namespace: 'kube-system' }, spec: { type: 'ExternalName', externalName: 'localhost' } })
  await cluster.client.create(apiService, { metadata: { name: 'v1.metrics.k8s.io' }, spec: { group: 'metrics.k8s.io', version: 'v1', groupPriorityMinimum: 100, versionPriority: 50, insecureSkipTLSVerify: true, service: { name: 'outside', namespace: 'kube-system', port: extension.port } } })
  await cluster.client.patch(apiService, { name: 'v1.metrics.k8s.io' }, 'merge', { status: { conditions: [{ type: 'Available', status: 'True' }] } }, { subresource: 'status' })
  const said = await new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(server.server)
    const call = requestHttps({ hostname, port, path: '/apis/metrics.k8s.io/v1/nodes/node-1', ca: server.ca, ...server.admin, headers: { connection: 'Upgrade', upgrade: 'echo', 'x-remote-user': 'root' } })
    call.on('upgrade', (_response, socket) => { socket.write('hello'); socket.once('data', (data: Buffer) => { resolve(data.toString()); socket.destroy() }) })
    call.on('response', (response) => { reject(new Error(String(response.statusCode))) })
    call.on('error', reject)
    call.end()
  })
  assert.equal(said, 'kubernetes-admin said hello')
})

test('a server that is away is told as such, and its resources as stale; taken away, it is nothing', async () => {
  const slices = () => cluster.plane.objects.get(endpointSlice, 'metrics-1', 'kube-system')!
  await cluster.client.update(endpointSlice, { ...slices(), ports: [{ name: 'https', port: 1, protocol: 'TCP' }] })
  await available('FailedDiscoveryCheck')
  await until('counted', () => metrics.text().includes(`aggregator_unavailable_apiservice_total{name="${name}",reason="FailedDiscoveryCheck"} 1\n`))
  const message = cluster.plane.objects.get(apiService, name)!.status.conditions![0]!.message!
  const ip = cluster.plane.objects.get(service, 'metrics', 'kube-system')!.spec.clusterIP!
  assert.equal(message, `failing or missing response from https://${ip}:443${base}: Get "https://${ip}:443${base}": dial tcp 127.0.0.1:1: connect: connection refused`)
  assert.deepEqual([(await ask(`${base}/nodes`)).status, (await ask(`${base}/nodes`)).text], [503, 'service unavailable\n'])
  const items = (await ask('/apis', { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })).body.items as { metadata: { name: string }; versions: any[] }[] // allowed: whatever came back
  assert.deepEqual(items.filter((i) => i.metadata.name === 'metrics.k8s.io').map((i) => [i.versions[0].freshness, i.versions[0].resources.length]), [['Stale', 2]])
  await cluster.client.update(endpointSlice, { ...slices(), endpoints: [{ addresses: [endpoint], conditions: { ready: false } }] })
  await available('MissingEndpoints')
  for (const each of [name, 'v1.metrics.k8s.io']) await cluster.client.delete(apiService, { name: each })
  assert.equal((await ask(base)).text, '404 page not found\n')
  assert.ok(!(await ask('/apis')).body.groups.some((g: { name: string }) => g.name === 'metrics.k8s.io'))
})

test('a certificate of somebody else is not believed', async () => {
  const other = await new Pki(join(folder, 'other')).authority('ca', 'other')
  await cluster.client.update(endpointSlice, { ...cluster.plane.objects.get(endpointSlice, 'metrics-1', 'kube-system')!, endpoints: [{ addresses: [endpoint], conditions: {} }], ports: [{ name: 'https', port: extension.port, protocol: 'TCP' }] })
  await cluster.client.create(apiService, { metadata: { name }, spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, caBundle: Buffer.from(other.certificate).toString('base64'), service: { name: 'metrics', namespace: 'kube-system' } } })
  await available('Passed') // that much is not a matter of trust
  const answer = await ask(`${base}/nodes`)
  assert.deepEqual([answer.status, answer.text], [503, 'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n'])
})
