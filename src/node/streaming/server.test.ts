import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, type Server, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { WebSocket, createWebSocketStream } from 'ws'
import { RuntimeError } from '../runtime/errors.ts'
import type { PortForwardSession, ProcessSession, SessionEnd, StreamRequest } from '../runtime/runtime.ts'
import { serveCommand, serveLog, servePortForward, streamRequest } from './server.ts'
import { SpdyConnection } from './spdy.ts'
import type { SpdyStream } from './spdy-stream.ts'

/** A process that reads its input to the end, writes it back in capitals with its last size, and ends as the URL says. */
function process_(streams: StreamRequest, end: SessionEnd): ProcessSession {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const { promise: finished, resolve } = Promise.withResolvers<SessionEnd>()
  let size = ''
  const done = async () => {
    stdout.end(`${(await text(stdin)).toUpperCase()}${size}`)
    stderr.end('warning')
    resolve(end)
  }
  if (streams.stdin) void done()
  else { stdin.end(); void done() }
  return {
    stdin: streams.stdin ? stdin : undefined, stdout: streams.stdout ? stdout : undefined, stderr: streams.stderr ? stderr : undefined, finished,
    resize: (columns, rows) => { size = ` ${columns}x${rows}` }, close: () => { closed++; stdin.end(); stdout.destroy() },
  }
}
let closed = 0

/** Port 7 sends back what it gets, port 9 refuses. */
const ports = (): PortForwardSession => ({
  connect: (port) => {
    const data = new PassThrough()
    if (port === 9) data.end()
    return { data, finished: port === 9 ? Promise.resolve('connection refused') : once(data, 'end').then(() => '') }
  },
  close: () => { closed++ },
})

let server: Server
let origin = ''
before(async () => {
  server = createServer((asked, response) => {
    const path = new URL(asked.url!, 'http://x').pathname
    if (path === '/log') return void serveLog(response, (async function* () { yield Buffer.from('one\n'); yield Buffer.from('two\n') })())
    void serveLog(response, { async *[Symbol.asyncIterator]() { throw new RuntimeError('NotFound', 'no such container') } })
  })
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(asked.url!, 'http://x')
    const upgrade = { request: asked, socket, head }
    const end: SessionEnd = url.searchParams.has('fail') ? { failure: 'no such file' } : { exitCode: Number(url.searchParams.get('code') ?? 0) }
    const streams = streamRequest(url.searchParams)
    if (url.pathname === '/exec') void serveCommand(upgrade, streams, async () => process_(streams, end))
    else if (url.pathname === '/absent') void serveCommand(upgrade, streams, async () => { throw new RuntimeError('NotFound', 'container not found') })
    else void servePortForward(upgrade, url.searchParams.getAll('port').map(Number), async () => ports())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => { server.closeAllConnections(); server.close() })

/** All messages of a WebSocket by channel, until it closes. */
async function channels(socket: WebSocket): Promise<Record<number, string>> {
  const seen: Record<number, string> = {}
  socket.on('message', (message: Buffer, isBinary) => {
    const [channel, data] = isBinary ? [message[0]!, message.subarray(1).toString()] : [message[0]! - 48, Buffer.from(message.toString().slice(1), 'base64').toString()]
    seen[channel] = (seen[channel] ?? '') + data
  })
  await once(socket, 'close')
  return seen
}
const success = '{"metadata":{},"status":"Success"}'
const failed3 = '{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'

test('WebSocket v5 closes the input by a signal of its own and brings sizes, outputs and the end', async () => {
  const socket = new WebSocket(`ws://${origin}/exec?input=1&output=1&tty=1`, ['v5.channel.k8s.io', 'v4.channel.k8s.io'])
  const seen = channels(socket)
  await once(socket, 'open')
  assert.equal(socket.protocol, 'v5.channel.k8s.io')
  socket.send(Buffer.concat([Buffer.from([4]), Buffer.from('{"Width":80,"Height":24}\n')]))
  socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('hello')]))
  socket.send(Buffer.from([255, 0]))
  assert.deepEqual(await seen, { 1: 'HELLO 80x24', 3: success })
})

const versions: readonly [string[], string, string, string][] = [
  [['v4.channel.k8s.io'], 'v4.channel.k8s.io', success, failed3],
  [['v4.base64.channel.k8s.io'], 'v4.base64.channel.k8s.io', success, failed3],
  [['channel.k8s.io'], 'channel.k8s.io', '', 'command terminated with non-zero exit code: exit status 3'],
  [['unknown', 'base64.channel.k8s.io'], 'base64.channel.k8s.io', '', 'command terminated with non-zero exit code: exit status 3'],
  [[], '', '', 'command terminated with non-zero exit code: exit status 3'],
]
for (const [offered, chosen, good, bad] of versions) {
  test(`WebSocket ${chosen || 'without a subprotocol'} tells the end its own way`, async () => {
    for (const [code, told] of [[0, good], [3, bad]] as const) {
      const socket = new WebSocket(`ws://${origin}/exec?stdout=true&stderr=true&code=${code}`, offered)
      const seen = await channels(socket)
      assert.equal(socket.protocol, chosen)
      assert.deepEqual([seen[1], seen[2], seen[3] ?? ''], ['', 'warning', told])
    }
  })
}

test('a command that could not run is an internal error on the error channel', async () => {
  const seen = await channels(new WebSocket(`ws://${origin}/exec?output=1&fail=1`, 'v4.channel.k8s.io'))
  assert.deepEqual(JSON.parse(seen[3]!), {
    metadata: {}, status: 'Failure', message: 'Internal error occurred: no such file', reason: 'InternalError', details: { causes: [{ message: 'no such file' }] }, code: 500 })
})

test('a client that goes away ends the session', async () => {
  const socket = new WebSocket(`ws://${origin}/exec?input=1&output=1`, 'v5.channel.k8s.io')
  await once(socket, 'open')
  const before = closed
  socket.terminate()
  while (closed === before) await new Promise(setImmediate)
})

interface Answer { status: number; headers: IncomingMessage['headers']; body: string; connection?: SpdyConnection }
function upgrade(path: string, headers: Record<string, string | string[]>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(`http://${origin}${path}`, { method: 'POST', headers: { Connection: 'Upgrade', ...headers } })
    asking.on('upgrade', (response, socket, head) => resolve({ status: 101, headers: response.headers, body: '', connection: new SpdyConnection(socket, { side: 'client' }, head) }))
    asking.on('response', async (response) => resolve({ status: response.statusCode!, headers: response.headers, body: await text(response) }))
    asking.on('error', reject).end()
  })
}
const spdy = (path: string, ...protocols: string[]) => upgrade(path, { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocols })
/** All that comes on a stream whose other direction stays in use. */
const content = (stream: SpdyStream) => new Promise<string>((resolve) => {
  let all = ''
  stream.setEncoding('utf8').on('data', (piece: string) => { all += piece }).on('end', () => resolve(all))
})

test('SPDY opens a stream for each channel and ends the input by ending its stream', async () => {
  const { headers, connection } = await spdy('/exec?input=1&output=1&error=1&code=3', 'v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io')
  assert.equal(headers['x-stream-protocol-version'], 'v4.channel.k8s.io')
  const [error, stdin, stdout, stderr] = ['error', 'stdin', 'stdout', 'stderr'].map((streamType) => connection!.open({ streamType }))
  const seen = Promise.all([stdout!, stderr!, error!].map(content))
  stdin!.end('over spdy')
  assert.deepEqual(await seen, ['OVER SPDY', 'warning', failed3])
  connection!.destroy()
})

test('over SPDY without a common protocol, and for a command that is not there, the client gets an HTTP error', async () => {
  const refused = await spdy('/exec?output=1', 'v9.channel.k8s.io')
  assert.equal(refused.status, 403)
  assert.match(refused.body, /unable to negotiate protocol: client supports v9.channel.k8s.io/)
  assert.match(String(refused.headers['x-accepted-stream-protocol-versions']), /v4.channel.k8s.io/)
  const absent = await spdy('/absent?output=1', 'v4.channel.k8s.io')
  assert.deepEqual([absent.status, absent.body], [404, 'container not found\n'])
  assert.equal((await spdy('/exec', 'v4.channel.k8s.io')).status, 400)
  assert.equal((await upgrade('/exec?output=1', { Upgrade: 'h2c' })).status, 400)
})

async function forwards(connection: SpdyConnection): Promise<void> {
  const pair = (port: number, requestID: string) => {
    const error = connection.open({ streamType: 'error', port: String(port), requestID })
    error.end()
    return { error: content(error), data: connection.open({ streamType: 'data', port: String(port), requestID }) }
  }
  const pairs = [pair(7, '0'), pair(7, '1')]
  const answers = pairs.map(({ data }) => content(data))
  pairs.forEach(({ data }, i) => data.end(String(i).repeat(300_000)))
  assert.deepEqual(await Promise.all(answers), ['0'.repeat(300_000), '1'.repeat(300_000)])
  assert.deepEqual(await Promise.all(pairs.map(({ error }) => error)), ['', ''])
  const refused = pair(9, '2')
  assert.equal(await refused.error, 'connection refused')
  refused.data.end()
  const wrong = connection.open({ streamType: 'data', port: '70000' })
  assert.equal(await content(wrong), '')
  assert.equal(wrong.broken, true)
  const before = closed
  connection.destroy()
  while (closed === before) await new Promise(setImmediate)
}

test('ports are forwarded over SPDY', async () => {
  const { headers, connection } = await spdy('/portforward', 'portforward.k8s.io')
  assert.equal(headers['x-stream-protocol-version'], 'portforward.k8s.io')
  await forwards(connection!)
})

test('ports are forwarded over SPDY inside a WebSocket', async () => {
  const stream = createWebSocketStream(await tunnel())
  await forwards(new SpdyConnection(stream.on('error', () => {}), { side: 'client' }))
})

/** The library's client refuses the tunnel's name because of its slash: it gets a connection that is upgraded already. */
function tunnel(): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const asking = request(`http://${origin}/portforward`, { headers: {
      Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io' } })
    asking.on('upgrade', (response, socket, head) => {
      assert.equal(response.headers['sec-websocket-protocol'], 'SPDY/3.1+portforward.k8s.io')
      const client = new WebSocket(null as never, undefined, { autoPong: true }) as WebSocket & { _isServer: boolean; setSocket(socket: Duplex, head: Buffer, options: object): void }
      client._isServer = false
      client.setSocket(socket, head, { maxPayload: 1 << 20, allowSynchronousEvents: true })
      resolve(client)
    })
    asking.on('error', reject).end()
  })
}

test('ports are forwarded over channels of a WebSocket', async () => {
  const socket = new WebSocket(`ws://${origin}/portforward?port=7&port=9`, 'v4.channel.k8s.io')
  const seen = channels(socket)
  await once(socket, 'open')
  socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('ping')]))
  await new Promise<void>((resolve) => socket.on('message', (message: Buffer) => { if (message[0] === 0 && message.length === 5) resolve() }))
  socket.close()
  assert.deepEqual(await seen, { 0: '\u0007\0ping', 1: '\u0007\0', 2: '\u0009\0', 3: '\u0009\0connection refused' })
})

test('a log is sent as it comes, and one that is not there is 404', async () => {
  assert.equal(await (await fetch(`http://${origin}/log`)).text(), 'one\ntwo\n')
  const absent = await fetch(`http://${origin}/nolog`)
  assert.deepEqual([absent.status, await absent.text()], [404, 'no such container'])
})
