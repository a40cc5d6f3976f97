// The server's calls to others, over real sockets: what comes back, and what goes wrong in the words that clients know.
import assert from 'node:assert/strict'
import { createServer as createPlain, type Server } from 'node:http'
import { createServer } from 'node:https'
import { createServer as createSocket, type AddressInfo, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { outbound } from './outbound.ts'
import { issue, Pki } from './pki.ts'

let folder = '', ca = '', tls: Server, plain: Server, port = 0, plainPort = 0, connections = 0
const open = new Set<Socket>()
const call = outbound()
const ask = (more: object = {}, path = '/') => call({ method: 'POST', url: `https://hook.example${path}`, connect: { host: '127.0.0.1', port }, ca, timeoutMs: 5000, body: new TextEncoder().encode('{}'), ...more })

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proa-outbound-'))
  const authority = await new Pki(folder).authority('ca', 'test')
  ca = authority.certificate
  const { certificate, key } = await issue(authority, { commonName: 'hook', dnsNames: ['hook.example'], ips: ['127.0.0.1'] }, ['server'])
  tls = createServer({ cert: certificate, key }, (request, response) => {
    if (request.url === '/hang') return
    if (request.url === '/big') { response.end('x'.repeat(5000)); return }
    if (request.url === '/cut') { request.socket.destroy(); return }
    if (request.url === '/away') { response.writeHead(302, { location: '/' }).end(); return }
    request.on('data', () => {}).on('end', () => { response.writeHead(200, { 'x-host': request.headers.host ?? '' }).end('hello') })
  })
  tls.on('connection', (socket: Socket) => { connections++; open.add(socket); socket.on('close', () => open.delete(socket)) })
  plain = createPlain((_, response) => { response.end() })
  await Promise.all([tls, plain].map((server) => new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })))
  port = (tls.address() as AddressInfo).port
  plainPort = (plain.address() as AddressInfo).port
})
after(() => {
  call.close()
  for (const server of [tls, plain]) { server.close(); server.closeAllConnections() }
  rmSync(folder, { recursive: true, force: true })
})

test('an answer comes back whole, under the name of the URL, over a connection that is kept', async () => {
  const before = connections
  for (let i = 0; i < 3; i++) {
    const { status, headers, body } = await ask()
    assert.deepEqual([status, headers['x-host'], new TextDecoder().decode(body)], [200, 'hook.example', 'hello'])
  }
  assert.equal(connections - before, 1)
})

test('a kept connection that the other side has closed is no failure', async () => {
  await ask()
  for (const socket of open) socket.destroy()
  assert.equal((await ask()).status, 200)
})

test('redirects are answers like others', async () => { assert.equal((await ask({}, '/away')).status, 302) })

for (const [what, more, message] of [
  ['nobody listens', async () => { const free = createSocket().listen(0, '127.0.0.1'); await new Promise((r) => free.once('listening', r)); const { port: gone } = free.address() as AddressInfo; await new Promise((r) => free.close(r)); return { connect: { host: '127.0.0.1', port: gone } } }, /^dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/],
  ['the authority is unknown', () => ({ ca: undefined }), 'tls: failed to verify certificate: x509: certificate signed by unknown authority'],
  ['the certificate is for another name', () => ({ url: 'https://other.example/' }), 'tls: failed to verify certificate: x509: certificate is valid for hook.example, not other.example'],
  ['the certificate is for another address', () => ({ url: 'https://127.0.0.9/', connect: undefined, serverName: '127.0.0.9' }), /^dial tcp 127\.0\.0\.9:443: connect: connection refused$/],
  ['the other side speaks plainly', () => ({ connect: { host: '127.0.0.1', port: plainPort } }), 'http: server gave HTTP response to HTTPS client'],
  ['the other side hangs', () => ({ url: 'https://hook.example/hang', timeoutMs: 100 }), 'context deadline exceeded'],
  ['the other side hangs up', () => ({ url: 'https://hook.example/cut' }), 'EOF'],
  ['the answer is too large', () => ({ url: 'https://hook.example/big', mostBytes: 1000 }), 'the answer is larger than 1000 bytes'],
] as const) test(`a call fails when ${what}`, async () => { await assert.rejects(ask(await more()), { message }) })
