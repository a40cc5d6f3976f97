// HTTPS: HTTP/2 by its streams (several times faster than the compatibility layer) and HTTP/1.1 on one port.
import { createSecureServer, type Http2SecureServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { ServerResponse, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import type { SecureContext, TLSSocket } from 'node:tls'
import { ApiError, badRequest, type ApiHandler, type ApiRequest, type ApiResponse, type ByteSource, type Log, type NobodyAt, type UpgradeTarget } from '#machinery'
import { errorAnswer } from '../respond.ts'
import { isPassedOn } from '../proxying/backend.ts'
import { readBody, streamBody } from './body.ts'
import { clientOf, type Client } from './client-certificate.ts'
import { Deadlines, timeoutOf, tooLate, type Pending } from './deadlines.ts'
import * as limits from './limits.ts'
import { nowhere, sendHttp1, sendHttp2 } from './send.ts'
import { contextOptions, namedContexts, type ServingCertificates } from './serving.ts'
import { keepStreamsApart } from './stream-table.ts'
import { handOver, type AgentTls } from './upgrade.ts'

export interface ListenOptions extends ServingCertificates {
  readonly handler: ApiHandler
  /** Whether a request's body is passed on as it comes, unread; default: only those of the proxies. */
  readonly isElsewhere?: (url: string) => boolean
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly log: Log
  /** How the server shows itself to node agents when a connection is handed over. */
  readonly agents?: AgentTls
  /** Where no connection is handed over to. */
  readonly nobodyAt?: NobodyAt
  /** How long a request may take that is no watch; default a minute. */
  readonly requestMs?: number
  /** Requests at once on one HTTP/2 connection; default 1000. */
  readonly streamsPerConnection?: number
  /** The chance that a request asks its client to connect anew. */
  readonly goawayChance?: number
  /** A handshake failed. */
  readonly onHandshakeError?: () => void
  /** Only HTTP/1.1 is spoken. */
  readonly withoutHttp2?: boolean
  /** Other processes may listen on the same port; the system shares out connections. */
  readonly sharesPort?: boolean
  /** Hears of requests that are given up because they, or their readers, take too long. */
  readonly givenUp?: () => { tooLate(request: ApiRequest): void; brokenOff(request: ApiRequest): void; cameLate(status: 'ok' | 'error'): void } | undefined
  /** What the Strict-Transport-Security header of every answer says. */
  readonly strictTransportSecurity?: string
}
export interface Listening {
  readonly host: string
  readonly port: number
  /** Other certificates and authorities, for connections from now on. Throws, with everything as it was, when a key does not fit its certificate. */
  renew(serving: ServingCertificates): void
  /** Stops taking requests, lets those in flight end, then cuts what is left after `cutMs` (five seconds); called again, it counts anew. */
  close(cutMs?: number): Promise<void>
}

/** Resolves when the socket listens; rejects with the system's error (EADDRINUSE, EACCES). */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { host, port, log } = options
  let contextOf = namedContexts(options)
  const server = createSecureServer({
    allowHTTP1: true, ...contextOptions(options), handshakeTimeout: limits.handshakeMs, SNICallback: (name: string, done: (error: null, context: SecureContext | undefined) => void) => { done(null, contextOf(name)) },
    ...(options.clientAuthority !== undefined && { requestCert: true, rejectUnauthorized: false }),
    ...(options.withoutHttp2 && { ALPNCallback: ({ protocols }: { readonly protocols: readonly string[] }) => (protocols.includes('http/1.1') ? 'http/1.1' : undefined) }),
    settings: { initialWindowSize: limits.streamWindow, maxConcurrentStreams: options.streamsPerConnection ?? limits.streamsPerConnection, maxHeaderListSize: limits.headerBytes, enablePush: false },
    maxSessionMemory: 128, maxHeaderSize: limits.headerBytes, noDelay: true,
  } as Parameters<typeof createSecureServer>[0])
  const site: Site = {
    options, answers: new Deadlines(options.requestMs ?? limits.requestMs), bodies: new Deadlines(limits.bodyMs),
    failed: (error) => { log.debug('a stream failed', { error: error.message }) },
  }
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  let closed: Promise<void> | undefined, cut: NodeJS.Timeout | undefined

  server.on('session', (session) => {
    sessions.add(session)
    keepStreamsApart(session)
    session.setLocalWindowSize(limits.connectionWindow)
    const over = endWhenIdle(session)
    session.on('close', () => { sessions.delete(session); over() })
    session.on('error', (error) => { log.debug('an HTTP/2 connection failed', { error: error.message }) })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => { sockets.delete(socket) })
  })
  server.on('request', (request: unknown, response: unknown) => { void serveHttp1(request as IncomingMessage, response as ServerResponse, site) })
  // That listener made Node wrap every HTTP/2 stream in objects that look like HTTP/1.1; streams are served as they are instead.
  server.removeAllListeners('stream')
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: readonly string[]) => { void serveHttp2(stream, headers, rawHeaders, site) })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => { void serveUpgrade(request, socket, head, site) })
  server.on('clientError', refuseUnreadable)
  server.on('tlsClientError', (error: Error) => { options.onHandshakeError?.(); log.debug('a TLS handshake failed', { error: error.message }) })
  Object.assign(server, { keepAliveTimeout: limits.idleHttp1Ms }) // Node leaves HTTP/1.1 connections of such a server open for ever

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, ...(options.sharesPort && { reusePort: true }) }, () => { server.off('error', reject); resolve() })
  })
  server.on('error', (error) => { log.error('the listening socket failed', { error }) })
  const address = server.address() as AddressInfo
  return {
    host: address.address, port: address.port,
    renew(serving) {
      const next = namedContexts(serving)
      server.setSecureContext(contextOptions(serving))
      contextOf = next
    },
    close(cutMs = limits.drainMs) {
      closed ??= close(server, sessions, site)
      clearTimeout(cut)
      cut = setTimeout(() => { for (const socket of sockets) socket.destroy() }, cutMs)
      return closed.finally(() => { clearTimeout(cut) })
    },
  }
}

/**
 * Ends a connection that nobody asks anything on for long. Node's own timeout would count the bytes of open streams too, and holds on to the
 * connection, its buffers included, until it fires, however long the connection has been gone. Returns what ends the waiting.
 */
function endWhenIdle(session: ServerHttp2Session): () => void {
  let open = 0
  const idle = setTimeout(() => { if (open === 0) session.close() }, limits.idleMs).unref()
  const ended = () => { if (--open === 0 && !session.destroyed) idle.refresh() }
  session.on('stream', (stream) => { open++; stream.on('close', ended) })
  return () => { clearTimeout(idle) }
}

async function close(server: Http2SecureServer, sessions: Set<ServerHttp2Session>, { answers, bodies }: Site): Promise<void> {
  const closed = new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  for (const session of sessions) session.close() // GOAWAY: streams in flight end
  ;(server as { closeIdleConnections?: () => void }).closeIdleConnections?.()
  await closed
  answers.stop()
  bodies.stop()
}

/** What serving a request needs of the listener. */
interface Site {
  readonly options: ListenOptions
  /** When answers are due, and the bodies of requests. */
  readonly answers: Deadlines
  readonly bodies: Deadlines
  /** Hears of streams that fail: one for all, because a stream keeps its listeners for long. */
  readonly failed: (error: Error) => void
}

const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Methods that nobody knows are as little allowed as OPTIONS. */
const methodOf = (method: string | undefined): ApiRequest['method'] => (known.has(method ?? '') ? method as ApiRequest['method'] : 'OPTIONS')
const writes = (method: ApiRequest['method']): boolean => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'

async function serveHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[], { options, answers, bodies, failed }: Site): Promise<void> {
  const { handler, log, goawayChance = 0, strictTransportSecurity, givenUp } = options
  stream.on('error', failed)
  const url = headers[':path'] ?? '/'
  const method = methodOf(headers[':method'])
  const refuse = (error: unknown) => { if (!stream.destroyed && !stream.headersSent) sendHttp2(stream, refusal(error, headers.accept, log), { method, headers: {} }) }
  try {
    const hasBody = writes(method) && !stream.endAfterHeaders, passedOn = isPassedOn(url)
    const body = !hasBody ? undefined : passedOn || options.isElsewhere?.(url) ? streamBody(stream) : await readBody(stream, headers['content-length'], bodies, true)
    const { session } = stream
    if (!session) return
    if (goawayChance > 0 && Math.random() < goawayChance) session.close() // GOAWAY: what is under way ends here, the next request goes elsewhere
    const client = clientOf(session, () => session.socket as TLSSocket)
    const request = requestOf(method, url, { headers, rawHeaders }, body, client, goneFrom(stream))
    const due = passedOn ? undefined : { answers, pending: answers.begin(() => { givenUp?.()?.tooLate(request); refuse(tooLate()) }, timeoutOf(url)) }
    let response: ApiResponse
    try { response = await handler(request) } catch (error) { if (cameLate(due, givenUp)) return; throw error }
    if (cameLate(due, givenUp, response)) return
    if (stream.destroyed) { letGo(response); return }
    readInTime(response, stream, answers, () => { givenUp?.()?.brokenOff(request); stream.destroy(new Error('the answer was not read in time')) })
    sendHttp2(stream, secured(response, strictTransportSecurity), request)
  } catch (error) {
    refuse(error)
  }
}

async function serveHttp1(request: IncomingMessage, response: ServerResponse, { options, answers, bodies }: Site): Promise<void> {
  const { handler, log, strictTransportSecurity, givenUp } = options
  const method = methodOf(request.method)
  const url = request.url ?? '/'
  response.on('error', (error) => { log.debug('an answer could not be written', { error: error.message }) })
  const refuse = (error: unknown) => { if (!response.destroyed && !response.headersSent) sendHttp1(response, refusal(error, request.headers.accept, log), { method, headers: {} }) }
  try {
    const passedOn = isPassedOn(url)
    const body = !writes(method) ? undefined : passedOn || options.isElsewhere?.(url) ? streamBody(request) : await readBody(request, request.headers['content-length'], bodies, false)
    const asked = requestOf(method, url, request, body, clientOf(request.socket, () => request.socket as TLSSocket), goneFrom(response))
    const due = passedOn ? undefined : { answers, pending: answers.begin(() => { givenUp?.()?.tooLate(asked); refuse(tooLate()) }, timeoutOf(url)) }
    let answer: ApiResponse
    try { answer = await handler(asked) } catch (error) { if (cameLate(due, givenUp)) return; throw error }
    if (cameLate(due, givenUp, answer)) return
    if (response.destroyed) { letGo(answer); return }
    readInTime(answer, response, answers, () => { givenUp?.()?.brokenOff(asked); response.destroy() })
    sendHttp1(response, secured(answer, strictTransportSecurity), asked)
  } catch (error) {
    refuse(error)
  }
}

/** Whether an answer, or the failure to give one, came after its time: somebody else has answered then, it is let go, and what fails after that is nobody's business any more. */
function cameLate(due: { readonly answers: Deadlines; readonly pending: Pending } | undefined, givenUp: ListenOptions['givenUp'], answer?: ApiResponse): boolean {
  if (!due || due.answers.end(due.pending)) return false
  givenUp?.()?.cameLate(answer ? 'ok' : 'error')
  if (answer) letGo(answer)
  return true
}
/** A reader that does not take an answer in time is cut off: until then the answer, and a large one's seat, are held for it. Watches end when they like. */
function readInTime({ body }: ApiResponse, out: Writable, answers: Deadlines, cut: () => void): void {
  if (body.type === 'upgrade' || (body.type === 'stream' && !body.bounded)) return
  const pending = answers.begin(cut)
  out.on('close', () => { answers.end(pending) })
}
/** Nobody reads this answer: a body that is made while it is sent gives back what it holds. */
function letGo({ body }: ApiResponse): void { if (body.type === 'stream') body.open(nowhere)() }
/** Calls back when the reader has gone, at once when it is gone already. */
const goneFrom = (out: Writable) => (run: () => void): void => { if (out.destroyed) run(); else out.once('close', run) }

/** An HTTP/1.1 request that Node's parser does not take: methods that do not exist are not allowed, the rest is nonsense. */
function refuseUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') { socket.destroy(); return }
  const answer = error.code === 'HPE_INVALID_METHOD' ? errorAnswer(new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {}), { headers: {} }, false)
    : errorAnswer(badRequest(`the request could not be read: ${error.message}`), { headers: {} }, false)
  writePlain(socket, answer.status, answer.headers, answer.body.type === 'bytes' ? answer.body.chunks : [])
}

/** WebSocket and SPDY: asked like any request; an answer that is no upgrade is written as it is. */
async function serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, { options: { handler, log, agents, nobodyAt, givenUp }, answers }: Site): Promise<void> {
  socket.on('error', (error) => { log.debug('an upgraded connection failed', { error: error.message }) })
  const asked = requestOf(methodOf(request.method), request.url ?? '/', request, undefined, clientOf(request.socket, () => request.socket as TLSSocket), goneFrom(socket))
  try {
    const answer = await handler(asked)
    if (socket.destroyed) { letGo(answer); return }
    readInTime(answer, socket, answers, () => { givenUp?.()?.brokenOff(asked); socket.destroy() })
    if (answer.body.type === 'stream') { streamPlain(request, socket, answer, asked); return }
    if (answer.body.type === 'upgrade') { handOver(request, socket, head, answer.body.target as UpgradeTarget, { agents, nobodyAt, log }); return }
    writePlain(socket, answer.status, answer.headers, answer.body.type === 'bytes' ? answer.body.chunks : [])
  } catch (error) {
    const answer = refusal(error, request.headers.accept, log)
    writePlain(socket, answer.status, answer.headers, answer.body.type === 'bytes' ? answer.body.chunks : [])
  }
}

/** A stream on a socket that was to be upgraded: HTTP/1.1, and the end of the connection. */
function streamPlain(request: IncomingMessage, socket: Duplex, answer: ApiResponse, asked: ApiRequest): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  socket.on('drain', () => { response.emit('drain') }) // Node has let go of the socket, and of its listeners
  response.on('finish', () => { socket.end() })
  sendHttp1(response, answer, asked)
}

/** An HTTP/1.1 answer on a socket that was to be upgraded. */
function writePlain(socket: Duplex, status: number, headers: Readonly<Record<string, string | readonly string[]>>, chunks: readonly Uint8Array[]): void {
  const length = chunks.reduce((sum, c) => sum + c.length, 0)
  const lines = [`HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Refused'}`, ...Object.entries(headers).flatMap(([k, v]) => (typeof v === 'string' ? [v] : v).map((text) => `${k}: ${text}`)), `content-length: ${length}`, 'connection: close', '', '']
  socket.write(lines.join('\r\n'))
  for (const chunk of chunks) socket.write(chunk)
  socket.end()
}

function requestOf(method: ApiRequest['method'], url: string, { headers, rawHeaders }: { readonly headers: IncomingHttpHeaders; readonly rawHeaders: readonly string[] }, body: Uint8Array | ByteSource | undefined, { certificate, remote }: Client, onGone: (run: () => void) => void): ApiRequest {
  const at = url.indexOf('?')
  const isStream = typeof body === 'function'
  return { // always with all fields: what reads requests is fastest when all look alike
    method, path: at < 0 ? url : url.slice(0, at), query: at < 0 ? '' : url.slice(at + 1), headers: headers as ApiRequest['headers'], rawHeaders, onGone,
    body: isStream ? undefined : body, stream: isStream ? body : undefined, certificate, remote,
  }
}

const secured = (response: ApiResponse, directives: string | undefined): ApiResponse =>
  (directives === undefined ? response : { ...response, headers: { ...response.headers, 'strict-transport-security': directives } })

function refusal(error: unknown, accept: string | undefined, log: Log) {
  if (error instanceof ApiError) return errorAnswer(error, { headers: { accept } }, false)
  log.error('a request could not be served', { error })
  return errorAnswer(new ApiError('InternalError', 'Internal error occurred: the request could not be served', {}), { headers: { accept } }, false)
}
