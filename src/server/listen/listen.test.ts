// The transport alone, over real sockets on the loopback: what a handler answers comes out, and no client harms another.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { connect as connectHttp2, createServer as createHttp2, type ClientHttp2Session } from 'node:http2'
import { Agent, request as requestHttps } from 'node:https'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { issue, Pki } from '../../assembly/pki.ts'
import { silent, type ApiRequest, type ApiResponse } from '#machinery'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { queryObjects } from 'node:v8'
import { bodyBytes } from './limits.ts'
import { listen, type Listening } from './listen.ts'

const encoder = new TextEncoder()
const text = (status: number, body: string): ApiResponse => ({ status, headers: { 'content-type': 'text/plain', warning: ['299 - "one"', '299 - "two"'] }, body: { type: 'bytes', chunks: [encoder.encode(body)] } })

let folder: string, server: Listening, session: ClientHttp2Session, backend: Server
let ca: string, client: { certificate: string; key: string }
let seen: ApiRequest
let ticking: (() => void) | undefined, stopped = 0, comeLate = () => {}
const arrived = Promise.withResolvers<void>()

async function handler(request: ApiRequest): Promise<ApiResponse> {
  seen = request
  switch (request.path) {
    case '/large': return text(200, 'x'.repeat(300_000))
    case '/throws': throw new Error('a secret detail')
    case '/watch': return {
      status: 200, headers: { 'content-type': 'application/json' },
      body: { type: 'stream', open: (sink) => { let i = 0; ticking = () => { sink.write(encoder.encode(`${++i}\n`)); if (i === 3) sink.end() }; return () => { stopped++ } } },
    }
    case '/late': {
      const { promise, resolve } = Promise.withResolvers<void>()
      comeLate = resolve
      await promise
      return { status: 200, headers: {}, body: { type: 'stream', open: () => () => { stopped++ } } }
    }
    case '/slow': { arrived.resolve(); return new Promise<never>(() => {}) }
    case '/upgrade': return { status: 101, headers: {}, body: { type: 'upgrade', target: { host: '127.0.0.1', port: (backend.address() as AddressInfo).port, path: '/there?x=1', tls: 'none' } } }
    default: return text(200, `${request.method} ${request.path}?${request.query} ${request.body && 'length' in request.body ? request.body.length : 'none'}`)
  }
}

const late: string[] = [], givenUp = { tooLate({ path }: ApiRequest) { late.push(path) }, brokenOff() {}, cameLate(status: string) { late.push(status) } }

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proa-listen-'))
  const authority = await new Pki(folder).authority('ca', 'test')
  ca = authority.certificate
  const own = await issue(authority, { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  client = await issue(authority, { commonName: 'jane', organizations: ['team-a', 'team-b'] }, ['client'])
  server = await listen({ handler, host: '127.0.0.1', port: 0, certificate: own.certificate, key: own.key, clientAuthority: ca, log: silent, givenUp: () => givenUp })
  session = connectHttp2(`https://127.0.0.1:${server.port}`, { ca, cert: client.certificate, key: client.key })
  backend = createServer((socket) => {
    socket.once('data', (chunk) => {
      const head = chunk.toString()
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: test\r\nconnection: upgrade\r\n\r\n${JSON.stringify(head.split('\r\n'))}\n`)
      socket.on('data', (more) => { socket.write(`echo ${more}`) })
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => { backend.listen(0, '127.0.0.1', resolve) })
})
after(async () => {
  session.close()
  backend.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

function ask2(method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    let got: Record<string, unknown> = {}
    const chunks: Buffer[] = []
    stream.on('response', (h) => { got = h })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => { resolve({ headers: got, body: Buffer.concat(chunks) }) })
    stream.on('error', reject)
    stream.end(body)
  })
}
function ask1(method: string, path: string, body?: string, cert?: typeof client): Promise<{ status: number; headers: string[]; body: string }> {
  return new Promise((resolve, reject) => {
    const request = requestHttps({ host: '127.0.0.1', port: server.port, method, path, ca, agent: false, ...(cert && { cert: cert.certificate, key: cert.key }) }, (response) => {
      let all = ''
      response.on('data', (chunk: Buffer) => { all += chunk.toString() })
      response.on('end', () => { resolve({ status: response.statusCode!, headers: response.rawHeaders, body: all }) })
    })
    request.on('error', reject)
    request.end(body)
  })
}

test('HTTP/2 and HTTP/1.1 on one port give the handler the same request', async () => {
  assert.equal((await ask2('POST', '/a?b=c', 'body')).body.toString(), 'POST /a?b=c 4')
  assert.equal((await ask1('POST', '/a?b=c', 'body')).body, 'POST /a?b=c 4')
  assert.equal((await ask2('GET', '/a')).body.toString(), 'GET /a? none')
})

test('several warnings are several headers', async () => {
  const { headers } = await ask1('GET', '/')
  assert.deepEqual(headers.filter((_, i) => headers[i - 1]?.toLowerCase() === 'warning'), ['299 - "one"', '299 - "two"'])
})

test('a client certificate is handed on with what TLS found out about it', async () => {
  const expected = { commonName: 'jane', organizations: ['team-a', 'team-b'], uids: [], problem: undefined }
  for (const ask of [() => ask2('GET', '/'), () => ask1('GET', '/', undefined, client)]) {
    await ask()
    const { commonName, organizations, uids, problem, fingerprint, chain, notAfter } = seen.certificate!
    assert.deepEqual({ commonName, organizations, uids, problem }, expected)
    assert.deepEqual(chain, [client.certificate, ca].map((pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()))
    assert.equal(fingerprint, chain[0])
    assert.equal(notAfter, Date.parse(new X509Certificate(client.certificate).validTo))
  }
  await ask1('GET', '/')
  assert.equal(seen.certificate, undefined)
})

test('a client certificate of another authority is marked as not believed', async () => {
  const other = await new Pki(join(folder, 'other')).authority('ca', 'other')
  await ask1('GET', '/', undefined, await issue(other, { commonName: 'jane', organizations: ['system:masters'] }, ['client']))
  assert.match(seen.certificate!.problem!, /^x509: /)
})

test('large answers are compressed when the client asks for it', async () => {
  const { headers, body } = await ask2('GET', '/large', undefined, { 'accept-encoding': 'gzip' })
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(body).length, 300_000)
  assert.equal((await ask2('GET', '/large')).body.length, 300_000)
})

test('bodies of any size come whole, whether their length is said or not, and the connection goes on', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 }), sockets = new Set<unknown>()
  const askKept = (body: Uint8Array) => new Promise<string>((resolve, reject) => {
    const request = requestHttps({ host: '127.0.0.1', port: server.port, method: 'POST', path: '/', ca, agent, headers: { 'content-length': body.length } }, (response) => {
      sockets.add(response.socket)
      response.on('data', (chunk: Buffer) => { resolve(chunk.toString()) })
    })
    request.on('error', reject)
    request.end(body)
  })
  for (const size of [1, 1000, 16_384, 70_000, 1_000_000, bodyBytes, 1_000_000, 1]) {
    const body = new Uint8Array(size).map((_, i) => i % 251), expected = `POST /? ${size}`
    for (const headers of [{}, { 'content-length': String(size) }]) {
      assert.equal((await ask2('POST', '/', body, headers as Record<string, string>)).body.toString(), expected)
      assert.ok(Buffer.from(seen.body as Uint8Array).equals(body))
    }
    assert.equal(await askKept(body), expected)
    assert.ok(Buffer.from(seen.body as Uint8Array).equals(body))
  }
  assert.equal(sockets.size, 1)
  agent.destroy()
})

test('a stream is over when its answer is, also where the rest of its body comes late', async () => {
  const closed = await new Promise<number>((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/', 'content-length': '4' }, { endStream: false })
    stream.on('response', () => { stream.resume().end() }) // answered before the body's end was said
    stream.on('close', () => { resolve(stream.rstCode) })
    stream.on('error', reject)
    stream.write('body')
  })
  assert.equal(closed, 0)
})

test('a body over the limit is refused, and the connection lives on', async () => {
  const { headers, body } = await ask2('POST', '/', new Uint8Array(bodyBytes + 1))
  assert.equal(headers[':status'], 413)
  assert.equal((JSON.parse(body.toString()) as { message: string }).message, `Request entity too large: limit is ${bodyBytes}`)
  assert.equal((await ask2('GET', '/')).headers[':status'], 200)
})

test('what a handler throws by mistake tells the client nothing', async () => {
  const { headers, body } = await ask2('GET', '/throws')
  assert.equal(headers[':status'], 500)
  assert.ok(!body.toString().includes('secret'))
})

test('a stream is written as it comes, and a client that leaves ends it', async () => {
  const stream = session.request({ ':path': '/watch' })
  await new Promise((resolve) => { stream.once('response', resolve) })
  ticking!()
  assert.equal(String(await new Promise((resolve) => { stream.once('data', resolve) })), '1\n')
  const before = stopped
  stream.close()
  await new Promise((resolve) => { stream.once('close', resolve) })
  await ask2('GET', '/') // by its answer the server has seen the reset
  assert.equal(stopped, before + 1)
})

test('a stream that the server ends is whole', async () => {
  const stream = session.request({ ':path': '/watch' })
  await new Promise((resolve) => { stream.once('response', resolve) })
  let all = ''
  stream.on('data', (chunk: Buffer) => { all += chunk.toString() })
  const end = new Promise((resolve) => { stream.once('end', resolve) })
  for (let i = 0; i < 3; i++) ticking!()
  await end
  assert.equal(all, '1\n2\n3\n')
})

for (const http2 of [true, false]) {
  test(`an answer that comes too late is let go, over HTTP/${http2 ? '2' : '1.1'}`, async () => {
    const before = stopped
    late.length = 0
    const answered = http2 ? ask2('GET', '/late?timeout=5ms').then(({ headers }) => headers[':status']) : ask1('GET', '/late?timeout=5ms').then(({ status }) => status)
    assert.equal(await answered, 504)
    comeLate()
    await ask2('GET', '/')
    assert.equal(stopped, before + 1)
    assert.deepEqual(late, ['/late', 'ok'])
  })
}

test('a stream that is asked for with an upgrade that nobody knows is sent as it is, and ends when its client leaves', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca, ALPNProtocols: ['http/1.1'] }), before = stopped
  socket.write('GET /watch HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  let all = ''
  const read = async (what: string) => { while (!all.includes(what)) all += String(await new Promise((resolve) => { socket.once('data', resolve) })) }
  await read('\r\n\r\n')
  assert.match(all, /^HTTP\/1\.1 200 /)
  ticking!()
  await read('1\n')
  socket.end()
  await new Promise((resolve) => { socket.once('close', resolve) })
  await ask2('GET', '/')
  assert.equal(stopped, before + 1)
})

test('whoever waits for a client that has gone already hears of it at once', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca, ALPNProtocols: ['http/1.1'] })
  socket.write('GET /slow HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: test\r\n\r\n')
  await arrived.promise
  const gone = new Promise<void>((resolve) => { seen.onGone!(resolve) })
  socket.destroy()
  await gone
  await new Promise<void>((resolve) => { seen.onGone!(resolve) })
})

test('a reader that does not take a large answer in time is cut off; a watch is not', async (t) => {
  const authority = await new Pki(folder).authority('ca', 'test'), own = await issue(authority, { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  const ends: string[] = [], all = Promise.withResolvers<void>(), begun = { '/list': Promise.withResolvers<void>(), '/watch': Promise.withResolvers<void>() }
  const slow = async ({ path }: ApiRequest): Promise<ApiResponse> => ({
    status: 200, headers: {}, body: { type: 'stream', ...(path === '/list' && { bounded: true as const }), open: (sink) => { sink.write(encoder.encode('{')); begun[path as '/list'].resolve(); return () => { if (ends.push(path) === 3) all.resolve() } } },
  })
  const second = await listen({ handler: slow, host: '127.0.0.1', port: 0, certificate: own.certificate, key: own.key, log: silent, requestMs: 50 })
  const other = connectHttp2(`https://127.0.0.1:${second.port}`, { ca }), watching = other.request({ ':path': '/watch' }), listing = other.request({ ':path': '/list' })
  t.after(async () => { other.destroy(); await second.close(0) })
  watching.on('error', () => {})
  await Promise.all([begun['/list'].promise, begun['/watch'].promise])
  await new Promise((resolve) => { listing.on('close', resolve).resume().on('error', () => {}) })
  const first = requestHttps({ host: '127.0.0.1', port: second.port, path: '/list', ca, agent: false })
  const cut = new Promise<Error>((resolve) => { first.on('response', (answer) => { answer.on('error', resolve).resume() }).on('error', resolve).end() })
  assert.match((await cut).message, /aborted/)
  const upgrading = connectTls({ host: '127.0.0.1', port: second.port, ca, ALPNProtocols: ['http/1.1'] })
  upgrading.on('error', () => {}).resume().write('GET /list HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  await all.promise
  assert.deepEqual([ends, watching.closed, listing.rstCode], [['/list', '/list', '/list'], false, 2])
})

test('a reader that takes nothing of an answer that lies ready is cut off too', async (t) => {
  const authority = await new Pki(folder).authority('ca', 'test'), own = await issue(authority, { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  const gone = new Map(['/two', '/one', '/upgrade'].map((path) => [path, Promise.withResolvers<void>()])), whole = new Uint8Array(15 * 1024 * 1024)
  const ready = async ({ path, onGone }: ApiRequest): Promise<ApiResponse> => {
    onGone!(gone.get(path)!.resolve)
    return { status: 200, headers: {}, body: { type: 'bytes', chunks: [whole] } }
  }
  const broken: string[] = [], givenUp = { tooLate() {}, brokenOff({ path }: ApiRequest) { broken.push(path) }, cameLate() {} }
  const second = await listen({ handler: ready, host: '127.0.0.1', port: 0, certificate: own.certificate, key: own.key, log: silent, requestMs: 50, givenUp: () => givenUp })
  const other = connectHttp2(`https://127.0.0.1:${second.port}`, { ca }), unread = other.request({ ':path': '/two' })
  unread.on('error', () => {})
  const sockets = [['/one', ''], ['/upgrade', 'connection: Upgrade\r\nupgrade: websocket\r\n']].map(([path, more]) => {
    const socket = connectTls({ host: '127.0.0.1', port: second.port, ca, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => {}).pause().write(`GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`)
    return socket
  })
  t.after(async () => { other.destroy(); for (const socket of sockets) socket.destroy(); await second.close(0) })
  await Promise.all([...gone.values()].map(({ promise }) => promise))
  assert.deepEqual(broken.sort(), ['/one', '/two', '/upgrade'])
})

test('a method that does not exist is not allowed', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca, ALPNProtocols: ['http/1.1'] })
  socket.write('FROB / HTTP/1.1\r\nhost: x\r\n\r\n')
  const answer = String(await new Promise((resolve) => { socket.once('data', resolve) }))
  assert.match(answer, /^HTTP\/1\.1 405 /)
  socket.destroy()
})

test('an upgraded connection is handed over, with the client\'s headers but not its credentials', async () => {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca, ALPNProtocols: ['http/1.1'] })
  socket.write('GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: test\r\nsec-thing: 1\r\nauthorization: Bearer secret\r\n\r\n')
  let all = ''
  const until = (what: string) => new Promise<void>((resolve) => {
    const look = () => { if (all.includes(what)) { socket.off('data', take); resolve() } }
    const take = (chunk: Buffer) => { all += chunk.toString(); look() }
    socket.on('data', take)
    look()
  })
  await until(']\n')
  const lines = JSON.parse(all.slice(all.indexOf('['), all.indexOf(']\n') + 1)) as string[]
  assert.equal(lines[0], 'GET /there?x=1 HTTP/1.1')
  assert.ok(lines.includes('sec-thing: 1'))
  assert.ok(!lines.some((l) => l.toLowerCase().startsWith('authorization')))
  socket.write('hello')
  await until('echo hello')
  socket.destroy()
})

test('closing lets what is in flight end and takes nothing new', async () => {
  const authority = await new Pki(folder).authority('ca', 'test')
  const own = await issue(authority, { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  let answer = () => {}
  const asked = new Promise<void>((arrived) => { answer = arrived })
  let release = () => {}
  const second = await listen({ handler: async () => { answer(); await new Promise<void>((r) => { release = r }); return text(200, 'done') }, host: '127.0.0.1', port: 0, certificate: own.certificate, key: own.key, log: silent })
  const other = connectHttp2(`https://127.0.0.1:${second.port}`, { ca })
  const stream = other.request({ ':path': '/' })
  let all = ''
  stream.on('data', (chunk: Buffer) => { all += chunk.toString() })
  const ended = new Promise((resolve) => { stream.once('end', resolve) })
  await asked
  const closed = second.close()
  release()
  await ended
  await closed
  assert.equal(all, 'done')
  other.destroy()
})

test('certificates go by the name asked for, and may be replaced with the authorities while connections live', async (t) => {
  const authority = await new Pki(folder).authority('ca', 'test'), other = await new Pki(join(folder, 'renewed')).authority('ca', 'renewed')
  const pair = (commonName: string, ...dnsNames: string[]) => issue(authority, { commonName, dnsNames }, ['server'])
  const [main, wild, named, next] = [await pair('main', 'main.example'), await pair('wild'), await pair('san', 'san.example', 'www.san.example'), await pair('next', 'main.example')]
  const jane = await issue(other, { commonName: 'jane' }, ['client'])
  let seenBy: ApiRequest | undefined
  const server = await listen({ handler: async (request) => { seenBy = request; return text(200, 'ok') }, host: '127.0.0.1', port: 0, ...main, clientAuthority: authority.certificate, log: silent,
    named: [{ ...wild, names: ['*.wild.example', 'one.example'] }, { ...named, names: [] }] })
  t.after(() => server.close())
  const shown = (servername: string) => new Promise<string>((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: server.port, servername, ca: authority.certificate, checkServerIdentity: () => undefined, ALPNProtocols: ['http/1.1'] }, () => { resolve(socket.getPeerCertificate().subject.CN as string); socket.destroy() }).on('error', reject)
  })
  for (const [asked, expected] of [['main.example', 'main'], ['other.example', 'main'], ['a.wild.example', 'wild'], ['a.b.wild.example', 'main'], ['ONE.example', 'wild'], ['www.san.example', 'san']] as const) assert.equal(await shown(asked), expected, asked)

  const connection = connectHttp2(`https://127.0.0.1:${server.port}`, { ca, cert: jane.certificate, key: jane.key, servername: 'main.example' })
  const ask = () => new Promise((resolve, reject) => { connection.request({ ':path': '/' }).on('end', resolve).on('error', reject).resume() })
  await ask()
  assert.match(seenBy!.certificate!.problem!, /^x509/)
  assert.throws(() => server.renew({ certificate: next.certificate, key: main.key }), /key values mismatch/)
  assert.equal(await shown('main.example'), 'main')
  server.renew({ ...next, clientAuthority: other.certificate })
  assert.deepEqual([await shown('main.example'), await shown('one.example')], ['next', 'next'])
  await ask()
  connection.close()
  const again = connectHttp2(`https://127.0.0.1:${server.port}`, { ca, cert: jane.certificate, key: jane.key, servername: 'main.example' })
  await new Promise((resolve) => { again.request({ ':path': '/' }).on('end', resolve).resume() })
  again.close()
  assert.equal(seenBy!.certificate!.problem, undefined)
})

test('a connection that is gone, orderly or not, is not held on to', async () => {
  const { promise: prototype, resolve } = Promise.withResolvers<object>()
  const other = createHttp2().on('session', (one) => { resolve(one.constructor) })
  await new Promise<void>((done) => { other.listen(0, '127.0.0.1', done) })
  const plain = connectHttp2(`http://127.0.0.1:${(other.address() as AddressInfo).port}`), ServerSession = await prototype as new () => unknown
  const before = queryObjects(ServerSession, { format: 'count' })
  for (let i = 0; i < 20; i++) {
    const one = connectHttp2(`https://127.0.0.1:${server.port}`, { ca }), stream = one.request({ ':path': '/' })
    const closed = new Promise((done) => { one.on('close', done) })
    one.on('error', () => {})
    stream.on('error', () => {}).resume()
    await new Promise((done) => { stream.on('end', done) })
    if (i % 2) one.close()
    else one.destroy()
    await closed
  }
  // The server hears of it a little later: one more connection comes after all of that.
  for (let tries = 0; queryObjects(ServerSession, { format: 'count' }) > before + 1 && tries < 50; tries++) await new Promise((done) => { setImmediate(done) })
  const left = queryObjects(ServerSession, { format: 'count' })
  plain.destroy()
  other.close()
  assert.ok(left <= before + 1, `${left - before} connections are held`)
})
