// Extenders as programs of their own, over real sockets: what they are asked, what comes of their answers, and what happens when none comes.
import assert from 'node:assert/strict'
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { after, before, test } from 'node:test'
import type { Client } from '#client'
import { event, node, pod, serviceAccount, type Pod } from '#kinds'
import type { New } from '#machinery'
import { schedulerSettings, type ExtenderConfiguration } from '#scheduler'
import { Metrics } from '#server'
import { TestCluster } from '#testing'
import { outbound } from './outbound.ts'
import { issue, Pki, type Certificate } from './pki.ts'
import { schedulerOptions } from './scheduler-options.ts'

type Body = Record<string, any> // allowed: whatever JSON came
type Verb = (body: Body, request: IncomingMessage) => unknown
const deadlineMs = 20_000, call = outbound()
let folder = '', ca = '', extender: Certificate, client: Certificate
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proa-extenders-'))
  const authority = await new Pki(folder).authority('ca', 'test')
  ca = authority.certificate
  extender = await issue(authority, { commonName: 'extender', dnsNames: ['extender.example'] }, ['server'])
  client = await issue(authority, { commonName: 'scheduler' }, ['client'])
})
const servers: Server[] = []
after(() => { call.close(); for (const server of servers) { server.close(); server.closeAllConnections() } rmSync(folder, { recursive: true, force: true }) })

/** An extender that answers its verbs so, and what it was asked. A verb that returns nothing never answers. */
async function listen(verbs: Readonly<Record<string, Verb>>, tls = false) {
  const asked: { verb: string; body: Body }[] = []
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => void (async () => {
      const verb = request.url!.split('/').at(-1)!, body = JSON.parse(text) as Body
      asked.push({ verb, body })
      const answer = await verbs[verb]?.(body, request)
      if (!verbs[verb]) response.writeHead(404).end()
      else if (answer !== undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })())
  }
  const server: Server = tls ? createServer({ cert: extender.certificate, key: extender.key, ca, requestCert: true, rejectUnauthorized: false }, serve) : createPlain(serve)
  servers.push(server)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return { asked, url: `http${tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}/scheduler/`, stop: () => { server.close() } }
}

/** A cluster of nodes a, b and c, whose scheduler has these extenders. */
async function start(extenders: readonly ExtenderConfiguration[], cpu = '4') {
  const metrics = new Metrics(), options = schedulerOptions(schedulerSettings({ extenders: [...extenders] }), call, () => '', metrics)
  const cluster = await TestCluster.start({ controllers: [], scheduler: false, plane: { scheduler: options } })
  for (const name of ['a', 'b', 'c']) await cluster.client.create(node, { metadata: { name }, status: { allocatable: { cpu, memory: '8Gi', pods: '10', 'example.com/chip': '2' }, capacity: { cpu, memory: '8Gi', pods: '10' } } })
  await cluster.client.create(serviceAccount, { metadata: { name: 'default', namespace: 'default' } })
  cluster.plane.startComponents({ controllers: true })
  return cluster
}
const asking = (name: string, requests: Record<string, string> = {}, more: object = {}): New<Pod> =>
  ({ metadata: { name, namespace: 'default' }, spec: { tolerations: [{ operator: 'Exists' }], terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'i', resources: { limits: requests, requests } }], ...more } })
/** Resolves with the pod once it is so. */
function become(of: Client, name: string, holds: (p: Pod) => boolean): Promise<Pod> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => { stop(); reject(new Error(`${name} does not become so`)) }, deadlineMs)
    const stop = of.watch(pod, { resourceVersion: '0' }, ({ object }) => { if (object.metadata.name === name && holds(object)) { clearTimeout(late); stop(); resolve(object) } }, () => {})
  })
}
const isBound = (p: Pod) => p.spec.nodeName !== undefined, refusal = (p: Pod) => p.status.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False')

test('whole nodes or names are filtered, and the best of what is left is weighed', async () => {
  for (const nodeCacheCapable of [false, true]) {
    const names = (body: Body): string[] => (nodeCacheCapable ? body['NodeNames'] : body['Nodes'].items.map((one: Body) => one['metadata'].name)) as string[]
    const other = await listen({
      filter: (body) => { const left = names(body).filter((name) => name !== 'a'); return { ...(nodeCacheCapable ? { nodenames: left } : { nodes: { items: left.map((name) => ({ metadata: { name } })) } }), failedNodes: { a: 'no licence' } } },
      like: (body) => names(body).map((Host) => ({ Host, Score: Host === 'c' ? 10 : 0 })),
    })
    await using cluster = await start([{ urlPrefix: other.url, filterVerb: 'filter', prioritizeVerb: 'like', weight: 5n as never, nodeCacheCapable }])
    await cluster.client.create(pod, asking('p'))
    assert.equal((await become(cluster.client, 'p', isBound)).spec.nodeName, 'c')
    assert.deepEqual(other.asked.map(({ verb, body }) => [verb, body['Pod'].metadata.name, names(body), body[nodeCacheCapable ? 'Nodes' : 'NodeNames']]), [['filter', 'p', ['a', 'b', 'c'], null], ['like', 'p', ['b', 'c'], null]])
  }
})
test('a pod that it wants nowhere says so; it is asked only about what it manages', async () => {
  const other = await listen({ filter: () => ({ NodeNames: [], FailedNodes: { a: 'no licence', b: 'no licence' }, FailedAndUnresolvableNodes: { c: 'broken' } }) })
  await using cluster = await start([{ urlPrefix: other.url, filterVerb: 'filter', nodeCacheCapable: true, managedResources: [{ name: 'example.com/chip' }] }])
  await cluster.client.create(pod, asking('other'))
  await become(cluster.client, 'other', isBound)
  assert.deepEqual(other.asked, [])
  await cluster.client.create(pod, asking('p', { 'example.com/chip': '1' }))
  assert.match(refusal(await become(cluster.client, 'p', (p) => refusal(p) !== undefined))!.message!, /^0\/3 nodes are available: 1 broken, 2 no licence\. /)
})
test('over HTTPS each shows who it is, and the extender binds', async () => {
  const shown: unknown[] = []
  let binds: (body: Body) => Promise<unknown> = async () => ({})
  const other = await listen({ bind: async (body, request) => { shown.push((request.socket as TLSSocket).getPeerCertificate().subject.CN); await binds(body); return {} } }, true)
  const b64 = (text: string) => Buffer.from(text).toString('base64')
  await using cluster = await start([{ urlPrefix: other.url, bindVerb: 'bind', enableHTTPS: true, tlsConfig: { caData: b64(ca), serverName: 'extender.example', certData: b64(client.certificate), keyData: b64(client.key) } }])
  binds = (body) => cluster.client.post(pod, { name: body['PodName'], namespace: body['PodNamespace'] }, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: body['PodName'], uid: body['PodUID'] }, target: { kind: 'Node', name: body['Node'] } })
  const made = await cluster.client.create(pod, asking('p')), bound = await become(cluster.client, 'p', isBound)
  assert.deepEqual([shown, other.asked.map(({ body }) => body)], [['scheduler'], [{ PodName: 'p', PodNamespace: 'default', PodUID: made.metadata.uid, Node: bound.spec.nodeName }]])
  await cluster.settle()
  assert.ok((await cluster.client.list(event)).items.some((e) => e.reason === 'Scheduled' && e.message === `Successfully assigned default/p to ${bound.spec.nodeName}`))
})
test('it has a say in who must leave; without an authority it is believed as it is', async () => {
  const other = await listen({ preempt: (body) => ({ NodeNameToMetaVictims: { b: { Pods: [{ UID: (body['NodeNameToVictims'].b.Pods as Pod[])[0]!.metadata.uid }], NumPDBViolations: 0 } } }) }, true)
  await using cluster = await start([{ urlPrefix: other.url, preemptVerb: 'preempt', enableHTTPS: true }], '1')
  await cluster.client.raw('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body: { metadata: { name: 'high' }, value: 10 } })
  for (const name of ['x', 'y', 'z']) { await cluster.client.create(pod, asking(name, { cpu: '1' })); await become(cluster.client, name, isBound) }
  await cluster.client.create(pod, asking('big', { cpu: '1' }, { priorityClassName: 'high' }))
  const bound = await become(cluster.client, 'big', isBound)
  assert.equal(bound.spec.nodeName, 'b')
  assert.deepEqual(Object.keys(other.asked[0]!.body['NodeNameToVictims'] as object).sort(), ['a', 'b', 'c'])
})
test('one that does not answer in time, or not at all, is passed over where that is allowed; else the pod says why', async () => {
  const silent = await listen({ filter: () => undefined }), gone = await listen({})
  gone.stop()
  for (const [url, why] of [[silent.url, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'], [gone.url, `dial tcp ${new URL(gone.url).host}: connect: connection refused`]] as const) {
    const config: ExtenderConfiguration = { urlPrefix: url, filterVerb: 'filter', httpTimeout: '100ms' }
    await using patient = await start([{ ...config, ignorable: true }])
    await patient.client.create(pod, asking('p'))
    await become(patient.client, 'p', isBound)
    await using strict = await start([config])
    await strict.client.create(pod, asking('p'))
    const { reason, message } = refusal(await become(strict.client, 'p', (p) => refusal(p) !== undefined))!
    assert.deepEqual([reason, message], ['SchedulerError', `Post "${url}filter": ${why}`])
  }
})
