// Pods and services behind the API server's proxy: over real sockets on both sides.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { pod } from '#kinds'
import { serve, TestCluster, type TestServer } from '#testing'

import { backend } from './backend.ts'

let cluster: TestCluster, server: TestServer, pods: Server, session: ClientHttp2Session
let hungUp: Promise<void> | undefined
const carrier = backend({})
const namespace = '/api/v1/namespaces/default'

function answer(asked: IncomingMessage, response: ServerResponse): void {
  const url = asked.url ?? ''
  if (url === '/old') { response.writeHead(302, { location: '/new', 'set-cookie': ['a=1', 'b=2'] }).end(); return }
  if (url === '/page') { response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<a href="/there">there</a>'); return }
  if (url === '/stream') { response.writeHead(200); response.write('begin'); hungUp = new Promise((resolve) => { response.on('close', resolve) }); return }
  let size = 0
  asked.on('data', (chunk: Buffer) => { size += chunk.length })
  asked.on('end', () => { response.writeHead(200, { 'content-type': 'application/json', 'x-of-pod': 'yes' }).end(JSON.stringify({ method: asked.method, url, size, headers: asked.headers })) })
}

before(async () => {
  pods = createServer(answer)
  pods.on('upgrade', (asked: IncomingMessage, socket) => { socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n'); socket.on('data', (data: Buffer) => { socket.end(`${asked.url} ${data}`) }) })
  await new Promise<void>((resolve) => { pods.listen(0, '127.0.0.1', resolve) })
  const { port } = pods.address() as AddressInfo
  // Pods of a hollow node have addresses that lead nowhere: all of them lead to the one server.
  cluster = await TestCluster.start({ nodes: 1, plane: { backend: (asked) => carrier({ ...asked, host: '127.0.0.1', port: asked.port === 1 ? 1 : port }) } })
  server = await serve(cluster)
  await cluster.client.create(pod, { metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080, name: 'http' }] }] } })
  const ask = (path: string, object: object) => cluster.plane.handler({ method: 'POST', path, query: '', headers: {}, body: { object }, user: { name: 'admin', groups: ['system:masters'] }, direct: true })
  for (const [name, selector] of [['web', { app: 'web' }], ['empty', { app: 'none' }]] as const) await ask(`${namespace}/services`, { metadata: { name }, spec: { selector, ports: [{ name: 'main', port: 80, targetPort: 'http' }] } })
  await cluster.settle()
  session = connectHttp2(server.server, { ca: server.ca })
})
after(async () => {
  session.close()
  carrier.close()
  pods.closeAllConnections()
  pods.close()
  await server.stop()
  await cluster.stop()
})

interface Answer { status: number; headers: Record<string, string | string[]>; text: string }
function ask(method: string, path: string, { body, headers = {} }: { body?: Buffer; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.server)
    const call = request({ hostname, port, path, method, ca: server.ca, headers: { ...as, ...headers } }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => { text += chunk.toString() })
      response.on('end', () => { resolve({ status: response.statusCode!, headers: response.headers as Answer['headers'], text }) })
    })
    call.on('error', reject)
    call.end(body)
  })
}
const as = { authorization: 'Bearer none' }

test('every method reaches a pod and a service, by whatever name', async () => {
  const tokens = await cluster.plane.handler({ method: 'POST', path: `${namespace}/serviceaccounts/default/token`, query: '', headers: {}, body: { object: { spec: {} } }, user: { name: 'admin', groups: ['system:masters'] }, direct: true })
  await cluster.plane.handler({ method: 'POST', path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', query: '', headers: {}, user: { name: 'admin', groups: ['system:masters'] }, direct: true, body: { object: {
    metadata: { name: 'all' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }] } } })
  as.authorization = `Bearer ${(tokens.body as { value: { status: { token: string } } }).value.status.token}`
  for (const target of ['pods/web', 'pods/http:web:8080', 'pods/web:8080', 'services/web:main', 'services/web:80', 'services/http:web:main']) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers, text } = await ask(method, `${namespace}/${target}/proxy/some/path?with=query`)
      assert.equal(status, 200, `${method} ${target}: ${text}`)
      assert.equal(headers['x-of-pod'], 'yes')
      const seen = JSON.parse(text) as { method: string; url: string; headers: Record<string, string> }
      assert.deepEqual([seen.method, seen.url, seen.headers['authorization'], seen.headers['x-forwarded-proto']], [method, '/some/path?with=query', undefined, 'https'])
      assert.equal(seen.headers['x-forwarded-uri'], `${namespace}/${target}/proxy/some/path`)
    }
    const head = await ask('HEAD', `${namespace}/${target}/proxy/some/path`)
    assert.deepEqual([head.status, head.text], [200, ''])
  }
})

test('a path without its slash is told to take it, redirects and links lead back', async () => {
  const at = `${namespace}/pods/web/proxy`
  const bare = await ask('GET', `${at}?a=b`)
  assert.deepEqual([bare.status, bare.headers['location']], [301, `${at}/?a=b`])
  const old = await ask('GET', `${at}/old`)
  assert.deepEqual([old.status, old.headers['location'], old.headers['set-cookie']], [302, `${at}/new`, ['a=1', 'b=2']])
  assert.equal((await ask('GET', `${at}/page`)).text, `<a href="${at}/there">there</a>`)
})

test('bodies larger than the server itself would read pass, in both HTTP versions', async () => {
  const body = Buffer.alloc(5 * 1024 * 1024, 'x')
  assert.equal((JSON.parse((await ask('POST', `${namespace}/pods/web/proxy/up`, { body })).text) as { size: number }).size, body.length)
  const over2 = await new Promise<string>((resolve, reject) => {
    const stream = session.request({ ':method': 'PUT', ':path': `${namespace}/pods/web/proxy/up`, ...as })
    let text = ''
    stream.on('data', (chunk: Buffer) => { text += chunk.toString() }).on('end', () => { resolve(text) }).on('error', reject)
    stream.end(body)
  })
  assert.equal((JSON.parse(over2) as { size: number }).size, body.length)
})

test('an answer comes as it is written, and a client that goes takes the call with it', async () => {
  const stream = session.request({ ':path': `${namespace}/pods/web/proxy/stream`, ...as })
  const first = await new Promise<string>((resolve) => { stream.once('data', (chunk: Buffer) => { resolve(chunk.toString()) }) })
  assert.equal(first, 'begin')
  stream.close()
  await hungUp
})

const message = (answer: Answer) => (JSON.parse(answer.text) as { message: string }).message
for (const [path, status, text] of [
  ['services/none/proxy/', 404, 'endpoints "none" not found'],
  ['services/none:80/proxy/', 404, 'services "none" not found'],
  ['services/web:81/proxy/', 503, 'no service port 81 found for service "web"'],
  ['services/web/proxy/', 503, 'no endpoints available for service "web"'],
  ['services/empty:main/proxy/', 503, 'no endpoints available for service "empty"'],
  ['services/ftp:web:80/proxy/', 400, 'invalid service request "ftp:web:80"'],
  ['pods/a:b:c:d/proxy/', 400, 'invalid pod request "a:b:c:d"'],
  ['pods/none/proxy/', 404, 'pods "none" not found'],
  ['pods/web:1/proxy/', 503, 'error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused'],
] as const) {
  test(`${path} is refused: ${text}`, async () => {
    const answer = await ask('GET', `${namespace}/${path}`)
    assert.deepEqual([answer.status, message(answer)], [status, text])
  })
}
