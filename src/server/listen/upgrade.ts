// Handing a connection over to a node's agent: the same request goes there, bytes are then piped both ways.
import type { IncomingMessage } from 'node:http'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { inGo, type Log, type NobodyAt, type PeerTrust, type UpgradeTarget } from '#machinery'
import { isCredential, withoutCredentials } from '../authn/credentials.ts'

/** The client certificate that the server shows to agents, and the authority that signed theirs. PEM. */
export interface AgentTls { readonly certificate: string; readonly key: string; readonly authority: string }

/** An agent that does not answer by then cannot be reached. */
const connectMs = 10_000
/** Never passed on: they speak of the client's connection with us. */
const ours = new Set(['host', 'content-length', 'transfer-encoding'])

export interface HandOver { readonly agents?: AgentTls | undefined; readonly nobodyAt?: NobodyAt | undefined; readonly log: Log }

export function handOver(request: IncomingMessage, client: Duplex, head: Buffer, target: UpgradeTarget, { agents, nobodyAt, log }: HandOver): void {
  const refuse = (why: string) => {
    log.warn('a connection could not be handed to the node', { host: target.host, port: target.port, why })
    const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `error dialing backend: ${why}`, code: 500 })
    client.end(`HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  }
  if (target.tls === 'kubelet' && !agents) { refuse('the server has no client certificate for node agents'); return }
  const { host, port, tls } = target, nobody = nobodyAt?.(host)
  if (nobody !== undefined) { refuse(`dial tcp ${host}:${port}: ${nobody}`); return }
  const secure = tls === 'none' ? undefined : tls === 'kubelet' ? { identity: agents!, ca: agents!.authority } : tls
  const backend = secure ? connectTls({ host, port, ALPNProtocols: ['http/1.1'], ...tlsOptions(secure) }) : connectTcp({ host, port })
  const timer = setTimeout(() => { backend.destroy(new Error(`dial tcp ${target.host}:${target.port}: i/o timeout`)) }, connectMs)
  let connected = false
  backend.once(secure ? 'secureConnect' : 'connect', () => {
    connected = true
    clearTimeout(timer)
    backend.setNoDelay(true)
    backend.write(requestText(request, target))
    if (head.length > 0) backend.write(head)
    backend.pipe(client)
    client.pipe(backend)
  })
  backend.on('error', (error) => {
    clearTimeout(timer)
    if (connected) client.destroy()
    else refuse(inGo(error, host, port).message)
  })
  backend.on('close', () => { if (connected) client.destroy() })
  client.on('close', () => { backend.destroy() })
}

/** How Node's TLS is told of trust. */
const tlsOptions = ({ ca, insecure, serverName, identity }: PeerTrust) =>
  ({ ...(ca && { ca }), ...(insecure && { rejectUnauthorized: false }), ...(serverName && { servername: serverName }), ...(identity && { cert: identity.certificate, key: identity.key }) })

function requestText(request: IncomingMessage, { host, port, path, headers }: UpgradeTarget): string {
  const first = `${request.method} ${path} HTTP/1.1`
  if (headers) return `${[first, ...Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`))].join('\r\n')}\r\n\r\n`
  const lines = [first, `host: ${host.includes(':') ? `[${host}]` : host}:${port}`]
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!
    const lower = name.toLowerCase()
    if (!ours.has(lower) && !isCredential(lower)) lines.push(`${name}: ${withoutCredentials(lower, request.rawHeaders[i + 1]!)}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}
