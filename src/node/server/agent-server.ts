// The agent's own server: logs, exec, attach and port-forward for the API server, and what it knows for those who measure.
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Pod } from '#kinds'
import type { Log } from '#machinery'
import type { LogRequest, Runtime } from '../runtime/runtime.ts'
import { serveCommand, serveLog, servePortForward, streamRequest } from '../streaming/server.ts'

/** What the server asks of the agent. */
export interface AgentView {
  find(namespace: string, name: string): Pod | undefined
  pods(): readonly Pod[]
  containerId(uid: string, name: string, previous?: boolean): string | undefined
  sandboxId(uid: string): string | undefined
}
export interface AgentServerOptions {
  readonly host: string
  readonly port: number
  readonly certificate: string
  readonly key: string
  /** PEM of the authority of client certificates. */
  readonly clientAuthority: string
  readonly agent: AgentView
  readonly runtime: Runtime
  readonly log: Log
}

/** The one client that may ask: the API server. */
const apiServerName = 'kube-apiserver-kubelet-client'
/** A client that sends no headers for so long is dropped. */
const headersMs = 10_000

/** Resolves when it listens; rejects with the system's error. */
export async function startAgentServer(options: AgentServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer({ cert: options.certificate, key: options.key, ca: options.clientAuthority, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', headersTimeout: headersMs },
    (request, response) => { answer(options, request, response).catch((error: unknown) => { options.log.warn('a request failed', { path: request.url, error }); if (!response.headersSent) say(response, 500, 'internal error'); else response.destroy() }) })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => upgrade(options, request, socket, head))
  server.on('tlsClientError', () => {})
  const sockets = new Set<Duplex>()
  server.on('secureConnection', (socket: TLSSocket) => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); socket.on('error', () => {}) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject); server.listen(options.port, options.host, resolve) })
  return { port: (server.address() as AddressInfo).port, close: () => close(server, sockets) }
}

function close(server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  return new Promise((resolve) => { server.close(() => resolve()); for (const socket of sockets) socket.destroy() })
}

/** 401 without a certificate of our authority, 403 when it is another's. */
function refusal(request: IncomingMessage): number | undefined {
  const socket = request.socket as TLSSocket
  if (!socket.authorized) return 401
  return socket.getPeerCertificate().subject?.CN === apiServerName ? undefined : 403
}
const say = (response: ServerResponse, status: number, text: string, type = 'text/plain') => { response.writeHead(status, { 'content-type': type }); response.end(text) }

async function answer({ agent, runtime }: AgentServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refused = refusal(request)
  if (refused) return say(response, refused, refused === 401 ? 'Unauthorized' : 'Forbidden')
  if (request.method !== 'GET') return say(response, 405, 'Method Not Allowed')
  const url = new URL(request.url ?? '/', 'https://agent'), [room, ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  switch (room) {
    case 'healthz': return say(response, 200, 'ok')
    case 'pods': case 'runningpods': return say(response, 200, JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: agent.pods() }), 'application/json')
    case 'containerLogs': return await sendLog(agent, runtime, rest, url.searchParams, response)
    default: return say(response, 404, '404 page not found')
  }
}

async function sendLog(agent: AgentView, runtime: Runtime, [namespace = '', name = '', container = '']: string[], query: URLSearchParams, response: ServerResponse): Promise<void> {
  const pod = agent.find(namespace, name)
  if (!pod) return say(response, 404, `pod "${name}" does not exist`)
  const previous = query.get('previous') === 'true', id = agent.containerId(pod.metadata.uid, container, previous)
  if (id === undefined) return say(response, 400, previous ? `previous terminated container "${container}" in pod "${name}" not found` : `container "${container}" in pod "${name}" is waiting to start: ${waitingReason(pod, container)}`)
  await serveLog(response, runtime.containerLog(id, logRequest(query)))
}
function waitingReason(pod: Pod, container: string): string {
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find((s) => s.name === container), waiting = status?.state?.waiting
  if (waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff') return 'trying and failing to pull image'
  return waiting?.reason ?? 'ContainerCreating'
}
function logRequest(query: URLSearchParams): LogRequest {
  const number = (name: string) => { const text = query.get(name); return text !== null && /^\d+$/.test(text) ? Number(text) : undefined }
  const sinceSeconds = number('sinceSeconds'), sinceTime = query.get('sinceTime'), since = sinceSeconds !== undefined ? Date.now() - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined
  const tailLines = number('tailLines'), limitBytes = number('limitBytes')
  return { follow: query.get('follow') === 'true', timestamps: query.get('timestamps') === 'true', ...(tailLines !== undefined && { tailLines }), ...(limitBytes !== undefined && { limitBytes }), ...(since !== undefined && !Number.isNaN(since) && { since }) }
}

function upgrade({ agent, runtime, log }: AgentServerOptions, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => {})
  const refuse = (status: number, text: string) => socket.end(`HTTP/1.1 ${status} ${text}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`)
  const refused = refusal(request)
  if (refused) { refuse(refused, refused === 401 ? 'Unauthorized' : 'Forbidden'); return }
  const url = new URL(request.url ?? '/', 'https://agent'), [room, namespace = '', name = '', container = ''] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const pod = agent.find(namespace, name)
  if (!pod) { refuse(404, `pod "${name}" does not exist`); return }
  const id = () => {
    const found = agent.containerId(pod.metadata.uid, container)
    if (found === undefined) throw new Error(`container not found ("${container}")`)
    return found
  }
  const wanted = { request, socket, head }
  switch (room) {
    case 'exec': {
      const streams = streamRequest(url.searchParams)
      return void serveCommand(wanted, streams, async () => runtime.exec(id(), { ...streams, command: url.searchParams.getAll('command') }))
    }
    case 'attach': {
      const streams = streamRequest(url.searchParams)
      return void serveCommand(wanted, streams, async () => runtime.attach(id(), streams))
    }
    case 'portForward': {
      const ports = [...url.searchParams.getAll('port'), ...url.searchParams.getAll('ports')].flatMap((p) => p.split(',')).map(Number).filter((p) => p > 0 && p < 65_536)
      return void servePortForward(wanted, ports, async () => {
        const sandbox = agent.sandboxId(pod.metadata.uid)
        if (sandbox === undefined) throw new Error(`pod "${name}" is not running`)
        return runtime.portForward(sandbox)
      })
    }
    default: log.debug('an upgrade to nowhere', { path: url.pathname }); refuse(404, '404 page not found')
  }
}
