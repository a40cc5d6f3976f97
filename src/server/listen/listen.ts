// HTTPS: HTTP/2 by its streams (several times faster than the compatibility layer) and HTTP/1.1 on one port.
import { createSecureServer, type Http2SecureServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { ApiError, type ApiHandler, type ApiRequest, type Log, type UpgradeTarget, type User } from '#machinery'
import { errorAnswer } from '../respond.ts'
import { readBody } from './body.ts'
import * as limits from './limits.ts'
import { sendHttp1, sendHttp2 } from './send.ts'
import { handOver, type AgentTls } from './upgrade.ts'

export interface ListenOptions {
  readonly handler: ApiHandler
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** PEM of the authority whose client certificates are believed; absent: none are asked for. */
  readonly clientAuthority?: string
  readonly log: Log
  /** How the server shows itself to node agents when a connection is handed over. */
  readonly agents?: AgentTls
}
export interface Listening {
  readonly host: string
  readonly port: number
  /** New certificates, for connections from now on. */
  renew(certificate: string, key: string): void
  /** Stops taking requests, lets those in flight end, then cuts what is left. */
  close(): Promise<void>
}

/** Resolves when the socket listens; rejects with the system's error (EADDRINUSE, EACCES). */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { handler, host, port, log, clientAuthority } = options
  const server = createSecureServer({
    allowHTTP1: true, cert: options.certificate, key: options.key, minVersion: 'TLSv1.2', handshakeTimeout: limits.handshakeMs,
    ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true, rejectUnauthorized: false }),
    settings: { initialWindowSize: limits.streamWindow, maxConcurrentStreams: limits.streamsPerConnection, maxHeaderListSize: limits.headerBytes, enablePush: false },
    maxSessionMemory: 128, maxHeaderSize: limits.headerBytes, noDelay: true,
  } as Parameters<typeof createSecureServer>[0])
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()

  server.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(limits.connectionWindow)
    session.setTimeout(limits.idleMs, () => { session.close() })
    session.on('close', () => { sessions.delete(session) })
    session.on('error', (error) => { log.debug('an HTTP/2 connection failed', { error: error.message }) })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => { sockets.delete(socket) })
  })
  server.on('request', (request: unknown, response: unknown) => { void serveHttp1(request as IncomingMessage, response as ServerResponse, handler, log) })
  // That listener made Node wrap every HTTP/2 stream in objects that look like HTTP/1.1; streams are served as they are instead.
  server.removeAllListeners('stream')
  server.on('stream', (stream, headers) => { void serveHttp2(stream, headers, handler, log) })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => { void serveUpgrade(request, socket, head, handler, options) })
  server.on('tlsClientError', (error: Error) => { log.debug('a TLS handshake failed', { error: error.message }) })
  server.on('timeout', () => {})

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => { server.off('error', reject); resolve() })
  })
  server.on('error', (error) => { log.error('the listening socket failed', { error }) })
  const address = server.address() as AddressInfo
  return {
    host: address.address, port: address.port,
    renew(cert, key) { server.setSecureContext({ cert, key, ...(clientAuthority !== undefined && { ca: clientAuthority }) }) },
    close: () => close(server, sessions, sockets),
  }
}

async function close(server: Http2SecureServer, sessions: Set<ServerHttp2Session>, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  for (const session of sessions) session.close() // GOAWAY: streams in flight end
  const cut = setTimeout(() => { for (const socket of sockets) socket.destroy() }, limits.drainMs)
  ;(server as { closeIdleConnections?: () => void }).closeIdleConnections?.()
  await closed
  clearTimeout(cut)
}

const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Methods that nobody knows are as little allowed as OPTIONS. */
const methodOf = (method: string | undefined): ApiRequest['method'] => (known.has(method ?? '') ? method as ApiRequest['method'] : 'OPTIONS')
const writes = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

async function serveHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, handler: ApiHandler, log: Log): Promise<void> {
  stream.on('error', (error) => { log.debug('a stream failed', { error: error.message }) })
  const url = headers[':path'] ?? '/'
  const method = methodOf(headers[':method'])
  try {
    const body = writes.has(method) && !stream.endAfterHeaders ? await readBody(stream, headers['content-length']) : undefined
    const { session } = stream
    if (!session) return
    const user = userOf(session, session.socket as TLSSocket)
    const request = requestOf(method, url, headers, body, user, session.socket.remoteAddress, (run) => { stream.once('close', run) })
    const response = await deadline(handler(request), request)
    if (stream.destroyed) { if (response.body.type === 'stream') response.body.open(nowhere)(); return }
    sendHttp2(stream, response, request)
  } catch (error) {
    if (stream.destroyed) return
    sendHttp2(stream, refusal(error, headers.accept, log), { method, headers: {} })
  }
}

async function serveHttp1(request: IncomingMessage, response: ServerResponse, handler: ApiHandler, log: Log): Promise<void> {
  const method = methodOf(request.method)
  response.on('error', (error) => { log.debug('an answer could not be written', { error: error.message }) })
  try {
    const body = writes.has(method) ? await readBody(request, request.headers['content-length']) : undefined
    const user = userOf(request.socket, request.socket as TLSSocket)
    const asked = requestOf(method, request.url ?? '/', request.headers, body, user, request.socket.remoteAddress, (run) => { response.once('close', run) })
    const answer = await deadline(handler(asked), asked)
    if (response.destroyed) { if (answer.body.type === 'stream') answer.body.open(nowhere)(); return }
    sendHttp1(response, answer, asked)
  } catch (error) {
    if (!response.destroyed && !response.headersSent) sendHttp1(response, refusal(error, request.headers.accept, log), { method, headers: {} })
  }
}

/** WebSocket and SPDY: asked like any request; an answer that is no upgrade is written as it is. */
async function serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, handler: ApiHandler, { log, agents }: ListenOptions): Promise<void> {
  socket.on('error', (error) => { log.debug('an upgraded connection failed', { error: error.message }) })
  const user = userOf(request.socket, request.socket as TLSSocket)
  const asked = requestOf(methodOf(request.method), request.url ?? '/', request.headers, undefined, user, request.socket.remoteAddress, (run) => { socket.once('close', run) })
  try {
    const answer = await handler(asked)
    if (answer.body.type === 'upgrade') { handOver(request, socket, head, answer.body.target as UpgradeTarget, agents, log); return }
    writePlain(socket, answer.status, answer.headers, answer.body.type === 'bytes' ? answer.body.chunks : [])
  } catch (error) {
    const answer = refusal(error, request.headers.accept, log)
    writePlain(socket, answer.status, answer.headers, answer.body.type === 'bytes' ? answer.body.chunks : [])
  }
}

/** An HTTP/1.1 answer on a socket that was to be upgraded. */
function writePlain(socket: Duplex, status: number, headers: Readonly<Record<string, string | readonly string[]>>, chunks: readonly Uint8Array[]): void {
  const length = chunks.reduce((sum, c) => sum + c.length, 0)
  const lines = [`HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Refused'}`, ...Object.entries(headers).flatMap(([k, v]) => (typeof v === 'string' ? [v] : v).map((text) => `${k}: ${text}`)), `content-length: ${length}`, 'connection: close', '', '']
  socket.write(lines.join('\r\n'))
  for (const chunk of chunks) socket.write(chunk)
  socket.end()
}

function requestOf(method: ApiRequest['method'], url: string, headers: IncomingHttpHeaders, body: Uint8Array | undefined, user: User | undefined, remote: string | undefined, onGone: (run: () => void) => void): ApiRequest {
  const at = url.indexOf('?')
  return {
    method, path: at < 0 ? url : url.slice(0, at), query: at < 0 ? '' : url.slice(at + 1), headers: headers as ApiRequest['headers'], body, onGone,
    ...(user && { user }), ...(remote !== undefined && { remote }),
  }
}

/** The user that a verified client certificate names: CN is the name, O the groups. Kept with the connection. */
const users = new WeakMap<object, User | 'nobody'>()
function userOf(connection: object, socket: TLSSocket): User | undefined {
  const known = users.get(connection)
  if (known !== undefined) return known === 'nobody' ? undefined : known
  const user = readCertificate(socket)
  users.set(connection, user ?? 'nobody')
  return user
}
function readCertificate(socket: TLSSocket): User | undefined {
  if (!socket.authorized) return undefined
  const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>
  if (!subject) return undefined
  const { CN, O } = subject as { CN?: string | string[]; O?: string | string[] }
  const name = typeof CN === 'string' ? CN : CN?.[0]
  return name ? { name, groups: O === undefined ? [] : typeof O === 'string' ? [O] : O } : undefined
}

/** What is neither a watch nor a followed log ends within a minute. */
async function deadline<T>(work: Promise<T>, { method, path }: ApiRequest): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new ApiError('Timeout', `request did not complete within requested timeout - ${method} ${path} took more than ${limits.requestMs / 1000} s`, { retryAfterSeconds: 1 })) }, limits.requestMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function refusal(error: unknown, accept: string | undefined, log: Log) {
  if (error instanceof ApiError) return errorAnswer(error, accept, false)
  log.error('a request could not be served', { error })
  return errorAnswer(new ApiError('InternalError', 'Internal error occurred: the request could not be served', {}), accept, false)
}

const nowhere = { write: () => false, end() {}, drained() {} }
