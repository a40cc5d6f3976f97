import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Container, Pod, Probe } from '#kinds'
import { RuntimeError, type Runtime } from '../runtime/runtime.ts'
import { createHandlers } from './handlers.ts'

const server = createServer((request, response) => {
  if (request.url === '/slow') return
  if (request.url === '/endless') { response.write('x'.repeat(20_000)); return }
  if (request.url === '/cut') { request.socket.destroy(); return }
  if (request.url === '/there') response.setHeader('location', '/200')
  if (request.url === '/away') response.setHeader('location', 'http://192.0.2.1/')
  if (request.url === '/round') response.setHeader('location', '/round')
  if (response.hasHeader('location')) { response.statusCode = 302; response.end('moved'); return }
  if (request.url === '/agent') { response.end(String(request.headers['user-agent'])); return }
  response.statusCode = Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200)
  response.end(request.headers['x-a'] ?? 'fine')
})
let port = 0
before(async () => { await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)); port = (server.address() as AddressInfo).port })
after(() => { server.closeAllConnections(); server.close() })

const runtime = { execSync: async (_id: string, [command]: readonly string[]) => {
  if (command === 'late') throw new RuntimeError('DeadlineExceeded', 'late')
  if (command === 'lost') throw new RuntimeError('Unavailable', 'the runtime is away')
  if (command === 'absent') throw new RuntimeError('Failed', 'exec: "absent": executable file not found in $PATH')
  return { exitCode: command === 'good' ? 0 : 1, stdout: Buffer.from(`${command} out`), stderr: Buffer.from('') }
} } as unknown as Runtime
const probe = (p: Probe) => createHandlers({ runtime }).runProbe({} as Pod, { name: 'c', ports: [{ name: 'http', containerPort: port }] } as Container, p, { containerId: 'i', podIP: '127.0.0.1' })

const cases: [why: string, probe: () => Probe, success: boolean, output: () => string | RegExp][] = [
  ['a command that succeeds', () => ({ exec: { command: ['good'] } }), true, () => 'good out'],
  ['a command that fails', () => ({ exec: { command: ['bad'] } }), false, () => 'bad out'],
  ['a command that takes too long', () => ({ exec: { command: ['late'] }, timeoutSeconds: 2 }), false, () => 'command timed out: "late" timed out after 2s'],
  ['a page', () => ({ httpGet: { path: '/', port } }), true, () => 'fine'],
  ['a page by the name of its port, with a header', () => ({ httpGet: { port: 'http', httpHeaders: [{ name: 'X-A', value: 'b' }] } }), true, () => 'b'],
  ['a redirect that leads nowhere is an answer', () => ({ httpGet: { path: '/302', port } }), true, () => 'fine'],
  ['a redirect on the same host is followed', () => ({ httpGet: { path: '/there', port } }), true, () => 'fine'],
  ['a redirect to another host is not', () => ({ httpGet: { path: '/away', port } }), true, () => 'moved'],
  ['a redirect in a circle', () => ({ httpGet: { path: '/round', port } }), false, () => /stopped after 10 redirects$/],
  ['an answer without end', () => ({ httpGet: { path: '/endless', port } }), true, () => 'x'.repeat(10_240)],
  ['a connection that is cut', () => ({ httpGet: { path: '/cut', port } }), false, () => /^Get "http:\/\/127\.0\.0\.1:\d+\/cut": (EOF|read: connection reset by peer)$/],
  ['it says who it is', () => ({ httpGet: { path: '/agent', port } }), true, () => 'kube-probe/1.36'],
  ['unless told otherwise', () => ({ httpGet: { path: '/agent', port, httpHeaders: [{ name: 'User-Agent', value: '' }] } }), true, () => 'undefined'],
  ['a command that is not there', () => ({ exec: { command: ['absent'] } }), false, () => 'exec: "absent": executable file not found in $PATH'],
  ['a page that fails', () => ({ httpGet: { path: '/503', port } }), false, () => 'HTTP probe failed with statuscode: 503'],
  ['a page that never comes', () => ({ httpGet: { path: '/slow', port }, timeoutSeconds: 0.05 }), false, () => /context deadline exceeded/],
  ['nobody there', () => ({ httpGet: { path: '/', port: 1 } }), false, () => 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused'],
  ['a port that answers', () => ({ tcpSocket: { port } }), true, () => ''],
  ['a port that does not', () => ({ tcpSocket: { port: 1 } }), false, () => 'dial tcp 127.0.0.1:1: connect: connection refused'],
  ['a port without a number', () => ({ tcpSocket: { port: 'nope' } }), false, () => 'invalid port number: nope'],
]
for (const [why, p, success, output] of cases)
  test(`a probe: ${why}`, async () => {
    const result = await probe(p()), expected = output()
    assert.equal(result.success, success, result.output)
    if (typeof expected === 'string') assert.equal(result.output, expected)
    else assert.match(result.output, expected)
  })
test('a probe that could not be tried says nothing about the container', async () => {
  assert.deepEqual(await probe({ exec: { command: ['lost'] } }), { success: false, unknown: true, output: 'the runtime is away' })
  assert.equal((await probe({ exec: { command: ['bad'] } })).unknown, undefined)
})
test('a hook over HTTP is content with any answer', async () => {
  const hook = (path: string, to = port) => createHandlers({ runtime }).runHook({} as Pod, { name: 'c' } as Container, { httpGet: { path, port: to } }, { containerId: 'i', podIP: '127.0.0.1' }, new AbortController().signal)
  assert.equal((await hook('/500')).success, true)
  assert.equal((await hook('/', 1)).success, false)
})
test('a sleeping hook ends when its time is over, or sooner when it must', async () => {
  const handlers = createHandlers({ runtime }), over = new AbortController()
  const sleeping = handlers.runHook({} as Pod, { name: 'c' } as Container, { sleep: { seconds: 3600 } }, { containerId: 'i', podIP: '' }, over.signal)
  over.abort()
  assert.equal((await sleeping).success, true)
})
