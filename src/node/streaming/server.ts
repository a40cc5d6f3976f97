import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { isRuntimeError } from '../runtime/errors.ts'
import type { PortForwardSession, ProcessSession, StreamRequest } from '../runtime/runtime.ts'
import { channelPortProtocols, forwardOverChannels, forwardOverSpdy, portForwardProtocol, tunnelProtocol } from './port-forward.ts'
import { bridge } from './remote-command.ts'
import { spdyCommand, spdyCommandProtocols } from './spdy-command.ts'
import { commandProtocols, webSocketCommand } from './websocket.ts'

/** What Node's http server hands over on its 'upgrade' event. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** The largest WebSocket message a client may send. */
const maxMessage = 8 << 20

/**
 * Reads which streams an exec or attach wants: the kubelet's names (input, output, error, tty) and the API's (stdin,
 * stdout, stderr, tty), each 1 or true. With a terminal there is no separate stderr.
 */
export function streamRequest(query: URLSearchParams): StreamRequest {
  const on = (...names: string[]) => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''))
  const tty = on('tty')
  return { stdin: on('input', 'stdin'), stdout: on('output', 'stdout'), stderr: on('error', 'stderr') && !tty, tty }
}

/**
 * Serves an exec or attach to a client that asked to upgrade to WebSocket or SPDY. `open` starts the command once it is
 * certain that the client speaks a protocol of ours; when it fails, the client gets an HTTP error. Never rejects.
 */
export async function serveCommand(upgrade: Upgrade, streams: StreamRequest, open: () => Promise<ProcessSession>): Promise<void> {
  const wish = negotiate(upgrade, commandProtocols, spdyCommandProtocols)
  if (wish === undefined) return
  if (!streams.stdin && !streams.stdout && !streams.stderr) return refuse(upgrade, 400, 'you must specify at least 1 of stdin, stdout, stderr')
  let session: ProcessSession
  try { session = await open() } catch (error) { return refuseWith(upgrade, error) }
  try {
    await bridge(wish.kind === 'websocket'
      ? webSocketCommand(await acceptWebSocket(upgrade, wish.protocol), wish.protocol, streams)
      : await spdyCommand(acceptSpdy(upgrade, wish.protocol), upgrade.head, wish.protocol, streams), session)
  } catch {
    session.close()
    upgrade.socket.destroy()
  }
}

/** Serves port-forwarding likewise. `ports` are those of the URL, for clients that speak in channels. Never rejects. */
export async function servePortForward(upgrade: Upgrade, ports: readonly number[], open: () => Promise<PortForwardSession>): Promise<void> {
  const wish = negotiate(upgrade, [tunnelProtocol, ...(ports.length > 0 ? channelPortProtocols : [])], [portForwardProtocol])
  if (wish === undefined) return
  let session: PortForwardSession
  try { session = await open() } catch (error) { return refuseWith(upgrade, error) }
  try {
    if (wish.kind === 'spdy') return await forwardOverSpdy(acceptSpdy(upgrade, wish.protocol), upgrade.head, session)
    const socket = await acceptWebSocket(upgrade, wish.protocol)
    if (wish.protocol !== tunnelProtocol) return await forwardOverChannels(socket, wish.protocol, ports, session)
    const { createWebSocketStream } = await import('ws')
    const stream = createWebSocketStream(socket)
    stream.on('error', () => {})
    await forwardOverSpdy(stream, Buffer.alloc(0), session)
  } catch {
    session.close()
    upgrade.socket.destroy()
  }
}

/** Sends a container's log as it comes. A log that cannot be opened is an HTTP error; one that breaks off ends the answer. */
export async function serveLog(response: ServerResponse, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const log = pieces[Symbol.asyncIterator]()
  const gone = new Promise<undefined>((resolve) => response.once('close', () => resolve(undefined)))
  try {
    for (let piece = await Promise.race([log.next(), gone]); piece && !piece.done; piece = await Promise.race([log.next(), gone])) {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/plain' })
      if (!response.write(piece.value)) await Promise.race([new Promise((resolve) => response.once('drain', resolve)), gone])
    }
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.end()
  } catch (error) {
    if (response.headersSent) return void response.destroy()
    response.writeHead(httpStatus(error), { 'Content-Type': 'text/plain' })
    response.end((error as Error).message)
  } finally {
    void log.return?.()
  }
}

type Wish = { readonly kind: 'websocket' | 'spdy'; readonly protocol: string }

/** The first protocol the client names that is ours. Answers the client itself when there is none. */
function negotiate(upgrade: Upgrade, webSocket: readonly string[], spdy: readonly string[]): Wish | undefined {
  // From here on the socket is ours, and its errors too.
  upgrade.socket.on('error', () => {})
  const { headers } = upgrade.request
  const kind = (headers.upgrade ?? '').toLowerCase()
  const list = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : value ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (kind === 'websocket') {
    const named = list(headers['sec-websocket-protocol'])
    const protocol = named.length === 0 ? webSocket.find((name) => name === '') : named.find((name) => webSocket.includes(name))
    if (protocol !== undefined) return { kind, protocol }
    refuse(upgrade, 403, `no WebSocket subprotocol of ours among: ${named.join(', ')}; use one of ${webSocket.filter((name) => name !== '').join(', ')}`)
  } else if (kind === 'spdy/3.1') {
    const named = list(headers['x-stream-protocol-version'])
    const protocol = named.length === 0 ? spdy.at(-1) : named.find((name) => spdy.includes(name))
    if (protocol !== undefined) return { kind: 'spdy', protocol }
    refuse(upgrade, 403, `unable to upgrade: unable to negotiate protocol: client supports ${named.join(', ')}, server accepts ${spdy.join(', ')}`,
      spdy.map((name) => `X-Accepted-Stream-Protocol-Versions: ${name}\r\n`).join(''))
  } else {
    refuse(upgrade, 400, 'unable to upgrade: this needs an upgrade to WebSocket or SPDY/3.1')
  }
  return undefined
}

/** The library reads no subprotocol with a slash in its name, so the header is answered here. */
async function acceptWebSocket({ request, socket, head }: Upgrade, protocol: string): Promise<WebSocket> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessage })
  delete request.headers['sec-websocket-protocol']
  if (protocol !== '') server.once('headers', (headers) => { headers.push(`Sec-WebSocket-Protocol: ${protocol}`) })
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the client left')))
    server.handleUpgrade(request, socket, head, resolve)
  })
}

function acceptSpdy({ socket }: Upgrade, protocol: string): Duplex {
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`)
  return socket
}

const httpStatus = (error: unknown): number =>
  isRuntimeError(error, 'NotFound') ? 404 : isRuntimeError(error, 'InvalidArgument') ? 400 : isRuntimeError(error, 'Unsupported') ? 501 : 500

const refuseWith = (upgrade: Upgrade, error: unknown): void => refuse(upgrade, httpStatus(error), (error as Error).message)

/** Answers an upgrade request with an ordinary HTTP error. */
function refuse({ socket }: Upgrade, status: number, message: string, headers = ''): void {
  const body = Buffer.from(`${message}\n`)
  socket.end(Buffer.concat([Buffer.from(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n${headers}Content-Length: ${body.length}\r\n\r\n`), body]))
}
